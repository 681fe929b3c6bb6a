"""What the chapter of the five buttons says about its lobby, its log and its ways to learn."""

from collections import Counter

import numpy as np
import pytest

from curriculum.catalogue import Catalogue
from curriculum.evidence import load_evidence
from curriculum.predictions import Predicted, verdict
from curriculum.recipe import config_of, is_start
from curriculum.rules import outcome_of, reply_to, shown
from curriculum.schema import Chapter
from engine.config import parse_config
from engine.events import UpdateCompleted
from engine.lobby.clerks import KINDS, log_of
from engine.metrics import MetricName as M
from engine.scenes import KioskScene
from engine.train import train
from engine.worlds.kiosk import (
    BUTTONS,
    WAIT_CHANCES,
    best_buttons,
    expected,
    outcomes_of,
    true_reward,
)
from tests.curriculum.telling import trained

SEEDS = range(201, 211)  # none of them was looked at while the chapter was written
DESK, NURSE, GUIDE, LEAFLET, CAFE = range(5)


@pytest.fixture(scope="module")
def five(catalogue: Catalogue) -> Chapter:
    return catalogue.chapter("five_buttons")


def mean_waits(lobby: str) -> np.ndarray:
    outcomes, _ = outcomes_of(lobby)
    return expected(lobby, outcomes.waits)


def settled_rates(lobby: str) -> np.ndarray:
    outcomes, _ = outcomes_of(lobby)
    return expected(lobby, outcomes.settled)


def wanted(lobby: str) -> list[int]:
    outcomes, _ = outcomes_of(lobby)
    return np.flatnonzero(best_buttons(expected(lobby, true_reward(outcomes)))).tolist()


# The lobby.


def test_the_five_buttons_are_those_of_the_brief(five: Chapter) -> None:
    told = five.brief.beats[0].text.lower()
    for word, button in zip(("desk", "nurse", "guide", "leaflet", "voucher"), BUTTONS, strict=True):
        assert word in told
        assert word in button.label.lower()
    assert "door three" in five.outcome("straight_up").alt.lower()  # the guides' door


def test_pressed_at_random_five_buttons_do_what_the_prediction_says() -> None:
    assert settled_rates("usual").mean() == pytest.approx(0.47)
    assert mean_waits("usual").mean() == pytest.approx(5.9, abs=0.05)


def test_the_guides_are_wanted_by_day_and_the_nurse_is_surest_and_slowest() -> None:
    assert wanted("usual") == [GUIDE]
    assert settled_rates("usual").argmax() == NURSE
    assert mean_waits("usual").argmax() == NURSE
    assert mean_waits("usual")[LEAFLET] == 0
    assert (np.delete(mean_waits("usual"), LEAFLET) > 0).all()


def test_what_the_hint_reckons(five: Chapter) -> None:
    rates, waits = settled_rates("usual"), mean_waits("usual")
    assert (rates[GUIDE], waits[GUIDE]) == (pytest.approx(0.75), pytest.approx(3.5))
    assert (rates[NURSE], waits[NURSE]) == (pytest.approx(0.8), pytest.approx(15))
    worths = rates - 0.05 * waits
    for button, said in ((GUIDE, 0.575), (LEAFLET, 0.1), (NURSE, 0.05)):
        assert worths[button] == pytest.approx(said, abs=1e-9)
    assert worths.argmax() == GUIDE
    reckoned = next(one.steps[2] for one in five.hints if one.id == "after_sending_away")
    assert (
        "3.5 minutes, 0.575; a leaflet 0.1; the nurse 0.8 less fifteen minutes, 0.05." in reckoned
    )


def test_a_coffee_makes_nearly_everybody_smile_and_settles_almost_nothing() -> None:
    outcomes, _ = outcomes_of("usual")
    smiles = expected("usual", outcomes.smiles)
    assert smiles.argmax() == CAFE
    assert smiles[CAFE] > 0.9
    assert settled_rates("usual")[CAFE] < 0.25
    assert smiles[GUIDE] > smiles[DESK]  # who is helped smiles more often


def test_what_the_decision_says_of_the_night(five: Chapter) -> None:
    rates, waits = settled_rates("night"), mean_waits("night")
    assert wanted("night") == [NURSE]
    assert (rates[NURSE], waits[NURSE]) == (pytest.approx(0.85), pytest.approx(4))
    assert (rates[GUIDE], waits[GUIDE]) == (pytest.approx(0.15), pytest.approx(13))
    assert waits[LEAFLET] == 0
    told = " ".join(b.text for b in reply_to(five, "freeze", "straight_up").beats)
    assert "fifteen have their matter settled, after thirteen minutes" in told
    assert "eighty-five" in told


def night_of(chapter: Chapter, reward: str, seed: int, updates: int) -> list[UpdateCompleted]:
    config = config_of(chapter, {}, {"learner": "thompson"}, reward, seed)
    data = {**config.model_dump(), "updates": updates}
    night = parse_config({**data, "world": {**data["world"], "lobby": "night"}})
    return [event for event in train(night) if isinstance(event, UpdateCompleted)]


@pytest.mark.parametrize("reward", ["settled", "settled - 0.001*wait"])
def test_what_queues_by_day_finds_the_nurse_at_night(five: Chapter, reward: str) -> None:
    summary = trained(five, 202, {"learner": "thompson"}, reward)
    assert outcome_of(five, summary).id == "queue"
    reply = reply_to(five, "learn", "queue")
    said = " ".join(b.text for b in shown(reply.beats, summary, (), "queue"))
    assert f"Under [[{reward}]] she pays best at night as well" in said
    assert "wrong thing twice" not in said
    for seed in (202, 203, 204):
        last = night_of(five, reward, seed, 60)[-1].metrics
        assert last[M.WANTED_BUTTON] > 0.8
        assert last[M.WAITING] < 6


def test_a_reward_that_pays_for_long_waits_is_promised_no_nurse(five: Chapter) -> None:
    summary = trained(five, 202, {"learner": "ucb"}, "wait")
    assert outcome_of(five, summary).id == "queue"
    beats = reply_to(five, "learn", "queue").beats
    assert "pays best at night" not in " ".join(b.text for b in shown(beats, summary, (), "queue"))
    outcomes, _ = outcomes_of("night")
    assert expected("night", outcomes.waits).argmax() == GUIDE


def test_what_a_smile_pays_at_night(five: Chapter) -> None:
    outcomes, _ = outcomes_of("night")
    smiles = expected("night", outcomes.smiles)
    assert smiles.argmax() == NURSE
    assert smiles[[CAFE, NURSE]] == pytest.approx([0.3, 0.6], abs=0.03)
    said = " ".join(b.text for b in reply_to(five, "learn", "coffee").beats)
    assert "three in ten smile at a voucher, and six in ten after the nurse" in said


def test_a_kiosk_that_learns_at_night_finds_the_nurse_within_a_week(five: Chapter) -> None:
    learned = 0
    for seed in SEEDS:
        updates = night_of(five, "settled - 0.05*wait", seed, 7)
        assert isinstance(updates[0].scene, KioskScene)
        assert GUIDE in updates[0].scene.pressed  # somebody is sent to one who has gone home
        learned += updates[-1].metrics[M.WANTED_BUTTON] > 0.5
    assert learned >= 9


def test_each_button_has_twelve_ends() -> None:
    _, chances = outcomes_of("usual")
    assert chances.shape == (5, 12)
    assert len(WAIT_CHANCES) * 2 * 2 == 12


# The log.


def test_the_log_is_what_the_colleagues_say(five: Chapter) -> None:
    log = log_of("usual", 600)
    shares = np.bincount(log.buttons, minlength=5) / 600
    assert shares[DESK] == pytest.approx(0.5, abs=0.05)  # half of the clerks' presses
    assert shares.argmax() == DESK
    assert round(1 / shares[GUIDE]) == 22
    assert "a guide once in twenty-two" in " ".join(
        b.text for b in five.outcome("straight_up").beats
    )
    assert len(KINDS) == 3  # mornings, lunch hours, evenings
    assert set(log._fields) == {"hours", "ages", "buttons", "kinds"}  # and no outcome


def pressed(chapter: Chapter, learner: str, reward: str) -> list[tuple[int, ...]]:
    config = config_of(chapter, {}, {"learner": learner}, reward, 7)
    scenes = [event.scene for event in train(config) if isinstance(event, UpdateCompleted)]
    return [scene.pressed for scene in scenes if isinstance(scene, KioskScene)]


@pytest.mark.parametrize("learner", ["imitation", "clustering"])
def test_who_learns_from_the_log_presses_the_same_whatever_is_paid(
    five: Chapter, learner: str
) -> None:
    assert pressed(five, learner, "-0.1*wait") == pressed(five, learner, "settled + smile")


@pytest.mark.parametrize("learner", ["epsilon_greedy", "ucb", "thompson"])
def test_who_learns_from_pay_does_not(five: Chapter, learner: str) -> None:
    assert pressed(five, learner, "-0.1*wait") != pressed(five, learner, "settled + smile")


# The phenomena.


def test_imitation_inherits_the_bias_and_waits_longer_than_chance(five: Chapter) -> None:
    held = 0
    for seed in SEEDS:
        copied = trained(five, seed).metrics
        chance = trained(five, seed, {"learner": "epsilon_greedy", "epsilon": 1.0}).metrics
        is_habit = copied[M.WANTED_BUTTON].last < 0.12
        no_better = copied[M.SETTLED].mean - chance[M.SETTLED].mean < 0.08
        held += is_habit and no_better and copied[M.WAITING].last > chance[M.WAITING].last
    assert held >= 9


def test_exploration_wins_in_regret(five: Chapter) -> None:
    fair = {"settled": 1.0, "wait": 0.05}
    held = 0
    for seed in SEEDS:
        greedy = {"learner": "epsilon_greedy", "epsilon": 0.0, "initial_value": -2.0}
        half = {"learner": "epsilon_greedy", "epsilon": 0.5}
        regrets = [
            trained(five, seed, settings, sliders=fair).metrics[M.REGRET].last
            for settings in ({"learner": "thompson"}, {"learner": "imitation"}, half, greedy)
        ]
        held += regrets[0] < min(regrets[1:3])
        assert regrets[0] < 60
    assert held >= 9


def test_a_greedy_kiosk_with_a_low_guess_stays_with_what_it_pressed_first(five: Chapter) -> None:
    settings = {"learner": "epsilon_greedy", "epsilon": 0.0, "initial_value": -2.0}
    runs = [
        trained(five, seed, settings, sliders={"settled": 1.0, "wait": 0.05})
        for seed in range(201, 241)
    ]
    assert {one.metrics[M.TRIED].last for one in runs} == {1}
    on_the_best = sum(one.metrics[M.WANTED_BUTTON].last == 1 for one in runs)
    assert 2 <= on_the_best <= 15  # one in five by luck: 8 of 40


def test_a_better_learner_finds_the_hole_in_the_reward(five: Chapter) -> None:
    for learner in ("epsilon_greedy", "ucb", "thompson"):
        ends = Counter(outcome_of(five, trained(five, s, {"learner": learner})).id for s in SEEDS)
        assert ends["sent_away"] >= 9, (learner, ends)


# What stands around a run.


def test_the_prediction_at_the_start_is_borne_out_by_one_option(five: Chapter) -> None:
    for seed in SEEDS:
        summary = trained(five, seed)
        held = [
            option.id
            for option in five.predict.options
            if verdict(five, Predicted(option=option.id, confidence="guess"), summary, True).held
        ]
        assert held == ["no_better"], seed


def test_the_brief_shows_a_typical_week_of_the_fitters(five: Chapter) -> None:
    evidence = load_evidence(five)
    assert evidence is not None
    metrics = evidence.summary.metrics
    assert metrics[M.SETTLED].mean == pytest.approx(0.47, abs=0.03)
    assert metrics[M.WAITING].mean == pytest.approx(5.9, abs=0.3)
    assert not is_start(five, config_of(five, {}, {"learner": "epsilon_greedy"}, None, 1))


def test_the_code_that_is_shown_is_the_code_that_ran(five: Chapter) -> None:
    shown_for = {name: [e.id for e in five.equations_of(name)] for name in five.algorithms}
    assert shown_for == {
        "imitation": ["supervised", "regret"],
        "clustering": ["unsupervised", "regret"],
        "epsilon_greedy": ["values", "regret"],
        "ucb": ["doubt", "regret"],
        "thompson": ["posterior", "regret"],
    }


def test_chapters_of_one_algorithm_show_all_their_equations(catalogue: Catalogue) -> None:
    for chapter in catalogue.chapters:
        if len(chapter.algorithms) == 1:
            assert chapter.equations_of(chapter.algorithms[0]) == chapter.explain
