"""Exact values of a policy whose world is known, and the best policy by improving it.

Source: Howard 1960; Sutton & Barto 2018, sections 4.1 to 4.3.

(1) V = r_pi + gamma P_pi V                          solved as linear equations
(2) Q(s, a) = r(s, a) + gamma sum_s' P(s' | s, a) V(s')
(3) pi(s) <- argmax_a Q(s, a), as long as that is better than what pi does
"""

from collections.abc import Iterator

import numpy as np

from engine.value_iteration import DecisionProcess

_BETTER = 1e-10  # of the largest value: a smaller gain is what rounding leaves of a tie


def policy_action_values(
    process: DecisionProcess, reward: np.ndarray, choice: np.ndarray, gamma: float
) -> np.ndarray:
    """Q of a policy that is kept to: [cells, actions], 0 in terminal cells.

    reward: [cells, actions], of the direction really taken. choice: [cells, actions], the
    probability of each action. gamma: below 1.
    """
    goes_on = ~process.terminal
    taken = slipped(process, choice) * goes_on[:, None]
    cells = np.arange(len(reward))
    moves = np.zeros((len(reward), len(reward)))
    np.add.at(moves, (cells[:, None], process.next_cell), taken)
    values = np.linalg.solve(np.eye(len(reward)) - gamma * moves, (taken * reward).sum(1))  # (1)
    backup = reward + gamma * values[process.next_cell]
    mean = backup.mean(axis=1, keepdims=True)
    return goes_on[:, None] * ((1 - process.slip) * backup + process.slip * mean)  # (2)


def best_action_values(process: DecisionProcess, reward: np.ndarray, gamma: float) -> np.ndarray:
    """Q* of the best policy, by policy iteration: [cells, actions], 0 in terminal cells."""
    *_, (values, _) = rounds(process, reward, gamma)
    return values


def rounds(
    process: DecisionProcess, reward: np.ndarray, gamma: float
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Every policy on the way to the best one: its Q, [cells, actions], and its actions, [cells].

    The first one takes action 0 everywhere; the last one cannot be improved.
    """
    cells, actions = np.arange(len(reward)), np.zeros(len(reward), dtype=np.int64)
    while True:
        choice = np.eye(reward.shape[1])[actions]
        values = policy_action_values(process, reward, choice, gamma)
        yield values, actions
        gain = values.max(axis=1) - values[cells, actions]
        is_better = gain > _BETTER * np.abs(values).max()
        if not is_better.any():
            return
        actions = np.where(is_better, values.argmax(axis=1), actions)  # (3)


def slipped(process: DecisionProcess, choice: np.ndarray) -> np.ndarray:
    """The probability of each direction really taken, of that of each action: [cells, actions]."""
    return (1 - process.slip) * choice + process.slip / choice.shape[1]


def exploring(values: np.ndarray, epsilon: float) -> np.ndarray:
    """Probability of every action of an epsilon-greedy robot, ties at random: [cells, actions]."""
    is_best = values == values.max(axis=1, keepdims=True)
    greedy = is_best / is_best.sum(axis=1, keepdims=True)
    return (1 - epsilon) * greedy + epsilon / values.shape[1]
