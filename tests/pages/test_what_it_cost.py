"""The card of what a run changed at Lumen, and the lines below a decision: what really moved."""

import pytest

from backend import learners
from curriculum import state as moves
from curriculum.ledger import Effect, LedgerEntry, outcome_entry, run_entry
from curriculum.loader import load_catalogue
from pages.parts import ending, folder
from tests.curriculum.made_runs import made

PAD = load_catalogue().chapter("the_charging_pad")
SUMMARY = made("on_pad", delivered=(0, 0), pad_visits=(92, 92))


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What stands on the page."""
    told: list[str] = []
    monkeypatch.setattr(ending.st, "markdown", told.append)
    return told


def card(learner: str, *before: LedgerEntry, budget: int) -> None:
    """The card after a run that ended in circles, and whatever happened before it."""
    circles = PAD.outcome("circles")
    run = run_entry(PAD, "p", SUMMARY.model_copy(update={"work": 36_000}), False, budget)
    for entry in (*before, run, outcome_entry(PAD, circles, SUMMARY)):
        folder.record(learner, entry)
    state = moves.press(moves.skip_prediction(moves.begin(PAD)), "p")
    state = moves.reach(PAD, state, "circles", "p")
    ending._cost(learner, PAD, state, circles, SUMMARY)  # pyright: ignore[reportPrivateUsage]


def earlier(**points: int) -> LedgerEntry:
    return LedgerEntry.model_validate(
        {"chapter": "five_buttons", "kind": "outcome", "source": "o"} | points
    )


def heads(said: list[str]) -> list[str]:
    return [line.split("  \n")[0] for line in said]


def test_the_card_shows_what_was_asked_where_there_is_room(said: list[str]) -> None:
    card(learners.learner_for("ada"), budget=40)
    assert heads(said) == ["Trust :red[**−4**]", "Safety :red[**−8**]", "Budget **−3**"]


def test_the_card_shows_less_near_the_end(said: list[str]) -> None:
    """From 20 and 20: 4 * 20 / 50 and 8 * 20 / 50."""
    card(learners.learner_for("ada"), earlier(trust=-40, safety=-50), budget=40)
    assert heads(said) == ["Trust :red[**−2**]", "Safety :red[**−3**]", "Budget **−3**"]


def test_the_card_says_what_cannot_move_and_what_a_loan_costs(said: list[str]) -> None:
    card(learners.learner_for("ada"), earlier(safety=-70, budget=-40), budget=0)
    assert heads(said) == [
        "Trust :red[**−4**]",
        "Safety can go no further",
        "Budget empty, and a point of trust",
    ]


def test_a_run_that_is_partly_lent_costs_both(said: list[str]) -> None:
    card(learners.learner_for("ada"), earlier(budget=-38), budget=2)
    assert heads(said)[-1] == "Budget **−2**, and a point of trust"


def test_a_gain_is_green(said: list[str]) -> None:
    ending._effect(Effect(meter="trust", points=2, reason="x"))  # pyright: ignore[reportPrivateUsage]
    assert said == ["Trust :green[**+2**]  \nx"]
