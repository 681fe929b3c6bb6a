"""Two states, one weight: values that run away although every step is right by itself.

Source: Tsitsiklis & Van Roy 1997; Sutton & Barto 2018, section 11.2.

The first state is worth w, the second 2w. The first leads to the second, nothing is ever paid, and
so both are worth nothing. Only the first is learnt from:

(1) target = gamma 2w
(2) w <- w + alpha (target - w) = w + alpha (2 gamma - 1) w

With gamma above one half each step moves the target further than it moves the guess.
"""


def one_update(weight: float, alpha: float, gamma: float) -> float:
    """The weight after one step of learning from the first state."""
    target = gamma * 2 * weight  # (1)
    return weight + alpha * (target - weight)  # (2)


def weights_after(updates: int, alpha: float, gamma: float) -> list[float]:
    """The weight before any step, which is 1, and after each."""
    course = [1.0]
    for _ in range(updates):
        course.append(one_update(course[-1], alpha, gamma))
    return course
