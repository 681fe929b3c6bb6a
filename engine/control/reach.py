"""Whether what a learner expects can ever come near what it is paid."""

import numpy as np

LARGE = 1000.0  # in units of the reward; below it a network gets anywhere
NEAR = 0.1  # of what came


def is_out_of_reach(expected: np.ndarray, came: np.ndarray) -> bool:
    """Whether values are far smaller than returns that are large; any two shapes.

    Weights move by a learning rate at most, and values with them, however large an error is.
    Somebody who expects exactly nothing does not work with values at all.
    """
    if not expected.any():
        return False
    size = float(np.abs(came).mean())
    return size >= LARGE and float(np.abs(expected).mean()) < NEAR * size
