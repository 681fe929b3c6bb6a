"""Two states, one weight: values that run away although every step is right by itself.

Source: Tsitsiklis & Van Roy 1997; Sutton & Barto 2018, section 11.2.

The first state is worth w, the second 2w. The first leads to the second, nothing is ever paid, and
so both are worth nothing. Only the first is learnt from:

(1) target = gamma 2w
(2) w <- w + alpha (target - w) = w + alpha (2 gamma - 1) w

With gamma above one half each step moves the target further than it moves the guess. A target
network does not cure this, it only slows it: between two copies w moves towards 2 gamma times the
weight that was copied,

(3) target = gamma 2w_copied

so that in the long run every copy multiplies it by up to 2 gamma.
"""


def one_update(weight: float, alpha: float, gamma: float, copied: float | None = None) -> float:
    """The weight after one step of learning from the first state.

    copied: the weight that the target is read from; the weight itself if None.
    """
    target = gamma * 2 * (weight if copied is None else copied)  # (1), (3)
    return weight + alpha * (target - weight)  # (2)


def weights_after(updates: int, alpha: float, gamma: float, copied_every: int = 1) -> list[float]:
    """The weight before any step, which is 1, and after each; copied_every: updates."""
    course = [1.0]
    copied = course[0]
    for update in range(updates):
        if update % copied_every == 0:
            copied = course[-1]
        course.append(one_update(course[-1], alpha, gamma, copied))
    return course
