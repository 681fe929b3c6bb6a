"""REOPOLD: its floor in closed form, its masks, plain distillation as a limit, and the variance."""

import math
from typing import Any

import pytest
import torch

from engine.algorithms import reopold
from engine.algorithms.gopd import GOPDConfig
from engine.algorithms.gopd import learn as learn_gopd
from engine.algorithms.reopold import REOPOLDConfig, counted, floor_of, learn, reopold_loss
from engine.language.checkpoint import base_policy, copy_policy
from engine.language.decoding import draw_noise
from engine.language.grammar import REPLY_LIMIT
from engine.language.lean import Policy
from engine.language.learner import new_learner
from engine.language.questions import fact_question
from engine.language.said import Asked, Said, say
from engine.language.teachers import teacher_policy
from engine.metrics import MetricName as M

ROOMS = ("lab", "cafe", "xray", "garden")


def configured(**settings: Any) -> REOPOLDConfig:
    return REOPOLDConfig.model_validate(settings)


@pytest.mark.parametrize(
    ("mixture", "floor"), [(0.0, -math.inf), (0.3, -1.71996), (0.5, -1.38629), (0.9, -1.05361)]
)
def test_the_floor_in_closed_form(mixture: float, floor: float) -> None:
    assert floor_of(mixture) == pytest.approx(floor, abs=1e-5)


def test_first_the_words_above_the_floor_count_and_later_the_undecided() -> None:
    rewards = torch.tensor([1.0, -1.7, -1.75, -9.0, 0.0])
    entropy = torch.tensor([0.1, 0.9, 0.2, 0.8, 0.3])
    config = configured(mixture=0.3, undecided_share=0.4)
    assert counted(rewards, entropy, True, config).tolist() == [1, 1, 0, 0, 1]
    assert counted(rewards, entropy, False, config).tolist() == [0, 1, 0, 1, 0]
    everything = configured(mixture=0, undecided_share=1)
    assert counted(rewards, entropy, True, everything).tolist() == [1] * 5
    assert counted(rewards, entropy, False, everything).tolist() == [1] * 5


def test_the_first_phase_is_a_third_unless_another_part_is_named() -> None:
    explores = [configured(updates=12).explores_at(update) for update in range(1, 13)]
    assert explores == [True] * 4 + [False] * 8
    assert not configured(explore_share=0).explores_at(1)
    assert configured(explore_share=1, updates=3).explores_at(3)


def test_words_that_do_not_count_weigh_nothing_and_the_rest_is_a_mean() -> None:
    old = torch.tensor([-1.0, -2.0, -3.0])
    current = (old + torch.tensor([0.0, 0.5, 0.0])).requires_grad_()
    loss, _ = reopold_loss(current, old, torch.tensor([2.0, -1.0, 7.0]), torch.tensor([1.0, 1, 0]))
    assert float(loss.detach()) == pytest.approx((-2 + math.exp(0.5)) / 2)
    loss.backward()
    assert current.grad is not None
    assert current.grad.tolist() == pytest.approx([-1.0, math.exp(0.5) / 2, 0.0])
    nothing, _ = reopold_loss(current, old, torch.ones(3), torch.zeros(3))
    assert float(nothing.detach()) == 0


def gradient_of_one_word(floor: float, *, is_masked: bool) -> tuple[float, float]:
    """Variance of the gradient at one sampled word, and its mean's cosine with the exact one.

    By enumeration: 32 words, of which the teacher hardly ever says four that Pip does say.
    """
    luck = torch.Generator().manual_seed(3)
    policy = torch.randn(32, generator=luck).double().mul(0.5)
    policy[:4] += 1.5
    teacher = policy + 0.3 * torch.randn(32, generator=luck).double()
    teacher[:4] = -15.0
    spread, judged = policy.log_softmax(-1), teacher.log_softmax(-1)
    chances, raw = spread.exp(), judged - spread
    score = torch.eye(32).double() - chances  # [word, logit]
    paid = raw.clamp(min=floor) * (raw >= floor if is_masked else 1)
    each = paid[:, None] * score
    mean = chances @ each
    variance = float(chances @ (each - mean).square().sum(1))
    exact = -torch.func.grad(
        lambda logits: (logits.softmax(-1) * (logits.log_softmax(-1) - judged)).sum()
    )(policy)
    return variance, float(torch.cosine_similarity(mean, exact, dim=0))


def test_the_floor_trades_variance_for_bias_exactly() -> None:
    plain, aim = gradient_of_one_word(-math.inf, is_masked=False)
    floored, near = gradient_of_one_word(floor_of(0.3), is_masked=False)
    masked, off = gradient_of_one_word(floor_of(0.3), is_masked=True)
    assert aim == pytest.approx(1, abs=1e-9)
    assert (plain / floored, plain / masked) == pytest.approx((76.2, 495.9), rel=0.01)
    assert (near, off) == pytest.approx((0.983, 0.615), abs=0.001)


def said() -> Said:
    noise = draw_noise(torch.Generator().manual_seed(0), REPLY_LIMIT, 8)
    questions = [fact_question("duty", room) for room in ROOMS]
    return say(base_policy(), Asked(questions, 2, noise))[0]


def after(algorithm: str, *, explores: bool = False, **settings: Any) -> tuple[Policy, Any]:
    learner, teacher = new_learner(base_policy(), 1e-3), teacher_policy("rota_learner")
    if algorithm == "gopd":
        config = GOPDConfig.model_validate(settings)
        return learner.policy, learn_gopd(learner, teacher, said(), config)
    return learner.policy, learn(learner, teacher, said(), explores, configured(**settings))


@pytest.mark.parametrize("explores", [True, False])
def test_without_floor_and_mask_an_update_is_that_of_plain_distillation(explores: bool) -> None:
    ours, lesson = after("reopold", explores=explores, mixture=0, undecided_share=1)
    plain, _ = after("gopd", extrapolation=1)
    pairs = list(zip(ours.parameters, plain.parameters, strict=True))
    assert all(torch.allclose(one, other, atol=1e-4) for one, other in pairs)
    assert lesson.metrics[M.FLOORED] == 0 and lesson.metrics[M.COUNTED] == 1
    floored, lesson = after("reopold", explores=explores, mixture=0.9, undecided_share=1)
    assert lesson.metrics[M.FLOORED] > 0
    pairs = list(zip(floored.parameters, plain.parameters, strict=True))
    assert max(float((one - other).detach().abs().max()) for one, other in pairs) > 5e-4


def test_words_below_the_floor_are_left_out_while_pip_explores() -> None:
    _, lesson = after("reopold", explores=True, batch_epochs=2)
    numbers = lesson.numbers
    is_below = numbers["verdict"] < floor_of(0.3)
    assert 0 < int(is_below.sum()) < len(is_below)
    assert torch.equal(numbers["is_counted"], (~is_below).float())
    assert lesson.metrics[M.FLOORED] == pytest.approx(float(is_below.float().mean()))
    counts = numbers["token_advantage"] * numbers["is_counted"]
    sums = [float(part.sum()) for part in counts.split([len(one) for one in said().replies])]
    assert lesson.advantages == pytest.approx(sums, abs=1e-4)
    # The second step is measured from who sampled the replies.
    _, once = after("reopold", explores=True)
    assert torch.equal(numbers["old_log_prob"], once.numbers["old_log_prob"])
    assert (numbers["ratio"] - 1).abs().max() > 0.01


def test_where_no_word_counts_not_even_momentum_moves_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    learner, teacher = new_learner(base_policy(), 1e-3), teacher_policy("rota_learner")
    learn(learner, teacher, said(), True, configured())
    before = copy_policy(learner.policy)
    monkeypatch.setattr(reopold, "counted", lambda rewards, *_: torch.zeros_like(rewards))
    assert learn(learner, teacher, said(), True, configured()).is_silent
    pairs = zip(before.parameters, learner.policy.parameters, strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)


def test_a_run_explores_first(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def noted(*given: Any) -> Any:
        seen.append(given[3])
        return learn(*given)

    monkeypatch.setattr(reopold, "learn", noted)
    list(reopold.run(configured(updates=3, prompts_per_update=1, group_size=1)))
    assert seen == [True, False, False]


def test_only_what_counts_is_weighed() -> None:
    _, lesson = after("reopold", undecided_share=0.2)
    numbers = lesson.numbers
    assert numbers["is_counted"].mean() == pytest.approx(0.2, abs=0.02)
    kept = numbers["entropy"][numbers["is_counted"] > 0]
    assert kept.min() >= numbers["entropy"][numbers["is_counted"] == 0].max()
    assert numbers["token_loss"][numbers["is_counted"] == 0].abs().max() == 0
    assert numbers["token_advantage"].min() >= floor_of(0.3) - 1e-6
