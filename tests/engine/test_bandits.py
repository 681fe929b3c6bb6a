"""The bandits that learn from pay: single updates by hand, and exact values beside them."""

from math import exp, log, sqrt
from random import Random
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad
from scipy.special import softmax as scipy_softmax

from engine.algorithms import epsilon_greedy, gradient_bandit, thompson, ucb
from engine.algorithms.gradient_bandit import in_play, softmax, step_of
from engine.algorithms.thompson import Belief, ThompsonConfig
from engine.config import parse_config
from engine.events import UpdateCompleted
from engine.metrics import MetricName as M
from engine.reward_expression import parse
from engine.scenes import KioskScene
from engine.train import train
from engine.worlds.kiosk import TERM_NAMES, expected, outcomes_of, pay_table

REWARD = "settled - 0.02*wait"


def updates(algorithm: str, **settings: Any) -> list[UpdateCompleted]:
    events = train(parse_config({"algorithm": algorithm, **settings}))
    return [event for event in events if isinstance(event, UpdateCompleted)]


def scene_of(event: UpdateCompleted) -> KioskScene:
    assert isinstance(event.scene, KioskScene)
    return event.scene


def thompson_config(**settings: float) -> ThompsonConfig:
    return ThompsonConfig.model_validate(settings)


def presses(events: list[UpdateCompleted]) -> list[tuple[int, float]]:
    scenes = map(scene_of, events)
    return [press for scene in scenes for press in zip(scene.pressed, scene.paid, strict=True)]


def pays_by_button(pressed: list[tuple[int, float]]) -> list[list[float]]:
    return [[pay for button, pay in pressed if button == b] for b in range(5)]


def is_near(rates: np.ndarray, chances: np.ndarray, draws: int) -> bool:
    return bool((np.abs(rates - chances) <= 4 * np.sqrt(chances * (1 - chances) / draws)).all())


# Epsilon-greedy


def test_a_belief_moves_towards_its_pay_by_hand() -> None:
    beliefs, counts = [2.0, 0.0], [0, 0]
    epsilon_greedy.learn(beliefs, counts, 0, 5.0, None)
    assert (beliefs, counts) == ([5.0, 0.0], [1, 0])  # the first guess is gone with the first pay
    epsilon_greedy.learn(beliefs, counts, 0, 1.0, None)
    assert beliefs == [3.0, 0.0]
    epsilon_greedy.learn(beliefs, counts, 1, 8.0, 0.25)
    assert (beliefs, counts) == ([3.0, 2.0], [2, 1])


def test_chances_of_epsilon_greedy_by_hand() -> None:
    assert epsilon_greedy.chances_of([1, 3, 3, 0, 0], 0.5) == pytest.approx(
        [0.1, 0.35, 0.35, 0.1, 0.1]
    )
    assert epsilon_greedy.chances_of([1, 3, 2, 0, 0], 0) == [0, 1, 0, 0, 0]
    assert epsilon_greedy.chances_of([1, 3, 2, 0, 0], 1) == pytest.approx([0.2] * 5)


@pytest.mark.parametrize("epsilon", [0, 0.3, 1])
def test_buttons_are_pressed_as_often_as_the_chances_say(epsilon: float) -> None:
    luck, beliefs, draws = Random(2), [1.0, 3.0, 3.0, 0.0, 0.0], 4000
    chosen = [epsilon_greedy.chosen(beliefs, epsilon, luck) for _ in range(draws)]
    rates = np.bincount(chosen, minlength=5) / draws
    assert is_near(rates, np.array(epsilon_greedy.chances_of(beliefs, epsilon)), draws)


@pytest.mark.parametrize("algorithm", ["epsilon_greedy", "ucb"])
def test_beliefs_are_the_means_of_all_pays(algorithm: str) -> None:
    events = updates(algorithm, updates=20, seed=2)
    means = [np.mean(pays) if pays else 0.0 for pays in pays_by_button(presses(events))]
    assert scene_of(events[-1]).beliefs == pytest.approx(means)
    exact = np.array(scene_of(events[-1]).worths)
    assert events[-1].metrics[M.BELIEF_ERROR] == pytest.approx(np.abs(means - exact).max())


def test_with_a_step_size_old_pay_is_forgotten_at_a_fixed_rate() -> None:
    events = updates("epsilon_greedy", updates=5, step_size=0.2, initial_value=3, epsilon=1)
    for belief, pays in zip(
        scene_of(events[-1]).beliefs, pays_by_button(presses(events)), strict=True
    ):
        weights = 0.2 * 0.8 ** np.arange(len(pays))[::-1]
        assert belief == pytest.approx(3 * 0.8 ** len(pays) + weights @ pays)


def test_a_high_first_guess_tries_every_button() -> None:
    events = updates("epsilon_greedy", epsilon=0, initial_value=1.01, updates=1)
    assert {button for button, _ in presses(events)[:5]} == set(range(5))


# UCB


def test_bonuses_by_hand() -> None:
    assert ucb.bonuses([1, 4], 2.0) == pytest.approx([2 * sqrt(log(5)), sqrt(log(5))])
    assert ucb.candidates([9, 0, 9], [1, 0, 0], 1.0) == [1, 2]  # whoever is untried comes first
    # The third was pressed often: 1 + sqrt(ln 13 / 1) = 2.6 beats 1.5 + sqrt(ln 13 / 11) = 2.0.
    assert ucb.candidates([0.5, 1.0, 1.5], [1, 1, 11], 1.0) == [1]
    assert ucb.candidates([0.5, 1.0, 1.5], [1, 1, 11], 0.0) == [2]


@pytest.mark.parametrize("confidence", [0, 0.5, sqrt(2), 5])
def test_every_press_of_a_run_has_the_highest_bound_known_by_then(confidence: float) -> None:
    events = updates("ucb", confidence=confidence, updates=15, seed=3)
    paid: list[list[float]] = [[] for _ in range(5)]
    for time, (button, pay) in enumerate(presses(events)):
        if time < 5:
            assert not paid[button]
        else:
            bounds = [np.mean(one) + confidence * sqrt(log(time) / len(one)) for one in paid]
            assert bounds[button] == pytest.approx(max(bounds))
        paid[button].append(pay)
    scene = scene_of(events[-1])
    assert scene.doubts == pytest.approx([confidence * sqrt(log(300) / len(p)) for p in paid])
    assert events[-1].metrics[M.DOUBT] == pytest.approx(np.mean(scene.doubts))
    bounds = np.array(scene.beliefs) + scene.doubts
    assert np.argmax(scene.chances) == np.argmax(bounds) and sum(scene.chances) == pytest.approx(1)


# Thompson sampling


def test_a_posterior_by_hand() -> None:
    config = thompson_config(initial_value=1, prior_spread=2, noise=0.5)
    assert thompson.belief(0, 0.0, config) == Belief(1, 2)
    # Precisions: 1/4 of the first guess, 3 times 4 of three pays that add up to 6.
    assert thompson.belief(3, 6.0, config) == pytest.approx(
        ((1 * 0.25 + 6 * 4) / 12.25, 12.25**-0.5)
    )


def test_a_posterior_is_the_prior_times_the_likelihood() -> None:
    config = thompson_config(initial_value=-0.3, prior_spread=0.8, noise=0.6)
    pays = [0.9, -0.2, 0.4, 1.3]
    grid = np.linspace(-4, 4, 20_001)
    density = stats.norm.pdf(grid, -0.3, 0.8)
    for pay in pays:
        density = density * stats.norm.pdf(pay, grid, 0.6)
    density /= density.sum()
    mean = float(grid @ density)
    found = thompson.belief(len(pays), sum(pays), config)
    assert found.mean == pytest.approx(mean)
    assert found.spread == pytest.approx(sqrt(float(np.square(grid - mean) @ density)))


def test_a_button_is_pressed_as_often_as_it_is_likely_to_be_the_best() -> None:
    beliefs = [
        Belief(0.5, 0.3),
        Belief(0.6, 0.1),
        Belief(0.2, 0.6),
        Belief(0, 0.05),
        Belief(0.4, 0.2),
    ]
    chances = np.array([chance_of_best(b, beliefs) for b in range(5)])
    assert chances.sum() == pytest.approx(1)
    luck, draws = Random(5), 20_000
    chosen = [thompson.highest(thompson.draws(beliefs, luck)) for _ in range(draws)]
    assert is_near(np.bincount(chosen, minlength=5) / draws, chances, draws)


def chance_of_best(button: int, beliefs: list[Belief]) -> float:
    def density(x: float) -> float:
        below = [stats.norm.cdf(x, *one) for b, one in enumerate(beliefs) if b != button]
        return float(stats.norm.pdf(x, *beliefs[button]) * np.prod(below))

    return quad(density, -4, 4, limit=400, points=[one.mean for one in beliefs])[0]


def test_what_a_run_of_thompson_believes_follows_from_its_presses() -> None:
    events = updates("thompson", updates=10, noise=0.4, initial_value=0.2, seed=8)
    config = thompson_config(noise=0.4, initial_value=0.2)
    scene = scene_of(events[-1])
    found = [thompson.belief(len(p), sum(p), config) for p in pays_by_button(presses(events))]
    assert scene.beliefs == pytest.approx([one.mean for one in found])
    assert scene.doubts == pytest.approx([one.spread for one in found])
    assert scene.chances == ()


# Gradient bandit

PREFERENCES = [0.3, -0.5, 1.1, 0.0, -1.2]


def outcomes() -> list[tuple[int, float, float]]:
    """Every button, everything it may pay, and how likely that is once it is pressed."""
    _, chances = outcomes_of("usual")
    pays = pay_table("usual", parse(REWARD, TERM_NAMES))
    return [
        (button, float(pays[button, outcome]), float(chances[button, outcome]))
        for button in range(5)
        for outcome in range(pays.shape[1])
    ]


def steps_of(baseline: float) -> tuple[np.ndarray, np.ndarray]:
    """The mean of a step of the preferences, and its mean squared distance from that: exactly."""
    policy = softmax(PREFERENCES)
    cases = [
        (policy[button] * chance, np.array(step_of(policy, button, pay - baseline)))
        for button, pay, chance in outcomes()
    ]
    mean = sum((weight * step for weight, step in cases), np.zeros(5))
    spread = sum((weight * np.square(step - mean) for weight, step in cases), np.zeros(5))
    return mean, spread


def test_softmax_is_scipys_even_for_large_preferences() -> None:
    assert softmax(PREFERENCES) == pytest.approx(scipy_softmax(PREFERENCES))
    assert softmax([900.0, 0.0, 899.0]) == pytest.approx(scipy_softmax([900.0, 0.0, 899.0]))


def test_a_step_of_the_preferences_by_hand() -> None:
    assert step_of([0.5, 0.3, 0.2], 1, 2.0) == pytest.approx([-1.0, 1.4, -0.4])


@pytest.mark.parametrize("baseline", [0.0, 0.4, -7.0])
def test_the_mean_step_is_the_gradient_of_the_expected_pay(baseline: float) -> None:
    worths = expected("usual", pay_table("usual", parse(REWARD, TERM_NAMES)))
    small = 1e-6
    slope = [
        (
            scipy_softmax(PREFERENCES + small * np.eye(5)[b])
            - scipy_softmax(PREFERENCES - small * np.eye(5)[b])
        )
        @ worths
        / (2 * small)
        for b in range(5)
    ]
    assert steps_of(baseline)[0] == pytest.approx(slope, abs=1e-8)


def test_a_baseline_at_the_mean_pay_makes_steps_vary_less() -> None:
    worths = expected("usual", pay_table("usual", parse(REWARD, TERM_NAMES)))
    mean = float(np.array(softmax(PREFERENCES)) @ worths)
    assert steps_of(mean)[1].sum() < 0.75 * steps_of(0.0)[1].sum()
    # With 4 paid to everybody on top, no baseline is a baseline of -4.
    assert steps_of(mean)[1].sum() < 0.05 * steps_of(-4.0)[1].sum()


@pytest.mark.parametrize("baseline", ["mean", "none"])
def test_a_run_of_the_gradient_bandit_again_from_its_presses(baseline: str) -> None:
    events = updates(
        "gradient_bandit", baseline=baseline, learning_rate=0.3, updates=8, seed=4, reward=REWARD
    )
    preferences, before = np.zeros(5), []
    for button, pay in presses(events):
        mean = (np.mean(before) if before else pay) if baseline == "mean" else 0.0
        policy = scipy_softmax(preferences)
        preferences = preferences + 0.3 * (pay - mean) * (np.eye(5)[button] - policy)
        before.append(pay)
    policy = scipy_softmax(preferences)
    assert scene_of(events[-1]).chances == pytest.approx(policy)
    assert events[-1].metrics[M.IN_PLAY] == pytest.approx(exp(stats.entropy(policy)))


def test_buttons_in_play_by_hand() -> None:
    assert in_play([0.2] * 5) == pytest.approx(5)
    assert in_play([1.0, 0.0, 0.0]) == 1
    assert in_play([0.5, 0.5, 0.0]) == pytest.approx(2)


def test_a_pay_for_every_visitor_on_top_changes_nothing_with_a_baseline() -> None:
    plain = presses(updates("gradient_bandit", reward="settled"))
    more = presses(updates("gradient_bandit", reward="settled + 2*visitor"))
    assert [button for button, _ in plain] == [button for button, _ in more]
    assert gradient_bandit.ALGORITHM.objective == M.PROXY_RETURN
