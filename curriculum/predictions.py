"""You said, it did: the learner's prediction beside what was measured."""

from typing import Literal

from curriculum.parts import Text
from curriculum.questions import Prediction
from curriculum.recipe import compose
from curriculum.rules import holds, render
from curriculum.schema import Chapter
from curriculum.summary import Summary
from engine.frozen import Frozen

Confidence = Literal["guess", "fairly_sure", "certain"]
SURE: dict[str, str] = {
    "guess": "You called it a guess.",
    "fairly_sure": "You were fairly sure.",
    "certain": "You were certain.",
}


class Predicted(Frozen):
    """What the learner locked in before the first run."""

    option: str
    confidence: Confidence
    reason: str = ""


class Verdict(Frozen):
    """The prediction confronted with a run. `held` is None if the run tested something else."""

    held: bool | None
    said: Text
    did: Text
    missing: str = ""


def verdict(
    chapter: Chapter, predicted: Predicted, summary: Summary, is_starting_settings: bool
) -> Verdict:
    """Confront a prediction, which was about the starting settings, with a run."""
    chosen = _option(chapter, predicted.option)
    said = f"You said: {chosen.label}. {SURE[predicted.confidence]}"
    if not is_starting_settings:
        is_paid_otherwise = chapter.sliders and summary.reward != compose(chapter, {})
        own = f"paid `{summary.reward}`" if is_paid_otherwise else "had settings of its own"
        did = f"This run {own}, and your prediction was about the starting settings."
        return Verdict(held=None, said=said, did=did)
    if _held(chosen, summary):
        return Verdict(held=True, said=said, did=render(chosen.then, summary))
    happened = next((o.then for o in chapter.predict.options if _held(o, summary)), None)
    did = render(happened or chapter.predict.otherwise, summary)
    return Verdict(held=False, said=said, did=did, missing=render(chosen.missing, summary))


def _held(option: Prediction, summary: Summary) -> bool:
    return all(holds(condition, summary) for condition in option.holds_when)


def _option(chapter: Chapter, option_id: str) -> Prediction:
    """KeyError if the chapter has no such option."""
    return {option.id: option for option in chapter.predict.options}[option_id]
