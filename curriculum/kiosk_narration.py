"""One update at the kiosk, as a plain sentence or two: who was sent where, and its beliefs."""

from collections import Counter
from collections.abc import Sequence
from statistics import fmean

from curriculum.figures import number
from engine.scenes import KioskScene
from engine.worlds.kiosk import BUTTONS

SIGNS = {"shut": "shut", "new": "new"}


def kiosk_in_words(scene: KioskScene) -> str:
    """What was pressed for this update's visitors, what came of it, and what the kiosk thinks."""
    if not scene.pressed:
        return kiosk_visits(scene)
    told = _presses(scene), kiosk_visits(scene), kiosk_signs(scene), _thoughts(scene)
    return " ".join(filter(None, told))


def _presses(scene: KioskScene) -> str:
    (button, most), *others = Counter(scene.pressed).most_common()
    came = len(scene.pressed)
    if not others:
        return f"The kiosk pressed {_named(button)} for all {came} visitors."
    named = "button" if len(others) == 1 else "buttons"
    return (
        f"The kiosk pressed {_named(button)} for {most} of {came} visitors, and {len(others)} "
        f"other {named} for the rest."
    )


def kiosk_visits(scene: KioskScene) -> str:
    """What came of this update's visitors."""
    if not scene.pressed:
        return "Nobody has come to the kiosk yet."
    settled, came = sum(scene.settled), len(scene.settled)
    wait = fmean(scene.waits)
    waited = f"they waited {number(wait, 'one_decimal')} minutes on average"
    if not wait:
        waited = "nobody waited"
    return f"{settled} of the {came} had their matter settled; {waited}."


def kiosk_signs(scene: KioskScene) -> str:
    """What the doors say that the kiosk does not see; nothing before the lobby has changed."""
    said = [
        f"the door of {_named(way)} is {SIGNS[sign]}"
        for way, sign in enumerate(scene.signs)
        if sign
    ]
    told = ", and ".join(said)
    return f"{told[0].upper()}{told[1:]}." if told else ""


def _thoughts(scene: KioskScene) -> str:
    """What it believes is best; without beliefs, what it is likeliest to press."""
    if scene.beliefs:
        best = _single_best(scene.beliefs)
        if best is None:
            return "It does not yet believe any one button to be best."
        worth = number(scene.beliefs[best], "two_decimals")
        doubt = ""
        if scene.doubts:
            doubt = f", give or take {number(scene.doubts[best], 'two_decimals')}"
        return f"It believes {_named(best)} to be worth most, {worth} a press{doubt}."
    likeliest = _single_best(scene.chances)
    if likeliest is None:
        return ""
    chance = number(scene.chances[likeliest], "percent")
    return f"For the next visitor it presses {_named(likeliest)} with a chance of {chance}."


def _single_best(figures: Sequence[float]) -> int | None:
    """The one button with the highest figure; None if there are none, or several."""
    best = [place for place, figure in enumerate(figures) if figure == max(figures)]
    return best[0] if len(best) == 1 else None


def _named(button: int) -> str:
    return f"“{BUTTONS[button].label}”"
