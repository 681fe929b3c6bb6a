"""The ten drafts: UCB, features, reasons, habits and gradients by hand and by independent means."""

import math

import numpy as np
import pytest
import torch

from engine.algorithms.rlft import (
    Choices,
    RlftConfig,
    advantages_of,
    chances_of,
    choices_of,
    drift_of,
    gradient_of,
    loss_of,
    pulled_chances,
    slopes_of,
    softmax,
)
from engine.arms.agent import habit_chance, habit_history, reasoned, seen
from engine.arms.games import History, drawn, epsilon_greedy, mean_regret, random_regret, ucb
from engine.arms.played import Played, coverage_of
from engine.arms.practice import Player, Practice, play
from engine.config import parse_config
from engine.events import UpdateCompleted
from engine.metrics import MetricName as M
from engine.scenes import ArmsScene
from engine.train import train
from engine.worlds.arms import PIPS, ArmsConfig


def history_of(pulls: list[tuple[int, float]], arms: int) -> History:
    history = History(1, arms)
    for arm, paid in pulls:
        history.add(np.array([arm]), np.array([paid]))
    return history


def config_of(**settings: object) -> RlftConfig:
    config = parse_config({"algorithm": "rlft", "world": {"world": "arms"}, **settings})
    assert isinstance(config, RlftConfig)
    return config


def lucks(seed: int = 3) -> tuple[np.random.Generator, ...]:
    return tuple(np.random.default_rng([seed, stream]) for stream in range(3))


def uniform(looks: np.ndarray, named: np.ndarray) -> np.ndarray:
    return np.full(named.shape, 1 / named.shape[-1])


def some_choices(config: RlftConfig, weights: np.ndarray) -> Choices:
    """What three short games under `weights` have to teach."""

    def policy(looks: np.ndarray, named: np.ndarray) -> np.ndarray:
        return chances_of(weights, looks, named, config)

    played = play(policy, config, lucks())
    return choices_of(played, played.scores)


def test_ucb_by_hand() -> None:
    history = history_of([(0, 0.5), (1, 0.9), (0, 0.7)], 3)
    assert history.means.tolist() == [[0.6, 0.9, 0.0]]
    assert history.bounds[0, :2].tolist() == pytest.approx([0.6 + math.sqrt(0.5), 1.9])
    assert history.ucb_best.tolist() == [[False, False, True]]  # never pulled
    assert history.ucb_best_tried.tolist() == [[False, True, False]]
    history.add(np.array([2]), np.array([-1.0]))
    assert history.ucb_best.tolist() == [[False, True, False]]
    assert ucb(history).tolist() == [[0, 1, 0]]


def test_before_the_first_pull_all_arms_are_alike() -> None:
    history = History(1, 4)
    assert history.ucb_best.all()
    assert not history.ucb_best_tried.any() and not history.best_tried.any()
    assert ucb(history).tolist() == epsilon_greedy(history).tolist() == [[0.25] * 4]


def test_epsilon_greedy_by_hand() -> None:
    """The best mean of those tried nine times in ten, and any arm else; never tried is no best."""
    history = history_of([(0, 0.5), (1, 0.9), (0, 0.7)], 4)
    assert epsilon_greedy(history)[0].tolist() == pytest.approx([0.025, 0.925, 0.025, 0.025])
    history.add(np.array([2]), np.array([0.9]))
    assert epsilon_greedy(history)[0].tolist() == pytest.approx([0.025, 0.475, 0.475, 0.025])
    below_zero = history_of([(0, -0.5)], 2)
    assert epsilon_greedy(below_zero)[0].tolist() == pytest.approx([0.95, 0.05])


def test_ucb_ranks_as_a_loop_over_arms_does() -> None:
    luck = np.random.default_rng(1)
    for _ in range(200):
        arms = int(luck.integers(2, 7))
        pulls = [(int(luck.integers(arms)), float(luck.normal())) for _ in range(luck.integers(30))]
        paid: list[list[float]] = [[pay for arm, pay in pulls if arm == one] for one in range(arms)]
        bounds = [sum(p) / len(p) + len(p) ** -0.5 if p else math.inf for p in paid]
        wanted = [math.isclose(bound, max(bounds)) or bound == max(bounds) for bound in bounds]
        assert history_of(pulls, arms).ucb_best[0].tolist() == wanted


def test_what_pip_sees_by_hand() -> None:
    history = history_of([(0, 0.5), (1, 0.9), (0, 0.7)], 4)
    looks = seen(history, history.ucb_best)[0]
    assert looks[0].tolist() == pytest.approx([0.6, 2 / 3, 1, 0, 0, 0])
    assert looks[1].tolist() == pytest.approx([0.9, 1 / 3, 0, 1, 0, 0])
    assert looks[2].tolist() == looks[3].tolist() == pytest.approx([0, 0, 0, 0, 1, 0.5])


def test_a_reason_is_as_often_right_as_it_says_and_a_wrong_one_names_any_other_arm() -> None:
    best = np.tile([True, False, True, False, False], (600, 1))
    luck, which = ((np.arange(count) + 0.5) / count for count in (100, 6))
    named = reasoned(best, 0.87, np.repeat(luck, 6), np.tile(which, 100))
    is_right = (named == best).all(axis=1)
    assert is_right.mean() == pytest.approx(0.87)
    wrong = named[~is_right]
    assert (wrong.sum(axis=1) == 1).all() and not (wrong & best[: len(wrong)]).any()
    assert wrong.sum(axis=0).tolist() == [0, 26, 0, 26, 26]


def test_where_every_arm_is_best_no_reason_is_wrong() -> None:
    best = np.ones((2, 3), dtype=bool)
    assert reasoned(best, 0.0, np.array([0.1, 0.9]), np.array([0.1, 0.9])).all()


def test_arms_are_drawn_as_often_as_their_chances_say() -> None:
    luck = (np.arange(1000) + 0.5) / 1000
    pulled = drawn(np.tile([0.1, 0.0, 0.6, 0.3], (1000, 1)), luck)
    assert np.bincount(pulled, minlength=4).tolist() == [100, 0, 600, 300]


def test_coverage_of_a_hand_made_history() -> None:
    is_first = np.array([[1, 1], [0, 1], [1, 0], [0, 0]], dtype=bool)
    unused = np.zeros((4, 2))
    before = (unused, unused, unused, unused, unused, unused)
    played = Played(np.zeros((2, 4)), *before, is_first, unused, unused, unused, unused)
    assert coverage_of(played).tolist() == [0.25, 0.375, 0.5, 0.5]


def test_letters_are_counted_as_optimal_greedy_and_new_as_they_were() -> None:
    config = config_of(world={"world": "arms", "arms": 4, "pulls": 12}, games=6)
    played = play(uniform, config, lucks())
    for game in range(6):
        history = History(1, 4)
        for time in range(12):
            arm = played.pulled[time, game]
            best = np.flatnonzero(history.ucb_best[0])
            tried = np.flatnonzero(history.is_tried[0])
            top = history.bounds[0, tried].max() if len(tried) else None
            greedy = arm in tried and history.bounds[0, arm] == top
            assert played.is_optimal[time, game] == (arm in best)
            assert played.is_greedy[time, game] == (greedy and arm not in best)
            assert played.is_first[time, game] == (arm not in tried)
            assert played.agrees[time, game] == played.named[time, game, arm]
            history.add(np.array([arm]), played.scores[time, game : game + 1])


def test_every_draft_is_sent_once_first_and_nothing_is_learnt_from_that() -> None:
    config = config_of(start="all", games=5)
    played = play(uniform, config, lucks())
    assert (np.sort(played.pulled[:10], axis=0) == np.arange(10)[:, None]).all()
    assert played.is_own.tolist() == [False] * 10 + [True] * 40
    assert len(choices_of(played, played.scores).pulled) == 40 * 5


def test_scores_are_worths_with_noise_or_ones_and_zeros() -> None:
    many = {"world": "arms", "pulls": 100, "noise": 0.5}
    played = play(uniform, config_of(world=many, games=128), lucks())
    worths = played.worths[np.arange(128), played.pulled]
    assert (played.scores - worths).mean() == pytest.approx(0, abs=0.02)
    assert (played.scores - worths).std() == pytest.approx(0.5, abs=0.02)
    played = play(uniform, config_of(world=many | {"pays": "bernoulli"}, games=128), lucks())
    worths = played.worths[np.arange(128), played.pulled]
    assert set(np.unique(played.scores)) == {0, 1}
    assert (played.scores - worths).mean() == pytest.approx(0, abs=0.02)


def test_chance_loses_what_a_sum_says() -> None:
    world = ArmsConfig(arms=5, pulls=10)

    def by_chance(history: History) -> np.ndarray:
        return np.full(history.counts.shape, 0.2)

    played = mean_regret(by_chance, world, 20_000, np.random.default_rng(1))
    assert random_regret(world) == pytest.approx(10 * (5 / 6 - 1 / 2))
    assert played == pytest.approx(random_regret(world), rel=0.02)


def test_the_frequent_draft_by_hand() -> None:
    """Four drafts tried, the worst of them eleven times; reasons are right or name another."""
    assert habit_history(10, 5).counts.tolist() == [[11, 1, 1, 1, 0]]
    weights = np.array(PIPS["greedy"])

    def policy(looks: np.ndarray, named: np.ndarray) -> np.ndarray:
        return softmax(weights, looks)

    logits = [3 * 0.2 + 11 / 14, 3 * 0.4 + 1 / 14, 3 * 0.6 + 1 / 14, 3 * 0.8 + 1 / 14 + 3.5, 0.2]

    def first(named: int) -> float:
        powers = [math.exp(z + 0.8 * (arm == named)) for arm, z in enumerate(logits)]
        return powers[0] / sum(powers)

    wanted = 0.87 * first(4) + 0.13 / 4 * sum(first(arm) for arm in range(4))
    assert habit_chance(policy, 10, 5, 0.87) == pytest.approx(wanted)


def test_the_untrained_pips_have_the_habits_that_they_are_named_for() -> None:
    chances = {}
    for name, weights in PIPS.items():

        def policy(looks: np.ndarray, named: np.ndarray, w: tuple[float, ...] = weights):
            return softmax(np.array(w), looks)

        chances[name] = [habit_chance(policy, repeats, 10, 0.87) for repeats in (0, 10, 100)]
    assert chances["frequent"] == sorted(chances["frequent"])
    assert chances["frequent"][1] > 0.9 and chances["greedy"][1] < 0.05


def test_names_of_arms_mean_nothing() -> None:
    """So to shuffle them from letter to letter would change nothing."""
    config = config_of(second_thought="yes", epsilon=0.2)
    weights, order = np.array([1.0, -2.0, 0.5, 2.0, 0.3, 1.5]), np.array([2, 0, 3, 1])
    history = history_of([(0, 0.5), (1, 0.9), (0, 0.7)], 4)
    again = history_of(
        [
            (int(np.flatnonzero(order == arm)[0]), paid)
            for arm, paid in [(0, 0.5), (1, 0.9), (0, 0.7)]
        ],
        4,
    )
    one, other = (
        chances_of(weights, seen(h, h.ucb_best), h.ucb_best, config)[0] for h in (history, again)
    )
    assert one[order].tolist() == pytest.approx(other.tolist())


def test_a_second_thought_is_drawing_twice() -> None:
    weights, named = np.array([0.0, 0, 0, 0, 0, 1.0]), np.array([True, False, True])
    looks = np.zeros((3, 6))
    looks[:, 5] = [0.5, 0.0, 0.5]
    once = softmax(weights, looks)
    twice = [
        sum(
            once[first] * (once[second] if not named[first] else second == first)
            for first in range(3)
            for second in range(3)
            if (second == arm)
        )
        for arm in range(3)
    ]
    got = chances_of(weights, looks, named, config_of(second_thought="yes", epsilon=0.3))
    assert got.tolist() == pytest.approx([0.7 * chance + 0.1 for chance in twice])
    assert got.sum() == pytest.approx(1)


def test_advantages_by_hand() -> None:
    rewards = np.array([[1.0, 0.0], [2.0, 0.0]])
    surplus = np.array([[1.5, -1.5], [1.0, -1.0]])
    assert advantages_of(rewards) == pytest.approx(surplus / surplus.std())
    assert not advantages_of(np.full((3, 7), 0.1)).any()


SETTINGS = (
    {},
    {"epsilon": 0.2},
    {"second_thought": "yes"},
    {"second_thought": "yes", "epsilon": 0.3, "kl_coef": 0.4, "clip_range": 0.05},
)


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_gradient_of_the_loss_by_finite_differences(settings: dict[str, object]) -> None:
    world = {"world": "arms", "arms": 4, "pulls": 6}
    config = config_of(world=world, games=5, **settings)
    old_weights = np.array([1.0, 0.5, -0.5, 0.7, 0.2, 0.9])
    choices = some_choices(config, old_weights)
    old = pulled_chances(old_weights, choices, config)
    weights = old_weights + np.array([0.1, -0.3, 0.05, 0.2, 0.15, -0.1])
    gradient, clipped = gradient_of(weights, choices, old, old_weights, config)
    assert 0 < clipped < 1 or "clip_range" not in settings
    unpaid = choices._replace(advantages=np.zeros_like(choices.advantages))
    assert gradient_of(weights, unpaid, old, old_weights, config)[1] == 0
    for one, step in enumerate(np.eye(6) * 1e-6):
        up, down = (loss_of(weights + s, choices, old, old_weights, config) for s in (step, -step))
        assert gradient[one] == pytest.approx((up - down) / 2e-6, abs=1e-7)


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_first_pass_is_reinforce_by_autograd(settings: dict[str, object]) -> None:
    config = config_of(world={"world": "arms", "arms": 4, "pulls": 6}, games=5, **settings)
    start = np.array([1.0, 0.5, -0.5, 0.7, 0.2, 0.9])
    choices = some_choices(config, start)
    old = pulled_chances(start, choices, config)
    weights = torch.tensor(start, requires_grad=True)
    preferred = torch.softmax(torch.tensor(choices.seen) @ weights, dim=1)
    if config.second_thought == "yes":
        named = torch.tensor(choices.named, dtype=torch.float64)
        preferred = preferred * (named + 1 - (preferred * named).sum(1, keepdim=True))
    chances = (1 - config.epsilon) * preferred + config.epsilon / 4
    log_probs = chances[torch.arange(len(old)), torch.tensor(choices.pulled)].log()
    (-(log_probs * torch.tensor(choices.advantages)).mean()).backward()
    gradient, clipped = gradient_of(start, choices, old, start, config)
    assert weights.grad is not None and clipped == 0
    assert gradient == pytest.approx(weights.grad.numpy(), abs=1e-12)


@pytest.mark.parametrize("settings", SETTINGS)
def test_chances_of_all_arms_change_by_nothing_together(settings: dict[str, object]) -> None:
    config = config_of(world={"world": "arms", "arms": 4, "pulls": 6}, games=5, **settings)
    weights = np.array([1.0, 0.5, -0.5, 0.7, 0.2, 0.9])
    choices = some_choices(config, weights)
    slopes = [
        slopes_of(weights, choices._replace(pulled=np.full(len(choices.pulled), arm)), config)
        for arm in range(4)
    ]
    assert np.abs(sum(slopes)).max() == pytest.approx(0, abs=1e-12)
    assert np.abs(slopes[0]).max() > 0.01


def test_drift_is_a_sum_over_arms() -> None:
    config = config_of(world={"world": "arms", "arms": 4, "pulls": 6}, games=5)
    now, then = np.array([1.0, 0, 0, 2, 0, 1]), np.array(PIPS["greedy"])
    choices = some_choices(config, now)
    one, other = softmax(now, choices.seen), softmax(then, choices.seen)
    wanted = float(np.mean((one * np.log(one / other)).sum(axis=1)))
    assert drift_of(now, choices, then) == pytest.approx(wanted)


def measured(**settings: object) -> list[dict[M, float]]:
    events = train(config_of(**settings))
    return [event.metrics for event in events if isinstance(event, UpdateCompleted)]


def test_better_reasons_change_no_letter_of_a_pip_that_does_not_read_them() -> None:
    """The frequent Pip has no weight on its reason: thinking more is not doing."""
    wrong, right = (
        measured(learning_rate=0, updates=2, games=16, right_reasons=rate) for rate in (0, 1)
    )
    for before, after in zip(wrong, right, strict=True):
        assert before[M.GAME_REGRET] == after[M.GAME_REGRET]
        assert after[M.RIGHT_REASON] == 1 and before[M.RIGHT_REASON] < 0.1


def test_knowing_and_doing_are_parts_of_a_whole() -> None:
    (one,) = measured(updates=1, games=16, world={"world": "arms", "pip": "greedy"})
    joint = one[M.RIGHT_OPTIMAL] + one[M.RIGHT_GREEDY] + one[M.RIGHT_OTHER]
    assert joint == pytest.approx(one[M.RIGHT_REASON])


def test_a_scene_shows_the_shares_that_are_measured_and_the_letters_as_they_were() -> None:
    world = {"world": "arms", "arms": 4, "pulls": 12}
    config = config_of(world=world, games=8, updates=1, right_reasons=0.6, epsilon=0.5)
    (update,) = (event for event in train(config) if isinstance(event, UpdateCompleted))
    scene, metrics = update.scene, update.metrics
    assert isinstance(scene, ArmsScene)
    names = (M.RIGHT_OPTIMAL, M.RIGHT_GREEDY, M.RIGHT_OTHER)
    assert scene.knowing[:3] == pytest.approx([metrics[name] for name in names], abs=1e-4)
    assert sum(scene.knowing) == pytest.approx(1, abs=1e-3) and sum(scene.knowing[3:]) > 0.1
    assert scene.coverage[-1] == pytest.approx(metrics[M.COVERAGE], abs=1e-4)
    assert sum(scene.counts) == 12
    for moment in scene.moments:
        assert sum(moment.counts) == moment.pull - 1
        untried = {arm for arm, count in enumerate(moment.counts) if not count}
        bounds = {
            arm: mean + count**-0.5
            for arm, (count, mean) in enumerate(zip(moment.counts, moment.means, strict=True))
            if count
        }
        best = untried or {max(bounds, key=bounds.__getitem__)}
        assert moment.is_right == (set(moment.named) == best)


def test_a_letter_is_a_repeat_if_the_one_before_was_the_same_draft() -> None:
    config = config_of(world={"world": "arms", "arms": 3, "pulls": 5}, games=4, reward="repeat")
    practice, played = Practice(config), Player(uniform, config).games()
    wanted = [
        [time > 0 and game[time] == game[time - 1] for time in range(5)]
        for game in played.pulled.T.tolist()
    ]
    assert practice.rewards(played).T.tolist() == wanted
    assert any(any(game) for game in wanted)


def test_a_learning_rate_of_zero_leaves_pip_untrained() -> None:
    assert {m[M.FREQUENCY_WEIGHT] for m in measured(learning_rate=0, updates=3, games=4)} == {6.0}
