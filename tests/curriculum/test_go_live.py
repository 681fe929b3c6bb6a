"""The finale: every ending is played to, with real runs, and nobody is turned away for money."""

from collections.abc import Callable
from functools import cache

import pytest

from curriculum import state as moves
from curriculum.arc import deeds, ending_after, ending_of, planned_ending, read_in, told
from curriculum.catalogue import Catalogue
from curriculum.costs import affordable, refusal, run_cost
from curriculum.epilogue import Play, StoryEnding
from curriculum.errors import ChapterError
from curriculum.ledger import (
    LedgerEntry,
    Meters,
    decision_entry,
    facts,
    grant_entry,
    meters,
    outcome_entry,
    run_entry,
)
from curriculum.loader import CHAPTERS, load_catalogue
from curriculum.prove import run_recorded
from curriculum.recipe import config_of, starting_config
from curriculum.rules import outcome_of
from curriculum.schema import Chapter
from curriculum.state import ChapterState
from curriculum.summary import Summary, summarise
from engine.train import train

CATALOGUE = load_catalogue()
LIVE = CATALOGUE.chapter("go_live")
IDS = [  # learners' records name them: one may be added, and none may go
    "sold",
    "pulled",
    "no_figure_for_deeds",
    "loved",
    "with_a_footnote",
    "ward_by_ward",
    "the_bar_held",
    "in_a_drawer",
    "not_this_one",
]
WORDS_ON_A_SCREEN = 330  # an ending is what one stays for: its own words, and four memories


@cache
def ran(chapter_id: str, setting: str, seed: int) -> Summary:
    chapter = CATALOGUE.chapter(chapter_id)
    recorded = {one.id: one for one in chapter.recorded}
    return run_recorded(chapter, recorded[setting], seed)


class Learner:
    """Somebody who plays: their states, and what has happened at Lumen because of them."""

    def __init__(self) -> None:
        self.entries: list[LedgerEntry] = []
        self.states: dict[str, ChapterState] = {}

    def play(self, chapter: Chapter, setting: str, decides: str, times: int = 1) -> str:
        """Run a setting, see what happened, and decide; the id of the ending, if there is one."""
        given = grant_entry(chapter)
        self.entries += [given] if given else []
        state = moves.skip_prediction(moves.begin(chapter))
        for turn in range(times):
            summary = ran(chapter.id, setting, chapter.experiment.seed + turn)
            press, left = f"{chapter.id}{turn}", meters(self.entries).budget
            state = moves.press(state, press)
            self.entries.append(run_entry(chapter, press, summary, is_free=False, budget=left))
            outcome = outcome_of(chapter, summary)
            if outcome.id not in state.outcomes:
                self.entries.append(outcome_entry(chapter, outcome, summary))
            state = moves.reach(chapter, state, outcome.id, press)
        self.entries.append(decision_entry(chapter, decides, state.last_outcome, summary))
        ending = ending_after(chapter, decides, state.last_outcome, self.entries)
        reached = ending.id if ending else ""
        self.states[chapter.id] = moves.decide(
            chapter, moves.to_decision(state), decides, reached
        )
        return reached


def test_the_ids_of_endings_are_for_ever() -> None:
    assert [ending.id for ending in LIVE.endings][: len(IDS)] == IDS


@pytest.mark.parametrize("ending", LIVE.endings, ids=lambda ending: ending.id)
def test_every_ending_is_reached_by_a_complete_play_with_real_runs(ending: StoryEnding) -> None:
    learner = Learner()
    for step in ending.play.before:
        chapter = CATALOGUE.chapter(step.chapter)
        assert learner.play(chapter, step.setting, step.decides, step.times) == ""
    assert learner.play(LIVE, ending.play.setting, ending.play.decides) == ending.id
    decision = learner.states[LIVE.id].decision
    assert decision and decision.ending == ending.id
    summary = ran(LIVE.id, ending.play.setting, LIVE.experiment.seed)
    beats = told(LIVE, ending, summary, facts(learner.entries), decision.outcome)
    assert {beat.who for beat in beats} >= {"noor", "adeyemi", "kenji", "ruth"}
    assert "[[" in beats[0].text and "[[]]" not in " ".join(beat.text for beat in beats)
    remembered = list(deeds(CATALOGUE.chapters, learner.states))
    assert len(remembered) == len(learner.states)
