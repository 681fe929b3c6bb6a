"""Two tabs of one learner: what an old page asks for is done, or refused in a sentence."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from backend import learners, runs, worker
from backend.errors import DatabaseBusy
from curriculum import state as moves
from curriculum.experiment import Slider
from curriculum.loader import load_catalogue
from curriculum.recipe import starting_config
from curriculum.schema import Chapter
from curriculum.state import ChapterState
from pages.parts import folder, lab_map, live, refusals
from tests.pages.lab_steps import me

PAD = load_catalogue().chapter("the_charging_pad")
CHARGE, OTHER = PAD.sliders[:2]


@pytest.fixture
def tabs(monkeypatch: pytest.MonkeyPatch) -> tuple[AppTest, AppTest]:
    """The same map twice; every floor is open."""
    monkeypatch.setattr(folder, "opens_all", lambda learner: True)
    path = str(Path(__file__).parents[2] / "app.py")
    one, two = (AppTest.from_file(path, default_timeout=60) for _ in "12")
    one.session_state["token"] = two.session_state["token"] = "of one browser"
    return one.run(), two.run()


def at(tab: AppTest, chapter: Chapter, stop: str) -> AppTest:
    tab.query_params["id"], tab.query_params["stop"] = chapter.id, stop
    return tab.switch_page("pages/chapter.py").run()


@pytest.fixture
def toasts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the learner was told, in whichever tab."""
    told: list[str] = []
    monkeypatch.setattr(refusals.st, "toast", lambda text, **_: told.append(text))
    return told


def slide(tab: AppTest, slider: Slider, value: float) -> None:
    tab.slider(key=f"slider_{PAD.id}_{slider.id}").set_value(value).run()


def finished(learner: str, seed: int) -> str:
    press = runs.press_train(learner, starting_config(PAD, seed), PAD.id)
    worker.pull("here")
    return press


def test_a_run_is_shown_with_its_sliders_until_they_are_moved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the other tab, or at the settings after the run: the bars would be of the next one."""
    shown: list[int] = []
    monkeypatch.setattr(
        live.components, "recipe", lambda terms, code, settings, key: shown.append(len(terms))
    )
    began, config = moves.begin(PAD), starting_config(PAD)
    moved = began.model_copy(update={"sliders": {CHARGE.id: CHARGE.high}})
    beyond = began.model_copy(update={"sliders": {CHARGE.id: 2 * CHARGE.high}})
    written = began.model_copy(update={"reward_code": "10*delivered"})
    for state in (began, moved, beyond, written):
        live.recipe(PAD, state, config)
    assert shown == [len(PAD.sliders), 0, 0, 0]


def test_each_tab_changes_its_own_slider_and_trains_what_it_shows(
    tabs: tuple[AppTest, AppTest], toasts: list[str]
) -> None:
    one, two = tabs
    learner = me(one)
    learners.save_chapter(learner, moves.skip_prediction(moves.begin(PAD)))
    at(one, PAD, "tune")
    at(two, PAD, "tune")
    slide(one, CHARGE, CHARGE.high)
    slide(two, OTHER, OTHER.high)
    kept = folder.state_of(learner, PAD).sliders
    assert (kept[CHARGE.id], kept[OTHER.id]) == (CHARGE.high, OTHER.high)

    slide(two, CHARGE, CHARGE.low)
    one.button(key="go_train").click().run()
    assert "changed in another tab" in toasts.pop() and not one.exception
    assert not folder.state_of(learner, PAD).press_ids
    assert one.slider(key=f"slider_{PAD.id}_{CHARGE.id}").value == CHARGE.low
    one.button(key="go_train").click().run()
    (press,) = folder.state_of(learner, PAD).press_ids
    assert CHARGE.expression not in runs.row_of(press).config.reward
    assert OTHER.expression in runs.row_of(press).config.reward


def test_a_decision_from_an_old_page_waits_until_the_new_run_was_read(
    tabs: tuple[AppTest, AppTest], toasts: list[str]
) -> None:
    one, two = tabs
    learner, outcome = me(one), PAD.outcomes[0].id
    first, second = finished(learner, 1), finished(learner, 2)
    state = moves.press(moves.skip_prediction(moves.begin(PAD)), first)
    state = moves.reach(PAD, state, outcome, first)
    learners.save_chapter(learner, state)
    at(one, PAD, "decide")
    again = moves.press(moves.try_again(state), second)
    learners.save_chapter(learner, moves.reach(PAD, again, outcome, second))
    choice = f"choose_{PAD.decide.options[0].id}"
    one.button(key=choice).click().run()
    assert "Nothing is decided yet" in toasts.pop() and not one.exception
    assert folder.state_of(learner, PAD).decision is None
    assert not [one for one in folder.entries_of(learner) if one.kind == "decision"]
    at(two, PAD, "decide")
    one.button(key=choice).click().run()
    decided = folder.state_of(learner, PAD).decision
    assert decided is not None and decided.press == second
    two.button(key=f"choose_{PAD.decide.options[1].id}").click().run()
    assert "decided that already" in toasts.pop() and not two.exception
    assert folder.state_of(learner, PAD).decision == decided


def test_a_tab_of_somebody_who_was_deleted_begins_anew(
    tabs: tuple[AppTest, AppTest], toasts: list[str]
) -> None:
    one, two = tabs
    learner = me(one)
    state: ChapterState = moves.press(moves.skip_prediction(moves.begin(PAD)), finished(learner, 1))
    learners.save_chapter(learner, state)
    at(one, PAD, "tune")
    two.session_state[lab_map.PRESS] = state.press_ids[0]
    two.switch_page("pages/lab.py").run()
    assert not two.exception
    learners.erase(learner)
    slide(one, CHARGE, CHARGE.high)
    assert "Reload the page" in toasts.pop() and not one.exception
    assert me(one) != learner
    two.run()
    assert not two.exception
    assert lab_map.PRESS not in two.session_state


def test_a_run_that_cannot_be_read_leaves_the_head_of_its_page(
    tabs: tuple[AppTest, AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    tab, _ = tabs
    learner = me(tab)
    state: ChapterState = moves.press(moves.skip_prediction(moves.begin(PAD)), finished(learner, 1))
    learners.save_chapter(learner, state)

    def busy(press_id: str) -> None:
        raise DatabaseBusy()

    monkeypatch.setattr(live.tape, "read", busy)
    drawn = at(tab, PAD, "run")
    assert any(str(DatabaseBusy()) in text.value for text in drawn.markdown)
    assert drawn.get("bidi_component") and not drawn.exception
