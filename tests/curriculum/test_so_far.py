"""The story so far: only what was recorded, in the order in which it happened."""

from collections.abc import Sequence

from curriculum import state as moves
from curriculum.ledger import LedgerEntry
from curriculum.loader import load_catalogue
from curriculum.memory import DAY
from curriculum.so_far import Episode, is_back, story_so_far, weeks_since
from curriculum.state import ChapterState, Decision

CATALOGUE = load_catalogue()
FIRST, SECOND, LAST = CATALOGUE.chapters[0], CATALOGUE.chapters[1], CATALOGUE.chapters[-1]
REMEMBERED = {beat.if_fact: beat for beat in SECOND.brief.remembered}


def entry(chapter: str, kind: str, source: str, **more: object) -> LedgerEntry:
    return LedgerEntry.model_validate(
        {"chapter": chapter, "kind": kind, "source": source, "reason": f"{source} came.", **more}
    )


RUN = entry(FIRST.id, "run", "a_press", budget=-2)
ENDED = entry(FIRST.id, "outcome", "kind", trust=6, safety=-5)
DECIDED = entry(FIRST.id, "decision", "decision", facts=("shipped_kind_pip", "measured_both"))
OTHER = entry(SECOND.id, "outcome", SECOND.outcomes[0].id)
STATE = moves.begin(FIRST).model_copy(
    update={"decision": Decision(option="both_numbers", outcome="kind")}
)


def told(
    entries: Sequence[LedgerEntry], states: dict[str, ChapterState] | None = None
) -> tuple[Episode, ...]:
    known = {FIRST.id: STATE} if states is None else states
    return story_so_far(CATALOGUE.chapters, known, entries, lambda chapter: None)


def lines(episode: Episode) -> list[tuple[str, str, str]]:
    return [(one.kind, one.title, one.text) for one in episode.happened]


def test_what_ended_and_what_was_decided_is_told_with_its_recorded_reason() -> None:
    (episode,) = told([RUN, ENDED, DECIDED])
    assert (episode.chapter, episode.title) == (FIRST.id, FIRST.title)
    decided = next(one.title for one in FIRST.decide.options if one.id == "both_numbers")
    assert lines(episode) == [
        ("ended", FIRST.outcome("kind").title, "Trust +5, safety \N{MINUS SIGN}5. kind came."),
        ("decided", decided, "decision came."),
    ]


def test_runs_alone_and_what_no_chapter_knows_any_more_are_no_episode() -> None:
    assert told([]) == told([RUN]) == ()
    assert told([entry(FIRST.id, "outcome", "gone"), entry("gone", "outcome", "kind")]) == ()
    assert told([DECIDED], {}) == told([DECIDED], {FIRST.id: moves.begin(FIRST)}) == ()


def test_chapters_come_in_the_order_in_which_they_were_played() -> None:
    assert [one.chapter for one in told([OTHER, ENDED])] == [SECOND.id, FIRST.id]


def test_colleagues_recall_only_what_was_a_fact_when_the_chapter_began() -> None:
    _, later = told([ENDED, DECIDED, OTHER])
    said = REMEMBERED["shipped_kind_pip"]
    assert [(one.kind, one.text, one.who) for one in later.happened[:-1]] == [
        ("told", said.text, said.who)
    ]
    earlier, _ = told([OTHER, ENDED, DECIDED])
    assert [one.kind for one in earlier.happened] == ["ended"]


def test_an_ending_of_the_whole_story_is_told_after_its_decision() -> None:
    ending, option = LAST.endings[0], LAST.decide.options[0]
    decision = Decision(option=option.id, outcome=LAST.outcomes[0].id, ending=ending.id)
    state = moves.begin(LAST).model_copy(update={"decision": decision})
    (episode,) = told([entry(LAST.id, "decision", "decision")], {LAST.id: state})
    assert lines(episode) == [
        ("decided", option.title, "decision came."),
        ("ended", ending.title, ending.line),
    ]


def test_somebody_is_back_after_more_than_fourteen_days() -> None:
    assert not is_back(None, 99 * DAY)
    assert not is_back(5.0, 5 + 14 * DAY)
    assert is_back(5.0, 6 + 14 * DAY)
    assert weeks_since(0.0, 20.9 * DAY) == 2
