"""The kiosk's world: exact expectations, exact regret, its tempting terms, and the clerks' log."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config import parse_config
from engine.events import RunFailed, RunFinished, RunStarted, UpdateCompleted
from engine.lobby.clerks import FIRST_HOUR, HOURS, KINDS, log_of, visitor_chances
from engine.lobby.practice import KioskRunConfig, Mind, Practice, belief_error, best_of
from engine.metrics import MetricName as M
from engine.reward_expression import parse
from engine.scenes import KioskScene
from engine.train import train
from engine.worlds.kiosk import (
    BUTTONS,
    LEAFLET,
    LOBBIES,
    MINUTE_COST,
    TERM_NAMES,
    TERMS,
    WAIT_CHANCES,
    best_buttons,
    expected,
    outcomes_of,
    pay_table,
    stages_of,
    term_values,
    true_reward,
)

NAMES = [button.name for button in BUTTONS]
every_lobby = pytest.mark.parametrize("lobby", LOBBIES)


def worths(lobby: str, reward: str) -> np.ndarray:
    return expected(lobby, pay_table(lobby, parse(reward, TERM_NAMES)))


def kiosk(algorithm: str = "epsilon_greedy", **values: Any) -> KioskRunConfig:
    config = parse_config({"algorithm": algorithm, **values})
    assert isinstance(config, KioskRunConfig)
    return config


def updates(config: KioskRunConfig) -> list[UpdateCompleted]:
    return [event for event in train(config) if isinstance(event, UpdateCompleted)]


def scene_of(event: UpdateCompleted | RunStarted) -> KioskScene:
    assert isinstance(event.scene, KioskScene)
    return event.scene


@every_lobby
def test_every_button_has_all_of_its_outcomes(lobby: str) -> None:
    outcomes, chances = outcomes_of(lobby)
    assert chances.shape == (len(BUTTONS), 12) == outcomes.waits.shape
    assert (chances > 0).all()
    assert chances.sum(axis=1) == pytest.approx(1)
    for row, way in enumerate(LOBBIES[lobby]):
        settled, smiled = outcomes.settled[row], outcomes.smiles[row]
        assert chances[row] @ settled == pytest.approx(way.settled)
        assert chances[row] @ outcomes.waits[row] == pytest.approx(np.dot(way.waits, WAIT_CHANCES))
        for was, chance in enumerate(way.smiles):
            given = chances[row] * (settled == was)
            assert given @ smiled / given.sum() == pytest.approx(chance)


def test_the_worths_of_the_usual_lobby_by_hand() -> None:
    # Settled less a fiftieth of the mean wait: 4 8 14 is 8.5 minutes, 10 15 20 is 15, 2 3 6 is 3.5.
    by_hand = [0.5 - 0.17, 0.8 - 0.3, 0.75 - 0.07, 0.1, 0.2 - 0.05]
    assert worths("usual", "settled - 0.02*wait") == pytest.approx(by_hand)
    outcomes, _ = outcomes_of("usual")
    assert expected("usual", true_reward(outcomes)) == pytest.approx(by_hand)
    assert MINUTE_COST == 0.02


@pytest.mark.parametrize(
    "reward",
    [
        "settled - 0.02*wait",
        "if(wait > 5, -1, 2*settled)*(1 + smile) + exp(-wait/5)",
        "min(1, smile + settled) - 0.001*wait**2 + 0.3*visitor",
    ],
)
@every_lobby
def test_expected_pays_are_what_a_million_visitors_are_paid(lobby: str, reward: str) -> None:
    rng = np.random.default_rng(7)
    expression, exact, each = parse(reward, TERM_NAMES), worths(lobby, reward), 200_000
    for button, way in enumerate(LOBBIES[lobby]):
        settled = (rng.random(each) < way.settled).astype(int)
        smile = rng.random(each) < np.array(way.smiles)[settled]
        wait = rng.choice(way.waits, each, p=WAIT_CHANCES)
        values = {"settled": settled, "wait": wait, "smile": smile, "visitor": np.ones(each)}
        paid = expression.evaluate(values)
        error = paid.std() / np.sqrt(each) + 1e-12
        assert abs(paid.mean() - exact[button]) < 4 * error, NAMES[button]


@every_lobby
@pytest.mark.parametrize("stage", [0, 1])
def test_presses_come_out_as_often_as_the_table_says(lobby: str, stage: int) -> None:
    if stage not in stages_of(lobby):
        pytest.skip("a lobby that never changes")
    world = {"world": "kiosk", "lobby": lobby, "change_after": 0 if stage else 40_000}
    practice = Practice(kiosk(world=world, reward="settled"))
    _, chances = outcomes_of(lobby, stage)
    each = 4000
    for button in range(len(BUTTONS)):
        for _ in range(each):
            practice.press(button)
        outcomes = [press.outcome for press in practice._presses[-each:]]
        seen = np.bincount(outcomes, minlength=12) / each
        spread = np.sqrt(chances[button] * (1 - chances[button]) / each)
        assert (np.abs(seen - chances[button]) < 4.5 * spread).all()


def test_terms_stay_within_their_bounds_and_reach_them() -> None:
    for term in TERMS:
        found = [term_values(outcomes_of(lobby)[0])[term.name] for lobby in LOBBIES]
        assert term.least is not None and term.most is not None
        assert min(map(np.min, found)) == (1 if term.name == "visitor" else term.least)
        assert max(map(np.max, found)) == term.most


@pytest.mark.parametrize(
    ("reward", "lobby", "best"),
    [
        ("settled - 0.02*wait", "usual", "guide"),
        ("settled - 0.02*wait", "close", "guide"),
        ("settled - 0.02*wait", "night", "nurse"),
        ("settled", "usual", "nurse"),  # it does not see the queue
        ("-wait", "usual", "leaflet"),  # who is sent away does not wait
        ("-wait", "close", "leaflet"),
        ("-wait", "night", "leaflet"),
        ("smile", "usual", "cafe"),  # a coffee
        ("smile", "close", "cafe"),
    ],
)
def test_what_a_reward_teaches_is_its_best_button(reward: str, lobby: str, best: str) -> None:
    assert [NAMES[b] for b in np.flatnonzero(best_buttons(worths(lobby, reward)))] == [best]
    assert NAMES[LEAFLET] == "leaflet"


def test_in_the_close_lobby_all_buttons_are_worth_nearly_the_same() -> None:
    close = worths("close", "settled - 0.02*wait")
    assert 0 < np.ptp(close) < 0.1


def test_a_reward_of_visitors_alone_makes_all_buttons_equal() -> None:
    assert best_buttons(worths("usual", "0.3*visitor")).all()
    config = kiosk(reward="0.3*visitor", updates=4)
    *_, last = train(config)
    assert isinstance(last, RunFinished) and last.ending == "no_signal"
    assert {event.metrics[M.REGRET] for event in updates(config)} == {0.0}
    assert {event.metrics[M.BEST_BUTTON] for event in updates(config)} == {1.0}


def test_regret_is_exact_and_every_other_figure_is_a_mean_over_the_visitors() -> None:
    config = kiosk(reward="settled - 0.1*wait + smile", updates=7, seed=4, epsilon=0.7)
    exact = worths("usual", config.reward)
    regret, counts = 0.0, np.zeros(len(BUTTONS), dtype=int)
    for event in updates(config):
        scene, pressed = scene_of(event), list(scene_of(event).pressed)
        regret += float((exact.max() - exact[pressed]).sum())
        counts += np.bincount(pressed, minlength=len(BUTTONS))
        metrics = event.metrics
        assert metrics[M.REGRET] == pytest.approx(regret)
        assert scene.counts == tuple(counts) and event.work == counts.sum()
        assert scene.worths == pytest.approx(exact)
        assert metrics[M.PROXY_RETURN] == pytest.approx(np.mean(scene.paid))
        assert metrics[M.SETTLED] == pytest.approx(np.mean(scene.settled))
        assert metrics[M.WAITING] == pytest.approx(np.mean(scene.waits))
        wanted = np.array(scene.settled) - MINUTE_COST * np.array(scene.waits)
        assert metrics[M.TRUE_RETURN] == pytest.approx(wanted.mean())
        smiles = np.array(scene.paid) - np.array(scene.settled) + 0.1 * np.array(scene.waits)
        assert metrics[M.SMILED] == pytest.approx(smiles.mean())
        assert metrics[M.BEST_BUTTON] == pytest.approx(np.mean(np.array(pressed) == exact.argmax()))
        assert metrics[M.WANTED_BUTTON] == pytest.approx(np.mean(np.array(pressed) == 2))
        assert metrics[M.SENT_AWAY] == pytest.approx(np.mean(np.array(pressed) == LEAFLET))


def test_two_learners_with_one_seed_meet_the_same_luck() -> None:
    one = [scene_of(event) for event in updates(kiosk("ucb", seed=3))]
    other = [scene_of(event) for event in updates(kiosk("thompson", seed=3))]
    same = [
        (a.settled[i] == b.settled[i], a.waits[i] == b.waits[i])
        for a, b in zip(one, other, strict=True)
        for i in range(len(a.pressed))
        if a.pressed[i] == b.pressed[i]
    ]
    assert len(same) > 500 and all(map(all, same))


def test_the_opening_scene_shows_the_lobby_before_anybody_came() -> None:
    first = next(iter(train(kiosk(initial_value=2))))
    assert isinstance(first, RunStarted)
    scene = scene_of(first)
    assert (scene.counts, scene.beliefs, scene.pressed) == ((0,) * 5, (2.0,) * 5, ())
    assert scene.worths == pytest.approx((0.33, 0.5, 0.68, 0.1, 0.15))
    without = next(iter(train(kiosk(reward="1/wait"))))
    assert isinstance(without, RunStarted) and scene_of(without).worths == ()


def test_a_reward_is_refused_for_what_may_happen_even_if_it_never_does() -> None:
    *_, failed = train(kiosk(reward="1/(20 - wait)"))
    assert isinstance(failed, RunFailed)
    assert "divided by zero" in failed.problem and "every press pays" in failed.remedy


def test_small_helpers_by_hand() -> None:
    assert best_of([1, 3, 3]) == [1, 2]
    assert belief_error([0.5, 9.0], [3, 0], np.array([0.3, 0.0])) == pytest.approx(0.2)
    assert belief_error([0.5], [0], np.array([0.3])) == 0
    assert Mind() == ((), (), ())


@every_lobby
def test_the_log_is_the_same_for_everybody_and_a_longer_one_begins_like_a_shorter(
    lobby: str,
) -> None:
    short, long = log_of(lobby, 50), log_of(lobby, 600)
    for column, longer in zip(short, long, strict=True):
        assert (column == longer[:50]).all()
    log_of.cache_clear()
    for column, again in zip(long, log_of(lobby, 600), strict=True):
        assert (column == again).all()


def test_the_log_tells_nothing_of_what_came_of_a_press() -> None:
    assert log_of("usual", 20)._fields == ("hours", "ages", "buttons", "kinds")


def test_visitors_and_habits_are_as_stated() -> None:
    chances = visitor_chances()
    assert chances.sum() == pytest.approx(1)
    assert chances.sum(axis=(1, 2)) == pytest.approx([kind.share for kind in KINDS])
    assert all(sum(kind.habits) == pytest.approx(1) for kind in KINDS)
    log, rows = log_of("usual", 2000), 2000
    by_hour = chances.sum(axis=(0, 2))
    seen = np.bincount(log.hours - FIRST_HOUR, minlength=HOURS) / rows
    assert (np.abs(seen - by_hour) < 4.5 * np.sqrt(by_hour / rows)).all()
    for number, kind in enumerate(KINDS):
        pressed, habits = log.buttons[log.kinds == number], np.array(kind.habits)
        rates = np.bincount(pressed, minlength=len(BUTTONS)) / len(pressed)
        assert (np.abs(rates - habits) < 4 * np.sqrt(habits / len(pressed))).all()


def test_the_clerks_press_the_familiar_button_and_hardly_ever_the_best_one() -> None:
    rates = np.array([kind.share for kind in KINDS]) @ [kind.habits for kind in KINDS]
    assert NAMES[int(np.argmax(rates))] == "desk" and NAMES[int(np.argmin(rates))] == "guide"
    assert rates[NAMES.index("guide")] < 0.05
    outcomes, _ = outcomes_of("usual")
    wanted = expected("usual", true_reward(outcomes))
    assert rates @ wanted < wanted.mean()  # buttons at random would do no worse


weights = st.floats(-5, 5).map(lambda weight: round(weight, 3))


@settings(max_examples=40)
@given(st.tuples(weights, weights, weights, weights), st.sampled_from(list(LOBBIES)))
def test_expectations_are_linear_in_the_weights_of_a_reward(
    of_terms: tuple[float, ...], lobby: str
) -> None:
    reward = " + ".join(f"({w})*{t}" for w, t in zip(of_terms, TERM_NAMES, strict=True))
    alone = [worths(lobby, term) for term in TERM_NAMES]
    assert worths(lobby, reward) == pytest.approx(np.array(of_terms) @ alone, abs=1e-9)


@settings(max_examples=25)
@given(
    st.tuples(weights, weights),
    st.sampled_from(["imitation", "clustering", "epsilon_greedy", "ucb", "thompson"]),
    st.integers(0, 999),
)
def test_regret_never_falls_whatever_is_paid(
    of_terms: tuple[float, float], algorithm: str, seed: int
) -> None:
    reward = f"({of_terms[0]})*settled + ({of_terms[1]})*wait"
    regrets = [e.metrics[M.REGRET] for e in updates(kiosk(algorithm, reward=reward, seed=seed))]
    assert regrets == sorted(regrets) and regrets[0] >= 0


@pytest.mark.parametrize("algorithm", ["imitation", "clustering", "epsilon_greedy", "ucb"])
def test_the_chances_of_one_update_are_those_of_the_presses_of_the_next(algorithm: str) -> None:
    """The first press after a scene, over many seeds."""
    seeds, presses, chances = 300, np.zeros(len(BUTTONS)), np.zeros(len(BUTTONS))
    for seed in range(seeds):
        first, then, *_ = train(kiosk(algorithm, seed=seed, updates=1))
        assert isinstance(first, RunStarted) and isinstance(then, UpdateCompleted)
        chances += np.array(scene_of(first).chances) / seeds
        presses[scene_of(then).pressed[0]] += 1 / seeds
    assert chances.sum() == pytest.approx(1)
    assert (np.abs(presses - chances) <= 4 * np.sqrt(chances / seeds)).all()
