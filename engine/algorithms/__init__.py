"""The ways to learn, by name."""

from engine.algorithms import (
    best_of_n,
    dpo,
    dqn,
    grpo,
    ppo,
    q_learning,
    reward_model,
    rlhf,
    rloo,
    sft,
)
from engine.spec import Algorithm

ALGORITHMS: dict[str, Algorithm] = {
    module.ALGORITHM.name: module.ALGORITHM
    for module in (q_learning, ppo, grpo, rloo, reward_model, rlhf, dpo, sft, best_of_n, dqn)
}
