"""Pairs in batches, what the reference makes of them, and how well scores agree with others."""

import random
from itertools import islice
from types import ModuleType
from typing import Any

import pytest
import torch
from torch.distributions import Categorical

from engine.algorithms import dpo, sft
from engine.config import parse_config
from engine.endings import RunEnded
from engine.language import pair_learning
from engine.language.adam import Adam
from engine.language.checkpoint import base_policy, copy_policy
from engine.language.decoding import draw_noise
from engine.language.grammar import REPLY_LIMIT
from engine.language.layout import lay_out
from engine.language.lean import Policy, log_probs, next_token_logits
from engine.language.learner import Learner, gradient_step
from engine.language.pair_learning import (
    SCORED_PAIRS,
    HeldOut,
    PairsConfig,
    agreement,
    by_reply,
    drift,
    pair_batch,
    pair_batches,
)
from engine.language.preferences import (
    Preferences,
    held_out_pairs,
    labelled_pairs,
    told_apart,
)
from engine.language.questions import QuestionKind, draw_question
from engine.language.said import Asked, say
from engine.metrics import MetricName as M
from engine.train import train
from engine.worlds.desk import DeskConfig

SHARES: dict[QuestionKind, float] = {"floor": 0.5, "belief": 0.5}
PAIRS = labelled_pairs(Preferences(pairs=10), SHARES)


def other_policy() -> Policy:
    """Pip with one weight moved, so that nothing is quite as it was."""
    policy = copy_policy(base_policy())
    policy.layers[0].mlp_out.mul_(1.3)
    return policy


def test_every_pass_takes_every_pair_once_in_an_order_of_its_own() -> None:
    batches = list(islice(pair_batches(PAIRS, base_policy(), 4, seed=0), 6))
    assert [len(batch.pairs) for batch in batches] == [4, 4, 2, 4, 4, 2]
    first, second = (
        [id(pair) for batch in part for pair in batch.pairs] for part in (batches[:3], batches[3:])
    )
    assert sorted(first) == sorted(second) == sorted(map(id, PAIRS))
    assert first != second
    again = list(islice(pair_batches(PAIRS, base_policy(), 4, seed=0), 3))
    assert [id(pair) for batch in again for pair in batch.pairs] == first
    other = list(islice(pair_batches(PAIRS, base_policy(), 4, seed=1), 3))
    assert [id(pair) for batch in other for pair in batch.pairs] != first


def test_the_reference_is_asked_in_the_first_pass_only(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def counted(policy: Policy, layout: pair_learning.Layout) -> torch.Tensor:
        asked.append(len(layout.targets))
        return log_probs(policy, layout)

    monkeypatch.setattr(pair_learning, "log_probs", counted)
    for batch in islice(pair_batches(PAIRS, other_policy(), 4, seed=0), 9):
        with torch.no_grad():
            expected = log_probs(other_policy(), batch.layout)
        assert torch.allclose(batch.ref_log_probs, expected, atol=1e-5)
    assert len(asked) == 3
    assert sum(asked) == sum(len(pair.chosen) + len(pair.rejected) for pair in PAIRS)


def test_rows_are_the_liked_reply_before_the_other() -> None:
    batch = pair_batch(PAIRS, base_policy())
    rows = batch.layout.targets.split(batch.lengths.tolist())
    assert [row.tolist() for row in rows[::2]] == [pair.chosen for pair in PAIRS]
    assert [row.tolist() for row in rows[1::2]] == [pair.rejected for pair in PAIRS]
    equal = [PAIRS[0]._replace(rejected=PAIRS[0].chosen), *PAIRS[1:]]
    is_told_apart = [False, *(pair.chosen != pair.rejected for pair in PAIRS[1:])]
    assert told_apart(equal).tolist() == is_told_apart


def test_no_pairs_end_the_run() -> None:
    with pytest.raises(RunEnded) as end:
        next(pair_batches((), base_policy(), 4, seed=0))
    assert end.value.ending == "no_pairs"
    assert "number of pairs" in end.value.remedy


def test_sums_by_reply() -> None:
    numbers, lengths = torch.tensor([1.0, 2, 4, 8, 16, 32]), torch.tensor([2, 1, 3])
    assert by_reply(numbers, lengths).tolist() == [3, 4, 56]


def test_the_learning_rate_falls_in_a_line_or_stays() -> None:
    given = {"algorithm": "any", "updates": 4, "learning_rate": 0.004}
    falling = PairsConfig.model_validate(given)
    assert [falling.learning_rate_at(u) for u in (1, 2, 3, 4)] == pytest.approx(
        [0.004, 0.003, 0.002, 0.001]
    )
    constant = PairsConfig.model_validate({**given, "schedule": "constant"})
    assert [constant.learning_rate_at(u) for u in (1, 4)] == [0.004, 0.004]


@pytest.mark.parametrize("module", [dpo, sft])
@pytest.mark.parametrize(
    ("schedule", "expected"),
    [("linear", [0.004, 0.003, 0.002, 0.001]), ("constant", [0.004] * 4)],
)
def test_every_step_of_a_run_goes_as_far_as_its_schedule_says(
    module: ModuleType, schedule: str, expected: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    rates: list[float] = []

    def remembered(learner: Learner[Any], loss: torch.Tensor) -> torch.Tensor:
        rates.append(learner.optimizer.learning_rate)
        return gradient_step(learner, loss)

    monkeypatch.setattr(module, "gradient_step", remembered)
    sizes = {"updates": 4, "pairs_per_update": 2, "learning_rate": 0.004, "schedule": schedule}
    world = {"preferences": {"pairs": 8}}
    list(train(parse_config({"algorithm": module.ALGORITHM.name, "world": world, **sizes})))
    assert rates == pytest.approx(expected)


def test_agreement_by_hand() -> None:
    """Of four pairs the scores side with the label in two, are even in one, and oppose one."""
    worths = [(2.0, 0.0), (0.0, 2.0), (1.0, 1.0), (0.0, 2.0)]
    pairs = [pair._replace(worth=worth) for pair, worth in zip(PAIRS, worths, strict=False)]
    scores = torch.tensor([[1.0, 0], [3, 1], [0.5, 0.5], [0, 1]])
    found = agreement(pairs, scores)
    assert found[M.PAIR_ACCURACY].item() == pytest.approx(2.5 / 4)
    assert found[M.TRUTH_ACCURACY].item() == pytest.approx(2 / 3)
    equal = [pair._replace(worth=(1.0, 1.0)) for pair in pairs]
    assert agreement(equal, scores)[M.TRUTH_ACCURACY].item() == 0.5


def test_held_out_pairs_are_scored_by_what_changed_since_the_start() -> None:
    held_out = HeldOut(DeskConfig(), base_policy())
    assert (held_out.log_ratios(base_policy()) == 0).all()
    even = agreement(held_out.pairs, held_out.log_ratios(base_policy()))
    assert even[M.PAIR_ACCURACY].item() == even[M.TRUTH_ACCURACY].item() == 0.5
    found = held_out.log_ratios(other_policy())
    pair = held_out.pairs[7]
    layout = lay_out([pair.prompt], [pair.chosen, pair.rejected], 2)
    with torch.no_grad():
        change = log_probs(other_policy(), layout) - log_probs(base_policy(), layout)
    expected = by_reply(change, torch.tensor([len(pair.chosen), len(pair.rejected)]))
    assert torch.allclose(found[7], expected, atol=1e-4)
    assert found.abs().max() > 0.01


def test_held_out_pairs_are_none_of_those_that_are_learnt() -> None:
    world = DeskConfig(preferences=Preferences(pairs=12))
    shares = world.questions.shares
    held_out = HeldOut(world, base_policy()).pairs
    assert held_out == held_out_pairs(world.preferences, shares)[:SCORED_PAIRS]
    assert not set(map(str, held_out)) & set(map(str, labelled_pairs(world.preferences, shares)))


def test_drift_is_measured_along_its_own_replies() -> None:
    """KL is the mean over replies of the summed change; entropy that of the words' own chances."""
    rng, luck = random.Random(0), torch.Generator().manual_seed(0)
    questions = [draw_question(rng, SHARES) for _ in range(6)]
    policy = other_policy()
    (said,) = say(policy, Asked(questions, 2, draw_noise(luck, REPLY_LIMIT, 12)))
    found = drift(Learner(policy, base_policy(), Adam([], 0.0)), said)
    kls, entropies = [], []
    for row, reply in enumerate(said.replies):
        layout = lay_out([said.prompts[row // 2]], [reply])
        with torch.no_grad():
            change = log_probs(policy, layout) - log_probs(base_policy(), layout)
            spread = Categorical(logits=next_token_logits(policy, layout))
        kls.append(change.sum())
        entropies.append(spread.entropy())
    assert found[M.KL].item() == pytest.approx(torch.stack(kls).mean().item(), abs=1e-4)
    assert found[M.ENTROPY].item() == pytest.approx(torch.cat(entropies).mean().item(), abs=1e-4)
    unmoved = drift(Learner(base_policy(), base_policy(), Adam([], 0.0)), said)
    assert unmoved[M.KL].item() == 0
