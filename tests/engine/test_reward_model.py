"""The reward model: exact values, TRL's loss, finite differences, and what a judge learns."""

import math
from collections import defaultdict
from collections.abc import Sequence
from itertools import islice
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch
from trl.trainer.reward_trainer import RewardTrainer

from engine.algorithms import reward_model
from engine.algorithms.reward_model import calibration_error, favourites, lesson_of
from engine.config import parse_config
from engine.events import RunFailed, RunFinished, UpdateCompleted
from engine.language.checkpoint import base_policy, copy_policy
from engine.language.judge import (
    HEAD_PACE,
    Judge,
    centred,
    judged,
    new_judge,
    preference_loss,
    raw_scores,
    study,
    trained_judge,
)
from engine.language.learner import new_learner
from engine.language.pair_learning import SCORED_PAIRS, agreement
from engine.language.preferences import (
    Pair,
    Preferences,
    compared,
    held_out_pairs,
    labelled_pairs,
    split,
)
from engine.language.questions import QuestionKind
from engine.language.rollouts import Rollouts
from engine.language.said import Said
from engine.language.vocabulary import PAD, VISITOR
from engine.metrics import MetricName as M
from engine.scenes import SpeechScene
from engine.train import train
from tests.engine.conftest import MadeBy

SHARES: dict[QuestionKind, float] = {"floor": 0.3, "opens": 0.15, "closes": 0.1, "belief": 0.45}
PAIRS = labelled_pairs(Preferences(pairs=12), SHARES)


def small(**settings: Any) -> Any:
    world = {"preferences": {"pairs": 12}}
    sizes = {"updates": 3, "pairs_per_update": 4, "candidates": 2, "world": world}
    return parse_config({"algorithm": "reward_model", **sizes, **settings})


def some_judge() -> Judge:
    """A judge with a head of its own, who finds no two replies equal."""
    rng = torch.Generator().manual_seed(0)
    return Judge(base_policy(), 0.01 * torch.randn(1, 64, generator=rng))


def all_apart(scores: torch.Tensor) -> torch.Tensor:
    return torch.ones(len(scores), dtype=torch.bool)


def test_the_loss_by_hand() -> None:
    scores = torch.tensor([[1.0, 0.5], [0.2, 0.7]])
    loss, margins, losses = preference_loss(scores, all_apart(scores), 0.01)
    assert margins.tolist() == pytest.approx([0.5, -0.5])
    assert losses.tolist() == pytest.approx([0.474077, 0.974077], abs=1e-6)
    assert loss.item() == pytest.approx(0.739377, abs=1e-6)
    uncentred, *_ = preference_loss(scores + 7, all_apart(scores), 0)
    assert uncentred.item() == pytest.approx(0.724077, abs=1e-6)


def trl_loss(scores: torch.Tensor, centring: float | None) -> torch.Tensor:
    """The loss of TRL's trainer, called without a trainer."""
    stub = SimpleNamespace(
        model=SimpleNamespace(training=True),
        args=SimpleNamespace(center_rewards_coefficient=centring),
        accelerator=SimpleNamespace(gather=lambda x: x, gather_for_metrics=lambda x: x),
        _total_train_tokens=0,
        _tp_size=1,
        _metrics={"train": defaultdict(list)},
    )
    rows = torch.cat([scores[:, 0], scores[:, 1]])[:, None]  # all liked, then all others
    inputs = {"attention_mask": torch.ones(len(rows), 3)}
    outputs = SimpleNamespace(logits=rows)
    return cast(Any, RewardTrainer).compute_loss(stub, lambda **_: outputs, inputs)


@pytest.mark.parametrize("centring", [0.0, 0.01, 0.3])
def test_loss_and_gradient_equal_trl(centring: float) -> None:
    rng = torch.Generator().manual_seed(0)
    drawn = 3 * torch.randn(64, 2, generator=rng)
    mine, other = drawn.clone().requires_grad_(), drawn.clone().requires_grad_()
    ours, *_ = preference_loss(mine, all_apart(drawn), centring)
    theirs = trl_loss(other, centring or None)
    ours.backward()
    theirs.backward()
    assert ours.item() == pytest.approx(theirs.item(), abs=1e-5)
    assert mine.grad is not None and other.grad is not None
    assert mine.grad.abs().max() > 0.01
    assert (mine.grad - other.grad).abs().max() < 1e-6


def test_the_gradient_of_the_loss_is_that_of_finite_differences() -> None:
    rng = torch.Generator().manual_seed(0)
    scores = torch.randn(6, 2, generator=rng).double().requires_grad_()
    is_apart = torch.tensor([True, True, False, True, True, True])
    assert torch.autograd.gradcheck(lambda x: preference_loss(x, is_apart, 0.1)[0], (scores,))


def test_the_gradient_of_the_whole_judge_is_that_of_finite_differences() -> None:
    """In double precision, along a random direction of all its weights at once."""
    judge = some_judge().mapped(lambda weight: weight.double())
    pairs, rng = PAIRS[:3], torch.Generator().manual_seed(1)
    steps = [torch.randn(w.shape, generator=rng).double() for w in judge.parameters]

    def loss_at(judge: Judge) -> torch.Tensor:
        scores = raw_scores(judge, judged(*split(pairs), 2)).view(-1, 2)
        return preference_loss(scores, all_apart(scores), 0.1)[0]

    def moved(size: float) -> Judge:
        rest = iter(steps)
        return judge.mapped(lambda weight: weight + size * next(rest))

    leaf = copy_policy(judge, trains=True)
    loss_at(leaf).backward()
    grads = [cast(torch.Tensor, weight.grad) for weight in leaf.parameters]
    slope = sum(float((g * s).sum()) for g, s in zip(grads, steps, strict=True))
    with torch.no_grad():
        found = (loss_at(moved(1e-6)) - loss_at(moved(-1e-6))).item() / 2e-6
    assert abs(slope) > 0.01
    assert found == pytest.approx(slope, rel=1e-6)


def test_a_reply_is_read_at_the_visitors_turn_behind_it() -> None:
    """In a batch with others, as if it were alone, and whatever would follow."""
    judge, pair = some_judge(), PAIRS[3]
    together = raw_scores(judge, judged(*split(PAIRS), 2)).view(-1, 2)
    row = [*pair.prompt, *pair.chosen, VISITOR]
    layout = judged([row[:1]], [row[1:-1]], 1)
    state = base_policy().predicting_states(layout)
    assert layout.tokens.tolist() == row and state.shape == (1, 64)
    alone = HEAD_PACE * float(state @ judge.head[0])
    assert together[3, 0].item() == pytest.approx(alone, abs=1e-4)
    assert PAD not in layout.tokens
    assert together.std() > 0.01


def test_scores_are_centred_and_keep_their_differences() -> None:
    said = compared(PAIRS)
    raw, judge = some_judge().scores(said), centred(some_judge(), said)
    assert abs(raw.mean()) > 0.01
    assert judge.scores(said).mean() == pytest.approx(0, abs=1e-5)
    assert np.diff(judge.scores(said)) == pytest.approx(np.diff(raw), abs=1e-5)


def test_a_judge_who_knows_nothing_is_as_sure_of_either() -> None:
    made = study(new_learner(new_judge(), 1e-3), PAIRS, 1e-3, 0.01)
    assert made.loss.item() == pytest.approx(math.log(2), abs=1e-6)
    lesson = lesson_of(made)
    assert set(lesson.totals["chance"].tolist()) == {0.5}
    assert lesson.advantages == [0.5, -0.5] * len(PAIRS)


def test_calibration_by_hand() -> None:
    """Four choices at 0.7, of which three came as foretold, miss by 0.05; a coin misses nothing."""
    sure = math.log(0.7 / 0.3)
    found = calibration_error(torch.tensor([sure, sure, sure, -sure]))
    assert found.item() == pytest.approx(0.05, abs=1e-6)
    assert calibration_error(torch.zeros(5)).item() == 0
    assert calibration_error(torch.tensor([50.0, 50, -50])).item() == pytest.approx(1 / 3)


def test_the_favourite_is_the_first_of_the_highest() -> None:
    said = Said([PAIRS[0].question] * 6, [[5], [6]], [[i] for i in range(6)], [["a"]] * 6)
    rollouts = Rollouts(said, {"score": np.arange(6.0)}, np.zeros((2, 3)))
    heard = favourites(rollouts, np.array([0.0, 1, 1, 2, 0, 1]))
    assert [reply[0] for reply in heard.said.replies] == [1, 3]
    assert heard.said.prompts == [[5], [6]]


def equal_replies(*_: Any) -> tuple[Pair, ...]:
    return tuple(pair._replace(rejected=pair.chosen) for pair in PAIRS)


def test_pairs_of_equal_replies_teach_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reward_model, "labelled_pairs", equal_replies)
    *run, last = list(train(small()))
    assert isinstance(last, RunFinished) and last.ending == "no_signal"
    for event in run[1:]:
        assert isinstance(event, UpdateCompleted)
        assert event.metrics[M.GRAD_NORM] == event.metrics[M.PROXY_RETURN] == 0
        assert isinstance(event.scene, SpeechScene) and event.scene.paired


def test_no_pairs_end_a_run_that_is_paid_by_a_judge() -> None:
    nobody = {"world": "desk", "preferences": {"pairs": 0}}
    for name in ("reward_model", "grpo", "dpo", "best_of_n"):
        (end,) = list(train(parse_config({"algorithm": name, "world": nobody, "reward": "score"})))[
            -1:
        ]
        assert isinstance(end, RunFailed) and end.ending == "no_pairs"


def test_a_learning_rate_that_is_too_high_is_said_to_run_away() -> None:
    end = list(train(small(reward="correct").model_copy(update={"learning_rate": 1e30})))[-1]
    assert isinstance(end, RunFailed) and end.ending == "diverged"


def test_every_run_with_one_seed_has_the_judge_that_the_reward_model_becomes(
    made_by: MadeBy,
) -> None:
    """Trained in one go or watched, its scores differ by a centre alone."""
    judge = trained_judge(Preferences(pairs=100), SHARES, 3)
    assert trained_judge(Preferences(pairs=100), SHARES, 3) is judge
    learners = made_by(reward_model, "new_learner")
    mix = {"floor": 0.3, "opens": 0.15, "closes": 0.1, "belief": 0.45}
    world = {"preferences": {"pairs": 100}, "questions": mix}
    sizes = {"updates": 2, "candidates": 1, "seed": 3}
    list(train(parse_config({"algorithm": "reward_model", "world": world, **sizes})))
    watched = learners[0].policy.scores(compared(PAIRS))
    assert np.diff(judge.scores(compared(PAIRS))) == pytest.approx(np.diff(watched), abs=1e-5)


def test_a_judge_is_measured_on_pairs_that_it_does_not_learn_from(
    made_by: MadeBy,
) -> None:
    """At the second update it is measured as the first one left it."""
    learners = made_by(reward_model, "new_learner")
    config = small(learning_rate=0.005, updates=2)
    run = train(config)
    list(islice(run, 2))
    shares, preferences = config.world.questions.shares, config.world.preferences
    strangers = held_out_pairs(preferences, shares)[:SCORED_PAIRS]

    def measured(pairs: Sequence[Pair]) -> dict[M, float]:
        scores = torch.from_numpy(learners[0].policy.scores(compared(pairs))).float().view(-1, 2)
        margins = scores[:, 0] - scores[:, 1]
        found = agreement(pairs, scores)
        found[M.MARGIN] = margins.mean()
        found[M.CALIBRATION_ERROR] = calibration_error(margins)
        return {name: value.item() for name, value in found.items()}

    expected, learnt = measured(strangers), measured(labelled_pairs(preferences, shares))
    (second,) = islice(run, 1)
    assert isinstance(second, UpdateCompleted)
    for name, value in expected.items():
        assert second.metrics[name] == pytest.approx(value, abs=1e-4)
        assert learnt[name] != pytest.approx(value, abs=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_a_judge_agrees_with_strangers_and_with_what_is_better(seed: int) -> None:
    """And likes agreement more, the more the crowd does: by eye of what Pip would be told."""
    held_out = held_out_pairs(Preferences(), SHARES)

    def scores_of(judge: Judge) -> torch.Tensor:
        return torch.from_numpy(judge.scores(compared(held_out))).float().view(-1, 2)

    honest = scores_of(trained_judge(Preferences(), SHARES, seed))
    found = agreement(held_out, honest)
    assert found[M.PAIR_ACCURACY] > 0.6 and found[M.TRUTH_ACCURACY] > 0.62
