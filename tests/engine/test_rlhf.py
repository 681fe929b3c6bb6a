"""RLHF with PPO: exact values, the leash that adapts, where it ends, and a judge it can fool."""

from itertools import pairwise
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch

from engine.advantages import token_advantages, whitened
from engine.algorithms import rlhf
from engine.algorithms.rlhf import (
    RLHFConfig,
    adapted,
    collect,
    learn,
    token_losses,
    token_rewards,
)
from engine.config import parse_config
from engine.events import RunFinished, UpdateCompleted
from engine.kl import kl_k1
from engine.language.checkpoint import base_policy
from engine.language.corpus import prompt
from engine.language.critic import new_actor_critic
from engine.language.decoding import draw_noise, sample
from engine.language.grammar import REPLY_LIMIT
from engine.language.judge import trained_judge
from engine.language.layout import lay_out
from engine.language.lean import log_probs
from engine.language.learner import gradient_step, new_learner
from engine.language.preferences import Preferences
from engine.language.questions import talk_question
from engine.language.rollouts import Rollouts
from engine.language.said import Said
from engine.language.vocabulary import encode
from engine.letters.alphabet import LENGTH, START, every_message
from engine.letters.exact import best_policy, exact_kl
from engine.letters.survey import exact_log_chances
from engine.letters.table import first_table
from engine.metrics import MetricName as M
from engine.scenes import LettersScene, Reply
from engine.train import train
from engine.worlds.letters import term_values
from tests.engine.conftest import MadeBy
from tests.engine.courses import Course, followed, late

USEFUL = torch.tensor(term_values()["useful"])
REFERENCE = exact_log_chances(first_table())
LETTER_ROWS, _ = every_message(4, LENGTH)


def configured(**settings: Any) -> RLHFConfig:
    return RLHFConfig.model_validate({"world": {"world": "desk"}, **settings})


def test_every_token_pays_its_toll_and_the_last_one_is_paid_for_the_reply() -> None:
    drift = torch.tensor([0.5, -1.0, 0.25, 2.0, 1.0])
    found = token_rewards(drift, torch.tensor([3.0, -2.0]), torch.tensor([2, 3]), 0.1)
    assert found.tolist() == pytest.approx([-0.05, 3.1, -0.025, -0.2, -2.1])
    assert found.sum().item() == pytest.approx(3 - 2 - 0.1 * drift.sum().item())


def test_advantages_by_hand() -> None:
    """Two replies side by side: with trace 1 the return minus the value, with 0 one step's."""
    rewards, lengths = torch.tensor([0.0, 1.0, 0.0, 0.0, 2.0]), torch.tensor([2, 3])
    values = torch.tensor([0.5, 0.25, 1.0, 0.5, 0.0])
    whole = token_advantages(rewards, values, lengths, 1.0)
    assert whole.tolist() == pytest.approx([0.5, 0.75, 1.0, 1.5, 2.0])
    step = token_advantages(rewards, values, lengths, 0.0)
    assert step.tolist() == pytest.approx([-0.25, 0.75, -0.5, -0.5, 2.0])
    half = token_advantages(rewards, values, lengths, 0.5)
    assert half.tolist() == pytest.approx([0.125, 0.75, -0.25, 0.5, 2.0])


def test_whitening_by_hand() -> None:
    found = whitened(torch.tensor([1.0, 2, 3, 4]))
    assert found.tolist() == pytest.approx([-1.161895, -0.387298, 0.387298, 1.161895], abs=1e-6)
    assert whitened(torch.full((3,), 0.0)).tolist() == [0, 0, 0]
    assert whitened(torch.tensor([7.0])).tolist() == [0]


@pytest.mark.parametrize(
    ("kl", "expected"),
    [(3.0, 0.1), (3.3, 0.101), (9.0, 0.102), (2.7, 0.099), (0.0, 0.098), (-1.0, 0.098)],
)
def test_the_adaptive_leash_by_hand(kl: float, expected: float) -> None:
    """A tenth off the target changes it by a hundredth, and at most by two of them."""
    config = configured(kl_control="adaptive", target_kl=3.0, kl_gain=0.1)
    assert adapted(0.1, kl, config) == pytest.approx(expected)
    assert adapted(0.1, kl, configured(target_kl=3.0)) == 0.1


def test_the_adaptive_leash_keeps_its_bounds() -> None:
    config = configured(kl_control="adaptive", kl_gain=1)
    assert adapted(100.0, 1e9, config) == 100
    assert adapted(1e-4, 0.0, config) == 1e-4


def random_batch() -> tuple[torch.Tensor, torch.Tensor, rlhf.Collected]:
    rng = torch.Generator().manual_seed(0)

    def drawn() -> torch.Tensor:
        return torch.randn(9, generator=rng).double()

    old, lengths = -drawn().abs(), torch.tensor([4, 2, 3])
    batch = collect(old, drawn(), drawn(), lengths, 0.9)
    return old + 0.3 * drawn(), batch.old_values + drawn(), batch


@pytest.mark.parametrize("value_clip_range", [None, 0.4])
def test_the_gradient_is_that_of_finite_differences(value_clip_range: float | None) -> None:
    config = configured(value_coef=0.3, value_clip_range=value_clip_range)
    now, values, batch = random_batch()
    assert torch.autograd.gradcheck(
        lambda x, v: token_losses(x, v, batch, config)["token_loss"].mean(),
        (now.requires_grad_(), values.requires_grad_()),
    )


def some_rollouts() -> Rollouts:
    texts = [f"where is the {room} ?" for room in ("lab", "cafe")]
    prompts = [encode(prompt(talk_question(text))) for text in texts]
    noise = draw_noise(torch.Generator().manual_seed(0), REPLY_LIMIT, 8)
    replies = sample(base_policy(), prompts, 4, REPLY_LIMIT, noise)
    return Rollouts(Said([], prompts, replies, []), {}, np.arange(8.0).reshape(2, 4))


def test_one_update_on_real_replies() -> None:
    """Ratio 1 and no drift at first; then the toll of a reply is the leash times its drift."""
    rollouts, actor = some_rollouts(), new_actor_critic(base_policy(), 1e-3)
    first = learn(actor, rollouts, configured(batch_epochs=1), 0.5)
    assert (first.numbers["ratio"] == 1).all() and (first.numbers["drift"] == 0).all()
    assert (first.numbers["value"] == 0).all()
    assert first.numbers["token_reward"].sum().item() == pytest.approx(28)
    assert first.numbers["whitened"].mean().item() == pytest.approx(0, abs=1e-6)
    assert first.metrics[M.KL] == first.metrics[M.CLIP_FRACTION] == 0
    second = learn(actor, rollouts, configured(batch_epochs=1), 0.5)
    drift = second.numbers["drift"].sum().item()
    assert abs(drift) > 1e-3
    assert second.metrics[M.KL] == pytest.approx(drift / 8, abs=1e-5)
    assert second.numbers["token_reward"].sum().item() == pytest.approx(28 - 0.5 * drift, abs=1e-3)
    assert (second.numbers["value"] != 0).any()
    assert second.metrics[M.KL_COEF] == 0.5


@pytest.mark.parametrize("beta", [0.3, 1.0])
def test_exact_gradients_end_at_the_best_policy(beta: float) -> None:
    """On a batch of every message, weighted as it would be sampled, with a critic that is exact."""
    config = configured(clip_range=0.2, value_coef=0)
    learner = new_learner(first_table().mapped(torch.Tensor.double), 0.001)
    layout = lay_out([[START]], LETTER_ROWS.tolist(), len(LETTER_ROWS))
    lengths = torch.full((len(LETTER_ROWS),), LENGTH)
    reference = log_probs(learner.reference, layout)
    for _ in range(400):
        current = log_probs(learner.policy, layout)
        chances = exact_log_chances(learner.policy).exp()
        rewards = token_rewards(kl_k1(current.detach(), reference), USEFUL, lengths, beta)
        values = values_of(chances, rewards.view(-1, LENGTH)).reshape(-1)
        batch = collect(current, values, rewards, lengths, 0.95)
        spread = (chances.repeat_interleave(LENGTH) * batch.raw_advantages**2).sum() / LENGTH
        batch = batch._replace(advantages=batch.raw_advantages / spread.sqrt().clamp(min=0.05))
        loss = token_losses(current, values, batch, config)["token_loss"]
        gradient_step(learner, (chances.repeat_interleave(LENGTH) * loss).sum())
    assert exact_kl(REFERENCE, best_policy(REFERENCE, USEFUL, beta)) > 0.2
    assert exact_kl(exact_log_chances(learner.policy), best_policy(REFERENCE, USEFUL, beta)) < 1e-4


def values_of(chances: torch.Tensor, rewards: torch.Tensor) -> torch.Tensor:
    """What is still to come before each letter on average: [messages, letters]."""
    still = rewards.flip(1).cumsum(1).flip(1)
    columns = []
    for place in range(LENGTH):
        size = 4 ** (LENGTH - place)  # messages with one beginning stand in a row
        weight = chances.view(-1, size)
        mean = (weight * still[:, place].view(-1, size)).sum(1) / weight.sum(1)
        columns.append(mean.repeat_interleave(size))
    return torch.stack(columns, 1)


@pytest.mark.slow
@pytest.mark.parametrize("beta", [0.3, 1.0])
def test_a_run_ends_at_the_best_policy_under_its_leash(beta: float, made_by: MadeBy) -> None:
    learners = made_by(rlhf, "new_actor_critic")
    settings = {"updates": 200, "prompts_per_update": 32, "learning_rate": 0.0004, "kl_coef": beta}
    world = {"world": "letters"}
    list(
        rlhf.run(cast(RLHFConfig, parse_config({"algorithm": "rlhf", "world": world, **settings})))
    )
    best = best_policy(REFERENCE, USEFUL, beta)
    assert exact_kl(exact_log_chances(learners[0].learner.policy), best) < 0.02


@pytest.mark.slow
def test_an_adaptive_leash_finds_the_wished_drift() -> None:
    """From far too short a leash and from far too long a one."""
    world = {"world": "letters"}
    for kl_coef in (0.05, 2.0):
        config = parse_config(
            {
                **{"algorithm": "rlhf", "world": world, "kl_coef": kl_coef, "kl_gain": 0.5},
                **{"kl_control": "adaptive", "target_kl": 1.0, "updates": 160},
                "learning_rate": 0.001,
            }
        )
        updates = [event for event in train(config) if isinstance(event, UpdateCompleted)]
        tail = [event.metrics[M.EXACT_KL] for event in updates[-60:]]
        # Last digits differ between processors, and the leash swings: 1.27 was seen.
        assert sum(tail) / len(tail) == pytest.approx(1.0, abs=0.4)
        assert updates[0].metrics[M.KL_COEF] == kl_coef


def letters_run(**settings: Any) -> list[UpdateCompleted]:
    """A few updates at the pager, with steps so long that drift and values soon matter."""
    sizes = {"updates": 4, "prompts_per_update": 2, "group_size": 8, "learning_rate": 0.003}
    given = {"algorithm": "rlhf", "world": {"world": "letters"}, **sizes, **settings}
    return [event for event in train(parse_config(given)) if isinstance(event, UpdateCompleted)]


def shown_at_last(events: list[UpdateCompleted]) -> tuple[Reply, ...]:
    scene = events[-1].scene
    assert isinstance(scene, LettersScene)
    return scene.group


@pytest.mark.parametrize("gae_lambda", [0.0, 0.6, 1.0])
def test_a_run_tolls_and_credits_every_letter_by_its_settings(gae_lambda: float) -> None:
    """Equations (1) and (2), of the numbers that the run shows."""
    drifts: list[float] = []
    values: list[float] = []
    for reply in shown_at_last(letters_run(gae_lambda=gae_lambda, kl_coef=0.5)):
        old, reference, paid, value, advantage = (
            reply.numbers[name]
            for name in ("old_log_prob", "ref_log_prob", "token_reward", "value", "token_advantage")
        )
        drift = [now - before for now, before in zip(old, reference, strict=True)]
        tolled = [-0.5 * nats for nats in drift]
        tolled[-1] += reply.reward
        assert paid == pytest.approx(tolled, abs=0.005)
        behind, next_value = 0.0, 0.0
        for place in reversed(range(LENGTH)):
            behind = paid[place] + next_value - value[place] + gae_lambda * behind
            next_value = value[place]
            assert advantage[place] == pytest.approx(behind, abs=0.01)
        drifts += drift
        values += value
    assert max(map(abs, drifts)) > 0.1
    assert max(map(abs, values)) > 0.1


def test_a_run_keeps_its_critic_within_the_range_asked_for() -> None:
    """Where an estimate may move by a hundredth, the rest of its error stays on the bill."""

    def is_paid_off(value_clip_range: float | None) -> list[bool]:
        events = letters_run(value_clip_range=value_clip_range, batch_epochs=6)
        found: list[bool] = []
        for reply in shown_at_last(events):
            numbers = [reply.numbers[name] for name in ("value", "return", "value_error")]
            for value, return_, error in zip(*numbers, strict=True):
                rest = max(0.0, abs(return_ - value) - 0.01)
                found.append(error < rest**2 - 0.01)
        return found

    assert not any(is_paid_off(0.01))
    assert any(is_paid_off(None))


def test_an_adaptive_leash_goes_from_update_to_update_and_is_the_one_that_tolls() -> None:
    control = {"kl_control": "adaptive", "target_kl": 0.1, "kl_gain": 1.0}
    events = letters_run(kl_coef=0.2, updates=6, **control)
    config = configured(**control)
    coefs = [event.metrics[M.KL_COEF] for event in events]
    assert coefs[0] == 0.2
    for one, following in pairwise(events):
        expected = adapted(one.metrics[M.KL_COEF], one.metrics[M.KL], config)
        assert following.metrics[M.KL_COEF] == pytest.approx(expected, abs=1e-4)
    assert max(coefs) > 0.25
    for reply in shown_at_last(events):
        drift, paid = reply.numbers["drift"][0], reply.numbers["token_reward"][0]
        assert paid == pytest.approx(-coefs[-1] * drift, rel=0.01, abs=1e-4)


def test_a_run_at_the_desk_is_shorter_than_elsewhere_unless_said() -> None:
    worlds = {"world": {"world": "desk"}}, {"world": {"world": "letters"}}
    given = {}, *worlds, worlds[0] | {"updates": 60}
    found = [parse_config({"algorithm": "rlhf"} | one).planned_updates for one in given]
    assert found == [45, 45, 60, 60]


def test_a_run_trains_its_judge_first_and_pays_its_score() -> None:
    world = {"world": "desk", "preferences": {"pairs": 40}}
    sizes = {"updates": 2, "prompts_per_update": 2, "group_size": 2, "seed": 5}
    events = list(train(parse_config({"algorithm": "rlhf", "world": world, **sizes})))
    assert isinstance(events[-1], RunFinished)
    shares = cast(Any, parse_config({"algorithm": "rlhf", "world": world})).world.questions.shares
    judge = trained_judge(Preferences(pairs=40), shares, 5)
    scene = cast(Any, events[1]).scene
    replies = [[*encode(reply.tokens), 1] for reply in scene.group]
    said = SimpleNamespace(
        prompts=[encode(f"<visitor> {scene.group[0].question} <pip>".split())],
        replies=replies,
        group_size=len(replies),
    )
    found = judge.scores(cast(Said, said))
    assert [reply.reward for reply in scene.group] == pytest.approx(found.tolist(), abs=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_paying_for_right_answers_needs_no_judge_and_buys_them(seed: int) -> None:
    def is_right(course: Course) -> bool:
        return late(course, M.CORRECT) >= 0.85

    settings = {"reward": "correct", "learning_rate": 0.001, "updates": 25, "seed": seed}
    config = parse_config({"algorithm": "rlhf", "world": {"world": "desk"}, **settings})
    course = followed(config, is_right)
    assert course[0][M.CORRECT] < 0.6
    assert is_right(course)


@pytest.mark.slow
def test_the_worth_turns_down_while_the_score_is_higher_than_ever() -> None:
    """A crowd that likes length and compliments too much makes a judge that can be pleased so."""
    crowd = {"truth": 1.5, "length": 0.1, "flattery": 1.0, "courtesy": 0.6}
    mix = {"floor": 0.3, "opens": 0.15, "closes": 0.1, "belief": 0.45}
    world = {"world": "desk", "questions": mix, "preferences": {"crowd": crowd}}
    settings = {"updates": 40, "learning_rate": 0.001, "kl_coef": 0.02, "seed": 1}
    config = parse_config({"algorithm": "rlhf", "world": world, **settings})
    updates = [event.metrics for event in train(config) if isinstance(event, UpdateCompleted)]

    def mean(metric: M, start: int) -> float:
        return sum(metrics[metric] for metrics in updates[start : start + 5]) / 5

    worth = [mean(M.TRUE_RETURN, start) for start in range(36)]
    best = max(range(36), key=worth.__getitem__)
    assert worth[best] - worth[0] > 0.5 and worth[best] - worth[-1] > 0.4
    assert mean(M.PROXY_RETURN, 35) > mean(M.PROXY_RETURN, best) > mean(M.PROXY_RETURN, 0) + 0.5
    assert mean(M.LENGTH, 35) > mean(M.LENGTH, best)
    assert mean(M.KL, 35) > mean(M.KL, best) > 1
