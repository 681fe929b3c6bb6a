"""Whether what a learner expects is anywhere near what it is paid."""

import numpy as np

LARGE = 1000.0  # in units of the reward; below it a network gets anywhere
NEAR = 0.1  # of what came


def is_out_of_reach(expected: np.ndarray, came: np.ndarray) -> bool:
    """Whether values are on average far smaller than returns that are large; any two shapes.

    Weights move by a learning rate at most, and values with them, however large an error is. The
    means are compared with their signs: of returns that cancel each other the right value is small.
    """
    size = abs(float(came.mean()))
    return size >= LARGE and abs(float(expected.mean())) < NEAR * size
