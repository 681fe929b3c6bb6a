"""The numbers of one sample of a batch from which action values learn, in the order they follow."""

from collections.abc import Mapping

import numpy as np

from engine.numerics import of_sample, significant

SHOWN_SAMPLES = 12  # the first ones of an update's last batch


def shown(noted: Mapping[str, np.ndarray]) -> dict[str, tuple[float, ...]]:
    """The first samples of a batch as a scene keeps them; noted: by quantity, [samples] each."""
    return {
        name: tuple(map(significant, column[:SHOWN_SAMPLES].tolist()))
        for name, column in noted.items()
    }


SAMPLES = (
    of_sample("action", "Action", "a", "Its number among the world's actions, counted from 1."),
    of_sample("reward", "Reward", "r", "What the learner's reward paid the step."),
    of_sample("ends", "Whether it ended the episode", "", "1 if nothing can come behind it."),
    of_sample(
        "next_value",
        "Value of what follows",
        r"Q_t(s')",
        "What the older copy says of the next action that is counted on, in reward.",
    ),
    of_sample(
        "target",
        "Target",
        "y",
        "What the value should have been, in reward; behind an end nothing is counted.",
        r"r + \gamma Q_t(s')",
        "(2)",
    ),
    of_sample("value", "Value", "Q(s, a)", "What was said of the action, in reward."),
    of_sample(
        "error",
        "Error",
        r"\delta",
        "By how much the value misses its target, in reward.",
        "Q(s, a) - y",
        "(4)",
    ),
    of_sample(
        "step_loss",
        "Loss of the sample",
        r"\ell",
        "How far off the value was; a network is moved so that the mean of these falls.",
        r"\begin{cases} \frac{1}{2} \delta^2 & |\delta| \le 1 \\ |\delta| - \frac{1}{2} & "
        r"\text{else} \end{cases}",
        "(5)",
    ),
    of_sample("weight", "Weight in the loss", "w", "One over the samples of the batch."),
    of_sample(
        "mean_error",
        "Mean error of its number",
        r"\operatorname{mean} \delta",
        "Over all samples of the batch with the same state and action.",
    ),
    of_sample(
        "new_value",
        "New value",
        r"Q(s, a)_{\mathrm{new}}",
        "What the table says of the action from now on, in reward.",
        r"Q(s, a) - \alpha \operatorname{mean} \delta",
        "(7)",
    ),
)
