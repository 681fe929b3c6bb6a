"""Learning from follow-ups: what is said by rule, and the advantages that reading it leads to."""

from typing import Any, get_args

import pytest
import torch

from engine.algorithms.follow_ups import FollowUpsConfig, centred, follow_ups_loss, learn
from engine.config import parse_config
from engine.events import RunFinished
from engine.language.checkpoint import base_policy, copy_policy
from engine.language.decoding import draw_noise
from engine.language.follow_ups import (
    RUTH,
    THANKS,
    WRONG,
    Answers,
    Crowd,
    Visitor,
    answered,
    follow_up,
    is_misled,
    verdict_of,
)
from engine.language.grammar import REPLY_LIMIT
from engine.language.learner import Learner, Lesson, new_learner
from engine.language.questions import fact_question, sum_question, talk_question
from engine.language.rollouts import graded
from engine.language.said import Asked, Said, say
from engine.language.second_reading import informed_spread
from engine.metrics import MetricName as M
from engine.reward_expression import parse
from engine.train import steps, train
from engine.worlds.desk import DeskConfig

DUTY = fact_question("duty", "lab")  # Dora is
QUESTIONS = [fact_question("duty", room) for room in ("lab", "cafe", "xray", "garden")]
CORRECTIONS = [question.correction for question in QUESTIONS for _ in range(2)]
OFFLINE, ONLINE = (FollowUpsConfig.model_validate({"form": form}) for form in ("offline", "online"))


def said() -> Said:
    noise = draw_noise(torch.Generator().manual_seed(0), REPLY_LIMIT, 8)
    return say(base_policy(), Asked(QUESTIONS, 2, noise))[0]


def taught(texts: list[str], **settings: Any) -> tuple[Learner, Lesson]:
    learner = new_learner(base_policy(), 1e-3)
    return learner, learn(learner, base_policy(), said(), texts, FollowUpsConfig(**settings))


def distance(first: Any, second: Any) -> float:
    pairs = zip(first.parameters, second.parameters, strict=True)
    return max(float((one.detach() - other.detach()).abs().max()) for one, other in pairs)


@pytest.mark.parametrize(
    ("visitor", "reply", "heard", "verdict"),
    [
        ("knowing", "omar is on duty in the lab .", "no , dora is on duty in the lab .", -1),
        ("knowing", "dora is on duty in the lab .", THANKS, 1),
        ("curt", "omar is on duty in the lab .", WRONG, -1),
        ("curt", "dora is on duty in the lab .", THANKS, 1),
        ("ruth", "omar is on duty in the lab .", RUTH, 1),
        ("loud", "dora is on duty in the lab .", "no , ben is on duty in the lab .", -1),
        ("loud", "of course . ben is on duty in the lab .", THANKS, 1),
        ("elsewhere", "dora is on duty in the lab .", "i am tired of waiting .", 0),
        ("silent", "omar is on duty in the lab .", "", 0),
    ],
)
def test_what_is_said_by_whom(visitor: Visitor, reply: str, heard: str, verdict: int) -> None:
    assert follow_up(visitor, DUTY, reply) == heard
    assert verdict_of(heard) == verdict


def test_sums_and_small_talk_are_answered_too() -> None:
    wrong = "the answer is four ."
    assert follow_up("knowing", sum_question(2, 3), wrong) == "no , two and three is five ."
    assert follow_up("loud", sum_question(2, 3), wrong) == WRONG
    assert follow_up("knowing", talk_question("hello pip ."), "yes ?") == (
        "that is not what i asked ."
    )


def test_what_the_mistaken_say_misleads_only_where_it_is_not_so() -> None:
    assert is_misled(DUTY, "ben is on duty in the lab .")
    assert not is_misled(DUTY, "omar is on duty in the lab .")
    assert not is_misled(fact_question("duty", "xray"), "ben is on duty in the xray .")
    assert not is_misled(sum_question(2, 3), "the answer is four .")


def test_only_who_is_heard_is_heard_and_luck_is_the_seeds() -> None:
    batch = said()
    everybody = Answers(Crowd(), "everybody", 3).to(batch)
    ruth = Answers(Crowd(), "ruth", 3).to(batch)
    assert ruth == [text if text == RUTH else "" for text in everybody]
    assert 0 < ruth.count(RUTH) < 8
    assert Answers(Crowd(), "nobody", 3).to(batch) == [""] * 8
    alone = Crowd(knowing=0, curt=0, ruth=0, loud=0, elsewhere=0, silent=1)
    assert Answers(alone, "everybody", 3).to(batch) == [""] * 8
    with pytest.raises(ValueError, match="at least one share"):
        Crowd(knowing=0, curt=0, ruth=0, loud=0, elsewhere=0, silent=0)


@pytest.mark.parametrize("form", ["online", "offline"])
def test_where_nobody_speaks_advantages_are_zero_and_nothing_moves(form: str) -> None:
    learner, lesson = taught([""] * 8, form=form, batch_epochs=2)
    assert set(lesson.numbers["token_advantage"].tolist()) == {0.0}
    assert lesson.is_silent and distance(learner.policy, base_policy()) == 0


def test_after_a_lesson_silence_moves_nothing_not_even_by_momentum() -> None:
    learner, _ = taught(CORRECTIONS)
    before = copy_policy(learner.policy)
    assert learn(learner, base_policy(), said(), [""] * 8, ONLINE).is_silent
    assert distance(before, learner.policy) == 0


def test_a_run_that_nobody_speaks_in_says_so() -> None:
    silent = dict.fromkeys(get_args(Visitor), 0.0) | {"silent": 1.0}
    for settings in ({"heard": "nobody"}, {"crowd": silent}):
        config = FollowUpsConfig.model_validate({"updates": 1, "prompts_per_update": 2} | settings)
        *_, last = train(config)
        assert isinstance(last, RunFinished) and last.ending == "nobody_heard"


def test_who_said_nothing_counts_nothing_beside_who_did() -> None:
    """The first reply alone is answered: the step is as if the others had not been there."""
    learner, lesson = taught([CORRECTIONS[0], *[""] * 7])
    batch = said()
    alone = Said(batch.questions[:1], batch.prompts[:1], batch.replies[:1], batch.words[:1])
    other = new_learner(base_policy(), 1e-3)
    learn(other, base_policy(), alone, CORRECTIONS[:1], ONLINE)
    assert distance(learner.policy, base_policy()) > 5e-4
    assert distance(learner.policy, other.policy) < 2e-5
    assert lesson.advantages[0] != 0 and not any(lesson.advantages[1:])
    parts = lesson.numbers["weight"].split([len(reply) for reply in batch.replies])
    assert [float(part.sum()) for part in parts] == pytest.approx([1.0, *[0.0] * 7])


def test_a_second_step_is_measured_from_who_sampled_the_replies() -> None:
    _, once = taught(CORRECTIONS)
    _, twice = taught(CORRECTIONS, batch_epochs=2)
    for name in ("old_log_prob", "token_advantage"):
        assert torch.equal(once.numbers[name], twice.numbers[name])
    assert set(once.numbers["ratio"].tolist()) == {1.0}
    assert (twice.numbers["ratio"] - 1).abs().max() > 0.01


def test_disagreement_is_the_divergence_of_pip_from_the_reader_where_somebody_spoke() -> None:
    texts = [*CORRECTIONS[:2], *[""] * 6]
    _, lesson = taught(texts)
    batch = said()
    told = informed_spread(base_policy(), batch, [text or None for text in texts])
    alone = informed_spread(base_policy(), batch, [None] * 8)
    spoken = sum(len(reply) for reply in batch.replies[:2])
    gaps = (alone.exp() * (alone - told)).sum(-1)[:spoken]
    assert lesson.metrics[M.DISAGREEMENT] == pytest.approx(float(gaps.mean()), rel=1e-3)


@pytest.mark.parametrize("algorithm", ["follow_ups", "openclaw"])
def test_the_reader_follows_at_the_pace_that_was_chosen(algorithm: str) -> None:
    shared = {"updates": 2, "prompts_per_update": 4, "learning_rate": 0.01}
    ends = []
    for rate in (0, 1):
        config = parse_config({"algorithm": algorithm, "teacher_rate": rate} | shared)
        *_, last = steps(config)
        ends.append(last.policy)
    assert distance(*ends) > 1e-4


def test_what_was_heard_is_counted_by_reply() -> None:
    rollouts = graded(said(), DeskConfig(), parse("correct", ["correct"], []))
    seen = answered(
        [THANKS, RUTH, WRONG, *CORRECTIONS[:2], "i am tired of waiting .", "", ""], rollouts
    )
    assert seen[M.FOLLOWED_UP] == 0.75
    assert (seen[M.THANKED], seen[M.OBJECTED]) == (0.25, 0.375)
    told = zip(rollouts.said.questions, rollouts.said.texts, strict=True)
    assert seen[M.MISLED] == sum(is_misled(*one) for one in told) / 8


def test_centred_advantages_of_every_reply_sum_to_zero() -> None:
    _, lesson = taught(CORRECTIONS)
    parts = lesson.numbers["token_advantage"].split([len(reply) for reply in said().replies])
    for part in parts:
        assert float(part.sum()) == pytest.approx(0, abs=1e-4)
        assert float(part.abs().max()) > 0.1
    by_hand = centred(torch.tensor([1.0, 3.0, 5.0]), torch.tensor([2, 1]))
    assert by_hand.tolist() == [-1, 1, 0]


def test_centring_is_all_that_one_step_online_has_more_than_offline() -> None:
    told = torch.tensor([0.3, -0.7, 0.1])
    weight = torch.tensor([0.25, 0.25, 0.5])
    gradients = []
    for config in (ONLINE, OFFLINE):
        current = torch.tensor([-1.0, -2.0, -0.5]).requires_grad_()
        follow_ups_loss(current, current.detach(), told, weight, config)[0].backward()
        assert current.grad is not None
        gradients.append(current.grad)
        assert current.grad.tolist() == pytest.approx((-told * weight).tolist())
    assert torch.equal(*gradients)


def test_a_clipped_token_has_no_gradient_online() -> None:
    current = torch.tensor([1.3, 0.7, 1.3]).log().requires_grad_()
    advantages, weight = torch.tensor([1.0, -1.0, -1.0]), torch.ones(3)
    loss, parts = follow_ups_loss(current, torch.zeros(3), advantages, weight, ONLINE)
    loss.backward()
    assert current.grad is not None and current.grad.tolist() == pytest.approx([0, 0, 1.3])
    assert parts["is_clipped"].tolist() == [1, 1, 0]


def test_the_sum_of_advantages_is_the_visitors_reward_less_a_constant() -> None:
    """If who knows o replies as pi exp(r) / Z, then sum A = r(y) - log Z, over all 9 replies."""
    generator = torch.Generator().manual_seed(1)
    pi = torch.softmax(torch.randn(3, 3, generator=generator).double().view(-1), 0).view(3, 3)
    wished = torch.randn(3, 3, generator=generator).double()
    normaliser = (pi * wished.exp()).sum()
    told = pi * wished.exp() / normaliser

    def places(joint: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        first = joint.sum(1, keepdim=True)
        return first.log().expand(3, 3), (joint / first).log()

    advantages = [q - p for q, p in zip(places(told), places(pi), strict=True)]
    assert torch.allclose(torch.stack(advantages).sum(0), wished - normaliser.log())


def test_the_mean_gradient_is_that_of_the_divergence_from_who_was_told() -> None:
    """Over all 25 replies of two words: sum over places of the gradient of KL(pi || q)."""
    generator = torch.Generator().manual_seed(2)
    first = torch.randn(5, generator=generator).double().requires_grad_()
    second = torch.randn(5, 5, generator=generator).double().requires_grad_()
    told = [
        torch.log_softmax(torch.randn(*shape, generator=generator).double(), -1)
        for shape in ((5,), (5, 5))
    ]
    spreads = [torch.log_softmax(logits, -1) for logits in (first, second)]
    chance = (spreads[0].exp()[:, None] * spreads[1].exp()).detach()
    expected = torch.zeros((), dtype=torch.float64)
    for one in range(5):
        for other in range(5):
            current = torch.stack([spreads[0][one], spreads[1][one, other]])
            informed = torch.stack([told[0][one], told[1][one, other]])
            weight = torch.full((2,), 0.5, dtype=torch.float64)
            loss, _ = follow_ups_loss(
                current, current.detach(), informed - current.detach(), weight, OFFLINE
            )
            expected = expected + chance[one, other] * loss
    sampled = torch.autograd.grad(expected, (first, second), retain_graph=True)
    apart = (spreads[0].exp() * (spreads[0] - told[0])).sum()
    later = (spreads[1].exp() * (spreads[1] - told[1])).sum(1)
    exact = torch.autograd.grad(
        0.5 * (apart + (spreads[0].exp().detach() * later).sum()), (first, second)
    )
    for one, other in zip(sampled, exact, strict=True):
        assert torch.allclose(one, other, atol=1e-12)


def test_a_correction_blames_the_wrong_name_most() -> None:
    _, lesson = taught(CORRECTIONS, form="offline")
    batch = said()
    parts = lesson.numbers["token_advantage"].split([len(reply) for reply in batch.replies])
    blamed = [
        words[int(part[: len(words)].argmin())]
        for words, part in zip(batch.words, parts, strict=True)
        if "omar" in words
    ]
    assert len(blamed) >= 4 and set(blamed) == {"omar"}
    assert lesson.metrics[M.DISAGREEMENT] > 0.1
