"""The rules of the story, as pure functions of a chapter and of what a run measured."""

import operator
from collections.abc import Callable, Collection, Mapping

from curriculum.figures import FIGURE, Figure, default_format, figures_in, number, quoted
from curriculum.outcomes import ChoiceReply, Hint, Outcome
from curriculum.parts import Beat, Condition, ReplyCondition
from curriculum.schema import Chapter
from curriculum.summary import Summary, Track
from engine.endings import Ending
from engine.metrics import MetricName
from engine.scenes import Reply, SpeechScene

COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def holds(condition: Condition, summary: Summary) -> bool:
    """Whether a run bears out a condition; a metric that it never reported bears out nothing."""
    track = summary.metrics.get(MetricName(condition.metric))
    if track is None:
        return False
    return COMPARE[condition.op](getattr(track, condition.stat), condition.value)


def is_reply_so(condition: ReplyCondition, summary: Summary) -> bool:
    """Whether a claim holds of the quoted reply; an axis that it was never graded on shows none."""
    reply = _probe(summary, condition.of)
    if reply is None or condition.axis not in reply.axes:
        return False
    return COMPARE[condition.op](reply.axes[condition.axis], condition.value)


def has_terms(part: Beat | Hint | Outcome, summary: Summary) -> bool:
    """Whether the reward that ran has every wanted term, and none of the unwanted ones.

    `correct` asks whether it names the term, `+correct` and `-correct` whether it rises or falls
    with it somewhere.
    """
    named = {*summary.terms, *(f"+{term}" for term in summary.paid)}
    named.update(f"-{term}" for term in summary.priced)
    return named.issuperset(part.if_term) and named.isdisjoint(part.unless_term)


def outcome_of(chapter: Chapter, summary: Summary) -> Outcome:
    """The first outcome whose conditions all hold; the last outcome has none."""
    for outcome in chapter.outcomes:
        if outcome.if_ending not in (None, summary.ending):
            continue
        if has_terms(outcome, summary) and all(holds(claim, summary) for claim in outcome.when):
            return outcome
    raise AssertionError("the loader lets no chapter pass whose last outcome has a condition")


def tells_of(chapter: Chapter, ending: Ending) -> bool:
    """Whether the chapter has an outcome for runs that end so; a failed run needs one."""
    return any(outcome.if_ending == ending for outcome in chapter.outcomes)


def render(text: str, summary: Summary) -> str:
    """The text with its figures filled in: `[[61 %]]`, the brackets marking what was measured."""
    return FIGURE.sub(lambda match: f"[[{_value(match.group(0), summary)}]]", text)


def plain(text: str) -> str:
    """A rendered text without its marks."""
    return FIGURE.sub(r"\1", text)


def shown(
    beats: Collection[Beat],
    summary: Summary | None,
    facts: Collection[str] = (),
    outcome_id: str = "",
) -> tuple[Beat, ...]:
    """The beats that apply, with their figures filled in."""
    kept = [beat for beat in beats if _applies(beat, summary, facts, outcome_id)]
    if summary is None:
        return tuple(kept)
    return tuple(Beat(who=beat.who, text=render(beat.text, summary)[:1200]) for beat in kept)


def applying(beats: Collection[Beat], facts: Collection[str]) -> tuple[Beat, ...]:
    """The beats that apply by facts, whatever was measured."""
    return tuple(beat for beat in beats if _is_known(beat, facts))


def hint(chapter: Chapter, summary: Summary | None, step: int) -> str:
    """Step 1 to 3 of the help for the learner's situation, worded from their last run.

    Raises ValueError for another step.
    """
    if step not in (1, 2, 3):
        raise ValueError(f"A hint has steps 1 to 3, not {step}.")
    text = _situation(chapter, summary).steps[step - 1]
    return text if summary is None else render(text, summary)


def reply_to(chapter: Chapter, option_id: str, outcome_id: str) -> ChoiceReply:
    """What follows from a choice after an outcome. KeyError if the chapter has no such choice."""
    for reply in chapter.decide.replies:
        if reply.option == option_id and (not reply.after or outcome_id in reply.after):
            return reply
    raise KeyError(option_id)


def is_sound(chapter: Chapter, option_id: str, outcome_id: str) -> bool:
    """Whether a choice is the reasoned one after this outcome."""
    for option in chapter.decide.options:
        if option.id == option_id:
            return option.sound if isinstance(option.sound, bool) else outcome_id in option.sound
    raise KeyError(option_id)


def cost_of(chapter: Chapter, work: int) -> int:
    """Points of budget for tokens sampled or steps taken: at least one, for any work at all."""
    if work <= 0:
        return 0
    return max(1, round(work / chapter.experiment.work_per_point))


def planned_cost(chapter: Chapter, updates_share: float = 1.0) -> int:
    """Points that a run at the starting settings will cost, before it has begun."""
    return cost_of(chapter, round(chapter.experiment.planned_work * updates_share))


def _situation(chapter: Chapter, summary: Summary | None) -> Hint:
    for candidate in chapter.hints:
        if summary is None and candidate.before_run:
            return candidate
        if summary is None or candidate.before_run:
            continue
        if has_terms(candidate, summary) and all(holds(claim, summary) for claim in candidate.when):
            return candidate
    raise AssertionError("the loader demands a hint before any run, and one without a condition")


def _is_known(beat: Beat, facts: Collection[str]) -> bool:
    if beat.if_fact is not None and beat.if_fact not in facts:
        return False
    return beat.unless_fact is None or beat.unless_fact not in facts


def _applies(beat: Beat, summary: Summary | None, facts: Collection[str], outcome_id: str) -> bool:
    if not _is_known(beat, facts):
        return False
    if beat.if_outcome and outcome_id not in beat.if_outcome:
        return False
    if summary is None:
        asks = beat.when or beat.if_reply or beat.if_term or beat.unless_term
        return not (asks or figures_in(beat.text))
    if any(_value(f"[[{inside}]]", summary) == "" for inside in FIGURE.findall(beat.text)):
        return False
    if not all(is_reply_so(claim, summary) for claim in beat.if_reply):
        return False
    return has_terms(beat, summary) and all(holds(claim, summary) for claim in beat.when)


def _value(marked: str, summary: Summary) -> str:
    """What a reference stands for in this run; empty if the run has no such figure."""
    figure = figures_in(marked)[0]
    if not isinstance(figure, Figure):
        return figure
    if figure.key in _FACTS:
        return _FACTS[figure.key](summary)
    if figure.name == "setting":
        return f"{summary.settings[figure.part]:g}" if figure.part in summary.settings else ""
    return _measured(figure, summary.metrics)


def _measured(figure: Figure, metrics: Mapping[MetricName, Track]) -> str:
    track = metrics.get(MetricName(figure.name))
    if track is None:
        return ""
    value = float(getattr(track, figure.part))
    return number(value, figure.format or default_format(figure.name))


def _probe(summary: Summary, which: str) -> Reply | None:
    scene = summary.first_scene if which == "first" else summary.last_scene
    return scene.probes[0] if isinstance(scene, SpeechScene) and scene.probes else None


def _said(summary: Summary, which: str) -> str:
    reply = _probe(summary, which)
    return quoted(reply.tokens) if reply else ""


def _asked(summary: Summary) -> str:
    reply = _probe(summary, "last")
    return reply.question if reply else ""


_FACTS: dict[str, Callable[[Summary], str]] = {
    "reward": lambda summary: summary.reward,
    "updates": lambda summary: str(summary.updates),
    "work": lambda summary: number(summary.work, "whole"),
    "turning_point": lambda summary: str(summary.turning_point or ""),
    "question": _asked,
    "reply.first": lambda summary: _said(summary, "first"),
    "reply.last": lambda summary: _said(summary, "last"),
}
