"""The file of gains: everybody is in it, nobody can be read from it."""

import subprocess
import sys

from backend import learners
from backend.database import Database
from backend.gains import pairs_of_learners
from curriculum import state as moves
from curriculum.gains import Pair
from curriculum.loader import load_catalogue
from curriculum.state import ChapterState
from tests.backend.conftest import newcomer

CATALOGUE = load_catalogue()
PAD, POLITE = CATALOGUE.chapter("the_charging_pad"), CATALOGUE.chapter("the_polite_assistant")


def answered(chapter_id: str, before: bool, after: bool) -> ChapterState:
    chapter = CATALOGUE.chapter(chapter_id)
    state = moves.begin(chapter)
    for check, right in zip(chapter.check, (before, after), strict=True):
        option = next(one.id for one in check.options if one.right == right)
        state = moves.answer(chapter, state, check.id, option)
    return state


def test_pairs_stay_with_their_learner_and_tell_no_name(
    database: Database, ada: str, ben: str
) -> None:
    learners.save_chapter(ada, answered(PAD.id, False, True))
    learners.save_chapter(ben, answered(PAD.id, True, True))
    learners.save_chapter(ada, answered(POLITE.id, False, False))
    newcomer()
    found = sorted(map(sorted, pairs_of_learners(CATALOGUE.chapters)))
    assert found == [
        [Pair(PAD.id, False, True), Pair(POLITE.id, False, False)],
        [Pair(PAD.id, True, True)],
    ]


def test_the_command_writes_those_of_enough_learners_and_says_what_it_leaves_out(
    database: Database,
) -> None:
    for number in range(5):
        somebody = newcomer()
        learners.save_chapter(somebody, answered(PAD.id, False, number < 4))
        if number:
            learners.save_chapter(somebody, answered(POLITE.id, False, False))
    done = subprocess.run(
        [sys.executable, "-m", "backend", "gains"], capture_output=True, text=True, check=True
    )
    head, *rows = done.stdout.splitlines()
    assert head == "concept,learners,right_before,right_after,gain"
    found = {row.split(",")[0]: row for row in rows}
    only_pad = set(PAD.concepts) - set(POLITE.concepts)
    assert set(found) == set(PAD.concepts)
    assert {found[name] for name in only_pad} == {
        f"{name},5,0.000,0.800,0.800" for name in only_pad
    }
    left_out = len(set(POLITE.concepts) - set(PAD.concepts))
    assert f"{left_out} of {left_out + len(PAD.concepts)} concepts are left out" in done.stderr
