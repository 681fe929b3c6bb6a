"""One run of the ten drafts, but for what is learnt from it: what is sent, paid, counted, shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from engine.arms.agent import REPEATS, Policy, habit_chance, reasoned, seen
from engine.arms.games import (
    Bandit,
    drawn,
    epsilon_greedy,
    mean_regret,
    met_in,
    random_regret,
    regret_of,
    ucb,
    worths_of,
)
from engine.arms.played import Diary, Played, coverage_of, moment_of, reader_of, recorded
from engine.endings import Ending
from engine.events import RunFinished, RunStarted, UpdateCompleted
from engine.metrics import MetricName as M
from engine.reward_expression import RewardValueError, parse, within_bounds
from engine.scenes import ArmsScene
from engine.spec import Step, TrainConfig
from engine.worlds import WORLDS, arms, drafts, readers

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

    world: arms.ArmsConfig | drafts.DraftsConfig | readers.ReadersConfig
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

    world: arms.ArmsConfig | readers.ReadersConfig = Field(
        default=arms.ArmsConfig(), discriminator="world"
    )
    right_reasons: float = Field(
        0.87,
        ge=0,
        le=1,
        title="Right reasons",
        description="How often Pip's reason is what UCB says; more thinking makes it more often.",
    )


def opened(config: BanditRunConfig, luck: np.random.Generator) -> Diary:
    """New games, of which some in turn have the arms of the first of them, and its contexts."""
    world, games, same = config.world, config.games, config.same_drafts
    first = np.arange(games) // same * same
    worths = worths_of(world, games, luck).reshape(games, -1, world.arms)[first]
    met = met_in(world, games, luck, forced_pulls(config))
    rows = met[:, first] + world.contexts * (np.arange(games) - first)
    return Diary(worths.reshape(-1, world.arms), rows)


def forced_pulls(config: BanditRunConfig) -> int:
    """How many pulls of a game are made for Pip, if every arm is pulled once first."""
    world = config.world
    return min(world.arms * world.contexts, world.pulls) if config.start == "all" else 0


def orders_of(world: Bandit, games: int, luck: np.random.Generator) -> np.ndarray:
    """In which order every arm is pulled once, in each context as it comes: [games, pulls]."""
    order = luck.permuted(np.tile(np.arange(world.arms), (games, 1)), axis=1)
    return order.repeat(world.contexts, axis=1)


def play(policy: Policy, config: ArmsRunConfig, luck: tuple[np.random.Generator, ...]) -> Played:
    """New games from the first pull to the last. luck: of games and pay, of reasons, of choices.

    The reasons' luck does not depend on what is done with them.
    """
    world, games = config.world, config.games
    pays, reasons, choices = luck
    diary = opened(config, pays)
    orders, forced = orders_of(world, games, choices), forced_pulls(config)
    for time in range(world.pulls):
        page = diary.page
        lucks = reasons.random(games), reasons.random(games)
        named = reasoned(page.ucb_best, config.right_reasons, *lucks)
        looks, chance = seen(page, named), choices.random(games)
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
        if world.contexts > 1:
            luck = luck_of(config, "blind")
            blind = mean_regret(ucb, world, COMPARED_GAMES, luck, is_blind=True)
            self._others[M.BLIND_REGRET] = blind
        self._terms = [term.name for term in WORLDS[world.world].terms]
        self._reward = parse(config.reward, self._terms)
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
        taken = played.worths[played.met, played.pulled]
        return {
            M.GAME_REGRET: float(regret_of(played.worths, played.pulled, played.met).mean()),
            M.TRUE_RETURN: float(taken.mean()),
            M.COVERAGE: float(coverage_of(played)[-1]),
            M.RIGHT_REASON: float(right.mean()),
            M.RIGHT_OPTIMAL: float((right & optimal).mean()),
            M.RIGHT_GREEDY: float((right & greedy).mean()),
            M.RIGHT_OTHER: float((right & ~optimal & ~greedy).mean()),
            M.AS_REASONED: float(played.agrees.mean()),
            M.FREQUENT: habit([ASKED_REPEATS])[0],
            **self._others,
            **self._unread(played),
        }

    def _unread(self, played: Played) -> dict[M, float]:
        can_be = "unreadable" in self._terms
        return {M.UNREADABLE: float(played.is_unreadable.mean())} if can_be else {}

    def _scene(self, played: Played, habit: Habit, weights: Sequence[float]) -> ArmsScene:
        wrong = ~played.is_right
        kinds = played.is_optimal, played.is_greedy, ~played.is_optimal & ~played.is_greedy
        count, habits = self.config.world.arms, recorded(habit(REPEATS))
        met = played.met[:, 0]
        return ArmsScene(
            reader=reader_of(played, met[0]),
            worths=recorded(played.worths[met[0]]),
            counts=tuple(np.bincount(played.pulled[met == met[0], 0], minlength=count).tolist()),
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


def _rounded(measured: Mapping[M, float]) -> dict[M, float]:
    return {name: round(value, 9) + 0.0 for name, value in measured.items()}


def luck_of(config: TrainConfig, stream: str) -> np.random.Generator:
    """The luck of one purpose of a run."""
    return np.random.default_rng([config.seed, *stream.encode()])
