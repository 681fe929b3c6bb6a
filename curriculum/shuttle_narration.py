"""One trip of the shuttle, as a plain sentence or two."""

from curriculum.figures import counted, number
from engine.scenes import ShuttleScene


def ride_in_words(scene: ShuttleScene) -> str:
    """How the trip that is shown ended, if it has, and what passengers felt on it."""
    steps = len(scene.places)
    if not steps:
        return "The shuttle has not set out yet."
    driven = number(scene.places[-1] / 2, "whole")
    ends = {
        "on": f"The shuttle has been on its way for {counted(steps, 'step')}.",
        "arrived": f"The shuttle reached the hospital after {counted(steps, 'step')}.",
        "left": f"The shuttle left its lane after {counted(steps, 'step')} and {driven} m.",
        "cut": f"The shuttle was cut off after {counted(steps, 'step')}, {driven} m from the car "
        "park.",
    }
    jolts = sum(pull > scene.gentle for pull in scene.pulls)
    felt = f"{counted(jolts, 'step')} of the trip jolted its passengers."
    return f"{ends[scene.end]} {felt if jolts else 'Nobody was jolted.'}"
