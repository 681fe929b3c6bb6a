"""SDPO: who is taught by what, TRL's loss, a teacher that follows, and what a run learns."""

from typing import Any

import pytest
import torch

from engine.algorithms import sdpo
from engine.algorithms.sdpo import SDPOConfig, learn, run, sdpo_loss
from engine.events import RunFinished
from engine.language.checkpoint import base_policy, copy_policy
from engine.language.decoding import draw_noise
from engine.language.grammar import REPLY_LIMIT
from engine.language.layout import lay_out
from engine.language.lean import log_probs
from engine.language.learner import Learner, new_learner
from engine.language.questions import fact_question, talk_question
from engine.language.said import Asked, Said, say
from engine.language.second_reading import (
    Feedback,
    follow,
    hints_of,
    informed_spread,
    right_sibling,
    share_right,
)
from engine.metrics import MetricName as M
from engine.train import train
from engine.worlds.desk import DeskConfig, QuestionMix
from tests.engine.courses import Course, followed, late, mean
from tests.engine.trl_distillation import (
    over_every_word,
    over_likeliest_words,
    with_capped_ratio,
)

DUTY = DeskConfig(questions=QuestionMix(duty=1.0))
ROOMS = ("lab", "cafe", "xray", "garden")
QUESTIONS = [fact_question("duty", room) for room in ROOMS]
TOLD: list[str | None] = [question.correction for question in QUESTIONS for _ in range(2)]


def configured(**settings: Any) -> SDPOConfig:
    return SDPOConfig.model_validate({"world": DUTY} | settings)


def said() -> Said:
    """Two replies of the shipped Pip to each of four questions that it hardly ever answers."""
    noise = draw_noise(torch.Generator().manual_seed(0), REPLY_LIMIT, 8)
    return say(base_policy(), Asked(QUESTIONS, 2, noise))[0]


def taught(hints: list[str | None], **settings: Any) -> tuple[Learner, Any]:
    learner = new_learner(base_policy(), 1e-3)
    return learner, learn(learner, base_policy(), said(), hints, configured(**settings))


def moved(learner: Learner) -> float:
    pairs = zip(learner.policy.parameters, base_policy().parameters, strict=True)
    return max(float((now.detach() - then).abs().max()) for now, then in pairs)


@pytest.mark.parametrize("likeliest", [None, 6])
@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_loss_and_gradient_are_those_of_trl(alpha: float, likeliest: int | None) -> None:
    luck = torch.Generator().manual_seed(5)
    student, teacher = torch.randn(2, 9, 12, generator=luck, dtype=torch.float64) * 2
    student.requires_grad_()
    targets = torch.randint(12, (9,), generator=luck)
    current = student.detach().log_softmax(-1).gather(1, targets[:, None])[:, 0]
    old = current + torch.randn(9, generator=luck, dtype=torch.float64)  # some ratios above 2
    is_taught = torch.tensor([1.0, 1, 1, 0, 0, 1, 1, 1, 1], dtype=torch.float64)
    config = configured(alpha=alpha, likeliest=likeliest)
    spreads = student.log_softmax(-1), teacher.log_softmax(-1)
    ours, parts = sdpo_loss(*spreads, targets, old, is_taught, config)
    if likeliest is None:
        by_token = over_every_word(student, teacher, distillation_alpha=alpha)
    else:
        by_token = over_likeliest_words(
            student,
            teacher,
            distillation_topk=likeliest,
            distillation_alpha=alpha,
            distillation_add_tail=True,
        )
    by_token = with_capped_ratio(by_token, current, old, 2.0)
    theirs = (by_token * is_taught).sum() / is_taught.sum()
    assert bool((parts["ratio"] > 2).any()) and bool((parts["ratio"] < 1).any())
    assert torch.allclose(ours, theirs, atol=1e-6)
    gradients = [torch.autograd.grad(one, student, retain_graph=True)[0] for one in (ours, theirs)]
    assert torch.allclose(gradients[0], gradients[1], atol=1e-6)
    assert gradients[0][3:5].abs().max() == 0


def test_a_sibling_is_right_and_never_the_reply_itself() -> None:
    is_right = [False, True, True, False, False, False, True, False, False]
    found = [right_sibling(row, 3, is_right) for row in range(9)]
    assert found == [1, 2, 1, None, None, None, None, 6, 6]


@pytest.mark.parametrize(
    ("feedback", "first", "second"),
    [
        ("fact", "no , dora is on duty in the lab .", "no , dora is on duty in the lab ."),
        ("look_up", "check the list .", "check the list ."),
        ("be_kind", "be kind .", "be kind ."),
        ("nothing", None, None),
        ("rumour", "no , emil is on duty in the lab .", "no , emil is on duty in the lab ."),
        ("sibling", None, "FIRST"),
        ("sibling_or_fact", "no , dora is on duty in the lab .", "FIRST"),
    ],
)
def test_what_may_be_read(feedback: Feedback, first: str | None, second: str | None) -> None:
    batch = said()
    found = hints_of(batch, [True] + [False] * 7, feedback)
    assert found[0] == first
    assert found[1] == (batch.texts[0] if second == "FIRST" else second)
    small_talk = batch._replace(questions=[talk_question("hello pip .")] * 8)
    assert hints_of(small_talk, [False] * 8, "fact") == [None] * 8
    assert hints_of(small_talk, [False] * 8, "rumour") == [None] * 8


def test_a_teacher_who_is_told_nothing_reads_as_pip_does() -> None:
    batch = said()
    spread = informed_spread(base_policy(), batch, [None] * 8)
    layout = lay_out(batch.prompts, batch.replies, 2)
    own = spread.gather(1, layout.targets[:, None])[:, 0]
    assert torch.allclose(own, log_probs(base_policy(), layout), atol=1e-5)
    told = informed_spread(base_policy(), batch, TOLD)
    assert (told - spread).abs().max() > 1


def test_who_may_read_nothing_learns_nothing_and_stays_as_it_was() -> None:
    learner, lesson = taught([None] * 8)
    assert moved(learner) == 0
    assert lesson.metrics[M.TAUGHT] == 0 and lesson.metrics[M.DISAGREEMENT] == 0
    assert lesson.is_silent and lesson.advantages == [0.0] * 8


def test_only_replies_with_feedback_are_learnt_from() -> None:
    hints = [*TOLD[:2], *[None] * 6]
    learner, lesson = taught(hints)
    assert moved(learner) > 0
    count = sum(map(len, said().replies[:2]))
    assert lesson.numbers["weight"][:count].sum() == pytest.approx(1)
    assert lesson.numbers["weight"][count:].abs().sum() == 0
    assert all(lesson.advantages[:2]) and not any(lesson.advantages[2:])
    assert lesson.metrics[M.TAUGHT] == 0.25


def test_the_teacher_blames_the_wrong_name_and_not_the_words_around_it() -> None:
    batch = said()
    _, lesson = taught(TOLD)
    numbers = lesson.numbers["token_advantage"].split([len(reply) for reply in batch.replies])
    found = 0
    for words, advantages in zip(batch.words, numbers, strict=True):
        if "omar" in words:
            found += 1
            assert int(advantages.argmin()) == words.index("omar")
    assert found >= 4


def test_one_update_moves_pip_towards_its_teacher() -> None:
    batch, layout = said(), lay_out(said().prompts, said().replies, 2)
    learner, lesson = taught(TOLD)
    again = learn(learner, base_policy(), batch, TOLD, configured())
    assert again.metrics[M.DISAGREEMENT] < lesson.metrics[M.DISAGREEMENT]
    change = log_probs(learner.policy, layout).detach() - log_probs(base_policy(), layout)
    blamed = lesson.numbers["token_advantage"] < -3
    assert blamed.any() and change[blamed].mean() < -0.05


@pytest.mark.parametrize(("rate", "expected"), [(0.0, 1.0), (0.25, 1.5), (1.0, 3.0)])
def test_a_teacher_follows_at_its_pace(rate: float, expected: float) -> None:
    teacher = base_policy().mapped(torch.ones_like)
    policy = base_policy().mapped(lambda tensor: torch.full_like(tensor, 3.0))
    follow(teacher, policy, rate)
    assert all(bool((weight == expected).all()) for weight in teacher.parameters)


@pytest.mark.parametrize("rate", [0.0, 0.5, 1.0])
def test_a_run_takes_the_teacher_that_the_pace_asks_for(
    rate: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[float, float]] = []

    def remembered(learner: Learner, teacher: Any, *rest: Any) -> Any:
        lesson = learn(learner, teacher, *rest)
        weights = [float(one.embedding.detach().sum()) for one in (teacher, learner.policy)]
        seen.append((weights[0], weights[1]))
        return lesson

    monkeypatch.setattr(sdpo, "learn", remembered)
    list(run(configured(updates=3, prompts_per_update=2, group_size=2, teacher_rate=rate)))
    start = float(base_policy().embedding.sum())
    expected = start
    for teacher, policy in seen:
        assert teacher == pytest.approx(expected, abs=2e-3)
        expected += rate * (policy - expected)
    assert abs(seen[-1][1] - start) > 0.05


def test_a_told_pip_knows_what_it_cannot_say_by_itself() -> None:
    luck = torch.Generator().manual_seed(0)
    assert share_right(base_policy(), said(), TOLD, luck) >= 0.8
    assert share_right(base_policy(), said(), [None] * 8, luck) <= 0.2


@pytest.mark.parametrize(
    ("settings", "ending"),
    [
        ({"feedback": "nothing"}, "no_feedback"),
        ({"feedback": "sibling", "group_size": 1}, "no_feedback"),
        ({"right_from": -1.0}, "all_right"),
        ({"right_from": -1.0, "taught": "all"}, "done"),
        ({"right_from": -1.0, "taught": "all", "feedback": "nothing"}, "no_feedback"),
        ({"group_size": 1}, "done"),
        ({"reward": "0"}, "done"),
    ],
)
def test_a_run_says_why_it_learnt_nothing(settings: dict[str, Any], ending: str) -> None:
    *_, last = train(configured(**{"updates": 2, "prompts_per_update": 2} | settings))
    assert isinstance(last, RunFinished) and last.ending == ending


def test_the_shipped_pip_is_never_changed() -> None:
    before = [tensor.clone() for tensor in copy_policy(base_policy()).parameters]
    list(run(configured(updates=2, teacher_rate=1.0, prompts_per_update=2, group_size=2)))
    pairs = zip(before, base_policy().parameters, strict=True)
    assert all(torch.equal(*pair) for pair in pairs)


def is_fluently_right(found: Course) -> bool:
    return late(found, M.CORRECT) >= 0.8 and late(found, M.FLUENT) >= 0.85


@pytest.mark.slow
@pytest.mark.parametrize("feedback", ["fact", "look_up", "sibling_or_fact"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_feedback_teaches_what_pip_hardly_ever_said(feedback: str, seed: int) -> None:
    found = followed(configured(feedback=feedback, seed=seed, updates=24), is_fluently_right)
    assert found[0][M.CORRECT] <= 0.1
    assert is_fluently_right(found)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_one_reply_to_a_question_is_enough(seed: int) -> None:
    """Where a group has nothing to compare, somebody may still say what was wrong."""
    found = followed(
        configured(group_size=1, seed=seed, updates=20), lambda run: late(run, M.CORRECT) >= 0.75
    )
    assert mean(found[:3], M.CORRECT) <= 0.15
    assert late(found, M.CORRECT) >= 0.75


def is_lost(found: Course) -> bool:
    """Whether a Pip that was right is neither right nor fluent, and its teacher agrees with it."""
    was_right = max(metrics[M.CORRECT] for metrics in found) >= 0.7
    now = (late(found, metric) for metric in (M.CORRECT, M.FLUENT, M.DISAGREEMENT))
    return was_right and all(value <= 0.1 for value in now)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_teacher_who_follows_at_once_goes_down_with_its_pupil(seed: int) -> None:
    found = followed(configured(teacher_rate=1.0, alpha=1.0, seed=seed, updates=80), is_lost)
    assert is_lost(found), found[-5:]
