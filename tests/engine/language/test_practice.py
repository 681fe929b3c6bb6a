"""What every run at Pip's desk does around its loss, whoever learns, in groups or in pairs."""

from functools import cache
from itertools import islice
from typing import Any

import pytest
import torch

from engine.algorithms import ALGORITHMS
from engine.config import parse_config
from engine.events import RunFailed, RunFinished, RunStarted, UpdateCompleted
from engine.language.checkpoint import copy_policy
from engine.language.layout import lay_out
from engine.language.lean import log_probs
from engine.language.learner import Learner, new_learner
from engine.language.pair_learning import PairsConfig
from engine.language.practice import PracticeConfig
from engine.language.preferences import Preferences, labelled_pairs
from engine.language.vocabulary import decode, encode
from engine.metrics import MetricName as M
from engine.scenes import SpeechScene
from engine.spec import TrainConfig
from engine.train import steps, train
from engine.worlds.desk import DeskConfig
from tests.engine.taught import FROM_FEEDBACK

IN_GROUPS = [name for name, one in ALGORITHMS.items() if issubclass(one.config, PracticeConfig)]
IN_PAIRS = [name for name, one in ALGORITHMS.items() if issubclass(one.config, PairsConfig)]
SIZE = 4
GROUPS: dict[str, Any] = {"prompts_per_update": 2, "group_size": SIZE}
PAIRS: dict[str, Any] = {"pairs_per_update": 3, "world": {"preferences": {"pairs": 12}}}

# A reward model learns to score: what Pip says stays as it is.
LEARNING_WORDS = [name for name in (*IN_GROUPS, *IN_PAIRS) if name != "reward_model"]

every_learner = pytest.mark.parametrize("name", [*IN_GROUPS, *IN_PAIRS])
learning_in_groups = pytest.mark.parametrize("name", IN_GROUPS)
learning_in_pairs = pytest.mark.parametrize("name", IN_PAIRS)


def small(name: str, reward: str = "correct + polite", **settings: Any) -> TrainConfig:
    start = {"algorithm": name, "reward": reward, "updates": 3}
    return parse_config({**start, **(GROUPS if name in IN_GROUPS else PAIRS), **settings})


@cache
def events_of(name: str) -> list[Any]:
    """The events of the small run, which several tests ask about."""
    return list(train(small(name)))


def scene_of(event: object) -> SpeechScene:
    assert isinstance(event, RunStarted | UpdateCompleted)
    assert isinstance(event.scene, SpeechScene)
    return event.scene


@learning_in_groups
def test_scenes_show_the_same_visitors_and_the_first_group(name: str) -> None:
    start, first, *_ = map(scene_of, events_of(name)[:3])
    asked = [probe.question for probe in start.probes]
    assert asked == [probe.question for probe in first.probes]
    assert len(asked) == 3 and len(first.group) == SIZE
    assert len({reply.question for reply in first.group}) == 1
    for reply in (*first.probes, *first.group):
        assert len(reply.credit) == len(reply.tokens) == reply.axes["length"]
        assert reply.reward == reply.axes["correct"] + reply.axes["polite"]


@learning_in_pairs
def test_scenes_show_the_first_pairs_the_liked_reply_before_the_other(name: str) -> None:
    start, first, *_ = map(scene_of, events_of(name)[:3])
    assert [probe.question for probe in start.probes] == [p.question for p in first.probes]
    assert not start.paired and not start.group
    assert first.paired and len(first.group) == 2 * 3
    known = {
        (pair.question.text, *(tuple(decode(reply)) for reply in (pair.chosen, pair.rejected)))
        for pair in labelled_pairs(Preferences(pairs=12), DeskConfig().questions.shares)
    }
    for liked, other in zip(first.group[::2], first.group[1::2], strict=True):
        assert liked.question == other.question
        assert (liked.question, liked.tokens, other.tokens) in known
        assert len(other.credit) == len(other.tokens) == other.axes["length"]
        assert other.reward == other.axes["correct"] + other.axes["polite"]
        assert liked.advantage > 0 >= other.advantage


@pytest.mark.parametrize("name", LEARNING_WORDS)
def test_credit_is_the_change_of_log_probability_by_the_update(name: str) -> None:
    run = steps(small(name))
    before = copy_policy(next(run).policy)
    step = next(run)
    scene = scene_of(step.event)
    for reply in (scene.group[0], scene.probes[1]):
        prompt = encode(["<visitor>", *reply.question.split(), "<pip>"])
        layout = lay_out([prompt], [encode(reply.tokens)])
        with torch.no_grad():
            change = log_probs(step.policy, layout) - log_probs(before, layout)
        assert list(reply.credit) == pytest.approx(change.tolist(), abs=1e-4)
        assert max(map(abs, reply.credit)) > 0.001


@every_learner
def test_every_quantity_is_in_the_scene(name: str) -> None:
    reply = scene_of(events_of(name)[1]).group[0]
    given = {"reward", "advantage"} & {quantity.name for quantity in ALGORITHMS[name].quantities}
    for quantity in ALGORITHMS[name].quantities:
        if quantity.of == "token":
            assert len(reply.numbers[quantity.name]) in (len(reply.tokens), len(reply.tokens) + 1)
        elif quantity.name not in given:
            assert quantity.name in reply.totals
    assert set(reply.numbers) | set(reply.totals) | given == {
        quantity.name for quantity in ALGORITHMS[name].quantities
    }


@learning_in_groups
def test_the_ratio_starts_at_one(name: str) -> None:
    fields = ALGORITHMS[name].config.model_fields
    once: dict[str, Any] = {"batch_epochs": 1} if "batch_epochs" in fields else {}
    reply = scene_of(next(islice(train(small(name, **once)), 1, 2))).group[0]
    ratio = reply.totals.get("ratio") or reply.numbers["ratio"][0]
    assert ratio == pytest.approx(1, abs=1e-4)


@learning_in_groups
def test_a_silent_reward_ends_without_a_signal(name: str) -> None:
    fields = ALGORITHMS[name].config.model_fields
    unleashed: dict[str, Any] = {"kl_coef": 0.0} if "kl_coef" in fields else {}
    *updates, end = list(train(small(name, reward="0", **unleashed)))[1:]
    # Who listens to another learns from what is said of a reply, though it is paid nothing.
    assert isinstance(end, RunFinished)
    assert end.ending == ("done" if name in FROM_FEEDBACK else "no_signal")
    for event in updates:
        assert isinstance(event, UpdateCompleted)
        if M.REWARD_SPREAD in ALGORITHMS[name].metrics:
            assert event.metrics[M.REWARD_SPREAD] == 0


@every_learner
def test_a_reward_with_a_signal_ends_as_planned(name: str) -> None:
    end = events_of(name)[-1]
    assert isinstance(end, RunFinished) and end.ending == "done"


@every_learner
def test_a_reward_that_is_no_number_fails_the_run_with_a_sentence(name: str) -> None:
    start, end = train(small(name, reward="1 / flattery"))
    assert isinstance(start, RunStarted) and M.PROXY_RETURN not in start.metrics
    assert isinstance(end, RunFailed)
    assert (end.update, end.ending) == (1, "bad_reward")
    assert "flattery" in end.problem
    assert "reward" in end.remedy


@every_learner
def test_a_reward_too_large_to_learn_from_fails_the_run_before_it_is_measured(name: str) -> None:
    start, end = train(small(name, reward="(5000 + 0*length)**8"))
    assert isinstance(start, RunStarted) and M.PROXY_RETURN not in start.metrics
    assert isinstance(end, RunFailed)
    assert end.problem == "One reply pays 3.9e+29, which is too much to learn from."
    assert end.remedy == (
        "Change the reward so that every reply pays a number below a thousand million."
    )


@every_learner
def test_the_largest_reward_is_learnt_from(name: str) -> None:
    end = list(train(small(name, reward="1000000*1000*correct", updates=1)))[-1]
    assert isinstance(end, RunFinished)


@every_learner
def test_weights_that_are_no_numbers_fail_the_run(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoilt(start: Any, rate: float, *more: Any) -> Learner[Any]:
        return new_learner(start.mapped(lambda weight: weight * float("nan")), rate, *more)

    file = "language.critic" if name == "rlhf" else f"algorithms.{name}"
    monkeypatch.setattr(f"engine.{file}.new_learner", spoilt)
    end = list(train(small(name)))[-1]
    assert isinstance(end, RunFailed)
    assert end.ending == "diverged"
    assert "learning rate" in end.remedy
