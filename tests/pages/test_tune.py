"""What the settings of a chapter do with what a browser reports of its widgets."""

from typing import Any

import pytest

from backend import learners, runs
from curriculum import state as moves
from curriculum.board_narration import OPPONENTS
from curriculum.loader import load_catalogue
from curriculum.recipe import compose
from engine.scenes import BoardScene
from pages.parts import folder, live, pictures, refusals, tune

CHAPTER = load_catalogue().chapter("the_polite_assistant")
SLIDER = CHAPTER.sliders[0]


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The widgets that the browser still speaks of, by key."""
    widgets: dict[str, Any] = {}
    monkeypatch.setattr(tune.session, "value_of", lambda key, other=None: widgets.get(key, other))
    return widgets


@pytest.fixture
def toasts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the learner was told."""
    told: list[str] = []
    monkeypatch.setattr(refusals.st, "toast", lambda text, **_: told.append(text))
    return told


@pytest.fixture
def learner() -> str:
    """Somebody who has moved a slider, written a line and pressed Train; the run waits."""
    name = learners.learner_for("ada")
    state = moves.skip_prediction(folder.state_of(name, CHAPTER))
    state = moves.tune(state, {SLIDER.id: SLIDER.high}, {}, "correct + 0.5")
    press = runs.press_train(name, tune.config_now(CHAPTER, state), CHAPTER.id)
    folder.keep(name, moves.press(state, press))
    return name


def test_a_browser_that_repeats_what_is_in_force_is_told_nothing(
    learner: str, reported: dict[str, Any], toasts: list[str]
) -> None:
    line = compose(CHAPTER, {SLIDER.id: SLIDER.high})
    reported[tune._field(CHAPTER, line)] = "correct + 0.5"  # pyright: ignore[reportPrivateUsage]
    before = folder.state_of(learner, CHAPTER)
    tune._keep(learner, CHAPTER, line)  # pyright: ignore[reportPrivateUsage]
    assert toasts == []
    assert folder.state_of(learner, CHAPTER) == before


def test_a_change_while_the_run_is_on_is_refused_in_words(
    learner: str, reported: dict[str, Any], toasts: list[str]
) -> None:
    reported[f"slider_{CHAPTER.id}_{SLIDER.id}"] = SLIDER.low
    tune._keep(learner, CHAPTER)  # pyright: ignore[reportPrivateUsage]
    assert toasts == ["The settings are fixed while the run is on. Stop it to change them."]


def test_what_is_not_reported_keeps_its_value(
    learner: str, reported: dict[str, Any], toasts: list[str]
) -> None:
    """One slider of several, and none of the others on the page yet."""
    other = CHAPTER.sliders[1]
    state = moves.leave_run(folder.state_of(learner, CHAPTER))
    folder.keep(learner, state)
    reported[f"slider_{CHAPTER.id}_{other.id}"] = other.high
    tune._keep(learner, CHAPTER)  # pyright: ignore[reportPrivateUsage]
    kept = folder.state_of(learner, CHAPTER)
    assert (kept.sliders[SLIDER.id], kept.sliders[other.id]) == (SLIDER.high, other.high)
    assert kept.reward_code is None
    assert toasts == []


@pytest.mark.parametrize(
    ("said", "pace"),
    [("", CHAPTER.experiment.pace), ("0", CHAPTER.experiment.pace), ("1", runs.FASTEST_PACE)],
)
def test_a_run_is_shown_at_the_chapters_pace_or_at_full_speed(
    monkeypatch: pytest.MonkeyPatch, said: str, pace: float
) -> None:
    monkeypatch.setenv("PIP_SCHOOL_FULL_SPEED", said)
    monkeypatch.setattr(live.stops, "show", lambda *place: None)
    name = learners.learner_for("grace")
    state = moves.skip_prediction(folder.state_of(name, CHAPTER))
    live.begin(name, CHAPTER, state, tune.config_now(CHAPTER, state), clicked_at=0.0)
    (press,) = folder.state_of(name, CHAPTER).press_ids
    assert runs.look(press).pace == pace


@pytest.mark.parametrize("opponent", OPPONENTS)
def test_the_board_that_stands_ready_names_the_guest_who_is_chosen(
    opponent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also beside a reward that cannot be trained: who sits opposite does not depend on it."""
    game, named = load_catalogue().chapter("the_game_on_ward_nine"), []
    monkeypatch.setattr(tune.brief.shell, "catalogue", load_catalogue)
    monkeypatch.setattr(
        pictures.draw, "board_stage", lambda game, opponent, **other: named.append(opponent)
    )
    state = moves.skip_prediction(moves.begin(game))
    state = moves.tune(state, {}, {"opponent": opponent}, "won -")
    ready = tune._today(game, state)  # pyright: ignore[reportPrivateUsage]
    assert ready is not None and isinstance(ready.scene_now, BoardScene)
    pictures.picture(ready, ready.scene_now)
    assert named == [OPPONENTS[opponent]]
