"""One run of the ten drafts, but for what is learnt from it: what is sent, paid, counted, shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
from pydantic import Field

from engine.arms.agent import REPEATS, Policy, habit_chance, reasoned, seen
from engine.arms.games import (
    History,
    drawn,
    epsilon_greedy,
    mean_regret,
    pay,
    random_regret,
    regret_of,
    ucb,
    worths_of,
)
from engine.endings import Ending
from engine.events import RunFinished, RunStarted, UpdateCompleted
from engine.metrics import MetricName as M
from engine.reward_expression import RewardValueError, parse, within_bounds
from engine.scenes import ArmsMoment, ArmsScene
from engine.spec import Step, TrainConfig
from engine.worlds.arms import TERM_NAMES, ArmsConfig, term_values

COMPARED_GAMES = 512  # that UCB and the epsilon-greedy player play, once in a run
ASKED_REPEATS = 20  # of the history that the metric `frequent` asks about
SHOWN_PULLS = (4, 9, 19, 49)  # pulls of the first game of an update that are told in words


class ArmsRunConfig(TrainConfig):
    """What every run with drafts has."""

    world: ArmsConfig = ArmsConfig()
    reward: str = Field(
        "score", max_length=400, title="Reward", description="What a letter is paid, as one line."
    )
    updates: int = Field(
        60, ge=1, le=200, title="Updates", description="How often Pip plays and is changed."
    )
    games: int = Field(
        64, ge=4, le=128, title="Games", description="How many games are played in an update."
    )
    same_drafts: int = Field(
        1,
        ge=1,
        le=128,
        title="Games with the same drafts",
        description="So many games share their drafts and are compared with one another alone; "
        "at 1 every game has its own, and all are compared.",
    )
    right_reasons: float = Field(
        0.87,
        ge=0,
        le=1,
        title="Right reasons",
        description="How often Pip's reason is what UCB says; more thinking makes it more often.",
    )
    start: Literal["own", "all"] = Field(
        "own",
        title="First letters",
        description="own: Pip chooses from the first letter on; all: every draft is sent once "
        "before Pip chooses, if there are letters enough.",
    )


class Played(NamedTuple):
    """Games that were played to their end: [pulls, games, ...] each, but for the worths."""

    worths: np.ndarray  # [games, arms]
    seen: np.ndarray  # [pulls, games, arms, 6]
    named: np.ndarray  # [pulls, games, arms], which arms the reason names
    is_right: np.ndarray  # whether that is what UCB says
    pulled: np.ndarray
    scores: np.ndarray
    is_first: np.ndarray  # whether the arm had not been pulled before
    is_optimal: np.ndarray  # whether UCB ranks the arm first
    is_greedy: np.ndarray  # whether it does so among those tried, and not among all
    is_own: np.ndarray  # [pulls], whether Pip chose

    @property
    def agrees(self) -> np.ndarray:
        """Whether the arm is one that the reason names."""
        return np.take_along_axis(self.named, self.pulled[..., None], axis=-1)[..., 0]

    @property
    def is_repeat(self) -> np.ndarray:
        """Whether the arm is that of the pull before."""
        same = np.zeros(self.pulled.shape, dtype=bool)
        same[1:] = self.pulled[1:] == self.pulled[:-1]
        return same


def play(policy: Policy, config: ArmsRunConfig, luck: tuple[np.random.Generator, ...]) -> Played:
    """New games from the first pull to the last. luck: of games and pay, of reasons, of choices.

    The reasons' luck does not depend on what is done with them.
    """
    world, games = config.world, config.games
    pays, reasons, choices = luck
    alike = np.arange(games) // config.same_drafts * config.same_drafts
    worths, history = worths_of(world, games, pays)[alike], History(games, world.arms)
    orders = choices.permuted(np.tile(np.arange(world.arms), (games, 1)), axis=1)
    forced = min(world.arms, world.pulls) if config.start == "all" else 0
    rows, moments = np.arange(games), []
    for time in range(world.pulls):
        best, best_tried = history.ucb_best, history.ucb_best_tried
        named = reasoned(best, config.right_reasons, reasons.random(games), reasons.random(games))
        looks, chance = seen(history, named), choices.random(games)
        pulled = orders[:, time] if time < forced else drawn(policy(looks, named), chance)
        is_optimal = best[rows, pulled]
        scores = pay(world, worths[rows, pulled], pays)
        moments.append(
            (
                looks,
                named,
                (named == best).all(axis=1),
                pulled,
                scores,
                history.counts[rows, pulled] == 0,
                is_optimal,
                best_tried[rows, pulled] & ~is_optimal,
            )
        )
        history.add(pulled, scores)
    columns = [np.stack(column) for column in zip(*moments, strict=True)]
    return Played(worths, *columns, is_own=np.arange(world.pulls) >= forced)


class Practice:
    """The luck and the watchers of one run."""

    def __init__(self, config: ArmsRunConfig) -> None:
        """Nothing is played yet but by those whom Pip is compared with."""
        self.config, world = config, config.world
        self._luck = tuple(_luck(config, stream) for stream in ("games", "reasons", "choices"))
        others = _luck(config, "others")
        self._others = {
            M.UCB_REGRET: mean_regret(ucb, world, COMPARED_GAMES, others),
            M.EPSILON_REGRET: mean_regret(epsilon_greedy, world, COMPARED_GAMES, others),
            M.RANDOM_REGRET: random_regret(world),
        }
        self._reward = parse(config.reward, TERM_NAMES)
        self._first_habit: tuple[float, ...] = ()
        self._work, self._is_silent = 0, True

    def begin(self, policy: Policy, weights: np.ndarray) -> Step:
        """Pip before any update, in games of its own; what is paid only if the reward says so."""
        luck = tuple(_luck(self.config, f"{stream} before") for stream in ("g", "r", "c"))
        played = play(policy, self.config, luck)
        measured = self._measured(policy, played)
        try:
            measured[M.PROXY_RETURN] = float(self.rewards(played).mean())
        except RewardValueError:
            pass
        self._first_habit = self._habit(policy)
        return Step(
            RunStarted(
                planned_updates=self.config.updates,
                metrics=_rounded(measured),
                scene=self._scene(played, policy, weights),
            )
        )

    def play(self, policy: Policy) -> Played:
        """The games of one update."""
        self._work += self.config.games * self.config.world.pulls
        return play(policy, self.config, self._luck)

    def rewards(self, played: Played) -> np.ndarray:
        """What every pull is paid: [pulls, games]. Raises RewardValueError if one cannot be."""
        values = term_values(played.scores, played.is_first, played.agrees, played.is_repeat)
        paid = np.broadcast_to(self._reward.evaluate(values), played.pulled.shape)
        return within_bounds(paid, "letter")

    def completed(
        self,
        update: int,
        played: Played,
        rewards: np.ndarray,
        lesson: Mapping[M, float],
        policy: Policy,
        weights: np.ndarray,
    ) -> Step:
        """What came of the games of this update; `policy` and `weights` are those it left."""
        self._is_silent &= bool(np.ptp(rewards[played.is_own], axis=1).max(initial=0.0) == 0)
        measured = self._measured(policy, played) | dict(lesson)
        measured[M.PROXY_RETURN] = float(rewards.mean())
        event = UpdateCompleted(
            update=update,
            metrics=_rounded(measured),
            scene=self._scene(played, policy, weights),
            work=self._work,
        )
        return Step(event)

    def finished(self) -> Step:
        """The end; it says so if all letters that were compared were paid the same."""
        ending: Ending = "no_signal" if self._is_silent else "done"
        return Step(RunFinished(updates=self.config.updates, work=self._work, ending=ending))

    def _measured(self, policy: Policy, played: Played) -> dict[M, float]:
        right = played.is_right
        optimal, greedy = played.is_optimal, played.is_greedy
        taken = played.worths[np.arange(len(played.worths)), played.pulled]
        return {
            M.GAME_REGRET: float(regret_of(played.worths, played.pulled).mean()),
            M.TRUE_RETURN: float(taken.mean()),
            M.COVERAGE: float(coverage_of(played)[-1]),
            M.RIGHT_REASON: float(right.mean()),
            M.RIGHT_OPTIMAL: float((right & optimal).mean()),
            M.RIGHT_GREEDY: float((right & greedy).mean()),
            M.RIGHT_OTHER: float((right & ~optimal & ~greedy).mean()),
            M.AS_REASONED: float(played.agrees.mean()),
            M.FREQUENT: self._chance(policy, ASKED_REPEATS),
            **self._others,
        }

    def _chance(self, policy: Policy, repeats: int) -> float:
        right = self.config.right_reasons
        return habit_chance(policy, repeats, self.config.world.arms, right)

    def _habit(self, policy: Policy) -> tuple[float, ...]:
        return recorded([self._chance(policy, repeats) for repeats in REPEATS])

    def _scene(self, played: Played, policy: Policy, weights: np.ndarray) -> ArmsScene:
        wrong = ~played.is_right
        kinds = played.is_optimal, played.is_greedy, ~played.is_optimal & ~played.is_greedy
        arms = self.config.world.arms
        return ArmsScene(
            worths=recorded(played.worths[0]),
            counts=tuple(np.bincount(played.pulled[:, 0], minlength=arms).tolist()),
            weights=recorded(weights),
            moments=tuple(
                moment_of(played, pull) for pull in SHOWN_PULLS if pull < len(played.pulled)
            ),
            coverage=recorded(coverage_of(played)),
            knowing=recorded(
                [
                    float((known & kind).mean())
                    for known in (played.is_right, wrong)
                    for kind in kinds
                ]
            ),
            habit=self._habit(policy),
            first_habit=self._first_habit or self._habit(policy),
        )


def coverage_of(played: Played) -> np.ndarray:
    """The share of the arms that have been pulled so far, mean over the games: [pulls]."""
    return played.is_first.cumsum(axis=0).mean(axis=1) / played.worths.shape[1]


def moment_of(played: Played, pull: int) -> ArmsMoment:
    """One pull of the first game: what was known before it, the reason, and what was done."""
    looks, arms = played.seen[pull, 0], played.worths.shape[1]
    counts = np.bincount(played.pulled[:pull, 0], minlength=arms)
    return ArmsMoment(
        pull=pull + 1,
        counts=tuple(counts.tolist()),
        means=recorded(looks[:, 0]),
        named=tuple(np.flatnonzero(played.named[pull, 0]).tolist()),
        is_right=bool(played.is_right[pull, 0]),
        pulled=int(played.pulled[pull, 0]),
        is_own=bool(played.is_own[pull]),
    )


def recorded(figures: np.ndarray | list[float]) -> tuple[float, ...]:
    """Figures as a scene keeps them."""
    return tuple(round(float(figure), 4) + 0.0 for figure in figures)


def _rounded(measured: Mapping[M, float]) -> dict[M, float]:
    return {name: round(value, 9) + 0.0 for name, value in measured.items()}


def _luck(config: TrainConfig, stream: str) -> np.random.Generator:
    return np.random.default_rng([config.seed, *stream.encode()])
