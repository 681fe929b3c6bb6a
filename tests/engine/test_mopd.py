"""MOPD: whose teacher reads what, which tokens are dropped, and where it leads, exactly."""

from functools import cache
from itertools import product
from typing import Any, get_args

import pytest
import torch

from engine.algorithms.mopd import (
    MOPDConfig,
    Sampled,
    Teachers,
    learn,
    mopd_loss,
    run,
    sampled_by,
    teacher_of,
    teacher_spread,
    teachers_examined,
)
from engine.distillation import kl_divergence
from engine.events import RunFinished, UpdateCompleted
from engine.language.checkpoint import base_policy
from engine.language.decoding import draw_noise
from engine.language.grammar import REPLY_LIMIT
from engine.language.layout import lay_out
from engine.language.lean import log_probs, next_token_logits
from engine.language.learner import Learner, Lesson, new_learner
from engine.language.question_domains import DOMAINS, exam_questions, examined
from engine.language.questions import Question, fact_question, sum_question, talk_question
from engine.language.rollouts import graded
from engine.language.said import Asked, say
from engine.language.teachers import TeacherName, teacher_policy
from engine.metrics import MetricName as M
from engine.reward_expression import parse
from engine.train import train
from engine.worlds.desk import DeskConfig, QuestionMix

MIX = QuestionMix(duty=0.3, floor=0.15, opens=0.08, closes=0.07, sum=0.4)
DUTY = [fact_question("duty", room) for room in ("lab", "cafe")]
ALL_SORTS = [*DUTY, fact_question("floor", "lab"), sum_question(2, 3), talk_question("hello pip .")]


def configured(**settings: Any) -> MOPDConfig:
    return MOPDConfig.model_validate({"world": DeskConfig(questions=MIX)} | settings)


def sampled(questions: list[Question], size: int = 2) -> Sampled:
    noise = draw_noise(torch.Generator().manual_seed(0), REPLY_LIMIT, size * len(questions))
    (said,) = say(base_policy(), Asked(questions, size, noise))
    rollouts = graded(said, DeskConfig(), parse("correct", ["correct"], []))
    return sampled_by(base_policy(), rollouts)


def taught(questions: list[Question], teachers: Teachers) -> tuple[Learner, Lesson]:
    learner = new_learner(base_policy(), 1e-3)
    return learner, learn(learner, sampled(questions), teachers)


def apart(first: Any, second: Any) -> float:
    pairs = zip(first.parameters, second.parameters, strict=True)
    return max(float((one.detach() - other.detach()).abs().max()) for one, other in pairs)


@pytest.mark.parametrize(
    ("teachers", "expected"),
    [
        ("by_domain", ["duty_specialist", "rooms_specialist", "sums_specialist", None]),
        ("only_duty", ["duty_specialist"] * 4),
        ("only_rooms", ["rooms_specialist"] * 4),
        ("only_sums", ["sums_specialist"] * 4),
        ("one_after_another", ["three_stages"] * 4),
        ("turned_round", ["rooms_specialist", "sums_specialist", "duty_specialist", None]),
    ],
)
def test_who_teaches_what(teachers: Teachers, expected: list[TeacherName | None]) -> None:
    assert [teacher_of(domain, teachers) for domain in (*DOMAINS, None)] == expected
    assert teachers in get_args(Teachers)


def test_which_tokens_are_dropped() -> None:
    ratios = torch.tensor([0.49, 0.5, 1.0, 2.0, 2.01], dtype=torch.float64)
    current = torch.full((5,), -1.0, dtype=torch.float64, requires_grad=True)
    sampler = current.detach() - ratios.log()
    told = torch.full((5,), -0.25, dtype=torch.float64)
    loss, parts = mopd_loss(current, told, sampler, torch.tensor([5]))
    loss.backward()
    assert parts["is_dropped"].tolist() == [1, 0, 0, 0, 1]
    assert parts["trust"].tolist() == pytest.approx([0, 0.5, 1, 2, 0])
    assert current.grad is not None
    assert current.grad.tolist() == pytest.approx([0, -0.075, -0.15, -0.3, 0])
    assert float(loss.detach()) == pytest.approx(0.75 * (0.5 + 1 + 2) / 5)


def test_a_long_reply_counts_no_more_than_a_short_one() -> None:
    current = torch.full((6,), -1.0, requires_grad=True)
    zeros = torch.zeros(6)
    loss, parts = mopd_loss(current, zeros, current.detach(), torch.tensor([2, 4]))
    assert parts["weight"].tolist() == pytest.approx([0.25] * 2 + [0.125] * 4)
    assert float(loss.detach()) == pytest.approx(1.0)


def test_the_mean_gradient_is_that_of_the_divergence_from_the_teacher() -> None:
    """Over every token that could be said at one place, each with its chance."""
    luck = torch.Generator().manual_seed(3)
    logits, teacher = torch.randn(2, 9, generator=luck, dtype=torch.float64)
    logits.requires_grad_()
    taught = teacher.log_softmax(-1)
    expected = torch.zeros(9, dtype=torch.float64)
    for token in range(9):
        current = logits.log_softmax(-1)[token : token + 1]
        one = taught[token : token + 1]
        loss, _ = mopd_loss(current, one, current.detach(), torch.tensor([1]))
        (gradient,) = torch.autograd.grad(loss, logits)
        expected += current.detach().exp() * gradient
    (exact,) = torch.autograd.grad(kl_divergence(logits.log_softmax(-1), taught), logits)
    assert torch.allclose(expected, exact, atol=1e-12)
    assert exact.abs().max() > 0.01


def test_an_older_sampler_is_corrected_for_where_nothing_is_dropped() -> None:
    luck = torch.Generator().manual_seed(4)
    logits, teacher = torch.randn(2, 6, generator=luck, dtype=torch.float64)
    logits.requires_grad_()
    older = (logits.detach() + 0.1 * torch.randn(6, generator=luck)).log_softmax(-1)
    taught, found = teacher.log_softmax(-1), torch.zeros(6, dtype=torch.float64)
    for token in range(6):
        own = logits.log_softmax(-1)[token : token + 1]
        loss, parts = mopd_loss(
            own, taught[token : token + 1], older[token : token + 1], torch.tensor([1])
        )
        assert float(parts["is_dropped"]) == 0
        found += older[token].exp() * torch.autograd.grad(loss, logits)[0]
    (exact,) = torch.autograd.grad(kl_divergence(logits.log_softmax(-1), taught), logits)
    assert torch.allclose(found, exact, atol=1e-12)


def test_every_beginning_of_a_reply_ends_at_its_own_questions_teacher() -> None:
    """Two questions, two words, replies of two words: every prefix, by exact expectation."""
    luck = torch.Generator().manual_seed(5)
    logits = torch.zeros(2, 3, 2, dtype=torch.float64, requires_grad=True)  # question, prefix
    teachers = torch.randn(2, 3, 2, generator=luck, dtype=torch.float64).log_softmax(-1)
    step = torch.optim.Adam([logits], 0.1)
    for _ in range(150):
        expected = torch.zeros((), dtype=torch.float64)
        for question, first, second in product(range(2), repeat=3):
            spread, q = logits[question].log_softmax(-1), teachers[question]
            own = torch.stack([spread[0, first], spread[1 + first, second]])
            told = torch.stack([q[0, first], q[1 + first, second]])
            loss, _ = mopd_loss(own, told, own.detach(), torch.tensor([2]))
            expected = expected + own.detach().sum().exp() * loss
        step.zero_grad()
        expected.backward()
        step.step()
    assert torch.allclose(logits.detach().log_softmax(-1), teachers, atol=1e-3)


def test_one_domain_is_plain_on_policy_distillation() -> None:
    """The lesson of a domain alone is that of its teacher alone, and that by the plain formula."""
    learner, lesson = taught(DUTY, "by_domain")
    other, alone = taught(DUTY, "only_duty")
    assert apart(learner.policy, other.policy) == 0 and lesson.metrics == alone.metrics
    said = sampled(DUTY).rollouts.said
    layout = lay_out(said.prompts, said.replies, 2)
    own = log_probs(new_learner(base_policy(), 1e-3).policy, layout)
    with torch.no_grad():
        told = log_probs(teacher_policy("duty_specialist"), layout)
    lengths = torch.tensor([len(reply) for reply in said.replies])
    by_reply = (-(told - own.detach()) * own).split(lengths.tolist())
    plain = torch.stack([part.mean() for part in by_reply]).mean()
    shown = (lesson.numbers["weight"] * lesson.numbers["token_loss"]).sum()
    assert float(shown) == pytest.approx(float(plain.detach()), abs=1e-5)
    with torch.no_grad():
        policies = base_policy(), teacher_policy("duty_specialist")
        pip, judged = (next_token_logits(one, layout).log_softmax(-1) for one in policies)
    gap = (pip.exp() * (pip - judged)).sum(-1).mean()
    assert lesson.metrics[M.TEACHER_KL] == pytest.approx(float(gap), rel=1e-4)


def test_each_reply_is_read_by_the_teacher_of_its_question() -> None:
    said = sampled(ALL_SORTS).rollouts.said
    layout = lay_out(said.prompts, said.replies, 2)
    lengths = torch.tensor([len(reply) for reply in said.replies])
    names: list[TeacherName | None] = ["duty_specialist", "duty_specialist", "rooms_specialist"]
    names = [name for name in [*names, "sums_specialist", None] for _ in range(2)]
    rows = teacher_spread(layout, names, lengths).gather(1, layout.targets[:, None])[:, 0]
    for row, (name, found) in enumerate(zip(names, rows.split(lengths.tolist()), strict=True)):
        policy = base_policy() if name is None else teacher_policy(name)
        alone = log_probs(policy, lay_out([said.prompts[row // 2]], [said.replies[row]]))
        assert torch.allclose(found, alone, atol=1e-4), name


def test_who_agrees_with_its_teacher_stays_as_it_was() -> None:
    learner, lesson = taught([talk_question("hello pip .")] * 2, "by_domain")
    assert apart(learner.policy, base_policy()) == 0
    assert lesson.is_silent and lesson.metrics[M.TEACHER_KL] == 0
    moved, _ = taught([talk_question("hello pip .")] * 2, "only_duty")
    assert apart(moved.policy, base_policy()) > 0


def test_a_run_whose_teacher_is_pip_itself_says_so() -> None:
    world = DeskConfig(questions=QuestionMix(floor=0, opens=0, closes=0, talk=1))
    *_, last = train(configured(world=world, updates=1, prompts_per_update=2, group_size=1))
    assert isinstance(last, RunFinished) and last.ending == "agreed"


def test_teachers_are_examined_in_what_they_teach() -> None:
    routed, turned = (
        teachers_examined(configured(teachers=t)) for t in ("by_domain", "turned_round")
    )
    for metric, right in routed.items():
        assert right > 0.8 and turned[metric] < right - 0.2


def test_views_are_told_apart_by_domain() -> None:
    _, lesson = taught(ALL_SORTS, "by_domain")
    sizes = lesson.numbers["token_advantage"].abs()
    said = sampled(ALL_SORTS).rollouts.said
    lengths = [len(reply) for reply in said.replies]
    by_row = sizes.split(lengths)
    assert lesson.metrics[M.SUMS_APART] == pytest.approx(float(torch.cat(by_row[6:8]).mean()))
    assert lesson.metrics[M.DUTY_APART] == pytest.approx(float(torch.cat(by_row[:4]).mean()))


def test_the_exam_asks_the_same_of_everybody_and_tells_specialists_apart() -> None:
    exam = exam_questions()
    assert {domain: len(set(asked)) for domain, asked in exam.items()} == dict.fromkeys(DOMAINS, 12)
    luck = torch.Generator().manual_seed(0)
    duty = examined(teacher_policy("duty_specialist"), exam, 2, luck)
    sums = examined(teacher_policy("sums_specialist"), exam, 2, luck)
    assert duty["duty"] > 0.8 and duty["sums"] < 0.6
    assert sums["sums"] > 0.7 and sums["duty"] < 0.4


@cache
def curve(teachers: Teachers) -> list[UpdateCompleted]:
    config = configured(teachers=teachers, seed=41, updates=24, prompts_per_update=8)
    return [event for event in train(config) if isinstance(event, UpdateCompleted)]


def late(events: list[UpdateCompleted], metric: M) -> float:
    return sum(event.metrics[metric] for event in events[-4:]) / 4


@pytest.mark.slow
def test_each_domain_has_its_teacher_or_loses_what_that_teacher_lost() -> None:
    routed, alone, turned = map(curve, ("by_domain", "only_duty", "turned_round"))
    assert late(routed, M.WEAKEST_DOMAIN) > late(alone, M.WEAKEST_DOMAIN) + 0.1
    assert late(routed, M.CORRECT) > late(turned, M.CORRECT) + 0.15
    assert late(alone, M.DUTY_RIGHT) > 0.6 > late(turned, M.DUTY_RIGHT)


def first_two(lag: int) -> list[UpdateCompleted]:
    config = configured(sampler_lag=lag, updates=2, prompts_per_update=4)
    return [event for event in train(config) if isinstance(event, UpdateCompleted)]


def test_a_sampler_that_lags_learns_from_older_replies_and_shows_the_newest() -> None:
    newest, lagging = first_two(0), first_two(3)
    assert all(event.metrics[M.DROPPED] == 0 for event in newest)
    assert lagging[0].metrics == newest[0].metrics
    assert lagging[0].scene != lagging[1].scene
    first, second = (one.scene.group[0].tokens for one in lagging[:2])  # type: ignore[union-attr]
    assert first == second
    ratios = [one.scene.group[0].numbers["ratio"] for one in lagging[:2]]  # type: ignore[union-attr]
    assert set(ratios[0]) == {1.0} and set(ratios[1]) != {1.0}
    # One update on, the two Pips are the same still and say the same, whatever they learn from.
    drifts = [run[1].metrics[M.KL] for run in (newest, lagging)]
    assert drifts[0] == pytest.approx(drifts[1], abs=1e-4) and abs(drifts[0]) > 1e-3


def test_the_pay_is_measured_and_teaches_nothing() -> None:
    config = {"updates": 2, "prompts_per_update": 2}
    paid, unpaid = (
        [step.policy for step in run(configured(reward=reward, **config))][-1]
        for reward in ("correct", "0")
    )
    assert apart(paid, unpaid) == 0 and apart(paid, base_policy()) > 0
