"""The finale on its pages: what is given for it, what is refused, and the light on the roof."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from backend import arcs, learners, runs
from curriculum import state as moves
from curriculum.ledger import LedgerEntry
from curriculum.loader import load_catalogue
from curriculum.state import ChapterState
from pages.parts import (
    ending,
    finale,
    folder,
    live,
    record_screen,
    refusals,
    shell,
    story_screen,
    tune,
)
from pages.parts.components import story
from tests.curriculum.made_runs import made
from tests.pages.mounted import Mounted

CATALOGUE = load_catalogue()
LIVE = CATALOGUE.chapter("go_live")
PAGE = str(Path(__file__).parents[2] / "app.py")


@pytest.fixture
def learner() -> str:
    return learners.learner_for("ada")


@pytest.fixture
def toasts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the learner was told."""
    told: list[str] = []
    monkeypatch.setattr(refusals.st, "toast", lambda text, **_: told.append(text))
    return told


def spent(learner: str, points: int) -> None:
    entry = LedgerEntry(chapter="five_buttons", kind="run", source="p", budget=-points)
    folder.record(learner, entry)


def tuned(learner: str, **settings: float | str) -> ChapterState:
    state = moves.tune(moves.skip_prediction(moves.begin(LIVE)), {}, dict(settings), None)
    folder.keep(learner, state)
    return state


def test_what_is_given_for_the_launch_is_given_once(learner: str) -> None:
    spent(learner, 40)
    folder.grant(learner, LIVE)
    folder.grant(learner, LIVE)
    assert folder.meters_of(learner).budget == LIVE.experiment.grant == 15


def test_another_chapter_brings_what_three_of_its_runs_cost(learner: str) -> None:
    spent(learner, 40)
    folder.grant(learner, CATALOGUE.chapter("the_polite_assistant"))
    folder.grant(learner, CATALOGUE.chapter("the_polite_assistant"))
    folder.grant(learner, CATALOGUE.chapter("five_buttons"))  # a run was made there
    assert folder.meters_of(learner).budget == 6


def test_train_refuses_what_the_budget_does_not_pay_for(
    learner: str, toasts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    monkeypatch.setattr(live, "begin", lambda *_: begun.append("run"))
    spent(learner, 36)
    tuned(learner, updates=40)
    tune._train(learner, LIVE)  # pyright: ignore[reportPrivateUsage]
    assert toasts == ["This run costs about 9, and 4 are left. Make it 12 updates."]
    assert not begun
    tuned(learner, updates=12)
    tune._train(learner, LIVE)  # pyright: ignore[reportPrivateUsage]
    assert begun == ["run"]


def test_what_ran_before_is_never_too_dear(learner: str) -> None:
    spent(learner, 40)
    state = tuned(learner, updates=40)
    assert tune._too_dear(learner, LIVE, state)  # pyright: ignore[reportPrivateUsage]
    press_id = runs.press_train(learner, tune.config_now(LIVE, state), LIVE.id)
    state = state.model_copy(update={"press_ids": (press_id,)})
    assert not tune._too_dear(learner, LIVE, state)  # pyright: ignore[reportPrivateUsage]


def test_a_decision_writes_down_the_ending(
    learner: str, monkeypatch: pytest.MonkeyPatch, toasts: list[str]
) -> None:
    """Its meters are those after the decision: safety falls from 56 to 53, and 55 are asked for."""
    summary = made("correct", correct=(0.3, 0.9), sycophantic=(0.6, 0.1), fluent=(1, 1))
    monkeypatch.setattr(ending.live, "summary_of_press", lambda *_: summary)
    monkeypatch.setattr(ending.stops, "show", lambda *_: None)
    entry = LedgerEntry(chapter="five_buttons", kind="outcome", source="o", safety=-14)
    folder.record(learner, entry)
    state = moves.press(tuned(learner), "p")
    folder.keep(learner, moves.reach(LIVE, state, "fit", "p"))
    ending._choose(learner, LIVE, "tonight", "p")  # pyright: ignore[reportPrivateUsage]
    decision = folder.state_of(learner, LIVE).decision
    assert toasts == [] and decision
    assert folder.meters_of(learner).safety == 53
    assert decision.ending == "with_a_footnote"


def test_the_light_on_the_roof_comes_on_with_the_ending(
    routed: None, mounted: Callable[..., Mounted], monkeypatch: pytest.MonkeyPatch
) -> None:
    house = mounted(story, "_BUILDING", pick=None)
    name = learners.learner_for("ada")
    monkeypatch.setattr(shell, "learner_id", lambda: name)
    # A page that is opened by itself knows no other one to link to.
    monkeypatch.setattr(story_screen.st, "page_link", lambda *_, **__: None)

    def roof() -> dict[str, object]:
        page = AppTest.from_file(PAGE, default_timeout=60).run()
        assert not page.exception
        assert bool([one for one in page.expander if one.label == finale.MAP_TITLE]) == bool(
            folder.states(name)
        )
        return house.data["roof"]

    dark = roof()
    assert (dark["lit"], dark["subtitle"]) == (False, "Lumen must choose what to ship.")
    press_id = runs.press_train(name, tune.config_now(LIVE, tuned(name)), LIVE.id)
    state = moves.reach(LIVE, moves.press(tuned(name), press_id), "fit", press_id)
    decided = moves.decide(LIVE, moves.to_decision(state), "hold", "in_a_drawer")
    folder.keep(name, decided)
    lit = roof()
    assert lit["lit"] is True
    assert str(lit["subtitle"]).startswith("Safe in a drawer: ")


def test_the_record_and_the_report_tell_how_the_story_ended(learner: str) -> None:
    state = moves.reach(LIVE, moves.press(tuned(learner), "p"), "fit", "p")
    decided = moves.decide(LIVE, moves.to_decision(state), "hold", "in_a_drawer")
    folder.keep(learner, decided)
    row = record_screen._row(LIVE, decided)  # pyright: ignore[reportPrivateUsage]
    assert row[4] == "Not this one. How it ended: “Safe in a drawer”"
    told = arcs.report_of(learner, CATALOGUE).chapters[0].reply
    assert told == ("How it ended: “Safe in a drawer”. " + LIVE.endings[7].line,)


@pytest.mark.parametrize("name", ["go_live", "the_polite_assistant"])
def test_the_end_of_the_story_leads_to_the_record(
    learner: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    pages: list[str] = []
    monkeypatch.setattr(ending.st, "page_link", lambda page, **_: pages.append(page))
    chapter = shell.catalogue().chapter(name)
    ending._next(learner, chapter, moves.begin(chapter))  # pyright: ignore[reportPrivateUsage]
    assert ("pages/record.py" in pages) == (chapter.id == LIVE.id)
