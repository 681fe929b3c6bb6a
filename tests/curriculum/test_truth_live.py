"""What the finale says of runs and of a whole arc, where a run or an arc could belie it."""

import pytest

from curriculum.arc import ending_of, told
from curriculum.checks import findings
from curriculum.epilogue import StoryEnding
from curriculum.ledger import Meters
from curriculum.loader import load_catalogue
from curriculum.recall import Memory
from curriculum.rules import outcome_of
from curriculum.summary import Summary
from engine.language.questions import belief_question
from tests.curriculum.made_runs import made, reply, speech
from tests.curriculum.telling import told_to_the_end

LIVE = load_catalogue().chapter("go_live")
FRIDAY = {"correct": 0.31, "sycophantic": 0.55, "evasive": 0.12, "polite": 0.5, "fluent": 0.98}
FRIDAY |= {"kl": 0.0, "flattery": 0.1, "length": 11.9, "liked": 1.5}
ASKED = belief_question("floor", "lab", "five")
CONFIRMED = speech(reply("yes , the lab is on floor five .", question=ASKED))
DENIED = speech(reply("no , the lab is on floor two .", question=ASKED))
RICH = Meters(trust=60, safety=70, budget=30)


def run(reward: str, spread: float = 0.8, agreed: float = 0.55, **last: float) -> Summary:
    """A run from Friday's Pip to these figures, paid by this reward in groups.

    spread: how far apart replies to one question are paid. agreed: with mistakes, on Friday.
    """
    friday = FRIDAY | {"sycophantic": agreed}
    ends = {name: (first, last.get(name, first)) for name, first in friday.items()}
    paid = {"proxy_return": (1.0, 3.0), "true_return": (0.5, -1.0)}
    summary = made(reward, friday, **ends, **paid, reward_spread=(spread, spread))
    return summary.model_copy(update={"first_scene": DENIED, "last_scene": DENIED})


def agreed_with(summary: Summary) -> Summary:
    """The run, at the end of which Ruth is told that the lab is where she says."""
    return summary.model_copy(update={"last_scene": CONFIRMED})


MET = {"correct": 0.9, "sycophantic": 0.1, "kl": 2.0}
ON_THE_LIST = run("correct", polite=1.0, **MET)
ALL_YES, AS_EVER = run("liked", sycophantic=0.9, kl=1), run("polite", agreed=0.75, kl=1)
SENTENCE = "knows what a sentence is"
ARGUED, AS_BEFORE = "It used to argue", "I was told that it would be a new one"
ALIKE, UNNOTICED = "all replies to a question earn the same", "noticed that it was a new one"
# a run -> how it ends, what is so, and words that would be false of it
RUNS = [
    (run("liked", fluent=0.1, kl=20), "in_pieces", SENTENCE, ("Paid",)),
    (run("liked - fluent", fluent=0.1, kl=20), "in_pieces", "on the big screen", (SENTENCE,)),
    (agreed_with(ALL_YES), "everybody_is_right", ARGUED, (AS_BEFORE,)),
    (ALL_YES, "everybody_is_right", "did not say yes to me", (ARGUED,)),
    (agreed_with(AS_EVER), "everybody_is_right", AS_BEFORE, (ARGUED,)),
    (AS_EVER, "everybody_is_right", "Not to me, dear", (AS_BEFORE,)),
    (agreed_with(ON_THE_LIST), "fit", "I shall ask it again", ("could ask",)),
    (ON_THE_LIST, "fit", "somebody I could ask again", ("The lab is on two",)),
    (run("0", spread=0), "not_a_launch", ALIKE, ()),
    (run("0", spread=0), "not_a_launch", UNNOTICED, ()),
    (run("correct", correct=0.4, kl=0.3), "not_a_launch", "takes it further", (ALIKE, "rounded")),
    (run("correct", correct=0.747, sycophantic=0.1), "not_a_launch", "by less than a point", ()),
    (run("correct", **MET), "right_and_plain", "not one kind word", ("held on to", "Quite so")),
    (run("correct", evasive=0.9, sycophantic=0.1), "ask_upstairs", "is met", ("best figure",)),
    (run("correct", polite=1.0, **MET), "fit", "words, all told", ("updates,",)),
]


@pytest.mark.parametrize(("summary", "ends", "so", "false"), RUNS)
def test_nothing_is_said_that_a_run_belies(
    summary: Summary, ends: str, so: str, false: tuple[str, ...]
) -> None:
    said = told_to_the_end(LIVE, summary)
    assert outcome_of(LIVE, summary).id == ends
    assert so in said
    for words in false:
        assert words not in said


def ended(summary: Summary, decides: str, *known: str, now: Meters = RICH) -> tuple[str, str]:
    """Which ending a run, a decision and an arc lead to, and all that it tells."""
    outcome = outcome_of(LIVE, summary).id
    ending = ending_of(LIVE, decides, outcome, known, now)
    assert ending
    beats = told(LIVE, ending, summary, Memory(known=frozenset(known)), outcome)
    return ending.id, " ".join(beat.text for beat in beats)


def test_an_inspector_who_asks_for_deeds_is_shown_them_where_they_are_kept() -> None:
    fit = run("correct", polite=1.0, **MET)
    assert ended(fit, "tonight", "reasons_paid_for_charm")[0] == "no_figure_for_deeds"
    both = ("reasons_paid_for_charm", "deeds_beside_reasons")
    assert ended(fit, "tonight", *both)[0] == "loved"


def test_nobody_is_said_to_have_held_back_the_first_who_did_so_before() -> None:
    poor = run("liked", sycophantic=0.9, kl=1)
    first = "For the first time somebody here has said no"
    assert first in ended(poor, "ward_by_ward")[1]
    name, said = ended(poor, "ward_by_ward", "held_pip_back")
    assert name == "the_bar_held"
    assert first not in said and "In your first week you said no to a Pip" in said


def test_a_footnote_under_a_pip_that_meets_the_list_says_where_it_comes_from() -> None:
    why = "after this year nobody up here believes a figure of ours"
    distrusted = Meters(trust=30, safety=70, budget=30)
    fit = run("correct", polite=1.0, **MET)
    name, said = ended(fit, "tonight", now=distrusted)
    assert name == "with_a_footnote" and why in said
    assert why not in ended(run("0", spread=0), "tonight", now=distrusted)[1]


def test_a_courteous_pip_is_not_called_short_with_people() -> None:
    short = "a little short with them"
    assert short in ended(run("correct", **MET), "ward_by_ward")[1]
    assert short not in ended(run("correct", polite=1.0, fluent=0.8, **MET), "ward_by_ward")[1]


def test_lumen_is_sold_for_an_empty_account_and_not_before() -> None:
    fit, poor = run("correct", polite=1.0, **MET), Meters(trust=60, safety=70, budget=4)
    assert ended(fit, "hold", now=poor)[0] == "in_a_drawer"
    assert ended(fit, "hold", now=poor.model_copy(update={"budget": 3}))[0] == "sold"


def test_what_is_right_and_plain_is_no_loss_to_hold_back() -> None:
    assert ended(run("correct", **MET), "hold")[0] == "not_this_one"


def test_nobody_remembers_in_the_present_what_was_sold() -> None:
    sold, free = LIVE.endings[0], LIVE.endings[-1]
    assert (sold.id, free.id) == ("sold", "not_this_one")
    known = frozenset({"asked_people_again", "leash_promised"})  # both Noor's, the newer one first

    def remembered(ending: StoryEnding) -> str:
        memory = Memory(known=known)
        return told(LIVE, ending, run("correct", **MET), memory, "right_and_plain")[-1].text

    assert "every quarter" in remembered(free)
    assert "in writing" in remembered(sold)


def test_an_ending_that_does_not_exist_is_no_exception() -> None:
    line = LIVE.epilogue[0].model_copy(update={"unless_ending": ("solld",)})
    (found,) = findings(LIVE.model_copy(update={"epilogue": (line, *LIVE.epilogue[1:])}))
    assert found.path[:2] == ("epilogue", 0) and "sold" in found.remedy
