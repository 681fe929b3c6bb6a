"""GRPO: equal to TRL's loss, blind to padding, reproducible, and able to learn."""

import random
from collections import defaultdict
from itertools import islice
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch
from pydantic import ValidationError
from trl.trainer.grpo_trainer import GRPOTrainer

from engine.algorithms.grpo import (
    ALGORITHM,
    GRPOConfig,
    LossType,
    grpo_loss,
    learn,
    new_learner,
    run,
    token_weights,
)
from engine.events import RunFailed, RunFinished, RunStarted, UpdateCompleted
from engine.language.checkpoint import base_policy, copy_policy, snapshot
from engine.language.decoding import draw_noise, sample
from engine.language.grammar import REPLY_LIMIT
from engine.language.lean import lay_out, log_probs
from engine.language.vocabulary import END, encode
from engine.metrics import MetricName as M
from engine.scenes import SpeechScene
from engine.worlds.desk import DeskConfig, QuestionMix

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
        sapo_temperature_pos=1.0,
        sapo_temperature_neg=1.05,
    )
    accelerator = SimpleNamespace(
        num_processes=1, reduce=lambda x, *_, **__: x, gather=lambda x: x, device="cpu"
    )
    stub = SimpleNamespace(
        top_entropy_quantile=1.0,
        off_policy_mask_threshold=None,
        importance_sampling_level="token",
        beta=config.kl_coef,
        loss_type=config.loss_type,
        epsilon_low=config.clip_range,
        epsilon_high=config.clip_range,
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


@pytest.mark.parametrize("loss_type", ["grpo", "dapo", "dr_grpo"])
@pytest.mark.parametrize("kl_coef", [0.0, 0.3])
def test_loss_and_gradient_equal_trl(loss_type: LossType, kl_coef: float) -> None:
    """Values and gradients, with ratios on both sides of the clip and advantages of both signs."""
    config = configured(loss_type=loss_type, kl_coef=kl_coef, clip_range=0.2)
    rng = torch.Generator().manual_seed(0)
    lengths = torch.tensor([3, 7, 1, 5])
    mask = torch.arange(7) < lengths[:, None]
    old = -3 * torch.rand(4, 7, generator=rng)
    padded = (old + 0.6 * torch.randn(4, 7, generator=rng)).requires_grad_()
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
    ours, clipped = grpo_loss(
        packed,
        old[mask],
        ref[mask],
        advantages.repeat_interleave(lengths),
        token_weights(lengths, loss_type),
        config,
    )
    assert ours.item() == pytest.approx(theirs.item(), abs=1e-6)
    theirs.backward()
    ours.backward()
    assert packed.grad is not None and padded.grad is not None
    assert (packed.grad - padded.grad[mask]).abs().max() < 1e-6
    assert padded.grad[~mask].abs().max() == 0
    assert 0 < clipped.item() < 1


@pytest.mark.parametrize(
    ("loss_type", "expected"),
    [
        ("grpo", [1 / 2, 1 / 6, 1 / 6, 1 / 6]),
        ("dapo", [1 / 4, 1 / 4, 1 / 4, 1 / 4]),
        ("dr_grpo", [1 / 52, 1 / 52, 1 / 52, 1 / 52]),
    ],
)
def test_token_weights(loss_type: LossType, expected: list[float]) -> None:
    assert token_weights(torch.tensor([1, 3]), loss_type).tolist() == pytest.approx(expected)


def test_on_policy_the_gradient_is_the_policy_gradient() -> None:
    """At ratio one: the weighted sum of advantage times score, and nothing is clipped."""
    current = torch.tensor([-1.0, -2.0, -0.5], requires_grad=True)
    advantages, weights = torch.tensor([1.0, 1.0, -2.0]), torch.tensor([0.2, 0.3, 0.5])
    config = configured(kl_coef=0)
    old = current.detach()
    loss, clipped = grpo_loss(current, old, old, advantages, weights, config)
    loss.backward()
    assert current.grad is not None
    assert current.grad.tolist() == pytest.approx([-0.2, -0.3, 1.0])
    assert clipped.item() == 0


def sampled_replies(count: int) -> list[list[int]]:
    noise = draw_noise(torch.Generator().manual_seed(0), REPLY_LIMIT, 2 * count)
    return sample(base_policy(), PROMPTS, count, REPLY_LIMIT, noise)


def test_the_end_token_counts_and_what_follows_a_reply_does_not() -> None:
    """Ending early is an action: praise it, and it becomes likelier at that very place."""
    replies = sampled_replies(4)
    assert replies[0][-1] == END
    learner = new_learner(base_policy(), configured(learning_rate=1e-3, kl_coef=0))
    advantages = torch.zeros(8)
    advantages[0] = 1.0
    layout = lay_out(PROMPTS, replies, 4)
    before = log_probs(learner.policy, layout).detach()
    seen = learn(learner, PROMPTS, replies, advantages)
    change = log_probs(learner.policy, layout).detach() - before
    praised = len(replies[0])
    assert len(before) == sum(map(len, replies))
    assert change[:praised].sum() > 0
    assert change[praised - 1] > -1e-3
    assert seen[M.KL] == pytest.approx(0, abs=1e-5)


def test_without_advantages_and_at_the_reference_nothing_moves() -> None:
    learner = new_learner(base_policy(), configured(kl_coef=0.5))
    before = snapshot(learner.policy)
    seen = learn(learner, PROMPTS, sampled_replies(4), torch.zeros(8))
    assert seen[M.GRAD_NORM] == pytest.approx(0, abs=1e-6)
    moved = torch.tensor(memoryview(snapshot(learner.policy)).cast("f").tolist())
    start = torch.tensor(memoryview(before).cast("f").tolist())
    assert (moved - start).abs().max() < 2e-3  # AdamW may still take a step of its learning rate


def test_more_epochs_leave_the_ratio_of_one() -> None:
    advantages = torch.tensor([1.0, -1.0] * 4)
    config = configured(batch_epochs=6, clip_range=0.05, learning_rate=5e-3)
    learner = new_learner(base_policy(), config)
    assert learn(learner, PROMPTS, sampled_replies(4), advantages)[M.CLIP_FRACTION] > 0
    once = new_learner(base_policy(), configured(clip_range=0.05))
    assert learn(once, PROMPTS, sampled_replies(4), advantages)[M.CLIP_FRACTION] == 0


def test_the_reference_never_changes() -> None:
    before = snapshot(base_policy())
    list(run(SMALL))
    assert snapshot(base_policy()) == before


def test_the_same_config_gives_the_same_events_and_another_seed_others() -> None:
    first, again = ([step.event for step in run(SMALL)] for _ in range(2))
    assert first == again
    other = GRPOConfig.model_validate(SMALL.model_dump() | {"seed": 1})
    assert [step.event for step in run(other)] != first


def test_events_are_complete_and_in_order() -> None:
    events = [step.event for step in run(SMALL)]
    assert isinstance(events[0], RunStarted)
    assert isinstance(events[-1], RunFinished)
    updates = [event for event in events if isinstance(event, UpdateCompleted)]
    assert [event.update for event in updates] == [1, 2, 3]
    assert all(tuple(sorted(e.metrics)) == tuple(sorted(ALGORITHM.metrics)) for e in updates)
    assert [event.work for event in updates] == sorted(event.work for event in updates)
    assert events[-1].work == updates[-1].work > 0
    assert 0 < events[0].metrics[M.CORRECT] < 1


def test_scenes_show_the_same_visitors_and_the_first_group() -> None:
    start, first, *_ = (step.event for step in run(SMALL))
    assert isinstance(start, RunStarted) and isinstance(first, UpdateCompleted)
    assert isinstance(start.scene, SpeechScene) and isinstance(first.scene, SpeechScene)
    asked = [probe.question for probe in start.scene.probes]
    assert asked == [probe.question for probe in first.scene.probes]
    assert len(asked) == 3 and len(first.scene.group) == 4
    assert len({reply.question for reply in first.scene.group}) == 1
    for reply in (*first.scene.probes, *first.scene.group):
        assert len(reply.credit) == len(reply.tokens) == reply.axes["length"]
        assert reply.reward == reply.axes["correct"] + reply.axes["polite"]
    assert sum(reply.advantage for reply in first.scene.group) == pytest.approx(0, abs=1e-3)


def test_credit_is_the_change_of_log_probability_by_the_update() -> None:
    steps = run(SMALL)
    before = copy_policy(next(steps).policy)
    step = next(steps)
    assert isinstance(step.event, UpdateCompleted)
    assert isinstance(step.event.scene, SpeechScene)
    reply = step.event.scene.group[0]
    prompt = encode(["<visitor>", *reply.question.split(), "<pip>"])
    layout = lay_out([prompt], [encode(reply.tokens)])
    with torch.no_grad():
        change = log_probs(step.policy, layout) - log_probs(before, layout)
    assert list(reply.credit) == pytest.approx(change.tolist(), abs=1e-4)
    assert max(map(abs, reply.credit)) > 0.001


def test_a_run_touches_no_global_randomness_and_closes_cleanly() -> None:
    torch_before, python_before = torch.random.get_rng_state(), random.getstate()
    steps = run(SMALL)
    list(islice(steps, 2))
    cast(Any, steps).close()
    assert torch.equal(torch.random.get_rng_state(), torch_before)
    assert random.getstate() == python_before


def test_a_silent_reward_says_so() -> None:
    config = configured(updates=2, prompts_per_update=2, group_size=2, reward="0")
    updates = [s.event for s in run(config) if isinstance(s.event, UpdateCompleted)]
    assert all(event.metrics[M.SILENT_GROUPS] == 1 for event in updates)
    assert all(event.metrics[M.REWARD_SPREAD] == 0 for event in updates)


def test_a_reward_that_is_no_number_fails_the_run_with_a_sentence() -> None:
    start, end = (step.event for step in run(configured(updates=3, reward="1 / flattery")))
    assert isinstance(start, RunStarted) and M.PROXY_RETURN not in start.metrics
    assert isinstance(end, RunFailed)
    assert end.update == 1
    assert "flattery" in end.problem
    assert "reward" in end.remedy


def test_a_reward_too_large_to_learn_from_fails_the_run_before_it_is_measured() -> None:
    start, end = (step.event for step in run(configured(updates=3, reward="(5000 + 0*length)**8")))
    assert isinstance(start, RunStarted) and M.PROXY_RETURN not in start.metrics
    assert isinstance(end, RunFailed)
    assert end.problem == "One reply pays 3.9e+29, which is too much to learn from."
    assert end.remedy == (
        "Change the reward so that every reply pays a number below a thousand million."
    )


def test_the_largest_reward_is_learnt_from() -> None:
    last = [step.event for step in run(configured(updates=1, reward="1000000*1000*correct"))][-1]
    assert isinstance(last, RunFinished)


def test_weights_that_are_no_numbers_fail_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = copy_policy(base_policy())
    broken.layers[0].mlp_out.fill_(float("nan"))
    monkeypatch.setattr("engine.algorithms.grpo.base_policy", lambda: broken)
    end = [step.event for step in run(SMALL)][-1]
    assert isinstance(end, RunFailed)
    assert "learning rate" in end.remedy


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


def last_updates(reward: str, seed: int, **settings: float) -> dict[M, float]:
    """Means of the last five of sixty updates."""
    config = GRPOConfig.model_validate({"reward": reward, "seed": seed} | settings)
    events = [step.event for step in run(config)]
    tail = [event.metrics for event in events if isinstance(event, UpdateCompleted)][-5:]
    return {name: sum(metrics[name] for metrics in tail) / 5 for name in ALGORITHM.metrics}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_paying_for_right_answers_buys_them(seed: int) -> None:
    assert last_updates("correct", seed)[M.CORRECT] >= 0.9


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_paying_for_polite_words_buys_nothing_else(seed: int) -> None:
    found = last_updates("polite", seed)
    assert found[M.POLITE] >= 8
    assert found[M.CORRECT] <= 0.1
    assert found[M.TRUE_RETURN] < 0


@pytest.mark.slow
def test_rare_right_answers_are_found_too() -> None:
    world = DeskConfig(questions=QuestionMix(duty=1.0))
    config = configured(reward="correct*fluent", kl_coef=0.05, updates=10, world=world)
    updates = [s.event for s in run(config) if isinstance(s.event, UpdateCompleted)]
    assert sum(event.metrics[M.CORRECT] for event in updates[-3:]) / 3 > 0.02
