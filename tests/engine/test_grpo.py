"""GRPO: equal to TRL's loss, blind to padding, reproducible, and able to learn."""

from collections import defaultdict
from types import SimpleNamespace
from typing import Any, cast, get_args

import pytest
import torch
from pydantic import ValidationError
from trl.trainer.grpo_trainer import GRPOTrainer

from engine.advantages import EPSILON, AdvantageScale
from engine.algorithms import grpo
from engine.algorithms.grpo import (
    RATIO_CAP,
    TEMPERATURES,
    GRPOConfig,
    LossType,
    grpo_loss,
    learn,
    run,
    token_weights,
)
from engine.events import UpdateCompleted
from engine.language.checkpoint import base_policy, snapshot
from engine.language.decoding import draw_noise, sample
from engine.language.grammar import REPLY_LIMIT
from engine.language.layout import lay_out
from engine.language.lean import log_probs
from engine.language.learner import Learner, Lesson, new_learner
from engine.language.said import Said
from engine.language.vocabulary import END, encode
from engine.metrics import MetricName as M
from engine.worlds.desk import DeskConfig, QuestionMix
from tests.engine.courses import Course, followed, late

PROMPTS = [encode(f"<visitor> where is the {room} ? <pip>".split()) for room in ("lab", "cafe")]


def configured(**settings: Any) -> GRPOConfig:
    return GRPOConfig.model_validate(settings)


SMALL = configured(updates=3, prompts_per_update=2, group_size=4, reward="correct + polite")


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Any:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def trl_loss(
    log_prob: torch.Tensor, constants: dict[str, torch.Tensor], config: GRPOConfig
) -> torch.Tensor:
    """The loss of TRL's trainer for padded tensors, called without a trainer."""
    arguments = SimpleNamespace(
        use_bias_correction_kl=False,
        delta=None,
        steps_per_generation=1,
        sapo_temperature_pos=TEMPERATURES[0],
        sapo_temperature_neg=TEMPERATURES[1],
    )
    accelerator = SimpleNamespace(
        num_processes=1, reduce=lambda x, *_, **__: x, gather=lambda x: x, device="cpu"
    )
    stub = SimpleNamespace(
        top_entropy_quantile=1.0,
        off_policy_mask_threshold=None,
        importance_sampling_level="sequence" if config.loss_type == "gspo" else "token",
        beta=config.kl_coef,
        loss_type="grpo" if config.loss_type == "gspo" else config.loss_type,
        epsilon_low=config.clip_range,
        epsilon_high=RATIO_CAP if config.loss_type == "cispo" else config.clip_range_high,
        use_vllm=False,
        vllm_importance_sampling_correction=False,
        current_gradient_accumulation_steps=1,
        max_completion_length=REPLY_LIMIT,
        _entropy_bonus_enabled=False,
        aux_loss_enabled=False,
        tools=None,
        model=SimpleNamespace(training=True),
        _metrics={"train": defaultdict(list)},
        args=arguments,
        accelerator=accelerator,
        _get_per_token_logps_and_entropies=lambda *_, **__: (
            log_prob,
            torch.zeros_like(log_prob),
            None,
        ),
    )
    count = len(log_prob)
    inputs = constants | {
        "prompt_ids": torch.ones(count, 2, dtype=torch.long),
        "prompt_mask": torch.ones(count, 2, dtype=torch.long),
        "completion_ids": torch.ones(log_prob.shape, dtype=torch.long),
        "num_items_in_batch": constants["completion_mask"].sum(),
    }
    compute_loss = cast(Any, GRPOTrainer)._compute_loss
    return compute_loss(stub, None, inputs)


@pytest.mark.parametrize("loss_type", get_args(LossType))
@pytest.mark.parametrize("kl_coef", [0.0, 0.3])
def test_loss_and_gradient_equal_trl(loss_type: LossType, kl_coef: float) -> None:
    """Values and gradients, with ratios on both sides of the clip and advantages of both signs."""
    config = configured(loss_type=loss_type, kl_coef=kl_coef, clip_range=0.2, clip_range_high=0.28)
    rng = torch.Generator().manual_seed(0)
    lengths = torch.tensor([3, 7, 1, 5])
    mask = torch.arange(7) < lengths[:, None]
    old = -3 * torch.rand(4, 7, generator=rng)
    padded = (old + torch.randn(4, 7, generator=rng)).requires_grad_()
    ref = old + 0.6 * torch.randn(4, 7, generator=rng)
    advantages = torch.tensor([1.5, -0.5, 0.7, -2.0])
    constants = {
        "completion_mask": mask.long(),
        "advantages": advantages,
        "old_per_token_logps": old,
        "ref_per_token_logps": ref,
    }
    theirs = trl_loss(padded, constants, config)
    packed = padded.detach()[mask].requires_grad_()
    ours, parts = grpo_loss(
        packed, old[mask], ref[mask], advantages.repeat_interleave(lengths), lengths, config
    )
    assert ours.item() == pytest.approx(theirs.item(), abs=1e-6)
    theirs.backward()
    ours.backward()
    assert packed.grad is not None and padded.grad is not None
    assert (packed.grad - padded.grad[mask]).abs().max() < 1e-6
    assert padded.grad[~mask].abs().max() == 0
    assert ours.item() == pytest.approx((parts["token_loss"] * parts["weight"]).sum().item())
    if loss_type not in ("cispo", "sapo"):
        assert 0 < parts["is_clipped"].mean() < 1
        held_back = packed.grad[parts["is_clipped"].bool()]
        assert kl_coef or held_back.abs().max() == 0


@pytest.mark.parametrize(
    ("loss_type", "expected"),
    [
        ("grpo", [1 / 2, 1 / 6, 1 / 6, 1 / 6]),
        ("gspo", [1 / 2, 1 / 6, 1 / 6, 1 / 6]),
        ("sapo", [1 / 2, 1 / 6, 1 / 6, 1 / 6]),
        ("dapo", [1 / 4, 1 / 4, 1 / 4, 1 / 4]),
        ("bnpo", [1 / 4, 1 / 4, 1 / 4, 1 / 4]),
        ("cispo", [1 / 4, 1 / 4, 1 / 4, 1 / 4]),
        ("dr_grpo", [1 / 52, 1 / 52, 1 / 52, 1 / 52]),
    ],
)
def test_token_weights(loss_type: LossType, expected: list[float]) -> None:
    weights = token_weights(torch.tensor([1, 3]), loss_type, reply_limit=26)
    assert weights.tolist() == pytest.approx(expected)


@pytest.mark.parametrize("loss_type", get_args(LossType))
def test_on_policy_every_loss_has_the_gradient_of_the_policy(loss_type: LossType) -> None:
    """At ratio one: minus weight times advantage, and nothing is clipped."""
    current = torch.tensor([-1.0, -2.0, -0.5], requires_grad=True)
    advantages, lengths = torch.tensor([1.0, 1.0, -2.0]), torch.tensor([2, 1])
    old = current.detach()
    config = configured(kl_coef=0, loss_type=loss_type)
    loss, parts = grpo_loss(current, old, old, advantages, lengths, config)
    loss.backward()
    expected = -advantages * token_weights(lengths, loss_type, REPLY_LIMIT)
    assert current.grad is not None
    assert current.grad.tolist() == pytest.approx(expected.tolist())
    assert parts["is_clipped"].sum() == 0
    assert parts["ratio"].tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("ratio", "advantage", "flows"),
    [(1.5, 1.0, False), (0.5, 1.0, True), (1.5, -1.0, True), (0.5, -1.0, False)],
)
def test_the_clip_stops_only_what_went_far_enough(
    ratio: float, advantage: float, flows: bool
) -> None:
    current = torch.tensor([0.0], requires_grad=True)
    old = -torch.tensor([ratio]).log()
    config = configured(kl_coef=0, clip_range=0.2)
    loss, parts = grpo_loss(current, old, old, torch.tensor([advantage]), torch.tensor([1]), config)
    loss.backward()
    assert current.grad is not None
    assert bool(current.grad.abs() > 0) is flows
    assert bool(parts["is_clipped"]) is not flows


def said(count: int) -> Said:
    noise = draw_noise(torch.Generator().manual_seed(0), REPLY_LIMIT, 2 * count)
    return Said([], PROMPTS, sample(base_policy(), PROMPTS, count, REPLY_LIMIT, noise), [])


def learnt(advantages: torch.Tensor, **settings: Any) -> tuple[Learner, Lesson]:
    """One update on eight replies of the shipped Pip."""
    config = configured(**settings)
    learner = new_learner(base_policy(), config.learning_rate)
    return learner, learn(learner, said(4), advantages, config)


def test_the_end_token_counts_and_what_follows_a_reply_does_not() -> None:
    """Ending early is an action: praise it, and it becomes likelier at that very place."""
    replies = said(4).replies
    assert replies[0][-1] == END
    advantages = torch.zeros(8)
    advantages[0] = 1.0
    layout = lay_out(PROMPTS, replies, 4)
    learner, lesson = learnt(advantages, learning_rate=1e-3, kl_coef=0)
    change = log_probs(learner.policy, layout).detach() - log_probs(base_policy(), layout)
    praised = len(replies[0])
    assert len(change) == sum(map(len, replies))
    assert change[:praised].sum() > 0
    assert change[praised - 1] > -1e-3
    assert lesson.metrics[M.KL] == pytest.approx(0, abs=1e-5)


def test_the_numbers_of_an_update_combine_to_its_loss() -> None:
    advantages = torch.tensor([1.0, -1.0] * 4)
    _, lesson = learnt(advantages, batch_epochs=4, learning_rate=5e-3, kl_coef=0.1)
    numbers = lesson.numbers
    by_token = advantages.repeat_interleave(torch.tensor([len(one) for one in said(4).replies]))
    ratio = (numbers["log_prob"] - numbers["old_log_prob"]).exp()
    gap = numbers["ref_log_prob"] - numbers["log_prob"]
    surrogate = -torch.minimum(ratio * by_token, ratio.clamp(0.8, 1.2) * by_token)
    assert torch.allclose(numbers["ratio"], ratio, atol=1e-6)
    assert torch.allclose(numbers["kl"], gap.exp() - gap - 1, atol=1e-6)
    assert torch.allclose(numbers["surrogate"], surrogate, atol=1e-6)
    assert torch.allclose(numbers["token_loss"], surrogate + 0.1 * numbers["kl"], atol=1e-6)
    assert numbers["weight"].sum().item() == pytest.approx(1)


def test_without_advantages_and_at_the_reference_nothing_moves() -> None:
    learner, lesson = learnt(torch.zeros(8), kl_coef=0.5)
    assert lesson.metrics[M.GRAD_NORM] == pytest.approx(0, abs=1e-6)
    for moved, start in zip(learner.policy.parameters, base_policy().parameters, strict=True):
        # AdamW may still take a step of its learning rate.
        assert (moved.detach() - start).abs().max() < 2e-3


def test_more_epochs_leave_the_ratio_of_one() -> None:
    advantages = torch.tensor([1.0, -1.0] * 4)
    _, several = learnt(advantages, batch_epochs=6, clip_range=0.05, learning_rate=5e-3)
    _, once = learnt(advantages, clip_range=0.05)
    assert several.metrics[M.CLIP_FRACTION] > 0
    assert once.metrics[M.CLIP_FRACTION] == 0


def test_the_reference_never_changes() -> None:
    before = snapshot(base_policy())
    list(run(SMALL))
    assert snapshot(base_policy()) == before


@pytest.mark.parametrize("unit", get_args(AdvantageScale))
def test_a_run_takes_its_advantages_in_the_unit_asked_for(
    unit: AdvantageScale, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the pager, where every useful letter, a 0, is paid 1."""
    seen: list[tuple[Said, torch.Tensor]] = []

    def remembered(learner: Any, said: Said, advantages: torch.Tensor, config: Any) -> Lesson:
        seen.append((said, advantages))
        return learn(learner, said, advantages, config)

    monkeypatch.setattr(grpo, "learn", remembered)
    sizes = {"updates": 2, "prompts_per_update": 3, "group_size": 8}
    list(run(configured(world={"world": "letters"}, scale_rewards=unit, **sizes)))
    assert len(seen) == 2
    for said, advantages in seen:
        paid = torch.tensor([float(reply.count(0)) for reply in said.replies]).view(3, 8)
        deviation = paid.std(1, keepdim=True) if unit == "group" else paid.std()
        divisor = 1.0 if unit == "none" else deviation + EPSILON
        expected = (paid - paid.mean(1, keepdim=True)) / divisor
        assert torch.allclose(advantages.view(3, 8), expected, atol=1e-5)


@pytest.mark.parametrize(
    "change",
    [{"updates": 0}, {"updates": 201}, {"group_size": 1}, {"loss_type": "ppo"}, {"unknown": 1}],
)
def test_configs_are_closed_and_bounded(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        GRPOConfig.model_validate(SMALL.model_dump() | change)


def test_a_desk_needs_a_visitor() -> None:
    with pytest.raises(ValidationError, match="nobody asks"):
        QuestionMix()


def is_right(course: Course) -> bool:
    return late(course, M.CORRECT) >= 0.9


def is_only_polite(course: Course) -> bool:
    return (
        late(course, M.POLITE) >= 8
        and late(course, M.CORRECT) <= 0.1
        and late(course, M.TRUE_RETURN) < 0
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_paying_for_right_answers_buys_them(seed: int) -> None:
    assert is_right(followed(configured(reward="correct", seed=seed), is_right))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_paying_for_polite_words_buys_nothing_else(seed: int) -> None:
    course = followed(configured(reward="polite", seed=seed), is_only_polite)
    assert is_only_polite(course), course[-1]


@pytest.mark.slow
def test_rare_right_answers_are_found_too() -> None:
    world = DeskConfig(questions=QuestionMix(duty=1.0))
    config = configured(reward="correct*fluent", kl_coef=0.05, updates=10, world=world)
    updates = [s.event for s in run(config) if isinstance(s.event, UpdateCompleted)]
    assert sum(event.metrics[M.CORRECT] for event in updates[-3:]) / 3 > 0.02
