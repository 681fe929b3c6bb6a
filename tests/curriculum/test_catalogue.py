from itertools import pairwise

import pytest

from curriculum import catalogue as catalogue_module
from curriculum import state as moves
from curriculum.catalogue import Catalogue, unlocked
from curriculum.predictions import Predicted
from curriculum.schema import Chapter
from curriculum.state import ChapterState


def mastered_state(chapter: Chapter, outcome: str, option: str) -> ChapterState:
    guess = Predicted(option=chapter.predict.options[0].id, confidence="guess")
    state = moves.press(moves.predict(chapter, moves.begin(chapter), guess), "p1")
    state = moves.to_decision(moves.reach(chapter, state, outcome, "p1"))
    return moves.decide(chapter, state, option)


def test_the_ladder_has_a_ground_floor_ten_levels_and_a_finale(catalogue: Catalogue) -> None:
    assert [level.number for level in catalogue.levels] == list(range(12))
    assert catalogue.levels[0].title == "First day"
    assert catalogue.levels[11].title == "Go live"


def test_every_level_is_built(catalogue: Catalogue) -> None:
    built = [level.number for level in catalogue.levels if catalogue.on_level(level.number)]
    assert built == list(range(12))


def test_what_comes_next(catalogue: Catalogue) -> None:
    following = {
        "the_polite_assistant": "five_buttons",
        "five_buttons": "the_counter_that_moved",
        "the_counter_that_moved": "night_delivery",
        "night_delivery": "the_charging_pad",
        "the_charging_pad": "a_hundred_nights",
        "a_hundred_nights": "the_moving_trolleys",
        "the_moving_trolleys": "keep_it_upright",
        "clean_by_six": "keep_it_upright",
        "the_energy_desk": "keep_it_upright",
        "the_shuttle": "keep_it_upright",
        "keep_it_upright": "the_week_we_lost_the_policy",
        "ruths_favourites": "the_flattering_assistant",
        "the_flattering_assistant": "one_weekend_left",
        "labels_at_midnight": "the_pill_count",
        "format_first": "explains_and_does_not_act",
        "explains_and_does_not_act": "noughts_on_ward_nine",
        "noughts_on_ward_nine": "the_second_reading",
        "the_second_reading": "better_than_the_teacher",
        "better_than_the_teacher": "trust_the_sign",
        "trust_the_sign": "who_gets_which_lesson",
        "who_gets_which_lesson": "ruth_answers_back",
        "ruth_answers_back": "many_teachers",
        "many_teachers": "go_live",
    }
    for chapter_id, following_id in following.items():
        found = catalogue.next_after(chapter_id)
        assert found is not None
        assert found.id == following_id
    assert catalogue.next_after("go_live") is None


def test_there_is_nothing_after_a_chapter_that_there_is_not(catalogue: Catalogue) -> None:
    with pytest.raises(KeyError):
        catalogue.next_after("nothing")


def test_a_chapter_that_is_mastered_is_not_offered_as_the_next(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A side story after the finale leads to the other side stories, the last of all nowhere."""
    monkeypatch.setattr(catalogue_module, "mastered", lambda chapter, state: state is not None)
    stories = [chapter.id for chapter in catalogue.chapters if chapter.side]
    played = {name: moves.begin(catalogue.chapter(name)) for name in catalogue.order}
    waiting = {name: state for name, state in played.items() if name not in stories[1:]}

    def offered(states: dict[str, ChapterState]) -> str | None:
        found = catalogue.following(stories[0], states)
        return found.id if found else None

    assert offered({stories[0]: played[stories[0]]}) == "keep_it_upright"
    assert offered(waiting) == stories[1]
    assert offered(played) is None


def test_the_first_chapter_is_open_and_the_next_says_what_is_missing(
    catalogue: Catalogue, polite: Chapter
) -> None:
    assert unlocked(catalogue, polite, {}).is_open
    locked = unlocked(catalogue, catalogue.chapter("five_buttons"), {})
    assert not locked.is_open
    assert locked.missing == (
        "Opens after The polite assistant: reach “A greeting and an answer” in a "
        "run and answer the question “Noor wants to ship tonight. On what do you let her?”."
    )


def test_mastery_below_opens_the_next(catalogue: Catalogue, polite: Chapter) -> None:
    above = catalogue.chapter("five_buttons")
    done = {polite.id: mastered_state(polite, "kind", "both_numbers")}
    assert unlocked(catalogue, above, done).is_open
    not_yet = {polite.id: mastered_state(polite, "babbler", "both_numbers")}
    assert not unlocked(catalogue, above, not_yet).is_open


def test_every_chapter_asks_for_the_one_before_it_or_for_one_of_its_own_floor(
    catalogue: Catalogue,
) -> None:
    """Nothing on the ladder opens past a floor that nobody has seen."""
    way_up = [chapter for chapter in catalogue.chapters if not chapter.side]
    for below, chapter in pairwise(way_up):
        (required,) = map(catalogue.chapter, chapter.requires)
        assert required == below or required.level == below.level == chapter.level - 1


def test_a_side_story_opens_from_its_own_floor_and_nothing_waits_for_it(
    catalogue: Catalogue,
) -> None:
    stories = [chapter for chapter in catalogue.chapters if chapter.side]
    assert stories
    for story in stories:
        (required,) = map(catalogue.chapter, story.requires)
        assert required.level == story.level and not required.side
        assert not [one for one in catalogue.chapters if story.id in one.requires]


def test_the_ladder_can_be_turned_off_and_a_begun_chapter_stays_open(catalogue: Catalogue) -> None:
    pad = catalogue.chapter("the_charging_pad")
    assert unlocked(catalogue, pad, {}, open_all=True).is_open
    assert unlocked(catalogue, pad, {pad.id: moves.begin(pad)}).is_open
