"""What every run at Pip's desk does around its loss, whoever learns: for each such algorithm."""

from itertools import islice
from typing import Any

import pytest
import torch

from engine.algorithms import ALGORITHMS
from engine.config import parse_config
from engine.events import RunFailed, RunFinished, RunStarted, UpdateCompleted
from engine.language.checkpoint import base_policy, copy_policy
from engine.language.lean import lay_out, log_probs
from engine.language.practice import PracticeConfig
from engine.language.vocabulary import encode
from engine.metrics import MetricName as M
from engine.scenes import SpeechScene
from engine.spec import TrainConfig
from engine.train import steps, train

NAMES = [name for name, one in ALGORITHMS.items() if issubclass(one.config, PracticeConfig)]
SIZE = 4

pytestmark = pytest.mark.parametrize("name", NAMES)


def small(name: str, reward: str = "correct + polite", **settings: Any) -> TrainConfig:
    sizes = {"updates": 3, "prompts_per_update": 2, "group_size": SIZE}
    return parse_config({"algorithm": name, "reward": reward, **sizes, **settings})


def scene_of(event: object) -> SpeechScene:
    assert isinstance(event, RunStarted | UpdateCompleted)
    assert isinstance(event.scene, SpeechScene)
    return event.scene


def test_scenes_show_the_same_visitors_and_the_first_group(name: str) -> None:
    start, first, *_ = map(scene_of, islice(train(small(name)), 3))
    asked = [probe.question for probe in start.probes]
    assert asked == [probe.question for probe in first.probes]
    assert len(asked) == 3 and len(first.group) == SIZE
    assert len({reply.question for reply in first.group}) == 1
    for reply in (*first.probes, *first.group):
        assert len(reply.credit) == len(reply.tokens) == reply.axes["length"]
        assert reply.reward == reply.axes["correct"] + reply.axes["polite"]


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


def test_every_quantity_is_in_the_scene_and_the_ratio_starts_at_one(name: str) -> None:
    reply = scene_of(next(islice(train(small(name)), 1, 2))).group[0]
    given = {"reward", "advantage"}
    for quantity in ALGORITHMS[name].quantities:
        if quantity.of == "token":
            assert len(reply.numbers[quantity.name]) in (len(reply.tokens), len(reply.tokens) + 1)
        elif quantity.name not in given:
            assert quantity.name in reply.totals
    assert set(reply.numbers) | set(reply.totals) | given == {
        quantity.name for quantity in ALGORITHMS[name].quantities
    }
    ratio = reply.totals.get("ratio") or reply.numbers["ratio"][0]
    assert ratio == pytest.approx(1, abs=1e-4)


def test_a_silent_reward_ends_without_a_signal(name: str) -> None:
    *updates, end = list(train(small(name, reward="0", kl_coef=0.0)))[1:]
    assert isinstance(end, RunFinished) and end.ending == "no_signal"
    for event in updates:
        assert isinstance(event, UpdateCompleted)
        assert event.metrics[M.REWARD_SPREAD] == 0


def test_a_reward_with_a_signal_ends_as_planned(name: str) -> None:
    end = list(train(small(name)))[-1]
    assert isinstance(end, RunFinished) and end.ending == "done"


def test_a_reward_that_is_no_number_fails_the_run_with_a_sentence(name: str) -> None:
    start, end = train(small(name, reward="1 / flattery"))
    assert isinstance(start, RunStarted) and M.PROXY_RETURN not in start.metrics
    assert isinstance(end, RunFailed)
    assert (end.update, end.ending) == (1, "bad_reward")
    assert "flattery" in end.problem
    assert "reward" in end.remedy


def test_a_reward_too_large_to_learn_from_fails_the_run_before_it_is_measured(name: str) -> None:
    start, end = train(small(name, reward="(5000 + 0*length)**8"))
    assert isinstance(start, RunStarted) and M.PROXY_RETURN not in start.metrics
    assert isinstance(end, RunFailed)
    assert end.problem == "One reply pays 3.9e+29, which is too much to learn from."
    assert end.remedy == (
        "Change the reward so that every reply pays a number below a thousand million."
    )


def test_the_largest_reward_is_learnt_from(name: str) -> None:
    end = list(train(small(name, reward="1000000*1000*correct", updates=1)))[-1]
    assert isinstance(end, RunFinished)


def test_weights_that_are_no_numbers_fail_the_run(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = copy_policy(base_policy())
    broken.layers[0].mlp_out.fill_(float("nan"))
    monkeypatch.setattr(f"engine.algorithms.{name}.first_policy", lambda config: broken)
    end = list(train(small(name)))[-1]
    assert isinstance(end, RunFailed)
    assert end.ending == "diverged"
    assert "learning rate" in end.remedy
