"""How long a chapter takes, counted from words, questions and runs; and how much of it is left.

The count is of one way through: a run at the starting settings, which reaches no chapter's goal,
and a second one that does. Of what depends on how a run went it takes two thirds. With those two
runs the first chapter shows 1430 words in a browser; this counts 1230, since labels, legends and
the cells of tables are glanced at in the seconds that are given to tune, to answer and to decide.
Whoever decided in a chapter before has a pace of their own, by which the count is multiplied.

Nothing here reads a clock: times are seconds since 1970, and lengths are seconds.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from curriculum.findings import Finding
from curriculum.outcomes import Outcome
from curriculum.parts import Beat, Reasons
from curriculum.questions import Question
from curriculum.recipe import starting_config
from curriculum.schema import Chapter
from curriculum.state import STAGES, ChapterState, Stage, mastered
from engine.frozen import Frozen

WORDS_A_MINUTE = 220
SHOWN = 2 / 3  # of what depends on a run
A_REPLY = 20  # words of a question that was recorded, its answer, and the figures beside it
TO_ANSWER = 10.0  # once question and answers are read
TO_LABEL = 8.0  # a pair of replies
TO_TUNE = 30.0  # before each run
TO_DECIDE = 20.0
AN_EQUATION = 10.0  # beside the sentence below it
# Words that the page itself says in sentences, as the first chapter shows them.
SAID: dict[Stage, int] = {"brief": 33, "tune": 23, "run": 99, "outcome": 21, "decide": 8}
SAID_AGAIN: dict[Stage, int] = {"run": 27, "outcome": 23}
USUAL_RUN = 5.0  # what no default run takes longer than; for a machine that has trained none yet
AWAY = 15 * 60.0  # who did nothing for longer was somewhere else
SLOWEST, FASTEST = 3.0, 0.4  # of the paces that are believed
ROUND: tuple[Stage, ...] = ("tune", "run", "outcome", "explain")


class Length(Frozen):
    """What each stop takes the first time, and in the round to a second run."""

    first: dict[Stage, float]
    again: dict[Stage, float]

    @property
    def whole(self) -> float:
        """From the brief to the decision."""
        return sum(self.first.values()) + sum(self.again.values())


class Stamp(NamedTuple):
    """Something that a learner did at a time that was kept; outside of chapters it has none."""

    at: float
    chapter: str = ""
    decides: bool = False


def length_of(chapter: Chapter, run_seconds: float | None = None) -> Length:
    """run_seconds: of the chapter's runs on this machine so far; None if there were none."""
    outcomes = {one.id: one for one in chapter.outcomes}
    start, goal = (
        outcomes[next(one.reaches for one in chapter.recorded if one.role == role)]
        for role in ("start", "reference")
    )
    config = starting_config(chapter)
    watched = config.planned_updates / chapter.experiment.pace
    run = max(watched, USUAL_RUN if run_seconds is None else run_seconds)
    equations = chapter.equations_of(config.algorithm)
    formulas = [text for one in equations for text in (one.title, one.sentence)]
    first: dict[Stage, float] = {
        "brief": _brief(chapter),
        "predict": _predict(chapter),
        "tune": _read(_names(chapter)) + _labelling(chapter) + TO_TUNE,
        "run": run,
        "outcome": _outcome(start) + _verdict(chapter),
        "explain": _beats(start.explain) + _read(formulas) + AN_EQUATION * len(equations),
        "decide": _decide(chapter, goal),
    }
    again: dict[Stage, float] = {
        "tune": TO_TUNE,
        "run": run,
        "outcome": _outcome(goal),
        "explain": _beats(goal.explain),
    }
    return Length(first=_with(SAID, first), again=_with(SAID_AGAIN, again))


def length_findings(chapter: Chapter) -> Iterator[Finding]:
    """A chapter keeps to the minutes that it promises."""
    counted_minutes = length_of(chapter).whole / 60
    if counted_minutes > chapter.minutes:
        message = f"Counted from words, questions and two runs it takes {counted_minutes:.1f}."
        remedy = "Shorten its texts (`python -m curriculum list` counts them), or promise more."
        yield Finding(("minutes",), str(chapter.minutes), message, remedy)


def left_in(chapter: Chapter, state: ChapterState | None, length: Length) -> float:
    """What is left of a chapter for a learner; nothing once it is mastered."""
    if state is None:
        return length.whole
    if mastered(chapter, state):
        return 0.0
    to_decide = length.first["decide"] if state.decision is None else TO_DECIDE
    if not state.press_ids:
        ahead = STAGES[STAGES.index(state.stage) :]
        return sum(length.first.get(stage, 0.0) for stage in ahead) + sum(length.again.values())
    goals = {one.id for one in chapter.outcomes if one.kind == "mastery"}
    to_goal = 0.0 if goals & state.outcomes.keys() else sum(length.again.values())
    return to_goal + to_decide


def spent_in(stamps: Iterable[Stamp]) -> dict[str, float]:
    """How long each decided chapter took, up to its decision.

    A step belongs to the chapter that it ends in. Chapters between whose steps the learner was away
    are left out: nobody knows how long they read.
    """
    ordered = sorted(stamps)
    ends = {one.chapter: one.at for one in ordered if one.decides}
    spent: dict[str, float] = dict.fromkeys(ends, 0.0)
    for before, now in pairwise(ordered):
        if now.chapter not in spent or now.at > ends[now.chapter]:
            continue
        step = now.at - before.at
        if step > AWAY:
            del spent[now.chapter]
        else:
            spent[now.chapter] += step
    return {name: seconds for name, seconds in spent.items() if seconds > 0}


def pace_of(spent: Mapping[str, float], lengths: Mapping[str, Length]) -> float | None:
    """By how much a learner is slower than the count; None while nothing is known of it.

    The count itself is one voice among the chapters, so that the first of them does not decide.
    """
    known = [name for name in spent if name in lengths]
    if not known:
        return None
    ratio = median([1.0, *(spent[name] / lengths[name].whole for name in known)])
    return min(SLOWEST, max(FASTEST, ratio))


def about(seconds: float) -> str:
    """A length in words, no more precise than it is known."""
    minutes = seconds / 60
    if minutes < 20:
        return f"about {max(1, round(minutes))} min"
    if minutes < 57.5:
        return f"about {5 * round(minutes / 5)} min"
    if minutes < 165:
        return f"about {round(minutes / 30) / 2:g} h"
    return f"about {round(minutes / 60)} h"


def _read(texts: Iterable[str]) -> float:
    return sum(len(text.split()) for text in texts) * 60 / WORDS_A_MINUTE


def _with(said: Mapping[Stage, int], stops: Mapping[Stage, float]) -> dict[Stage, float]:
    """Each stop with what the page itself says there."""
    return {
        stage: seconds + said.get(stage, 0) * 60 / WORDS_A_MINUTE
        for stage, seconds in stops.items()
    }


def _beats(beats: Iterable[Beat]) -> float:
    """What everybody reads, and most of what depends on the run; none of what needs a past.

    Of wordings for one reply or another, one is read.
    """
    beats, seconds = tuple(beats), 0.0
    wordings = Counter(beat.occasion for beat in beats if beat.if_reply)
    for beat in beats:
        depends = bool(beat.when or beat.if_term or beat.unless_term or beat.if_outcome)
        share = (SHOWN if depends else 1) / (wordings[beat.occasion] if beat.if_reply else 1)
        if beat.if_fact is None:
            seconds += _read([beat.text]) * share
    return seconds


def _question(asked: Question) -> float:
    explained = [one.explanation for one in asked.options if one.right]
    return _read([asked.question, *(one.text for one in asked.options), *explained]) + TO_ANSWER


def _brief(chapter: Chapter) -> float:
    brief = chapter.brief
    asked = [*chapter.retrieval, *(one for one in chapter.check if one.when == "pre")]
    shown = _read([brief.title, brief.evidence.title, brief.evidence.note])
    replies = brief.evidence.probes * A_REPLY * 60 / WORDS_A_MINUTE
    return _beats(brief.beats) + shown + replies + sum(map(_question, asked))


def _predict(chapter: Chapter) -> float:
    predict = chapter.predict
    options = [text for one in predict.options for text in (one.label, one.caption)]
    return _read([predict.question, *options]) + TO_ANSWER


def _labelling(chapter: Chapter) -> float:
    asked = chapter.labelling
    return _read([asked.title, asked.question, asked.note]) + TO_LABEL * asked.count if asked else 0


def _names(chapter: Chapter) -> list[str]:
    turned = [one.label for one in (*chapter.sliders, *chapter.settings)]
    return [*turned, *chapter.look_for]


def _outcome(outcome: Outcome) -> float:
    return _read([outcome.title, *_reasons(outcome.reasons)]) + _beats(outcome.beats)


def _reasons(given: Reasons) -> list[str]:
    return [given.trust, given.safety, given.budget]


def _verdict(chapter: Chapter) -> float:
    """What is said of a prediction: what happened, and half of what was missing."""
    options = chapter.predict.options
    each = _read(one.then for one in options) + _read(one.missing for one in options) / 2
    return each / len(options)


def _decide(chapter: Chapter, goal: Outcome) -> float:
    decide = chapter.decide
    choices = [text for one in decide.options for text in (one.title, one.text, one.voice.text)]
    replies = [one for one in decide.replies if not one.after or goal.id in one.after]
    told = sum(_beats(one.beats) + _read(_reasons(one.reasons)) for one in replies)
    reply = told / max(1, len(replies))
    closing = sum(_question(one) for one in chapter.check if one.when == "post")
    return _read([decide.question, decide.context, *choices]) + TO_DECIDE + reply + closing
