"""Gains by hand, which answers count, and what is left out of what leaves the school."""

import pytest

from curriculum import gains
from curriculum import state as moves
from curriculum.gains import Gain, Pair, csv_of, gains_of, of_a_group, pair_of, pairs_of
from curriculum.schema import Chapter
from curriculum.state import ChapterState

BEFORE = {True: "plans", False: "goal"}  # options of the charging pad's questions
AFTER = {True: "cancels", False: "small"}


def answered(pad: Chapter, *options: str) -> ChapterState:
    """Somebody who gave these answers, in this order."""
    of = {option.id: check.id for check in pad.check for option in check.options}
    state = moves.begin(pad)
    for option in options:
        state = moves.answer(pad, state, of[option], option)
    return state


def pad_gain(pad: Chapter, *learners: tuple[bool, bool]) -> Gain:
    pairs = [[Pair(pad.id, *answers)] for answers in learners]
    found = gains_of([pad], pairs)
    assert [one.concept for one in found] == list(pad.concepts)
    return found[0]


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("after", [True, False])
def test_a_pair_is_the_first_attempts(pad: Chapter, before: bool, after: bool) -> None:
    again = () if after else (AFTER[True],)  # a right answer stands
    state = answered(pad, BEFORE[before], AFTER[after], *again)
    assert pair_of(pad, state) == Pair(pad.id, before, after)
    assert pairs_of([pad], {pad.id: state, "another": state}) == [Pair(pad.id, before, after)]
    assert pairs_of([pad], {}) == []


def test_half_a_pair_a_turned_one_and_one_of_another_version_do_not_count(pad: Chapter) -> None:
    whole = answered(pad, BEFORE[False], AFTER[True])
    assert pair_of(pad, whole) is not None
    assert pair_of(pad, answered(pad, BEFORE[False])) is None
    assert pair_of(pad, answered(pad, AFTER[True])) is None
    assert pair_of(pad, answered(pad, AFTER[True], BEFORE[False])) is None
    assert pair_of(pad, whole.model_copy(update={"version": pad.version + 1})) is None


def test_the_gain_is_the_share_of_what_could_be_gained(pad: Chapter) -> None:
    """One of four right before and three after: two thirds of what was missing."""
    found = pad_gain(pad, (True, True), (False, True), (False, True), (False, False))
    assert found[1:5] == (4, 1, 0.25, 0.75)
    assert found.gain == pytest.approx(2 / 3)
    assert pad_gain(pad, (True, False), (False, False)).gain == -1
    assert pad_gain(pad, (True, False)).gain is None


def test_a_learner_counts_once_however_many_chapters_they_played(
    pad: Chapter, polite: Chapter
) -> None:
    """Reward hacking is taught in both: means over learners of each one's share."""
    ada = [Pair(pad.id, True, True), Pair(polite.id, False, True)]
    ben = [Pair(polite.id, False, False)]
    found = {one.concept: one for one in gains_of([polite, pad], [ada, ben, []])}
    assert found["reward_hacking"] == Gain("reward_hacking", 2, 2, 0.25, 0.5)
    assert found["grpo"] == Gain("grpo", 2, 1, 0.0, 0.5)
    assert found["q_learning"] == Gain("q_learning", 1, 1, 1.0, 1.0)


def test_figures_of_fewer_than_five_learners_stay_here() -> None:
    four, five = Gain("a", 4, 1, 0.5, 0.5), Gain("b", 5, 1, 0.2, 0.6)
    assert gains.FEWEST == 5
    assert of_a_group([four, five]) == [five]


def test_the_file_holds_concepts_counts_and_shares_alone() -> None:
    rows = [Gain("b", 5, 2, 0.2, 0.6), Gain("c", 6, 1, 1.0, 0.5)]
    assert csv_of(rows) == (
        "concept,learners,right_before,right_after,gain\nb,5,0.200,0.600,0.500\nc,6,1.000,0.500,\n"
    )
    assert csv_of([]).count("\n") == 1
