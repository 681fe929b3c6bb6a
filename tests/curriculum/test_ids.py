"""Ids are for ever: what learners did is kept under them. `ids.toml` lists all that ever were."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from curriculum.catalogue import Catalogue
from curriculum.schema import Chapter

LISTED = tomllib.loads(Path(__file__).with_name("ids.toml").read_text(encoding="utf-8"))
# As `migrated` in curriculum/state.py has it: what a state names and its chapter lacks is forgotten
# where the rest stands without it; else the chapter begins again.
BREAKS = {
    "outcome": "whoever reached it begins the chapter again",
    "option": "whoever decided so begins the chapter again",
    "fact": "colleagues forget it of whoever brought it about",
    "prediction": "whoever predicted it begins the chapter again",
    "ending": "whoever came to it has a story without an end",
    "question": "answers to it are lost, and so is when it is asked again",
    "answer": "whoever gave it has given a wrong one",
    "slider": "where whoever moved it had set it is forgotten",
    "setting": "where whoever moved it had set it is forgotten",
}


def ids_of(chapter: Chapter) -> dict[str, list[str]]:
    """Everything of a chapter that records of learners may name."""
    questions = (*chapter.retrieval, *chapter.check)
    return {
        "outcome": [one.id for one in chapter.outcomes],
        "option": [one.id for one in chapter.decide.options],
        "fact": [one.id for one in chapter.facts],
        "prediction": [one.id for one in chapter.predict.options],
        "ending": [one.id for one in chapter.endings],
        "question": [one.id for one in questions],
        "answer": [f"{one.id}.{option.id}" for one in questions for option in one.options],
        "slider": [one.id for one in chapter.sliders],
        "setting": [one.field for one in chapter.settings],
    }


def broken(listed: dict[str, Any], catalogue: Catalogue) -> Iterator[str]:
    """A sentence for every listed id that is gone, with what that breaks."""
    there = {chapter.id: chapter for chapter in catalogue.chapters}
    for chapter_id, kinds in listed.items():
        if chapter_id not in there:
            yield f"The chapter `{chapter_id}` is gone: whoever played it has lost it."
            continue
        now, version = ids_of(there[chapter_id]), there[chapter_id].version
        begins_again = version > kinds["version"]
        if version < kinds["version"]:
            yield f"`{chapter_id}` is of version {version} again: states of a later one are lost."
        for kind, words in BREAKS.items():
            # Facts stand in the ledger, whatever becomes of the chapter's own state.
            for name in kinds[kind] if kind == "fact" or not begins_again else ():
                if name not in now[kind]:
                    yield f"`{chapter_id}` has no {kind} `{name}` any more: {words}."


def test_no_id_that_a_learner_may_have_met_is_gone(catalogue: Catalogue) -> None:
    said = list(broken(LISTED, catalogue))
    assert not said, "\n".join([*said, "Give it back, or raise the chapter's version and list it."])


def test_every_id_is_listed(catalogue: Catalogue) -> None:
    """From the day on which it was first played."""
    unlisted = [
        f"[{chapter.id}] {kind}: {name}"
        for chapter in catalogue.chapters
        for kind, names in ids_of(chapter).items()
        for name in names
        if name not in LISTED.get(chapter.id, {}).get(kind, ())
    ]
    old = [one.id for one in catalogue.chapters if one.version != LISTED[one.id]["version"]]
    assert not unlisted and not old, f"Add to ids.toml {unlisted}, and the versions of {old}."


@pytest.mark.parametrize("kind", BREAKS)
def test_an_id_that_goes_is_missed_with_what_it_breaks(catalogue: Catalogue, kind: str) -> None:
    chapter = "go_live" if kind != "fact" else "the_polite_assistant"
    more = {**LISTED[chapter], kind: [*LISTED[chapter][kind], "former"]}
    (said,) = broken({chapter: more}, catalogue)
    assert f"no {kind} `former` any more" in said and BREAKS[kind] in said


def test_a_chapter_that_begins_again_keeps_only_its_facts(catalogue: Catalogue) -> None:
    listed = LISTED["the_polite_assistant"]
    before = {**listed, "version": 0, "outcome": ["former"], "fact": ["former"]}
    (said,) = broken({"the_polite_assistant": before}, catalogue)
    assert "no fact `former`" in said
    after = {"the_polite_assistant": {**listed, "version": 99}, "former": listed}
    assert [sentence.split("`")[1] for sentence in broken(after, catalogue)] == [
        "the_polite_assistant",
        "former",
    ]
