"""The finale: every ending is played to, with real runs, and nobody is turned away for money."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from curriculum import state as moves
from curriculum.arc import deeds, ending_after, ending_of, planned_ending, read_in, told
from curriculum.catalogue import Catalogue
from curriculum.costs import affordable, price, refusal, run_cost
from curriculum.epilogue import Play, StoryEnding
from curriculum.errors import ChapterError
from curriculum.ledger import (
    LedgerEntry,
    Meters,
    decision_entry,
    grant_entry,
    meters,
    outcome_entry,
    run_entry,
)
from curriculum.loader import CHAPTERS, load_catalogue
from curriculum.prove import run_recorded
from curriculum.recall import Memory, memories
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
        given = grant_entry(chapter, self.entries)
        self.entries += [given] if given else []
        state = moves.skip_prediction(moves.begin(chapter))
        summary = ran(chapter.id, setting, chapter.experiment.seed)
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
        self.states[chapter.id] = moves.decide(chapter, moves.to_decision(state), decides, reached)
        return reached


def test_the_ids_of_endings_are_for_ever() -> None:
    assert [ending.id for ending in LIVE.endings][: len(IDS)] == IDS


def plays() -> Iterator[ParameterSet]:
    """The endings; the one for which forty runs are made is for those who have time."""
    for ending in LIVE.endings:
        marks = [pytest.mark.slow] if any(one.times > 1 for one in ending.play.before) else []
        yield pytest.param(ending, id=ending.id, marks=marks)


@pytest.mark.parametrize("ending", list(plays()))
def test_every_ending_is_reached_by_a_complete_play_with_real_runs(ending: StoryEnding) -> None:
    learner = Learner()
    for step in ending.play.before:
        chapter = CATALOGUE.chapter(step.chapter)
        assert learner.play(chapter, step.setting, step.decides, step.times) == ""
    assert learner.play(LIVE, ending.play.setting, ending.play.decides) == ending.id
    decision = learner.states[LIVE.id].decision
    assert decision and decision.ending == ending.id
    summary = ran(LIVE.id, ending.play.setting, LIVE.experiment.seed)
    memory = memories(CATALOGUE.chapters, learner.entries).after(LIVE.id)
    beats = told(LIVE, ending, summary, memory, decision.outcome)
    assert {beat.who for beat in beats} >= {"noor", "adeyemi", "kenji", "ruth"}
    assert "[[" in beats[0].text and "[[]]" not in " ".join(beat.text for beat in beats)
    remembered = list(deeds(CATALOGUE.chapters, learner.states, learner.entries))
    assert len(remembered) == len(learner.states)
    assert remembered[-1].ending == ending.title


def changed(ending_id: str, **changes: object) -> Chapter:
    """The finale with another version of one ending."""
    endings = tuple(
        one.model_copy(update=changes) if one.id == ending_id else one for one in LIVE.endings
    )
    return LIVE.model_copy(update={"endings": endings})


def test_what_a_learner_remembers_and_has_left_decides_between_endings() -> None:
    """The same run and the same decision, and another arc."""
    rich = Meters(trust=60, safety=70, budget=30)

    def ended(*known: str, now: Meters = rich, outcome: str = "fit") -> str:
        ending = ending_of(LIVE, "tonight", outcome, known, now)
        assert ending is not None
        return ending.id

    assert ended() == "loved"
    assert ended("reasons_signed_off") == "no_figure_for_deeds"
    assert ended("reasons_paid_for_charm") == "no_figure_for_deeds"
    assert ended(now=Meters(trust=60, safety=54, budget=30)) == "with_a_footnote"
    assert ended(now=Meters(trust=44, safety=70, budget=30)) == "with_a_footnote"
    assert ended("reasons_signed_off", now=Meters(trust=60, safety=70, budget=3)) == "sold"
    assert ended("reasons_signed_off", outcome="everybody_is_right") == "pulled"


def test_conditions_over_facts() -> None:
    now = Meters(trust=60, safety=70, budget=30)
    both = changed("loved", all_facts=("a", "b"), no_facts=("c",), meters=())

    def ended(*known: str) -> str:
        ending = ending_of(both, "tonight", "fit", known, now)
        return ending.id if ending else ""

    assert ended("a", "b") == "loved"
    assert ended("a") == ended("a", "b", "c") == "with_a_footnote"
    assert read_in(both) >= {"a", "b", "c", "reasons_signed_off"}


def test_a_chapter_without_endings_ends_only_itself() -> None:
    polite = CATALOGUE.chapter("the_polite_assistant")
    now = Meters(trust=60, safety=70, budget=30)
    assert ending_of(polite, "both_numbers", "kind", (), now) is None
    assert planned_ending([], polite, Play(setting="start", decides="both_numbers")) == ""
    assert grant_entry(polite, []) is None


def test_one_thing_is_remembered_of_each_colleague_the_newest(catalogue: Catalogue) -> None:
    everything = frozenset(fact.id for one in catalogue.chapters for fact in one.facts)
    summary = ran(LIVE.id, "start", 1)
    for ending in LIVE.endings:
        beats = told(LIVE, ending, summary, Memory(known=everything), "everybody_is_right")
        recalled = beats[-4:]
        assert next(beat.text for beat in LIVE.epilogue if beat.who == "adeyemi") in {
            beat.text for beat in recalled
        }
        assert sorted(str(beat.who) for beat in recalled) == ["adeyemi", "kenji", "noor", "ruth"]
        assert sum(len(beat.text.split()) for beat in beats) <= WORDS_ON_A_SCREEN, ending.id


def left_for(method: str, updates: int, left: int) -> tuple[str, str]:
    config = config_of(LIVE, {}, {"algorithm": method, "updates": updates}, None, 1)
    return refusal(LIVE, config, left), affordable(LIVE, config, left)


def test_a_run_beyond_the_budget_is_refused_and_the_shortest_never() -> None:
    assert left_for("grpo", 40, 9) == ("", "what is left pays for 40 updates")
    refused, reach = left_for("grpo", 40, 8)
    assert refused == "This run costs about 9, and 8 are left. Make it 24 updates."
    assert reach == "what is left pays for 24 updates"
    assert left_for("grpo", 24, 2)[0].endswith("Make it 12 updates.")
    assert left_for("grpo", 12, 0)[0] == ""
    assert "Kenji lends a machine" in left_for("grpo", 12, 0)[1]
    assert left_for("mopd", 24, 2)[0] == ""
    assert left_for("best_of_n", 12, 12)[0].endswith("Choose a method that costs less.")
    assert left_for("best_of_n", 12, 13)[0] == ""
    assert left_for("grpo", 40, 1)[0].startswith("This run costs about 9, and 1 is left. ")


def test_the_price_of_a_run_says_what_happens_if_the_budget_does_not_pay_for_it() -> None:
    lent = "Kenji lends a machine, which costs a point of trust"
    shortest = config_of(LIVE, {}, {"algorithm": "grpo", "updates": 12}, None, 1)
    assert price(LIVE, shortest, 3) == "costs about 3 of 3 budget; what is left pays for 12 updates"
    assert price(LIVE, shortest, 2) == f"costs about 3, and 2 are left; for 12 updates {lent}"
    pad = CATALOGUE.chapter("the_charging_pad")
    config = starting_config(pad)
    cost = run_cost(pad, config)
    assert price(pad, config, cost) == f"costs {cost} of {cost} budget"
    assert price(pad, config, 0) == f"costs about {cost}, and the budget is empty; {lent}"


def test_the_price_says_how_dear_a_run_of_lost_trips_would_be() -> None:
    nights = CATALOGUE.chapter("a_hundred_nights")
    config = starting_config(nights)
    said = price(nights, config, 28)
    assert said == "costs about 2 of 28 budget, up to 20 if trips get lost"


def test_other_chapters_refuse_nothing(catalogue: Catalogue) -> None:
    for chapter in catalogue.chapters:
        if chapter != LIVE:
            config = starting_config(chapter)
            assert refusal(chapter, config, 0) == affordable(chapter, config, 0) == ""


@pytest.mark.parametrize("setting", ["start", "the_list", "sent_away"])
def test_a_run_costs_about_what_was_said_before(setting: str) -> None:
    recorded = {one.id: one for one in LIVE.recorded}[setting]
    config = config_of(LIVE, recorded.sliders, recorded.settings, None, 1)
    summary = ran(LIVE.id, setting, 1)
    entry = run_entry(LIVE, "p", summary, is_free=False)
    assert -entry.budget == pytest.approx(run_cost(LIVE, config), abs=2)


@pytest.mark.slow
@pytest.mark.parametrize("method", LIVE.algorithms)
def test_every_method_runs_and_costs_about_what_was_said_before(method: str) -> None:
    config = config_of(LIVE, {}, {"algorithm": method, "updates": 12}, None, 1)
    summary = summarise(train(config), config.model_dump(mode="json"), 5)
    assert not summary.problem and outcome_of(LIVE, summary)
    said = LIVE.experiment.work_per_update[method] * config.planned_updates
    assert summary.work == pytest.approx(said, rel=0.4)
    assert LIVE.equations_of(method)


def test_an_ending_that_its_play_misses_is_found(tmp_path: Path) -> None:
    text = (CHAPTERS / "11_go_live.toml").read_text(encoding="utf-8")
    broken = text.replace('if_outcome = ["everybody_is_right"]', 'if_outcome = ["in_pieces"]', 1)
    assert broken != text
    broken = broken.replace(
        'setting = "the_list"\ndecides = "hold"', 'setting = "x"\ndecides = "y"'
    )
    (tmp_path / "11_go_live.toml").write_text(broken, encoding="utf-8")
    with pytest.raises(ChapterError) as caught:
        load_catalogue(tmp_path)
    said = {problem.where: problem.message for problem in caught.value.problems}
    assert said["endings[1].play"] == (
        "The play of `pulled` leads to `with_a_footnote`, so nobody may ever reach it."
    )
    assert "names what does not exist" in said["endings[7].play"]


def test_only_the_last_ending_is_free(tmp_path: Path) -> None:
    text = (CHAPTERS / "11_go_live.toml").read_text(encoding="utf-8")
    path = tmp_path / "11_go_live.toml"
    path.write_text(text.replace('if_decided = ["ward_by_ward"]\nart', "art"), encoding="utf-8")
    with pytest.raises(ChapterError, match="Only the last ending may stand without a condition"):
        load_catalogue(tmp_path)
    path.write_text(text.replace('if_decided = ["hold"]', 'if_decided = ["hod"]'), encoding="utf-8")
    with pytest.raises(ChapterError, match="There is no option of that id"):
        load_catalogue(tmp_path)


def test_who_remembers_a_decision(catalogue: Catalogue) -> None:
    learner = Learner()
    learner.play(catalogue.chapter("many_teachers"), "start", "examined")
    (deed,) = deeds(catalogue.chapters, learner.states, learner.entries)
    assert deed.chapter == "Many teachers"
    assert deed.decided.startswith("Every specialist sits every exam")
    assert deed.remembered_by == ("adeyemi",)
    learner.play(LIVE, "start", "hold")
    deed, last = deeds(catalogue.chapters, learner.states, learner.entries)
    assert deed.remembered_by == ("adeyemi",)
    assert last.remembered_by == () and last.ending == "Another Monday"
