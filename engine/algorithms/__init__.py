"""The ways to learn, by name."""

from engine.algorithms import grpo, ppo, q_learning, rloo
from engine.spec import Algorithm

ALGORITHMS: dict[str, Algorithm] = {
    algorithm.name: algorithm
    for algorithm in (q_learning.ALGORITHM, grpo.ALGORITHM, rloo.ALGORITHM, ppo.ALGORITHM)
}
