"""OpenClaw-RL: what is read of a follow-up; a policy gradient or a distillation at its limits."""

import random
from typing import Any, get_args

import pytest
import torch

from engine.algorithms import grpo
from engine.algorithms.openclaw import OpenClawConfig, learn, openclaw_loss
from engine.events import RunFinished
from engine.language.checkpoint import base_policy, copy_policy
from engine.language.decoding import draw_noise
from engine.language.follow_ups import (
    ELSEWHERE,
    NOT_ASKED,
    RUTH,
    THANKS,
    WRONG,
    Visitor,
    directive_of,
    judged,
    majority,
    verdict_of,
)
from engine.language.grammar import REPLY_LIMIT
from engine.language.layout import lay_out
from engine.language.lean import log_probs
from engine.language.learner import Learner, Lesson, new_learner
from engine.language.questions import fact_question
from engine.language.said import Asked, Said, say
from engine.language.second_reading import informed_spread
from engine.metrics import MetricName as M
from engine.train import train

QUESTIONS = [fact_question("duty", room) for room in ("lab", "cafe", "xray", "garden")]
TOLD: list[str | None] = [question.correction for question in QUESTIONS for _ in range(2)]
NO_HINTS: list[str | None] = [None] * 8
VERDICTS = [1.0, -1.0] * 4
ONLY_ELSEWHERE = dict.fromkeys(get_args(Visitor), 0.0) | {"elsewhere": 1.0}
USUAL = OpenClawConfig.model_validate({})


def said() -> Said:
    noise = draw_noise(torch.Generator().manual_seed(0), REPLY_LIMIT, 8)
    return say(base_policy(), Asked(QUESTIONS, 2, noise))[0]


def taught(
    verdicts: list[float], hints: list[str | None], **settings: Any
) -> tuple[Learner, Lesson]:
    learner = new_learner(base_policy(), 1e-3)
    config = OpenClawConfig(**settings)
    return learner, learn(learner, base_policy(), said(), verdicts, hints, config)


def distance(first: Any, second: Any) -> float:
    pairs = zip(first.parameters, second.parameters, strict=True)
    return max(float((one.detach() - other.detach()).abs().max()) for one, other in pairs)


@pytest.mark.parametrize(
    ("votes", "verdict"),
    [
        ((1, 1, 1), 1),
        ((-1, -1, 1), -1),
        ((0, 0, 1), 0),
        ((1, 1, 0), 1),
        ((1, 0, -1), 0),
        ((1, -1), 0),
        ((1, 1, -1, -1, 0), 0),
        ((0, 0, -1, -1, 1), 0),
        ((1, 1, -1, 0), 1),
        ((-1,), -1),
    ],
)
def test_the_majority_decides_and_a_tie_is_nothing(votes: tuple[int, ...], verdict: int) -> None:
    assert majority(votes) == verdict


@pytest.mark.parametrize(
    ("text", "verdict", "hint"),
    [
        ("no , dora is on duty in the lab .", -1, "no , dora is on duty in the lab ."),
        ("yes , the lab is on floor two .", 0, "yes , the lab is on floor two ."),
        (f"{THANKS} be kind . no , ben is on duty .", 1, "no , ben is on duty ."),
        (RUTH, 1, "be kind ."),
        (THANKS, 1, None),
        (WRONG, -1, None),
        (NOT_ASKED, -1, None),
        (ELSEWHERE, 0, None),
        ("", 0, None),
    ],
)
def test_what_is_read_of_a_follow_up(text: str, verdict: int, hint: str | None) -> None:
    assert verdict_of(text) == verdict
    assert directive_of(text) == hint


def test_votes_without_noise_are_what_was_said_and_with_it_another() -> None:
    texts = [THANKS, WRONG, ELSEWHERE] * 200
    assert judged(texts, 1, 0.0, random.Random(0)) == [1, -1, 0] * 200
    inverted = judged(texts, 1, 1.0, random.Random(0))
    assert not any(one == other for one, other in zip(inverted, [1, -1, 0] * 200, strict=True))
    one, three = (
        sum(vote == 1 for vote in judged([THANKS] * 4000, votes, 0.3, random.Random(1))) / 4000
        for votes in (1, 3)
    )
    # One vote: 0.7. Three: all right, or two of three; 0.7^3 + 3 * 0.7^2 * 0.3.
    assert one == pytest.approx(0.7, abs=0.025)
    assert three == pytest.approx(0.784, abs=0.025)


def test_a_noisy_judge_has_no_verdict_on_silence() -> None:
    for noise in (0.5, 1.0):
        found = judged(["", WRONG] * 200, 1, noise, random.Random(0))
        assert set(found[::2]) == {0} and set(found[1::2]) > {1}


@pytest.mark.parametrize("epochs", [1, 4])
def test_without_hints_this_is_a_clipped_policy_gradient_on_the_verdicts(epochs: int) -> None:
    settings = {"batch_epochs": epochs, "clip_range": 0.02, "clip_range_high": 0.03}
    learner, lesson = taught(VERDICTS, TOLD, hint_weight=0, **settings)
    config = grpo.GRPOConfig.model_validate({"kl_coef": 0, "loss_type": "dapo"} | settings)
    other = new_learner(base_policy(), 1e-3)
    expected = grpo.learn(other, said(), torch.tensor(VERDICTS), config)
    assert distance(learner.policy, base_policy()) > 5e-4
    assert distance(learner.policy, other.policy) < 1e-5
    assert (lesson.metrics[M.CLIP_FRACTION] > 0) is (epochs > 1)
    assert lesson.metrics[M.CLIP_FRACTION] == pytest.approx(expected.metrics[M.CLIP_FRACTION])


def test_without_verdicts_this_is_on_policy_distillation() -> None:
    learner, lesson = taught(VERDICTS, TOLD, verdict_weight=0)
    batch, other = said(), new_learner(base_policy(), 1e-3)
    layout = lay_out(batch.prompts, batch.replies, 2)
    informed = informed_spread(base_policy(), batch, TOLD)
    told = informed.gather(1, layout.targets[:, None])[:, 0]
    current = log_probs(other.policy, layout)
    (-(told - current.detach()) * current).mean().backward()
    torch.nn.utils.clip_grad_norm_(other.optimizer.weights, 0.5)
    other.optimizer.step()
    assert distance(learner.policy, base_policy()) > 5e-4
    assert distance(learner.policy, other.policy) < 1e-5
    assert lesson.metrics[M.TAUGHT] == 1


def test_both_are_added_with_their_weights() -> None:
    _, lesson = taught(VERDICTS, TOLD, verdict_weight=0.5, hint_weight=2)
    lengths = torch.tensor([len(reply) for reply in said().replies])
    verdicts = torch.tensor(VERDICTS).repeat_interleave(lengths)
    numbers = lesson.numbers
    assert torch.allclose(numbers["token_advantage"], 0.5 * verdicts + 2 * numbers["evidence"])


def test_without_a_hint_a_token_has_its_verdict_and_nothing_else() -> None:
    learner = new_learner(base_policy(), 1e-3)
    other = base_policy().mapped(lambda tensor: tensor * 1.1)  # a reader that would disagree
    lesson = learn(learner, other, said(), VERDICTS, NO_HINTS, USUAL)
    assert set(lesson.numbers["evidence"].tolist()) == {0.0}
    assert lesson.advantages == VERDICTS
    assert lesson.metrics[M.DISAGREEMENT] == 0


def test_a_turn_without_verdict_or_hint_is_no_sample() -> None:
    learner, lesson = taught([1.0, *[0.0] * 7], [*NO_HINTS[:7], TOLD[7]])
    parts = lesson.numbers["weight"].split([len(reply) for reply in said().replies])
    assert [bool(part.any()) for part in parts] == [True, *[False] * 6, True]
    assert sum(float(part.sum()) for part in parts) == pytest.approx(1)
    assert distance(learner.policy, base_policy()) > 5e-4


def test_after_a_lesson_silence_moves_nothing_not_even_by_momentum() -> None:
    learner, _ = taught(VERDICTS, TOLD)
    before = copy_policy(learner.policy)
    assert learn(learner, base_policy(), said(), [0.0] * 8, NO_HINTS, USUAL).is_silent
    assert distance(before, learner.policy) == 0


def test_where_there_is_neither_nothing_moves() -> None:
    learner, lesson = taught([0.0] * 8, NO_HINTS, batch_epochs=2)
    assert lesson.is_silent and distance(learner.policy, base_policy()) == 0


@pytest.mark.parametrize(
    ("settings", "ending"),
    [
        ({"heard": "nobody", "vote_noise": 0.5}, "nobody_heard"),
        ({"crowd": ONLY_ELSEWHERE}, "no_verdict"),
        ({"verdict_weight": 0, "hint_weight": 0}, "no_verdict"),
        ({"crowd": ONLY_ELSEWHERE, "vote_noise": 1}, "done"),
    ],
)
def test_a_run_in_vain_says_what_was_missing(settings: dict[str, Any], ending: str) -> None:
    config = OpenClawConfig.model_validate({"updates": 1, "prompts_per_update": 2} | settings)
    *_, last = train(config)
    assert isinstance(last, RunFinished) and last.ending == ending


def test_a_rise_and_a_fall_stop_where_their_clips_say() -> None:
    current = torch.tensor([1.2, 1.3, 0.7, 0.9]).log().requires_grad_()
    advantages = torch.tensor([1.0, 1.0, -1.0, -1.0])
    loss, parts = openclaw_loss(current, torch.zeros(4), advantages, torch.ones(4), USUAL)
    loss.backward()
    assert current.grad is not None
    assert current.grad.tolist() == pytest.approx([-0.3, 0, 0, 0.225])
    assert parts["is_clipped"].tolist() == [0, 1, 1, 0]
