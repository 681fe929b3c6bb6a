"""One run at the kiosk, but for what is learnt from it: who comes, what is paid and shown."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from random import Random
from typing import NamedTuple

import numpy as np
from pydantic import Field

from engine.endings import Ending
from engine.events import RunFinished, RunStarted, UpdateCompleted
from engine.lobby.clerks import visitor
from engine.lobby.quantities import WATCHED_PRESSES
from engine.metrics import MetricName as M
from engine.numerics import in_columns
from engine.reward_expression import RewardValueError, parse
from engine.scenes import KioskScene
from engine.spec import Step, TrainConfig
from engine.worlds.kiosk import (
    BUTTONS,
    LEAFLET,
    TERM_NAMES,
    KioskConfig,
    Outcomes,
    best_buttons,
    expected,
    outcomes_of,
    pay_table,
    signs_at,
    stages_of,
    true_reward,
)

DECIMALS = 9  # of a figure as it is recorded; behind them is only what sums of floats leave


class KioskRunConfig(TrainConfig):
    """What every run at the kiosk has."""

    world: KioskConfig = KioskConfig()
    reward: str = Field(
        "settled - 0.02*wait",
        max_length=400,
        title="Reward",
        description="What a press is paid, as one line.",
    )
    updates: int = Field(
        60, ge=1, le=400, title="Updates", description="How often as many visitors come."
    )


class Visitor(NamedTuple):
    """What the kiosk may know of a visitor before it presses; no button's worth depends on it."""

    hour: int
    age: int


class Mind(NamedTuple):
    """What a learner thinks, for those who watch; empty for what it does not think."""

    beliefs: Sequence[float] = ()
    doubts: Sequence[float] = ()
    chances: Sequence[float] = ()


class Press(NamedTuple):
    """One press, and what came of it."""

    button: int
    outcome: int
    pay: float
    stage: int  # of the lobby: 0 before its change, 1 after it


class Practice:
    """The lobby of one run: visitors come, buttons are pressed, and everything is counted."""

    def __init__(self, config: KioskRunConfig) -> None:
        """Nobody has come. Raises RewardValueError if something that may happen has no pay."""
        lobby, reward = config.world.lobby, parse(config.reward, TERM_NAMES)
        stages = stages_of(lobby)
        tables = [pay_table(lobby, reward, stage) for stage in stages]
        drawn = [outcomes_of(lobby, stage) for stage in stages]
        self.config = config
        self._tables = [table.tolist() for table in tables]
        self._cumulative = [
            [list(accumulate(row)) for row in chances.tolist()] for _, chances in drawn
        ]
        # Everything below has a leading axis of stages.
        self._outcomes = Outcomes(
            *(np.stack(one) for one in zip(*(o for o, _ in drawn), strict=True))
        )
        self._true = true_reward(self._outcomes)
        self._worths = np.stack([expected(lobby, tables[stage], stage) for stage in stages])
        wanted = [expected(lobby, self._true[stage], stage) for stage in stages]
        self._gaps = self._worths.max(axis=1, keepdims=True) - self._worths
        self._is_best = np.stack([best_buttons(worths) for worths in self._worths])
        self._is_wanted = np.stack([best_buttons(worths) for worths in wanted])
        last = config.updates * config.world.visitors - 1
        met = [tables[stage] for stage in {self._stage_of(0), self._stage_of(last)}]
        self._is_silent = min(map(np.min, met)) == max(map(np.max, met))
        self._comes = Random(f"who comes to the kiosk {config.seed}")
        self._luck = Random(f"what becomes of visitors {config.seed}")
        self._presses: list[Press] = []
        self._noted: list[dict[str, float]] = []
        self._before: int | None = None  # the button of the last press before this update
        self._counts = np.zeros(self._gaps.shape, dtype=int)  # [stages, buttons]
        self._came = 0

    @property
    def stage(self) -> int:
        """The stage of the lobby for whoever came last; if nobody has, for the first one."""
        return self._stage_of(max(0, self._came - 1))

    def _stage_of(self, visitor: int) -> int:
        """The stage in which a visitor comes, the first of whom is number 0."""
        is_changed = visitor >= self.config.world.change_after
        return int(is_changed and len(self._tables) > 1)

    @property
    def worths(self) -> np.ndarray:
        """What a press of each button pays on average, exactly, as the lobby is: [buttons]."""
        return self._worths[self.stage]

    def visitors(self) -> Iterator[Visitor]:
        """Those who come in one update."""
        for _ in range(self.config.world.visitors):
            _, hour, age = visitor(self._comes)
            yield Visitor(hour, age)

    def press(self, button: int) -> float:
        """Press a button for the visitor; what it pays.

        Visitors bring their luck with them: two learners with one seed meet the same.
        """
        stage = self._stage_of(self._came)
        cumulative = self._cumulative[stage][button]
        drawn = self._luck.random() * cumulative[-1]
        outcome = min(bisect_right(cumulative, drawn), len(cumulative) - 1)
        pay = self._tables[stage][button][outcome]
        self._presses.append(Press(button, outcome, pay, stage))
        self._came += 1
        return pay

    def note(self, **numbers: float) -> None:
        """Keep what is learnt from the last press, by quantity, for those who look closely."""
        last = self._presses[-1]
        given = {"press": self._came, "button": last.button + 1, "reward": last.pay}
        self._noted.append(given | numbers)

    def completed(self, update: int, mind: Mind, metrics: Mapping[M, float]) -> Step:
        """What came of the visitors of this update; they are gone then."""
        buttons = [press.button for press in self._presses]
        stages = [press.stage for press in self._presses]
        happened = stages, buttons, [press.outcome for press in self._presses]
        paid = [press.pay for press in self._presses]
        np.add.at(self._counts, (stages, buttons), 1)
        settled, waits = self._outcomes.settled[happened], self._outcomes.waits[happened]
        measured = {
            M.PROXY_RETURN: float(np.mean(paid)),
            M.TRUE_RETURN: float(self._true[happened].mean()),
            M.REGRET: float((self._counts * self._gaps).sum()),
            M.BEST_BUTTON: float(self._is_best[stages, buttons].mean()),
            M.SETTLED: float(settled.mean()),
            M.WAITING: float(waits.mean()),
            M.SMILED: float(self._outcomes.smiles[happened].mean()),
            M.WANTED_BUTTON: float(self._is_wanted[stages, buttons].mean()),
            M.SENT_AWAY: buttons.count(LEAFLET) / len(buttons),
            M.TRIED: float(np.count_nonzero(self._counts.sum(axis=0))),
            M.SWITCHED: self._switched(buttons),
            **self._around_the_change(stages, buttons),
            **metrics,
        }
        counts = self._counts.sum(axis=0)
        scene = KioskScene(
            pressed=tuple(buttons),
            paid=recorded(paid),
            settled=tuple(settled.astype(int).tolist()),
            waits=recorded(waits),
            counts=tuple(counts.tolist()),
            beliefs=recorded(mind.beliefs),
            doubts=recorded(mind.doubts),
            chances=recorded(mind.chances),
            worths=recorded(self.worths),
            signs=signs_at(self.config.world.lobby, self.stage),
            numbers=in_columns(self._noted[-WATCHED_PRESSES:]),
        )
        self._presses, self._noted, self._before = [], [], buttons[-1]
        names = {name: round(value, DECIMALS) + 0.0 for name, value in measured.items()}
        return Step(UpdateCompleted(update=update, metrics=names, scene=scene, work=self._came))

    def _switched(self, buttons: list[int]) -> float:
        """How often a button differs from that of the press before."""
        first = buttons[0] if self._before is None else self._before
        return sum(one != other for one, other in pairwise([first, *buttons])) / len(buttons)

    def _around_the_change(self, stages: list[int], buttons: list[int]) -> dict[M, float]:
        """What was right until the lobby changed, and what is left of it since."""
        before, since = self._counts[0], self._counts[1:]
        is_former = self._is_best[0] & ~self._is_best
        return {
            M.BEST_BEFORE: float(before @ self._is_best[0]) / max(1, int(before.sum())),
            M.FORMER_BEST: float(is_former[stages, buttons].mean()),
            M.REGRET_SINCE: float((since * self._gaps[1:]).sum()),
        }

    def finished(self, *, learns_from_pay: bool = True) -> Step:
        """The end; it says so if every press pays the same, and pay is what is learnt from."""
        ending: Ending = "no_signal" if self._is_silent and learns_from_pay else "done"
        return Step(RunFinished(updates=self.config.updates, work=self._came, ending=ending))


def opening(config: KioskRunConfig, mind: Mind) -> Step:
    """The kiosk before anybody has come; its exact worths only if the reward has a value."""
    try:
        practice = Practice(config)
        worths, stage = practice.worths, practice.stage
    except RewardValueError:
        worths, stage = np.array([]), 0
    scene = KioskScene(
        counts=(0,) * len(BUTTONS),
        beliefs=recorded(mind.beliefs),
        doubts=recorded(mind.doubts),
        chances=recorded(mind.chances),
        worths=recorded(worths),
        signs=signs_at(config.world.lobby, stage),
    )
    return Step(RunStarted(planned_updates=config.updates, scene=scene))


def recorded(figures: Sequence[float] | np.ndarray) -> tuple[float, ...]:
    """Figures as a scene keeps them."""
    return tuple(round(float(figure), DECIMALS) + 0.0 for figure in figures)


def belief_error(beliefs: Sequence[float], counts: Sequence[int], worths: np.ndarray) -> float:
    """How far beliefs are from the exact worths, at most, over the buttons pressed so far."""
    known = np.array(counts) > 0
    return float(np.abs(np.array(beliefs) - worths)[known].max(initial=0.0))


def best_of(figures: Sequence[float]) -> list[int]:
    """The buttons with the highest figure; more than one if they are equal."""
    best = max(figures)
    return [button for button, figure in enumerate(figures) if figure == best]
