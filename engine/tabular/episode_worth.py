"""Exactly what an episode on a gridworld is worth: by a policy, and by the best there is.

Nothing is discounted, and an episode is cut off at its step limit, as the curves of a run count it.

(1) p_0(s)     = 1 at the start, 0 elsewhere
(2) p_t+1(s')  = sum over s, a of p_t(s) pi(a | s) P(s' | s, a), but 0 where an episode has ended
(3) worth(pi)  = sum over t, s, a of p_t(s) pi(a | s) r(s, a)
"""

import numpy as np

from engine.policy_iteration import slipped
from engine.value_iteration import DecisionProcess, optimal_action_values


def worth_of(
    process: DecisionProcess, reward: np.ndarray, choice: np.ndarray, start: int, limit: int
) -> float:
    """Expected pay of an episode of at most `limit` steps.

    reward: [cells, actions], of the direction really taken. choice: [cells, actions], the
    probability of each action.
    """
    taken, there, goes_on = slipped(process, choice), process.next_cell.ravel(), ~process.terminal
    chances = np.zeros(len(reward))
    chances[start] = 1.0  # (1)
    worth = 0.0
    for _ in range(limit):
        made = chances[:, None] * taken
        worth += float((made * reward).sum())  # (3)
        chances = goes_on * np.bincount(there, made.ravel(), len(reward))  # (2)
        if not chances.any():
            break
    return worth


def best_worth(process: DecisionProcess, reward: np.ndarray, start: int, limit: int) -> float:
    """Expected pay of an episode by the best policy for so many steps, which may count them."""
    return float(optimal_action_values(process, reward, 1, limit)[start].max())
