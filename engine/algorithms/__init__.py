"""The ways to learn, by name."""

from engine.algorithms import (
    a2c,
    best_of_n,
    clustering,
    dpo,
    dqn,
    epsilon_greedy,
    follow_ups,
    gopd,
    gradient_bandit,
    grpo,
    imitation,
    mopd,
    openclaw,
    ppo,
    q_learning,
    reinforce,
    reopold,
    reward_model,
    rlft,
    rlft_words,
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
        *(gopd, reopold, mopd, follow_ups, openclaw),
        *(imitation, clustering, epsilon_greedy, ucb, thompson, gradient_bandit),
        *(rlft, rlft_words),
    )
}
