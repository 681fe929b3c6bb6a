"""Pip's reason for a letter, written out as UCB computes it, and what it then sent."""

from collections.abc import Sequence
from math import sqrt

from curriculum.figures import number
from engine.scenes import ArmsMoment, ArmsScene


def reason_in_words(moment: ArmsMoment) -> str:
    """The reason as Pip writes it: drafts never sent come first, then mean plus doubt decides.

    Where readers are of several kinds, all that is counted is of letters to this kind.

    Where Pip has words of its own, it is these, its letter among them.
    """
    if moment.said:
        return moment.said
    sent = f"been sent to {moment.reader}" if moment.reader else "been sent"
    untried = [draft for draft, count in enumerate(moment.counts) if not count]
    if not moment.named:
        return "No reason was written."
    if set(moment.named) <= set(untried):
        if len(moment.named) == len(moment.counts):
            return f"No draft has {sent} yet. Any of them may be the best, so one of these."
        if len(moment.named) == 1:
            return f"{drafts(moment.named)} has never {sent} and may be the best, so that one."
        return f"{drafts(moment.named)} have never {sent}. One of them may be the best."
    workings = []
    for draft in moment.named:
        count, mean = moment.counts[draft], moment.means[draft]
        doubt = sqrt(1 / count)
        workings.append(
            f"draft {draft + 1} scored {_figure(mean)} on average in {_letters(count)}; with the "
            f"doubt of {_figure(doubt)} that is {_figure(mean + doubt)}"
        )
    said = "; ".join(workings)
    return f"{said[0].upper()}{said[1:]}. None is taken to have more, so {_one_of(moment.named)}."


def deed_in_words(moment: ArmsMoment) -> str:
    """What was sent, and how that stands to the reason."""
    sent = f"draft {moment.pulled + 1}"
    if not moment.is_own:
        return f"{sent}, since every draft is sent once first"
    return f"{sent}, {'as' if moment.pulled in moment.named else 'not as'} the reason says"


def game_in_words(scene: ArmsScene) -> str:
    """The first game of the update: how many drafts were tried, and which was sent most."""
    letters = sum(scene.counts)
    if not letters:
        return "No letter has been sent yet."
    to_whom = f" to {scene.reader}" if scene.reader else ""
    most = max(range(len(scene.counts)), key=scene.counts.__getitem__)
    best = max(range(len(scene.worths)), key=scene.worths.__getitem__)
    tried = sum(count > 0 for count in scene.counts)
    told = (
        f"In the game shown Pip tried {tried} of {len(scene.counts)} drafts and sent draft "
        f"{most + 1} most: {scene.counts[most]} of {_letters(letters)}{to_whom}."
    )
    if most == best:
        return f"{told} It is the best one."
    return (
        f"{told} It is worth {_figure(scene.worths[most])}; draft {best + 1}, the best, "
        f"{_figure(scene.worths[best])}."
    )


def drafts(numbers: Sequence[int]) -> str:
    """`Draft 3`, or `Drafts 3, 5 and 8`, counted from 1."""
    names = [str(draft + 1) for draft in numbers]
    if len(names) == 1:
        return f"Draft {names[0]}"
    return f"Drafts {', '.join(names[:-1])} and {names[-1]}"


def _one_of(numbers: Sequence[int]) -> str:
    return "that one" if len(numbers) == 1 else "one of these"


def _letters(count: int) -> str:
    return "1 letter" if count == 1 else f"{count} letters"


def _figure(value: float) -> str:
    return number(value, "two_decimals")
