"""What learners bring about is remembered: every fact has a reader, and briefs stay short."""

import re
from itertools import product
from pathlib import Path

import pytest

from curriculum.arc import read_in, unread
from curriculum.catalogue import Catalogue
from curriculum.checks import findings
from curriculum.evidence import load_evidence
from curriculum.loader import CHAPTERS as FOLDER
from curriculum.loader import load_catalogue, unread_facts
from curriculum.recall import MOST_REMEMBERED, Memory, briefed
from curriculum.rules import shown
from curriculum.schema import Chapter

CHAPTERS = load_catalogue().chapters
WORDS_ON_A_SCREEN = 290  # and a half: for somebody who has seen everything


def test_every_fact_is_read_by_a_later_chapter(catalogue: Catalogue) -> None:
    assert unread(catalogue.chapters) == {}


def test_a_fact_that_nothing_reads_is_found_with_its_line(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    """Without the finale nobody remembers what became of the wards."""
    assert unread(catalogue.chapters[:-1])["teachers_sit_every_exam"] == "many_teachers"
    name = "00_the_polite_assistant.toml"
    text = (FOLDER / name).read_text(encoding="utf-8")
    (tmp_path / name).write_text(text, encoding="utf-8")
    found = {problem.value: problem for problem in unread_facts(tmp_path)}
    assert set(found) == {fact.id for fact in catalogue.chapters[0].facts}
    line = text.splitlines()[found["leash_promised"].line - 1]
    assert line == 'id = "leash_promised"'
    assert unread_facts() == ()


def test_a_chapter_reads_only_what_was_set_before_it(catalogue: Catalogue) -> None:
    known = set[str]()
    for chapter in catalogue.chapters:
        assert read_in(chapter) <= known | {fact.id for fact in chapter.facts}, chapter.id
        known |= {fact.id for fact in chapter.facts}


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.id)
def test_what_is_remembered_is_short_and_said_by_somebody(chapter: Chapter) -> None:
    for beat in chapter.brief.remembered:
        assert beat.who
        assert len(re.findall(r"[.?](?:\s|$)", beat.text)) <= 2, beat.text


def all_facts_at_once() -> list[set[str]]:
    """All outcomes of every chapter reached, and each decision taken in three ways in turn."""
    made = []
    for turn in range(3):
        facts = set[str]()
        for chapter in CHAPTERS:
            options = [option.id for option in chapter.decide.options]
            facts.update(*(outcome.facts for outcome in chapter.outcomes))
            chosen = options[turn % len(options)]
            replies = [reply for reply in chapter.decide.replies if reply.option == chosen]
            facts.update(*(reply.facts for reply in replies))
        made.append(facts)
    return made


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.id)
def test_who_has_seen_everything_reads_no_more_than_a_screen(chapter: Chapter) -> None:
    evidence = load_evidence(chapter)
    assert evidence is not None
    for facts, known in product(all_facts_at_once(), (True, False)):
        memory = Memory(known=frozenset(facts if known else ()))
        told = briefed(chapter, evidence.summary, memory)
        assert sum(len(beat.text.split()) for beat in told) <= WORDS_ON_A_SCREEN
        alone = shown(chapter.brief.beats, evidence.summary, facts if known else ())
        assert told[: len(alone)] == alone
        assert len(told) - len(alone) <= (MOST_REMEMBERED if known else 0)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.id)
def test_a_brief_quotes_only_what_was_measured_before_any_training(chapter: Chapter) -> None:
    """A beat with a figure that the evidence lacks would never be told."""
    evidence = load_evidence(chapter)
    assert evidence is not None
    free = [b for b in chapter.brief.beats if not (b.when or b.if_fact or b.unless_fact)]
    assert len(shown(free, evidence.summary)) == len(free)


def test_the_newest_of_what_is_remembered_is_shown(catalogue: Catalogue) -> None:
    pills = catalogue.chapter("the_pill_count")
    first, *others = pills.brief.remembered
    facts = frozenset(beat.if_fact for beat in pills.brief.remembered if beat.if_fact)
    told = briefed(pills, None, Memory(known=facts))
    assert told[-MOST_REMEMBERED:] == (first, others[0])
    oldest = Memory(known=frozenset({str(others[-1].if_fact)}))
    assert briefed(pills, None, oldest)[-1] == others[-1]


def test_what_is_remembered_without_a_fact_is_refused(catalogue: Catalogue) -> None:
    pad = catalogue.chapter("the_charging_pad")
    beat = pad.brief.remembered[0].model_copy(update={"if_fact": None})
    brief = pad.brief.model_copy(update={"remembered": (beat,)})
    (found,) = findings(pad.model_copy(update={"brief": brief}))
    assert found.path == ("brief", "remembered", 0)
    assert "if_fact" in found.remedy
