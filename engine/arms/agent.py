"""What Pip sees of each arm, the reason it writes down, and what a habit makes of a history.

A policy is a function from what is seen, [..., arms, 6], and which arms the reason names,
[..., arms], to how likely each arm is pulled, [..., arms]. All arms share the six weights, so it
does not matter what an arm is called: exchange two names, and their chances are exchanged.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.arms.games import History

Policy = Callable[[np.ndarray, np.ndarray], np.ndarray]
REPEATS = tuple(range(0, 101, 10))  # of one arm, in the histories that a habit is asked about
OTHER_SCORES = (0.4, 0.6, 0.8)  # of the arms that are pulled once there
REPEATED_SCORE = 0.2  # of the arm that is repeated: the worst of those tried


def seen(history: History, named: np.ndarray) -> np.ndarray:
    """What Pip sees of each arm: [games, arms, 6]. named: which arms its reason names.

    Mean pay so far, share of the pulls, whether it was the last, whether it is the best tried so
    far, whether it is untried, and what the reason says; those that tie share a one.
    """
    columns = (
        history.means,
        history.counts / np.maximum(1, history.pulls),
        history.last,
        _shared(history.best_tried),
        ~history.is_tried,
        _shared(named),
    )
    return np.stack(columns, axis=-1).astype(np.float64)


def _shared(is_named: np.ndarray) -> np.ndarray:
    return is_named / np.maximum(1, is_named.sum(axis=-1, keepdims=True))


def reasoned(
    best: np.ndarray, right: float, is_right_luck: np.ndarray, which_luck: np.ndarray
) -> np.ndarray:
    """Which arms the reason names in each game; best: those that UCB ranks first.

    A right reason names all of these. A wrong one names one other arm; where there is none, the
    reason is right. right: how often it is. Both kinds of luck: [games], between 0 and 1.
    """
    others = ~best
    is_wrong = (is_right_luck >= right) & others.any(axis=1)
    place = np.floor(which_luck * others.sum(axis=1))
    one = others & (np.cumsum(others, axis=1) - 1 == place[:, None])
    return np.where(is_wrong[:, None], one, best)


def habit_history(repeats: int, arms: int) -> History:
    """One game in which some arms are pulled once, and then the worst of them again and again."""
    history = History(1, arms)
    scores = OTHER_SCORES[-min(len(OTHER_SCORES), arms - 1) :]
    for arm, score in enumerate(scores, start=1):
        history.add(np.array([arm]), np.array([score]))
    for _ in range(1 + repeats):
        history.add(np.array([0]), np.array([REPEATED_SCORE]))
    return history


def habit_chance(policy: Policy, repeats: int, arms: int, right: float) -> float:
    """How likely the arm that was repeated is pulled once more, exactly, whatever the reason says.

    It is the arm pulled most, and of those tried it paid least: only habit speaks for it.
    """
    history = habit_history(repeats, arms)
    best = history.ucb_best
    reasons = np.vstack([best, np.eye(arms, dtype=bool)[~best[0]]])
    wrong = len(reasons) - 1
    weights = np.array([right] + [(1 - right) / wrong] * wrong if wrong else [1.0])
    whole = [seen(history, reason[None])[0] for reason in reasons]
    return float(weights @ policy(np.stack(whole), reasons)[:, 0])
