"""The ways to learn, by name."""

from engine.algorithms import (
    a2c,
    best_of_n,
    clustering,
    dpo,
    dqn,
    epsilon_greedy,
    follow_ups,
    gradient_bandit,
    grpo,
    imitation,
    openclaw,
    ppo,
    q_learning,
    reinforce,
    reward_model,
    rlft,
    rlhf,
    rloo,
    rlsd,
    sarsa,
    sdpo,
    sft,
    srpo,
    thompson,
    ucb,
)
from engine.spec import Algorithm

# The first that fits a world is its usual one.
ALGORITHMS: dict[str, Algorithm] = {
    module.ALGORITHM.name: module.ALGORITHM
    for module in (
        *(q_learning, sarsa),
        *(ppo, a2c, reinforce, dqn),
        *(grpo, rloo, reward_model, rlhf, dpo, sft, best_of_n, sdpo, rlsd, srpo),
        *(imitation, clustering, epsilon_greedy, ucb, thompson, gradient_bandit),
        *(rlft,),
        *(follow_ups, openclaw),
    )
}
