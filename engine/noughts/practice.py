"""One run at the tablet, but for what is learnt from it: what is played, written, paid and shown.

At every update Pip plays whole games, which are measured. From some of them one board each is
taken, on which it writes a group of moves. What comes of each move is played to the end a few
times, and the mean of these ends is the reward of the one move. So a group differs in one move and
in luck, and in nothing else.
"""

from __future__ import annotations

import numpy as np

from engine.control.carts import fresh_rng
from engine.endings import Ending
from engine.events import RunFinished, RunStarted, UpdateCompleted
from engine.language.lean import Policy
from engine.language.learner import Learner, Lesson, require_finite
from engine.language.practice import PracticeConfig, rounded
from engine.language.probes import shown_group
from engine.language.rollouts import Rollouts, paid_for
from engine.language.said import Said
from engine.metrics import MetricName as M
from engine.noughts.rules import EMPTY_BOARD, written
from engine.noughts.tablet import Games, Tablet, Turns
from engine.noughts.text import REPLY_LENGTH, WORDS, prompts
from engine.scenes import NoughtsEnd, NoughtsScene
from engine.spec import Step
from engine.worlds.noughts import (
    ENDINGS,
    TERMS,
    NoughtsConfig,
    guest_chances,
    judged,
    reward_of_noughts,
    term_values,
)

FIRST_GAMES = 1000  # in which the untrained player is measured
GAMES = 128  # whole games played at an update, at least


class NoughtsPractice:
    """The guest, the luck and the watchers of one run; a `learner` learns from its batches.

    Its steps carry no policy: nobody can talk to it but on the tablet.
    """

    def __init__(self, config: PracticeConfig, learner: Learner[Policy]) -> None:
        """Nothing is played before `begin`."""
        assert isinstance(config.world, NoughtsConfig)
        self.config, self.learner = config, learner
        self.work = 0
        self._reward = reward_of_noughts(config)
        self._chances = guest_chances(config.world)
        self._tablet = Tablet(self._chances, config.seed)
        self._choice = fresh_rng("boards to write on", config.seed)
        self._games: Games | None = None
        self._is_silent = True

    def begin(self) -> Step:
        """Pip as it is."""
        tablet = Tablet(self._chances, self.config.seed, "first")
        games = tablet.played(self.learner.policy, tablet.opened(FIRST_GAMES))
        started = RunStarted(
            planned_updates=self.config.updates,
            metrics=rounded(measured(games) | {M.KL: 0.0}),
            scene=film(games),
        )
        return Step(started)

    def batch(self) -> Rollouts:
        """The moves of this update, paid. Raises RewardValueError if they cannot be."""
        groups, size = self.config.prompts_per_update, self.config.group_size
        policy = self.learner.policy
        games = self._tablet.played(policy, self._tablet.opened(max(GAMES, groups)))
        boards = boards_to_write_on(games, groups, self._choice).repeat(size)
        turn = self._tablet.turn(policy, boards)
        rest = self._tablet.played(policy, self._tablet.answered(turn.middle.repeat(ENDINGS)))
        said = judged(boards, turn.replies, turn.is_allowed)
        values = term_values(said, rest.results.reshape(-1, ENDINGS))
        rollouts = paid_for(said_of(turn, size), values, self._reward)
        if rollouts.problem is not None:
            raise rollouts.problem
        self._games = games
        moves = len(boards) + sum(map(len, (*games.rows, *rest.rows)))
        self.work += REPLY_LENGTH * moves
        return rollouts

    def completed(self, update: int, rollouts: Rollouts, lesson: Lesson) -> Step:
        """What the update changed, for those who watch; metrics are of the policy before it.

        Raises RunEnded if a weight is no longer finite.
        """
        assert self._games is not None, "`batch` comes first"
        require_finite(self.learner.policy)
        self._is_silent &= lesson.is_silent
        metrics = measured(self._games) | lesson.metrics
        metrics[M.PROXY_RETURN] = float(rollouts.rewards.mean())
        group = shown_group(
            self.learner.policy,
            rollouts,
            lesson,
            axes=[term.name for term in TERMS],
            question=written(board_of(rollouts.said.prompts[0])),
        )
        event = UpdateCompleted(
            update=update,
            metrics=rounded(metrics),
            scene=film(self._games).model_copy(update={"group": group}),
            work=self.work,
        )
        return Step(event)

    def finished(self) -> Step:
        """The end; it says so if no update had anything to learn from."""
        ending: Ending = "no_signal" if self._is_silent else "done"
        event = RunFinished(updates=self.config.updates, work=self.work, ending=ending)
        return Step(event)


def boards_to_write_on(games: Games, count: int, rng: np.random.Generator) -> np.ndarray:
    """A board from each of the first games, on which Pip was to move there: [count]."""
    met: list[list[int]] = [[] for _ in range(count)]
    for turn, rows in zip(games.turns, games.rows, strict=True):
        for board, row in zip(turn.before.tolist(), rows.tolist(), strict=True):
            if row < count:
                met[row].append(board)
    return np.array([rng.choice(boards) for boards in met])


def board_of(prompt: list[int]) -> int:
    """The board that a prompt tells of."""
    return int(np.flatnonzero((prompts() == prompt).all(axis=1))[0])


def said_of(turn: Turns, group_size: int) -> Said:
    """Moves as replies, of which `group_size` in turn were written on one board."""
    asked = prompts()[turn.before[::group_size]].tolist()
    return Said([], asked, turn.replies.tolist(), in_words(turn.replies))


def in_words(replies: np.ndarray) -> list[list[str]]:
    """What tokens say."""
    return [[WORDS[token] for token in reply] for reply in replies.tolist()]


def measured(games: Games) -> dict[M, float]:
    """What the tablet reports of whole games."""
    turns = games.every_turn
    said = judged(turns.before, turns.replies, turns.is_allowed)
    wrong = ~said.is_right
    return {
        M.TRUE_RETURN: float(games.results.mean()),
        M.WON: float((games.results > 0).mean()),
        M.DRAWN: float((games.results == 0).mean()),
        M.LOST: float((games.results < 0).mean()),
        M.SOUND_REASON: float(said.is_right.mean()),
        M.ACTED_ON: share_of(said.is_right, said.is_acted_on),
        M.WRONG_ACTED_ON: share_of(wrong, said.is_acted_on),
        M.NOT_ALLOWED: float((~said.is_allowed).mean()),
    }


def share_of(some: np.ndarray, holds: np.ndarray) -> float:
    """The share of some of the moves for which it holds; 0 if they are none. Both: [moves]."""
    return float((some & holds).sum() / max(int(some.sum()), 1))


def film(games: Games) -> NoughtsScene:
    """The first game, move by move."""
    own = [
        Turns(*(column[rows == 0][0] for column in turn))
        for turn, rows in zip(games.turns, games.rows, strict=True)
        if (rows == 0).any()
    ]
    boards: list[int] = [] if own[0].before == EMPTY_BOARD else [EMPTY_BOARD]
    for turn in own:
        boards += [int(turn.before), int(turn.middle)]
    boards += [int(own[-1].after)] if own[-1].after != own[-1].middle else []
    words = in_words(np.array([turn.replies for turn in own]))
    said = [judged(*(np.array([part]) for part in turn[:3])) for turn in own]
    end: NoughtsEnd = ("drawn", "won", "lost")[int(games.results[0])]
    return NoughtsScene(
        boards=tuple(written(board) for board in boards),
        said=tuple(tuple(reply) for reply in words),
        right=tuple(bool(one.is_right[0]) for one in said),
        replaced=tuple(number for number, turn in enumerate(own) if not turn.is_allowed),
        end=end,
    )
