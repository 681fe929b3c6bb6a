"""How long chapters take: counted by hand on a made length, and held for those that there are."""

import pytest

from curriculum import state as moves
from curriculum.loader import load_catalogue
from curriculum.pace import (
    AWAY,
    FASTEST,
    SAID,
    SAID_AGAIN,
    SLOWEST,
    TO_DECIDE,
    WORDS_A_MINUTE,
    Length,
    Stamp,
    about,
    left_in,
    length_findings,
    length_of,
    pace_of,
    spent_in,
)
from curriculum.parts import Beat, Reasons
from curriculum.schema import Chapter
from curriculum.state import STAGES, ChapterState, Decision, Stage

CATALOGUE = load_catalogue()
FIRST = CATALOGUE.chapters[0]
STOPS: dict[Stage, float] = {
    stage: float(10**place) for place, stage in enumerate(STAGES[:-1])
}  # a digit each
MADE = Length(first=STOPS, again={"tune": 0.1, "run": 0.2})
GOAL = next(one.id for one in FIRST.outcomes if one.kind == "mastery")
OTHER = next(one.id for one in FIRST.outcomes if one.kind != "mastery")


def with_words(chapter: Chapter, count: int, **conditions: object) -> Chapter:
    """The chapter with one more thing said in its brief."""
    beat = Beat.model_validate({"text": " ".join(["word"] * count), **conditions})
    brief = chapter.brief.model_copy(update={"beats": (*chapter.brief.beats, beat)})
    return chapter.model_copy(update={"brief": brief})


def test_the_first_chapter_takes_five_to_eight_minutes() -> None:
    assert 5 * 60 <= length_of(FIRST).whole <= 8 * 60


def test_two_hundred_and_twenty_words_are_a_minute() -> None:
    plain, more = length_of(FIRST), length_of(with_words(FIRST, 220))
    assert more.first["brief"] - plain.first["brief"] == pytest.approx(60)
    assert more.whole - plain.whole == pytest.approx(60)


def test_of_what_depends_two_thirds_are_read_and_nothing_of_another_past() -> None:
    plain = length_of(FIRST).whole
    assert length_of(with_words(FIRST, 220, if_outcome=(OTHER,))).whole - plain == pytest.approx(40)
    assert length_of(with_words(FIRST, 200, if_fact="a_fact")).whole == plain


def test_a_run_takes_what_it_took_here_and_never_less_than_it_is_watched() -> None:
    watched = 60 / FIRST.experiment.pace  # a second for its updates
    read, again = (said["run"] * 60 / WORDS_A_MINUTE for said in (SAID, SAID_AGAIN))
    assert length_of(FIRST, 11.0).first["run"] == 11 + read
    assert length_of(FIRST, 11.0).again["run"] == 11 + again
    assert length_of(FIRST, 0.1).first["run"] == watched + read


def test_what_a_meter_moved_for_is_read() -> None:
    *others, goal = sorted(FIRST.outcomes, key=lambda one: one.id == GOAL)
    said = goal.model_copy(update={"reasons": Reasons(trust=" ".join(["word"] * 220))})
    longer = FIRST.model_copy(update={"outcomes": (*others, said)})
    silent = goal.model_copy(update={"reasons": Reasons()})
    shorter = FIRST.model_copy(update={"outcomes": (*others, silent)})
    more = length_of(longer).again["outcome"] - length_of(shorter).again["outcome"]
    assert more == pytest.approx(60)


def test_labelling_by_hand_takes_its_time() -> None:
    labelled = next(one for one in CATALOGUE.chapters if one.labelling)
    without = length_of(labelled.model_copy(update={"labelling": None}))
    assert labelled.labelling
    assert length_of(labelled).first["tune"] > without.first["tune"] + 8 * labelled.labelling.count


def test_a_chapter_that_is_longer_than_it_promises_is_found() -> None:
    assert not list(length_findings(FIRST))
    (found,) = length_findings(with_words(FIRST, 200))
    assert found.path == ("minutes",) and "two runs it takes 8." in found.message


def state(**changes: object) -> ChapterState:
    return moves.begin(FIRST).model_copy(update=changes)


@pytest.mark.parametrize(
    ("stands", "seconds"),
    [
        (None, 1111111.3),
        (state(), 1111111.3),
        (state(stage="tune"), 1111100.3),
        (state(stage="run", press_ids=("a",)), 1000000.3),
        (state(stage="decide", press_ids=("a",), outcomes={OTHER: "a"}), 1000000.3),
        (state(stage="decide", press_ids=("a",), outcomes={GOAL: "a"}), 1000000.0),
        (
            state(
                press_ids=("a",),
                outcomes={GOAL: "a"},
                decision=Decision(option="reward_curve", outcome=GOAL),
            ),
            TO_DECIDE,
        ),
        (
            state(
                press_ids=("a",),
                outcomes={GOAL: "a"},
                decision=Decision(option="both_numbers", outcome=GOAL),
            ),
            0,
        ),
    ],
)
def test_what_is_left_of_a_chapter(stands: ChapterState | None, seconds: float) -> None:
    assert left_in(FIRST, stands, MADE) == pytest.approx(seconds)


def test_steps_belong_to_the_chapter_that_they_end_in() -> None:
    """A run in the Lab between is no part of it, nor what is done after the decision."""
    stamps = [Stamp(0), Stamp(100, "a"), Stamp(150), Stamp(170, "a"), Stamp(200, "a", True)]
    assert spent_in(stamps) == {"a": 150}
    assert spent_in([*stamps, Stamp(290, "a"), Stamp(300, "b")]) == {"a": 150}
    assert spent_in([*reversed(stamps), Stamp(260, "b", True)]) == {"a": 150, "b": 60}


def test_who_was_away_says_nothing_of_a_pace() -> None:
    near = [Stamp(0), Stamp(AWAY, "a"), Stamp(AWAY + 1, "a", True)]
    far = [Stamp(0), Stamp(AWAY + 1, "a"), Stamp(AWAY + 2, "a", True)]
    assert spent_in(near) == {"a": AWAY + 1}
    assert spent_in(far) == {}
    assert spent_in([]) == spent_in([Stamp(3, "a", True)]) == {}


def test_a_pace_is_the_middle_of_what_was_played_and_is_not_believed_at_the_extremes() -> None:
    lengths = {name: MADE for name in "abc"}
    whole = MADE.whole
    assert pace_of({}, lengths) is pace_of({"gone": 5.0}, lengths) is None
    assert pace_of({"a": 2 * whole}, lengths) == pytest.approx(1.5)
    assert pace_of({"a": 1.4 * whole, "b": 9 * whole}, lengths) == pytest.approx(1.4)
    assert pace_of({"a": 2 * whole, "b": 2.4 * whole, "c": 9 * whole}, lengths) == pytest.approx(
        2.2
    )
    assert pace_of({"a": 99 * whole}, lengths) == SLOWEST
    assert pace_of(dict.fromkeys("abc", 1.0), lengths) == FASTEST


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0.1, "about 1 min"),
        (7.6, "about 8 min"),
        (12.1, "about 12 min"),
        (23, "about 25 min"),
        (57, "about 55 min"),
        (58, "about 1 h"),
        (80, "about 1.5 h"),
        (283, "about 5 h"),
    ],
)
def test_no_length_is_said_more_precisely_than_it_is_known(minutes: float, words: str) -> None:
    assert about(60 * minutes) == words
