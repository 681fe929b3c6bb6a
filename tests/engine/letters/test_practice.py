"""A run at the pager: what is sampled agrees with what is exact, and scenes show what there is."""

from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch

from engine.algorithms import ALGORITHMS
from engine.config import parse_config, worlds_of
from engine.endings import RunEnded
from engine.events import RunFailed, RunFinished, RunStarted, UpdateCompleted
from engine.language.learner import Lesson, new_learner
from engine.language.practice import PracticeConfig
from engine.letters.alphabet import messages
from engine.letters.practice import LettersPractice
from engine.letters.survey import SHOWN_OF_EACH
from engine.letters.table import first_table
from engine.metrics import MetricName as M
from engine.scenes import LettersScene
from engine.train import train
from engine.worlds.letters import TERMS, term_values, true_rewards

NAMES = [
    name
    for name, one in ALGORITHMS.items()
    if issubclass(one.config, PracticeConfig) and "letters" in worlds_of(one)
]


def configured(name: str = "rloo", **settings: Any) -> PracticeConfig:
    config = parse_config({"algorithm": name, "world": {"world": "letters"}, **settings})
    assert isinstance(config, PracticeConfig)
    return config


def scene_of(event: object) -> LettersScene:
    assert isinstance(event, RunStarted | UpdateCompleted)
    assert isinstance(event.scene, LettersScene)
    return event.scene


@pytest.mark.parametrize(
    ("text", "expected", "worth"),
    [
        ("aaaa", (4, 0, 0, 1, 1), 2 - 0.6 * 2),
        ("abab", (2, 0, 3, 2, 0), 2 + 0.2 * 3),
        ("dadd", (1, 3, 2, 2, 0), 1 - 0.8 * 2 + 0.2 * 2),
        ("bccb", (0, 0, 2, 2, 1), 0.2 * 2),
    ],
)
def test_terms_and_worth_of_a_message(text: str, expected: tuple[float, ...], worth: float) -> None:
    row = messages().index(text)
    found = [term_values()[term][row] for term in ("useful", "filler", "changes", "distinct")]
    assert (*found, term_values()["palindrome"][row]) == expected
    assert true_rewards()[row] == pytest.approx(worth)
    assert set(term_values()) == {term.name for term in TERMS}


def test_samples_agree_with_what_is_exact() -> None:
    config = configured(reward="useful + 0.5*changes", prompts_per_update=64, group_size=32)
    practice = LettersPractice(config, new_learner(first_table(), 0.001))
    started = practice.begin().event
    assert isinstance(started, RunStarted)
    batches = [practice.batch() for _ in range(10)]
    drawn = ["".join(words) for batch in batches for words in batch.said.words]
    chances = first_table().log_chances().exp().numpy()
    counts = np.array([drawn.count(text) for text in messages()])
    # Chi-squared with 255 degrees of freedom: mean 255, deviation 22.6.
    surprise = ((counts - len(drawn) * chances) ** 2 / (len(drawn) * chances)).sum()
    assert 160 < surprise < 350
    paid = np.mean([batch.rewards.mean() for batch in batches])
    assert paid == pytest.approx(started.metrics[M.EXPECTED_PROXY], abs=0.03)
    worth = np.mean([batch.values["worth"].mean() for batch in batches])
    assert worth == pytest.approx(started.metrics[M.EXPECTED_TRUE], abs=0.03)


def test_a_batch_is_paid_as_the_reward_says() -> None:
    config = configured(reward="2*useful - filler", prompts_per_update=3, group_size=5)
    practice = LettersPractice(config, new_learner(first_table(), 0.001))
    practice.begin()
    batch = practice.batch()
    assert batch.rewards.shape == (3, 5)
    texts = ["".join("abcd"[token] for token in reply) for reply in batch.said.replies]
    assert texts == ["".join(words) for words in batch.said.words]
    expected = [2 * text.count("a") - text.count("d") for text in texts]
    assert batch.rewards.ravel().tolist() == expected


def test_exact_metrics_are_of_the_policy_that_wrote_the_batch() -> None:
    events = [event for event in train(configured(updates=5, kl_coef=0.3))]
    first, second = events[1], events[2]
    assert isinstance(first, UpdateCompleted) and isinstance(second, UpdateCompleted)
    assert first.metrics[M.EXACT_KL] == pytest.approx(0, abs=1e-5)
    assert isinstance(events[0], RunStarted)
    assert first.metrics[M.SHORTFALL] == events[0].metrics[M.SHORTFALL]
    here = scene_of(first).here
    assert here.drift == pytest.approx(second.metrics[M.EXACT_KL], abs=1e-4)
    assert here.paid == pytest.approx(second.metrics[M.EXPECTED_PROXY], abs=1e-4)
    assert here.worth == pytest.approx(second.metrics[M.EXPECTED_TRUE], abs=1e-4)


def test_the_scene_shows_the_likeliest_of_each_policy_and_the_rest() -> None:
    scenes = [scene_of(event) for event in islice(train(configured(updates=30, kl_coef=0.3)), 31)]
    fixed = [message.text for message in scenes[0].messages]
    assert len(set(fixed)) == 2 * SHOWN_OF_EACH
    for scene in scenes:
        assert [message.text for message in scene.messages][: len(fixed)] == fixed
        assert len(scene.messages) <= 3 * SHOWN_OF_EACH
        chances = [message.chances for message in scene.messages]
        best = [one.best for one in chances[:SHOWN_OF_EACH]]
        assert best == sorted(best, reverse=True)
        for name in ("start", "now", "best"):
            whole = sum(getattr(one, name) for one in (*chances, scene.others))
            assert whole == pytest.approx(1, abs=3e-4)
    assert all(one.chances.now == one.chances.start for one in scenes[0].messages)
    assert scenes[0].messages[0].text == "aaaa" and scenes[0].leash == 0.3
    assert scenes[-1].messages[0].chances.now > 20 * scenes[0].messages[0].chances.now
    assert scenes[0].frontier == scenes[-1].frontier


@pytest.mark.parametrize("name", NAMES)
def test_every_quantity_of_the_first_group_is_in_the_scene(name: str) -> None:
    small = {"updates": 2, "prompts_per_update": 2, "group_size": 4}
    group = scene_of(list(train(configured(name, reward="useful", **small)))[1]).group
    assert len(group) == 4
    given = {"reward", "advantage"}
    for reply in group:
        assert len(reply.tokens) == len(reply.credit) == 4
        assert reply.reward == reply.axes["useful"] == reply.tokens.count("a")
        assert all(len(values) == 4 for values in reply.numbers.values())
        named = set(reply.numbers) | set(reply.totals) | given
        assert named >= {quantity.name for quantity in ALGORITHMS[name].quantities}
    praised = max(group, key=lambda reply: reply.advantage)
    assert sum(praised.credit) > 0


def test_without_a_leash_the_best_policy_writes_the_best_paid_messages_alone() -> None:
    scene = scene_of(next(iter(train(configured(reward="min(3, useful)", kl_coef=0)))))
    best = [message for message in scene.messages if message.chances.best > 0]
    assert {message.paid for message in best} == {3.0}
    assert scene.others.best + sum(one.chances.best for one in best) == pytest.approx(1, abs=1e-4)


def test_a_message_that_cannot_be_paid_ends_the_run_before_it_is_written() -> None:
    start, end = train(configured(reward="1 / (useful - 4)"))
    assert isinstance(start, RunStarted) and isinstance(end, RunFailed)
    assert M.PROXY_RETURN not in start.metrics and M.EXPECTED_TRUE in start.metrics
    assert (end.update, end.ending) == (1, "bad_reward")
    assert end.problem == "`1/(useful - 4)` divided by zero where `useful` was 4."
    assert "every message pays a finite number" in end.remedy


@pytest.mark.parametrize("name", NAMES)
def test_the_largest_reward_is_learnt_from(name: str) -> None:
    end = list(train(configured(name, reward="1000000*1000*palindrome", updates=2)))[-1]
    assert isinstance(end, RunFinished)


def test_logits_that_are_no_numbers_end_the_run() -> None:
    config = configured("rloo")
    learner = new_learner(first_table(), 0.001)
    practice = LettersPractice(config, learner)
    practice.begin()
    batch = practice.batch()
    with torch.no_grad():
        learner.policy.head[2, 5] = torch.inf
    with pytest.raises(RunEnded) as end:
        practice.completed(1, batch, Lesson({}, [], {}))
    assert end.value.ending == "diverged"
