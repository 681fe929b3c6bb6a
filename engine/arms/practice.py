"""One run of the ten drafts, but for what is learnt from it: what is sent, paid, counted, shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Literal, NamedTuple

import numpy as np
from pydantic import Field

from engine.arms.agent import REPEATS, Policy, habit_chance, reasoned, seen
from engine.arms.games import (
    Bandit,
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
from engine.worlds import WORLDS, arms, drafts

COMPARED_GAMES = 512  # that UCB and the epsilon-greedy player play, once in a run
ASKED_REPEATS = 20  # of the history that the metric `frequent` asks about
SHOWN_PULLS = (4, 9, 19, 49)  # pulls of the first game of an update that are told in words


# Settings of all that learn from whole games: bounds are here, the usual value with each.
Passes = Annotated[
    int,
    Field(
        ge=1,
        le=8,
        title="Passes",
        description="How many gradient steps are made with the games of an update.",
    ),
]
ClipRange = Annotated[float, Field(ge=0.01, le=1, title="Clip range")]
Leash = Annotated[float, Field(ge=0, le=1, title="Leash")]
# From how often an arm was repeated to how likely it is pulled again.
Habit = Callable[[Sequence[int]], Sequence[float]]


class BanditRunConfig(TrainConfig):
    """What every run with drafts has."""

    world: arms.ArmsConfig | drafts.DraftsConfig
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
        "at 1 every game has its own, and all are compared. A last game without another of its "
        "kind teaches nothing.",
    )
    start: Literal["own", "all"] = Field(
        "own",
        title="First letters",
        description="own: Pip chooses from the first letter on; all: every draft is sent once "
        "before Pip chooses, if there are letters enough.",
    )

    @property
    def may_choose(self) -> bool:
        """Whether any letter of a game can be Pip's own."""
        return forced_pulls(self) < self.world.pulls


class ArmsRunConfig(BanditRunConfig):
    """A run in which reasons are given to Pip, and six weights decide what it does."""

    world: arms.ArmsConfig = arms.ArmsConfig()
    right_reasons: float = Field(
        0.87,
        ge=0,
        le=1,
        title="Right reasons",
        description="How often Pip's reason is what UCB says; more thinking makes it more often.",
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
    said: tuple[str, ...] = ()  # where Pip writes: its words in the first game, one text a pull
    is_unreadable: np.ndarray | None = None  # where it does: whether no arm could be read

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


class Diary:
    """What is kept of games while they are played."""

    def __init__(self, worths: np.ndarray) -> None:
        """Nothing has been pulled."""
        self.worths, self.history = worths, History(*worths.shape)
        self._moments: list[tuple[np.ndarray, ...]] = []

    def pulled(
        self, world: Bandit, named: np.ndarray, pulled: np.ndarray, luck: np.random.Generator
    ) -> None:
        """One pull in each game, which is paid. named: [games, arms], by the reasons for it."""
        history, rows = self.history, np.arange(len(pulled))
        best, best_tried = history.ucb_best, history.ucb_best_tried
        is_optimal = best[rows, pulled]
        scores = pay(world, self.worths[rows, pulled], luck)
        self._moments.append(
            (
                seen(history, named),
                named,
                np.any(named, axis=1) & np.all(named <= best, axis=1),
                pulled,
                scores,
                history.counts[rows, pulled] == 0,
                is_optimal,
                best_tried[rows, pulled] & ~is_optimal,
            )
        )
        history.add(pulled, scores)

    def closed(self, forced: int) -> Played:
        """The games, which are over. forced: how many pulls of each were made for Pip."""
        columns = [np.stack(column) for column in zip(*self._moments, strict=True)]
        is_own = np.arange(len(self._moments)) >= forced
        return Played(self.worths, *columns, is_own=is_own)


def shared(worths: np.ndarray, config: BanditRunConfig) -> np.ndarray:
    """The same, where some games in turn are to have the arms of the first of them."""
    return worths[np.arange(len(worths)) // config.same_drafts * config.same_drafts]


def forced_pulls(config: BanditRunConfig) -> int:
    """How many pulls of a game are made for Pip, if every arm is pulled once first."""
    return min(config.world.arms, config.world.pulls) if config.start == "all" else 0


def orders_of(arms: int, games: int, luck: np.random.Generator) -> np.ndarray:
    """In which order every arm is pulled once: [games, arms]."""
    return luck.permuted(np.tile(np.arange(arms), (games, 1)), axis=1)


def play(policy: Policy, config: ArmsRunConfig, luck: tuple[np.random.Generator, ...]) -> Played:
    """New games from the first pull to the last. luck: of games and pay, of reasons, of choices.

    The reasons' luck does not depend on what is done with them.
    """
    world, games = config.world, config.games
    pays, reasons, choices = luck
    diary = Diary(shared(worths_of(world, games, pays), config))
    orders, forced = orders_of(world.arms, games, choices), forced_pulls(config)
    for time in range(world.pulls):
        best = diary.history.ucb_best
        named = reasoned(best, config.right_reasons, reasons.random(games), reasons.random(games))
        looks, chance = seen(diary.history, named), choices.random(games)
        pulled = orders[:, time] if time < forced else drawn(policy(looks, named), chance)
        diary.pulled(world, named, pulled, pays)
    return diary.closed(forced)


class Player:
    """Six weights at play: their luck in a run, and their habit."""

    def __init__(self, policy: Policy, config: ArmsRunConfig) -> None:
        """Nothing is played yet."""
        self.policy, self.config = policy, config
        self._luck = tuple(luck_of(config, stream) for stream in ("games", "reasons", "choices"))

    def opening(self) -> Played:
        """Games before any update, with luck of their own."""
        luck = tuple(luck_of(self.config, f"{stream} before") for stream in ("g", "r", "c"))
        return play(self.policy, self.config, luck)

    def games(self) -> Played:
        """The games of one update."""
        return play(self.policy, self.config, self._luck)

    def habit(self, repeats: Sequence[int]) -> list[float]:
        """How likely an arm that was repeated so often is pulled once more, for each number."""
        arms, right = self.config.world.arms, self.config.right_reasons
        return [habit_chance(self.policy, times, arms, right) for times in repeats]


class Practice:
    """Those who watch a run, and what it is paid."""

    def __init__(self, config: BanditRunConfig) -> None:
        """Nothing is played yet but by those whom Pip is compared with."""
        self.config, world = config, config.world
        others = luck_of(config, "others")
        self._others = {
            M.UCB_REGRET: mean_regret(ucb, world, COMPARED_GAMES, others),
            M.EPSILON_REGRET: mean_regret(epsilon_greedy, world, COMPARED_GAMES, others),
            M.RANDOM_REGRET: random_regret(world),
        }
        self._reward = parse(config.reward, [term.name for term in WORLDS[world.world].terms])
        self._first_habit: tuple[float, ...] = ()
        self._work, self._is_silent = 0, True

    def begin(self, played: Played, habit: Habit, weights: Sequence[float] = ()) -> Step:
        """Pip before any update, in games of its own; what is paid only if the reward says so."""
        measured = self._measured(habit, played)
        try:
            measured[M.PROXY_RETURN] = float(self.rewards(played).mean())
        except RewardValueError:
            pass
        self._first_habit = recorded(habit(REPEATS))
        return Step(
            RunStarted(
                planned_updates=self.config.updates,
                metrics=_rounded(measured),
                scene=self._scene(played, habit, weights),
            )
        )

    def rewards(self, played: Played) -> np.ndarray:
        """What every pull is paid: [pulls, games]. Raises RewardValueError if one cannot be."""
        values = arms.term_values(played.scores, played.is_first, played.agrees, played.is_repeat)
        if played.is_unreadable is not None:
            values["unreadable"] = played.is_unreadable.astype(np.float64)
        paid = np.broadcast_to(self._reward.evaluate(values), played.pulled.shape)
        return within_bounds(paid, "letter")

    def completed(
        self,
        update: int,
        played: Played,
        rewards: np.ndarray,
        lesson: Mapping[M, float],
        habit: Habit,
        weights: Sequence[float] = (),
    ) -> Step:
        """What came of the games of this update; `habit` and `weights` are those it left."""
        self._is_silent &= bool(np.ptp(rewards[played.is_own], axis=1).max(initial=0.0) == 0)
        self._work += played.pulled.size
        measured = self._measured(habit, played) | dict(lesson)
        measured[M.PROXY_RETURN] = float(rewards.mean())
        event = UpdateCompleted(
            update=update,
            metrics=_rounded(measured),
            scene=self._scene(played, habit, weights),
            work=self._work,
        )
        return Step(event)

    def finished(self) -> Step:
        """The end; it says so if no letter was chosen, or all that were compared paid the same."""
        ending: Ending = "no_signal" if self._is_silent else "done"
        if not self.config.may_choose:
            ending = "no_choice"
        return Step(RunFinished(updates=self.config.updates, work=self._work, ending=ending))

    def _measured(self, habit: Habit, played: Played) -> dict[M, float]:
        right = played.is_right
        optimal, greedy = played.is_optimal, played.is_greedy
        taken = played.worths[np.arange(len(played.worths)), played.pulled]
        unread = played.is_unreadable
        return {
            M.GAME_REGRET: float(regret_of(played.worths, played.pulled).mean()),
            M.TRUE_RETURN: float(taken.mean()),
            M.COVERAGE: float(coverage_of(played)[-1]),
            M.RIGHT_REASON: float(right.mean()),
            M.RIGHT_OPTIMAL: float((right & optimal).mean()),
            M.RIGHT_GREEDY: float((right & greedy).mean()),
            M.RIGHT_OTHER: float((right & ~optimal & ~greedy).mean()),
            M.AS_REASONED: float(played.agrees.mean()),
            M.FREQUENT: habit([ASKED_REPEATS])[0],
            **self._others,
            **({} if unread is None else {M.UNREADABLE: float(unread.mean())}),
        }

    def _scene(self, played: Played, habit: Habit, weights: Sequence[float]) -> ArmsScene:
        wrong = ~played.is_right
        kinds = played.is_optimal, played.is_greedy, ~played.is_optimal & ~played.is_greedy
        count, habits = self.config.world.arms, recorded(habit(REPEATS))
        return ArmsScene(
            worths=recorded(played.worths[0]),
            counts=tuple(np.bincount(played.pulled[:, 0], minlength=count).tolist()),
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
            habit=habits,
            first_habit=self._first_habit or habits,
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
        said=played.said[pull] if played.said else "",
    )


def recorded(figures: Sequence[float] | np.ndarray) -> tuple[float, ...]:
    """Figures as a scene keeps them."""
    return tuple(round(float(figure), 4) + 0.0 for figure in figures)


def _rounded(measured: Mapping[M, float]) -> dict[M, float]:
    return {name: round(value, 9) + 0.0 for name, value in measured.items()}


def luck_of(config: TrainConfig, stream: str) -> np.random.Generator:
    """The luck of one purpose of a run."""
    return np.random.default_rng([config.seed, *stream.encode()])
