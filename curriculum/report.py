"""A learner's way through the story as data: predictions, runs, decisions, what they changed."""

from collections.abc import Sequence
from itertools import groupby, pairwise

from curriculum.arc import ending_in
from curriculum.credential import moment
from curriculum.figures import with_minus
from curriculum.key_figures import KeyFigure, key_figures
from curriculum.ledger import START, LedgerEntry, Meters, facts, moved, steps
from curriculum.parts import METERS, Beat, Speaker
from curriculum.predictions import verdict
from curriculum.recipe import is_start
from curriculum.retelling import Retelling, retold_model
from curriculum.rules import outcome_of, plain, reply_to, shown, tells_of
from curriculum.schema import Chapter
from curriculum.state import ChapterState, mastered
from curriculum.summary import Summary
from engine.algorithms import ALGORITHMS
from engine.frozen import Frozen
from engine.metrics import METRICS, MetricName
from engine.spec import TrainConfig

MOST_FIGURES = 3
COLUMNS = ("Trust", "Safety", "Given", "Runs", "Decided", "Budget")  # of the meters
ADDS_UP = (
    "The budget before, what a chapter gave, what its runs cost, and what endings and decisions "
    "moved add up to the budget after."
)
SPEAKERS: dict[Speaker, str] = {
    "noor": "Noor",
    "adeyemi": "Dr. Adeyemi",
    "kenji": "Kenji",
    "ruth": "Ruth",
    "pip": "Pip",
}


class SeenRun(Frozen):
    """A run as far as the learner saw it."""

    press_id: str
    address: str
    pressed_at: float  # seconds since 1970
    config: TrainConfig
    summary: Summary
    curve: tuple[float, ...] = ()  # of the first metric that the chapter charts


class RunLine(Frozen):
    """One run in the report."""

    day: str
    address: str
    algorithm: str
    seed: int
    reward: str
    updates: int
    cost: str  # what it moved on the meters
    ended: str  # in which outcome, or why not
    figures: tuple[KeyFigure, ...]
    curve_of: str
    curve: tuple[float, ...]


class ChapterArc(Frozen):
    """What a learner did in one chapter."""

    title: str
    is_mastered: bool
    reached: tuple[str, ...]  # titles of outcomes, in the chapter's order
    said: str = ""
    did: str = ""
    held: bool | None = None  # the prediction; None if it was not tested, or not made
    runs: tuple[RunLine, ...]
    question: str = ""
    choice: str = ""
    after: str = ""  # the outcome that the decision followed
    reply: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()  # of the outcomes and the decision on the meters


class Standing(Frozen):
    """The meters after a stay in a chapter, and what moved the budget in it."""

    what: str
    trust: int
    safety: int
    budget: int
    given: int = 0  # these three add up from one budget to the next
    runs: int = 0
    decided: int = 0  # by outcomes and decisions

    @property
    def figures(self) -> tuple[str, ...]:
        """A row of the table, below `COLUMNS`; nothing stands where nothing moved."""
        moved = (with_minus(f"{by:+d}") if by else "" for by in self._moved)
        return (str(self.trust), str(self.safety), *moved, str(self.budget))

    @property
    def _moved(self) -> tuple[int, ...]:
        return (self.given, self.runs, self.decided)


class Report(Frozen):
    """Everything that a report shows; `chapters` holds those that were begun."""

    name: str = ""
    day: str
    chapters: tuple[ChapterArc, ...]
    standings: tuple[Standing, ...]

    @property
    def headlines(self) -> tuple[tuple[str, str], ...]:
        """A few counts for the top."""
        tested = [one for one in self.chapters if one.held is not None]
        return (
            ("Chapters begun", str(len(self.chapters))),
            ("Mastered", str(sum(one.is_mastered for one in self.chapters))),
            ("Runs", str(sum(len(one.runs) for one in self.chapters))),
            ("Predictions borne out", _borne_out(tested)),
            ("Decisions", str(sum(bool(one.choice) for one in self.chapters))),
        )


def _borne_out(tested: Sequence[ChapterArc]) -> str:
    held = sum(bool(one.held) for one in tested)
    return f"{held} of {len(tested)}" if tested else "none tested"


def chapter_arc(
    chapter: Chapter,
    state: ChapterState,
    runs: Sequence[SeenRun],
    entries: Sequence[LedgerEntry],
) -> ChapterArc:
    """What happened in one chapter. A decision is told with the run that it followed.

    entries: of all chapters, since a reply may remember others.
    """
    own = [one for one in moved(entries) if one.chapter == chapter.id]
    effects = [one for one in own if one.kind in ("outcome", "decision")]
    paid = {one.source: one for one in own if one.kind == "run"}
    said, did, held = _prediction(chapter, state, runs)
    question, choice, after, reply = _decision(chapter, state, runs, facts(entries))
    return ChapterArc(
        title=chapter.title,
        is_mastered=mastered(chapter, state),
        reached=tuple(one.title for one in chapter.outcomes if one.id in state.outcomes),
        said=said,
        did=did,
        held=held,
        runs=tuple(_line(chapter, run, paid.get(run.press_id)) for run in runs),
        question=question,
        choice=choice,
        after=after,
        reply=reply,
        effects=tuple(filter(None, map(effect_line, effects))),
    )


def retold_report(setting: Retelling, report: Report) -> Report:
    """A report in a setting's words, each reward in the words that Pip says there."""
    told = retold_model(setting, report)
    chapters = tuple(
        arc.model_copy(
            update={
                "runs": tuple(
                    run.model_copy(update={"reward": setting.coded(run.reward)}) for run in arc.runs
                )
            }
        )
        for arc in told.chapters
    )
    return told.model_copy(update={"chapters": chapters})


def standings(entries: Sequence[LedgerEntry], titles: dict[str, str]) -> tuple[Standing, ...]:
    """The meters from the beginning on, after every stay in a chapter that moved one of them."""
    found = [_standing("The beginning", Meters(**START))]
    for chapter, stay in groupby(steps(entries), key=lambda step: step[0].chapter):
        entries_of_stay, after = zip(*stay, strict=True)
        if any(map(_moves, entries_of_stay)):
            row = _standing(titles.get(chapter, chapter), after[-1])
            found.append(row.model_copy(update=_budget_by_cause(entries_of_stay)))
    return tuple(found)


def apart(levels: Sequence[float], gap: float) -> list[float]:
    """Where labels of these levels stand, from 0 to 100: in their order, at least `gap` apart."""
    order, placed = sorted(range(len(levels)), key=levels.__getitem__), list(levels)
    for low, high in pairwise(order):
        placed[high] = max(placed[high], placed[low] + gap)
    placed[order[-1]] = min(placed[order[-1]], 100)
    for high, low in pairwise(reversed(order)):
        placed[low] = min(placed[low], placed[high] - gap)
    return placed


def effect_line(entry: LedgerEntry) -> str:
    """How an entry moved the meters, and why; what moved none of them has its reason alone.

    entry: with the points that it really moved.
    """
    moved = _points(entry)
    return f"{moved.capitalize()}. {entry.reason}".strip() if moved else entry.reason


def _standing(what: str, now: Meters) -> Standing:
    return Standing(what=what, trust=now.trust, safety=now.safety, budget=now.budget)


def _moves(entry: LedgerEntry) -> bool:
    return any(getattr(entry, meter) for meter in METERS)


def _budget_by_cause(entries: Sequence[LedgerEntry]) -> dict[str, int]:
    """What moved the budget: `given`, `runs`, and what was `decided` or came of a run."""
    found = {"given": 0, "runs": 0, "decided": 0}
    for entry in entries:
        cause = {"grant": "given", "run": "runs"}.get(entry.kind, "decided")
        found[cause] += entry.budget
    return found


def _points(entry: LedgerEntry) -> str:
    """The meters that an entry moved: “trust +5, safety −2”; empty if it moved none."""
    points = ((meter, getattr(entry, meter)) for meter in METERS)
    return with_minus(", ".join(f"{meter} {by:+d}" for meter, by in points if by))


def _prediction(
    chapter: Chapter, state: ChapterState, runs: Sequence[SeenRun]
) -> tuple[str, str, bool | None]:
    predicted = state.prediction
    options = {option.id: option for option in chapter.predict.options}
    if predicted is None or predicted.option not in options:
        return "", "", None
    tested = next((run for run in runs if is_start(chapter, run.config)), None)
    sure = predicted.confidence.replace("_", " ")
    said = f"Predicted: {options[predicted.option].label} ({sure})."
    if tested is None:
        return said, "No run at the starting settings has tested it.", None
    found = verdict(chapter, predicted, tested.summary, True)
    return said, plain(found.did), found.held


def _decision(
    chapter: Chapter, state: ChapterState, runs: Sequence[SeenRun], known: frozenset[str]
) -> tuple[str, str, str, tuple[str, ...]]:
    decided = state.decision
    options = {option.id: option for option in chapter.decide.options}
    outcomes = {outcome.id: outcome for outcome in chapter.outcomes}
    if decided is None or decided.option not in options or decided.outcome not in outcomes:
        return "", "", "", ()
    run = next((run for run in runs if run.press_id == decided.press), None)
    beats = (
        shown(
            reply_to(chapter, decided.option, decided.outcome).beats,
            run.summary,
            known,
            decided.outcome,
        )
        if run
        else ()
    )
    ending = ending_in(chapter, state)
    ended = (f"How it ended: “{ending.title}”. {ending.line}",) if ending else ()
    return (
        chapter.decide.question,
        options[decided.option].title,
        outcomes[decided.outcome].title,
        (*(_spoken(beat) for beat in beats), *ended),
    )


def _spoken(beat: Beat) -> str:
    """A beat as a paragraph, with the name of who says it."""
    return f"{SPEAKERS[beat.who]}: {plain(beat.text)}" if beat.who else plain(beat.text)


def _line(chapter: Chapter, run: SeenRun, paid: LedgerEntry | None) -> RunLine:
    figures = key_figures(chapter, run.summary, MOST_FIGURES)
    return RunLine(
        day=moment(run.pressed_at)[:10],
        address=run.address,
        algorithm=ALGORITHMS[run.config.algorithm].title,
        seed=run.config.seed,
        reward=run.summary.reward,
        updates=run.summary.updates,
        cost=(_points(paid) if paid else "") or "without cost",
        ended=_ended(chapter, run.summary),
        figures=figures,
        curve_of=METRICS[curve_metric(chapter)].label,
        curve=run.curve,
    )


def _ended(chapter: Chapter, summary: Summary) -> str:
    """The outcome, where the story tells of one; a run that was stopped has none."""
    if summary.finished or (summary.ending and tells_of(chapter, summary.ending)):
        return outcome_of(chapter, summary).title
    return summary.problem or "Stopped before its end"


def curve_metric(chapter: Chapter) -> MetricName:
    """The metric whose curve stands for a run of the chapter."""
    return MetricName(chapter.charts[0].metrics[0])
