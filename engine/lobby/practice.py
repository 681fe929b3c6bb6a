"""One run at the kiosk, but for what is learnt from it: who comes, what is paid and shown."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from random import Random
from typing import NamedTuple

import numpy as np
from pydantic import Field

from engine.endings import Ending
from engine.events import RunFinished, RunStarted, UpdateCompleted
from engine.lobby.clerks import visitor
from engine.metrics import MetricName as M
from engine.reward_expression import RewardValueError, parse
from engine.scenes import KioskScene
from engine.spec import Step, TrainConfig
from engine.worlds.kiosk import (
    BUTTONS,
    LEAFLET,
    TERM_NAMES,
    KioskConfig,
    best_buttons,
    expected,
    outcomes_of,
    pay_table,
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


class Practice:
    """The lobby of one run: visitors come, buttons are pressed, and everything is counted."""

    def __init__(self, config: KioskRunConfig) -> None:
        """Nobody has come. Raises RewardValueError if something that may happen has no pay."""
        lobby = config.world.lobby
        table = pay_table(lobby, parse(config.reward, TERM_NAMES))
        outcomes, chances = outcomes_of(lobby)
        self.config = config
        self.worths = expected(lobby, table)  # exact, [buttons]
        self._table = table.tolist()
        self._cumulative = [list(accumulate(row)) for row in chances.tolist()]
        self._outcomes, self._true = outcomes, true_reward(outcomes)
        self._gaps = self.worths.max() - self.worths
        self._is_best = best_buttons(self.worths)
        self._is_wanted = best_buttons(expected(lobby, self._true))
        self._is_silent = bool(table.min() == table.max())
        self._comes = Random(f"who comes to the kiosk {config.seed}")
        self._luck = Random(f"what becomes of visitors {config.seed}")
        self._presses: list[Press] = []
        self._counts = np.zeros(len(BUTTONS), dtype=int)

    def visitors(self) -> Iterator[Visitor]:
        """Those who come in one update."""
        for _ in range(self.config.world.visitors):
            _, hour, age = visitor(self._comes)
            yield Visitor(hour, age)

    def press(self, button: int) -> float:
        """Press a button for the visitor; what it pays.

        Visitors bring their luck with them: two learners with one seed meet the same.
        """
        cumulative = self._cumulative[button]
        drawn = self._luck.random() * cumulative[-1]
        outcome = min(bisect_right(cumulative, drawn), len(cumulative) - 1)
        pay = self._table[button][outcome]
        self._presses.append(Press(button, outcome, pay))
        return pay

    def completed(self, update: int, mind: Mind, metrics: Mapping[M, float]) -> Step:
        """What came of the visitors of this update; they are gone then."""
        buttons = [press.button for press in self._presses]
        happened = buttons, [press.outcome for press in self._presses]
        paid = [press.pay for press in self._presses]
        self._counts += np.bincount(buttons, minlength=len(BUTTONS))
        settled, waits = self._outcomes.settled[happened], self._outcomes.waits[happened]
        measured = {
            M.PROXY_RETURN: float(np.mean(paid)),
            M.TRUE_RETURN: float(self._true[happened].mean()),
            M.REGRET: float(self._counts @ self._gaps),
            M.BEST_BUTTON: float(self._is_best[buttons].mean()),
            M.SETTLED: float(settled.mean()),
            M.WAITING: float(waits.mean()),
            M.SMILED: float(self._outcomes.smiles[happened].mean()),
            M.WANTED_BUTTON: float(self._is_wanted[buttons].mean()),
            M.SENT_AWAY: buttons.count(LEAFLET) / len(buttons),
            M.TRIED: float(np.count_nonzero(self._counts)),
            **metrics,
        }
        scene = KioskScene(
            pressed=tuple(buttons),
            paid=recorded(paid),
            settled=tuple(settled.astype(int).tolist()),
            waits=recorded(waits),
            counts=tuple(self._counts.tolist()),
            beliefs=recorded(mind.beliefs),
            doubts=recorded(mind.doubts),
            chances=recorded(mind.chances),
            worths=recorded(self.worths),
        )
        self._presses = []
        names = {name: round(value, DECIMALS) + 0.0 for name, value in measured.items()}
        work = int(self._counts.sum())
        return Step(UpdateCompleted(update=update, metrics=names, scene=scene, work=work))

    def finished(self, *, learns_from_pay: bool = True) -> Step:
        """The end; it says so if every press pays the same, and pay is what is learnt from."""
        ending: Ending = "no_signal" if self._is_silent and learns_from_pay else "done"
        work = int(self._counts.sum())
        return Step(RunFinished(updates=self.config.updates, work=work, ending=ending))


def opening(config: KioskRunConfig, mind: Mind) -> Step:
    """The kiosk before anybody has come; its exact worths only if the reward has a value."""
    try:
        worths = Practice(config).worths
    except RewardValueError:
        worths = np.array([])
    scene = KioskScene(
        counts=(0,) * len(BUTTONS),
        beliefs=recorded(mind.beliefs),
        doubts=recorded(mind.doubts),
        chances=recorded(mind.chances),
        worths=recorded(worths),
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
