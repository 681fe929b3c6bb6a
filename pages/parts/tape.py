"""What has been read so far of one press: columns for the curves, and the scenes to compare."""

import time
from dataclasses import dataclass, field

import streamlit as st

from backend import runs
from engine.endings import Ending
from engine.events import RunFailed, RunFinished, RunStarted, UpdateCompleted
from engine.metrics import MetricName
from engine.scenes import Scene
from engine.spec import TrainConfig
from pages.parts import session, telling

LIVE = ("queued", "running", "paused", "replay")
# Seconds from one drawing of a live page to the next; those who wait in line are many, and what
# they see changes little. A change redraws the whole page, and a click would wait for that: so
# there is none once a run is on.
TICK, LINE_TICK = 0.5, 0.7


@dataclass
class Tape:
    """The part of a run that this tab has seen. Only figures are kept of past updates."""

    config: TrainConfig
    address: str = ""
    state: str = "idle"
    view: runs.RunView | None = None
    last_seq: int = -1
    heartbeat: float | None = None  # the last one seen,
    heard_at: float = 0.0  # and when, by this process's own clock
    started: RunStarted | None = None
    update: UpdateCompleted | None = None
    ending: Ending | None = None  # how the engine ended the run, by name
    buttons_for: str = ""  # the state that this tab's buttons were last drawn for
    columns: dict[MetricName, list[float]] = field(default_factory=dict)
    updates: list[int] = field(default_factory=list)

    @property
    def is_live(self) -> bool:
        """Whether more may come."""
        return self.state in LIVE

    @property
    def planned(self) -> int:
        """How many updates the run will make."""
        return self.config.planned_updates

    @property
    def done(self) -> int:
        """How many updates this tab has seen."""
        return self.update.update if self.update else 0

    @property
    def silent_seconds(self) -> float:
        """For how long the worker of a run that is on has written nothing."""
        if self.state != "running" or self.heartbeat is None:
            return 0.0
        return time.monotonic() - self.heard_at

    @property
    def tick_seconds(self) -> float | None:
        """After how long it is worth looking again; None once nothing more will come."""
        if not self.is_live:
            return None
        return LINE_TICK if self.waits_in_line else TICK

    @property
    def has_old_buttons(self) -> bool:
        """Whether something else than a click on them has changed what they can do.

        When a run begins, Pause comes beside the one that was there; everything else replaces some.
        """
        return self.buttons_for not in ("", "queued", self.state)

    @property
    def waits_in_line(self) -> bool:
        """Whether other runs come first."""
        return self.view is not None and (self.view.queue_place or 1) > 1

    @property
    def scene_before(self) -> Scene | None:
        """What the world showed before any update."""
        return self.started.scene if self.started else None

    @property
    def scene_now(self) -> Scene | None:
        """What the world shows after the newest update that was read."""
        return self.update.scene if self.update else self.scene_before

    def read(self, view: runs.RunView) -> None:
        """Add the events of a newer look at the same press."""
        self.view, self.address, self.state = view, view.address, view.state
        if view.heartbeat != self.heartbeat:
            self.heartbeat, self.heard_at = view.heartbeat, time.monotonic()
        for seq, event in view.events:
            if seq > self.last_seq:
                self.last_seq = seq
                self.add(event)

    def add(self, event: object) -> None:
        """Add one event, in the words of the setting."""
        event = telling.event(event)
        if isinstance(event, RunStarted):
            self.started = event
            self._add(0, event.metrics)
        elif isinstance(event, UpdateCompleted):
            self.update = event
            self._add(event.update, event.metrics)
        elif isinstance(event, RunFinished | RunFailed):
            self.ending = event.ending

    def _add(self, update: int, metrics: dict[MetricName, float]) -> None:
        self.updates.append(update)
        for name, value in metrics.items():
            self.columns.setdefault(name, []).append(value)


def read(press_id: str) -> Tape:
    """Look at a press and return everything this tab has seen of it."""
    tape: Tape | None = session.tape(press_id)
    view = runs.look(press_id, tape.last_seq if tape else -1)
    if tape is None:
        tape = Tape(view.config)
    tape.read(view)
    session.keep_tape(press_id, tape)
    return tape


def newest(press_id: str, unseen: list[Tape]) -> Tape:
    """The tape that the page has just read, for the first drawing of a part of it; else a new look.

    unseen: that tape, taken out when it is used, or nothing.
    """
    return unseen.pop() if unseen else read(press_id)


def newest_around_buttons(press_id: str, unseen: list[Tape]) -> Tape:
    """The same, for a part in which the buttons of the run are another part.

    The browser keeps what such a part no longer draws until the whole page is drawn.
    """
    is_again = not unseen
    now = newest(press_id, unseen)
    if is_again and now.has_old_buttons:
        st.rerun()
    return now


def still(started: RunStarted, config: TrainConfig) -> Tape:
    """How things stand before any run of this config."""
    tape = Tape(config)
    tape.add(started)
    return tape
