"""The arithmetic of playheads, with hand-set clocks."""

from typing import Any

import pytest

from backend.playhead import end_of, exact_position, last_seq, position, state_of, wants_more
from backend.tables import PressRow, RunRow


def a_run(**changes: Any) -> RunRow:
    values: dict[str, Any] = dict(
        status="running", updates=0, next_seq=1, planned=60, started_at=100.0, problem=None
    )
    return RunRow(**(values | changes))


def a_press(**changes: Any) -> PressRow:
    values: dict[str, Any] = dict(
        anchor=0.0,
        anchored_at=100.0,
        pace=None,
        behind=False,
        paused=False,
        stopped_at=None,
        is_replay=False,
    )
    return PressRow(**(values | changes))


def finished(**changes: Any) -> RunRow:
    return a_run(**({"status": "finished", "updates": 60, "next_seq": 62} | changes))


def test_as_fast_as_it_goes_shows_all_there_is() -> None:
    run = a_run(updates=17, next_seq=18)
    assert position(a_press(), run, now=100.0) == 17
    assert last_seq(a_press(), run, now=100.0) == 17


@pytest.mark.parametrize(
    ("now", "expected"), [(100.0, 1), (100.24, 1), (100.25, 2), (102.0, 9), (1e6, 30)]
)
def test_a_pace_lets_the_first_update_through_at_once(now: float, expected: int) -> None:
    run = a_run(updates=30, next_seq=31)
    assert position(a_press(pace=4.0), run, now) == expected


def test_the_clock_of_a_pace_begins_when_the_run_begins() -> None:
    run = a_run(updates=30, next_seq=31, started_at=150.0)
    assert position(a_press(pace=4.0), run, now=151.0) == 5


@pytest.mark.parametrize(("now", "expected"), [(100.0, 1), (103.0, 31), (105.85, 59), (105.95, 60)])
def test_a_replay_takes_six_seconds(now: float, expected: int) -> None:
    press = a_press(behind=True, is_replay=True)
    assert position(press, finished(), now) == expected
    assert state_of(press, finished(), now) == ("finished" if expected == 60 else "replay")


def test_the_end_is_seen_with_the_last_update_and_not_before() -> None:
    press = a_press(behind=True, is_replay=True)
    assert last_seq(press, finished(), now=103.0) == 31
    assert last_seq(press, finished(), now=106.0) == 61


def test_a_paused_playhead_stands() -> None:
    press = a_press(paused=True, anchor=5.0)
    assert position(press, a_run(updates=40, next_seq=41), now=999.0) == 5
    assert state_of(press, finished(), now=999.0) == "paused"


def test_a_paused_press_at_the_end_of_a_finished_run_is_finished() -> None:
    assert state_of(a_press(paused=True, anchor=60.0), finished(), now=999.0) == "finished"


def test_a_paused_press_does_not_learn_of_a_later_failure() -> None:
    run = a_run(status="failed", updates=20, next_seq=22)
    assert end_of(run) == 21
    paused = a_press(paused=True, anchor=20.0)
    assert state_of(paused, run, now=999.0) == "paused"
    assert last_seq(paused, run, now=999.0) == 20
    assert state_of(a_press(), run, now=999.0) == "failed"
    assert last_seq(a_press(), run, now=999.0) == 21


def test_a_failure_of_the_machinery_has_no_event() -> None:
    run = a_run(status="failed", updates=20, next_seq=21, problem="The worker died.")
    assert end_of(run) == 20
    assert last_seq(a_press(), run, now=999.0) == 20
    assert state_of(a_press(), run, now=999.0) == "failed"


def test_a_stopped_press_stays_stopped_while_the_run_goes_on() -> None:
    press = a_press(stopped_at=101.0, anchor=7.0)
    assert state_of(press, finished(), now=999.0) == "stopped"
    assert last_seq(press, finished(), now=999.0) == 7


@pytest.mark.parametrize("status", ["queued", "parked", "stopped"])
def test_a_run_without_a_worker_is_queued_once_all_is_seen(status: str) -> None:
    run = a_run(status=status, updates=12, next_seq=13)
    assert state_of(a_press(), run, now=100.0) == "queued"
    assert state_of(a_press(behind=True), run, now=100.1) == "running"


def test_a_changed_pace_does_not_jump() -> None:
    run, before = a_run(updates=60, next_seq=61), a_press(pace=4.0)
    shown = exact_position(before, run, now=102.6)
    after = a_press(pace=8.0, anchor=shown - 1, anchored_at=102.6)
    assert exact_position(after, run, now=102.6) == pytest.approx(shown)
    assert exact_position(after, run, now=103.6) == pytest.approx(shown + 8)


@pytest.mark.parametrize(
    ("press", "wants"),
    [
        (a_press(), True),
        (a_press(stopped_at=1.0), False),
        (a_press(paused=True, anchor=12.0), False),
        (a_press(paused=True, anchor=13.0), True),
    ],
)
def test_only_a_going_press_or_a_step_wants_more(press: PressRow, wants: bool) -> None:
    assert wants_more(press, a_run(updates=12)) is wants
