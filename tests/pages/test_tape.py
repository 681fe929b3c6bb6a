"""What a tab remembers of a run: how long its worker has been silent, and when to look again."""

from dataclasses import replace

import pytest

from backend import learners, runs
from curriculum.experiment import Chart
from engine.config import parse_config
from engine.events import UpdateCompleted
from engine.metrics import MetricName
from engine.train import train
from pages.parts import tape, transport, watch
from pages.parts.tape import LINE_TICK, TICK, Tape

CONFIG = {"algorithm": "q_learning", "reward": "delivered", "episodes": 3}


@pytest.fixture
def view() -> runs.RunView:
    """A look at a run that is on, whose worker wrote at 500 by its own clock."""
    press = runs.press_train(learners.learner_for("ada"), CONFIG)
    return replace(runs.look(press), state="running", heartbeat=500.0)


def test_silence_is_timed_by_the_own_clock_and_ends_with_the_next_word(
    view: runs.RunView, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Tape(view.config)

    def read_at(now: float, look: runs.RunView) -> float:
        monkeypatch.setattr(tape.time, "monotonic", lambda: now)
        seen.read(look)
        return seen.silent_seconds

    assert read_at(10.0, view) == 0.0
    assert read_at(17.0, view) == 7.0
    assert read_at(18.0, replace(view, heartbeat=501.0)) == 0.0
    assert read_at(30.0, replace(view, heartbeat=501.0, state="paused")) == 0.0
    assert read_at(40.0, replace(view, heartbeat=None)) == 0.0


def test_buttons_are_old_once_something_else_than_a_click_changed_the_run(
    view: runs.RunView,
) -> None:
    seen = Tape(view.config, state="queued")
    assert not seen.has_old_buttons  # none were drawn
    seen.buttons_for = "queued"
    seen.state = "running"
    assert not seen.has_old_buttons
    seen.buttons_for = "running"
    assert not seen.has_old_buttons
    seen.state = "paused"  # in another tab
    assert seen.has_old_buttons
    seen.state = "queued"  # its worker was lost
    assert seen.has_old_buttons


def test_a_run_that_is_on_is_looked_at_at_one_rate(view: runs.RunView) -> None:
    """A change of it draws the whole page anew, for which a click would have to wait."""
    seen = Tape(view.config)
    assert seen.tick_seconds is None  # nobody has pressed Train
    seen.read(replace(view, state="queued", queue_place=2))
    assert seen.tick_seconds == LINE_TICK
    for state in ("queued", "running", "paused", "replay"):
        seen.read(replace(view, state=state, queue_place=1))
        assert seen.tick_seconds == TICK
        seen.add(next(event for event in train(view.config) if isinstance(event, UpdateCompleted)))
    seen.read(replace(view, state="finished"))
    assert seen.tick_seconds is None


def test_a_run_that_could_learn_nothing_says_so(view: runs.RunView) -> None:
    seen = Tape(view.config)
    seen.read(replace(view, state="finished"))
    for event in train(parse_config({**CONFIG, "reward": "0"})):
        seen.add(event)
    assert seen.ending == "no_signal"
    assert "nothing to learn from" in transport.words(seen)[0]


@pytest.mark.parametrize(
    ("wished", "gone", "end"),
    [(10.0, [0.0, 4.0], 10.0), (10.0, [0.0, 13.0, 12.0], 13.0), (None, [0.0, 4.0], 4.0)],
)
def test_no_line_leaves_a_chart_over_the_drift(
    wished: float | None, gone: list[float], end: float
) -> None:
    seen = Tape(parse_config(CONFIG))
    chart = Chart(title="A", unit="b", metrics=("true_return",), against="kl", reach=wished)
    assert watch.reach(seen, chart) == (wished or 1.0)  # nothing is drawn yet
    seen.columns[MetricName.KL] = gone
    assert watch.reach(seen, chart) == end
