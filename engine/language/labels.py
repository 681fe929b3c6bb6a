"""Whether the labels of preference pairs agree with each other, whoever gave them.

Labels that contradict each other can be learnt by heart, pair by pair, and nothing of it holds for
another pair. They are told from labels that follow a taste by Rao's score test of the Bradley-Terry
model in which nothing is liked (Rao 1948, Proc. Camb. Phil. Soc. 44):

(1) d = tastes(liked) - tastes(other)                         of one pair: [tastes]
(2) S = (sum of d)' (sum of d d')^+ (sum of d)                over the pairs

If every label is the toss of a coin, S is near a chi-squared variable with as many degrees of
freedom as the d span dimensions.
"""

from collections.abc import Sequence

import numpy as np

from engine.endings import Ending
from engine.language.crowd import tastes
from engine.language.preferences import Pair, compared
from engine.language.verifiers import grade_batch

LEAST_PAIRS = 50  # fewer say too little to be called contradictory
SPREADS = 3.0  # so many standard deviations above what coins would give, a taste shows


def taste_shown(pairs: Sequence[Pair]) -> tuple[float, int]:
    """S of (2), and its degrees of freedom; a pair that stands there many times counts once."""
    once = list({id(pair): pair for pair in pairs}.values())
    said = compared(once)
    axes = grade_batch(said.questions, said.texts)
    liked, other = tastes(axes)[::2], tastes(axes)[1::2]
    differences = liked - other  # (1)
    total, spread = differences.sum(0), differences.T @ differences
    return float(total @ np.linalg.pinv(spread) @ total), int(np.linalg.matrix_rank(spread))  # (2)


def contradict(pairs: Sequence[Pair]) -> bool:
    """Whether the labels show no more of a taste than tosses of a coin would."""
    if len(pairs) < LEAST_PAIRS:
        return False
    shown, freedom = taste_shown(pairs)
    return shown <= freedom + SPREADS * (2 * freedom) ** 0.5


def ending_on(pairs: Sequence[Pair]) -> Ending:
    """How a run ends that made all its updates on these pairs; none: it needed no labels."""
    return "contradictory" if contradict(pairs) else "done"
