from collections.abc import Callable

import pytest

from curriculum import state as moves
from curriculum.predictions import Predicted
from curriculum.schema import Chapter
from curriculum.state import ChapterState, MoveRefused

GUESS = Predicted(option="stays_on_pad", confidence="guess")


def at_outcome(chapter: Chapter, outcome: str = "circles") -> ChapterState:
    state = moves.predict(chapter, moves.read_brief(moves.begin(chapter)), GUESS)
    return moves.reach(chapter, moves.press(state, "p1"), outcome, "p1")


def decided(chapter: Chapter, option: str, outcome: str = "straight_home") -> ChapterState:
    state = moves.to_decision(moves.explain(at_outcome(chapter, outcome)))
    return moves.decide(chapter, state, option)


def test_the_straight_way_through_a_chapter(pad: Chapter) -> None:
    state = moves.begin(pad)
    assert state.stage == "brief"
    state = moves.read_brief(state)
    assert state.stage == "predict"
    state = moves.predict(pad, state, GUESS)
    state = moves.tune(state, {"on_pad": 0.0}, {"gamma": 0.9})
    assert (state.stage, state.sliders, state.settings) == ("tune", {"on_pad": 0.0}, {"gamma": 0.9})
    state = moves.press(state, "p1")
    assert (state.stage, state.press_ids) == ("run", ("p1",))
    state = moves.reach(pad, state, "straight_home", "p1")
    assert (state.stage, state.outcomes) == ("outcome", {"straight_home": "p1"})
    state = moves.decide(pad, moves.to_decision(moves.explain(state)), "rule")
    assert state.stage == "done"
    assert moves.mastered(pad, state)


REFUSED: list[tuple[str, Callable[[Chapter, ChapterState], ChapterState], str]] = [
    ("brief", lambda c, s: moves.tune(s), "Say first what will happen"),
    ("brief", lambda c, s: moves.press(s, "p"), "Say first what will happen"),
    ("brief", lambda c, s: moves.explain(s), "not possible from here"),
    ("run", lambda c, s: moves.tune(s), "Stop it to change them"),
    ("tune", lambda c, s: moves.predict(c, s, GUESS), "locked in"),
    ("tune", lambda c, s: moves.reach(c, s, "lost", "other"), "not started in this chapter"),
    ("tune", lambda c, s: moves.decide(c, s, "rule"), "not possible from here"),
    ("tune", lambda c, s: moves.to_decision(s), "Train first"),
    ("tune", lambda c, s: moves.try_again(s), "not possible from here"),
    ("outcome", lambda c, s: moves.read_brief(s), "not possible from here"),
    ("outcome", lambda c, s: moves.leave_run(s), "not possible from here"),
    ("done", lambda c, s: moves.decide(c, s, "rule"), "decided that already"),
    ("brief", lambda c, s: moves.answer(c, s, "pad_after", "nothing"), "do not belong together"),
    (
        "brief",
        lambda c, s: moves.predict(c, s, Predicted(option="no", confidence="guess")),
        "not one",
    ),
]


@pytest.mark.parametrize("case", REFUSED, ids=[f"{row[0]}: {row[2]}" for row in REFUSED])
def test_an_impossible_move_is_refused(
    pad: Chapter, case: tuple[str, Callable[[Chapter, ChapterState], ChapterState], str]
) -> None:
    stage, move, sentence = case
    tuned = moves.predict(pad, moves.begin(pad), GUESS)
    states = {
        "brief": moves.begin(pad),
        "tune": tuned,
        "run": moves.press(tuned, "p1"),
        "outcome": at_outcome(pad),
        "done": decided(pad, "rule"),
    }
    with pytest.raises(MoveRefused, match=sentence):
        move(pad, states[stage])


def test_the_first_press_that_reached_an_outcome_is_kept(pad: Chapter) -> None:
    again = moves.press(moves.try_again(at_outcome(pad)), "p2")
    state = moves.reach(pad, again, "circles", "p2")
    assert state.outcomes == {"circles": "p1"}
    assert state.press_ids == ("p1", "p2")
    assert state.last_outcome == "circles"


def test_pressing_twice_is_one_press(pad: Chapter) -> None:
    state = at_outcome(pad)
    assert moves.press(moves.press(state, "p2"), "p2").press_ids == ("p1", "p2")


def test_an_unknown_outcome_is_an_error(pad: Chapter) -> None:
    state = moves.press(moves.skip_prediction(moves.begin(pad)), "p1")
    with pytest.raises(KeyError):
        moves.reach(pad, state, "nowhere", "p1")


def test_after_a_decision_one_may_train_again_but_not_decide_again(pad: Chapter) -> None:
    state = moves.try_again(decided(pad, "smaller_bonus", "circles"))
    state = moves.reach(pad, moves.press(state, "p2"), "straight_home", "p2")
    state = moves.to_decision(moves.explain(state))
    assert state.stage == "done"
    assert state.decision is not None
    assert state.decision.option == "smaller_bonus"


def test_one_may_decide_about_an_outcome_after_going_back_to_the_settings(pad: Chapter) -> None:
    state = moves.press(moves.try_again(at_outcome(pad)), "p2")
    state = moves.decide(pad, moves.to_decision(state), "rule")
    assert state.decision is not None
    assert (state.decision.outcome, state.decision.press) == ("circles", "p1")


def test_a_decision_is_about_the_run_that_was_shown(pad: Chapter) -> None:
    """Also where an old state does not say which run that was."""
    old = moves.to_decision(at_outcome(pad)).model_copy(update={"last_press": ""})
    assert moves.decide(pad, old, "rule", seen="p1").decision
    again = moves.press(moves.try_again(at_outcome(pad)), "p2")
    state = moves.to_decision(moves.reach(pad, again, "lost", "p2"))
    with pytest.raises(MoveRefused, match="Nothing is decided yet"):
        moves.decide(pad, state, "rule", seen="p1")
    assert moves.decide(pad, state, "rule", seen="p2").decision


def test_hints_go_to_three_and_begin_again_after_a_run(pad: Chapter) -> None:
    state = moves.begin(pad)
    for _ in range(5):
        state = moves.show_hint(state, state.hints_shown + 1)
    assert state.hints_shown == 3
    assert moves.show_hint(state, 1).hints_shown == 3  # from an older page
    state = moves.press(moves.skip_prediction(state), "p1")
    assert moves.reach(pad, state, "lost", "p1").hints_shown == 0


def test_what_is_missing_for_mastery_is_said(pad: Chapter) -> None:
    assert len(moves.missing(pad, None)) == 2
    half = moves.missing(pad, decided(pad, "rule", "circles"))
    either = "“Paid on arrival, charged on leaving” or “The boxes arrive, all night long”"
    assert half == (f"reach {either} in a run",)
    assert moves.missing(pad, decided(pad, "rule")) == ()


def test_an_unreasoned_decision_is_made_good_by_the_closing_question(pad: Chapter) -> None:
    state = decided(pad, "smaller_bonus")
    assert moves.missing(pad, state) == ("answer the closing question, which asks for the reason",)
    wrong = moves.answer(pad, state, "pad_after", "small")
    assert not moves.mastered(pad, wrong)
    right = moves.answer(pad, wrong, "pad_after", "cancels")
    assert right.answers["pad_after"] == ("small", "cancels")
    assert moves.mastered(pad, right)
    with pytest.raises(MoveRefused, match="what you said stands"):
        moves.answer(pad, right, "pad_after", "small")


def test_answers_are_judged_by_the_latest_attempt(pad: Chapter) -> None:
    state = moves.begin(pad)
    assert moves.answered_right(pad, state, "pad_before") is None
    state = moves.answer(pad, state, "pad_before", "goal")
    assert moves.answered_right(pad, state, "pad_before") is False
    with pytest.raises(MoveRefused, match="what you said stands"):
        moves.answer(pad, state, "pad_before", "goal")


def test_what_was_thought_before_is_not_asked_after_a_run(pad: Chapter) -> None:
    before, after = (check for check in pad.check)
    assert not moves.is_too_late(moves.begin(pad), before)
    trained = at_outcome(pad)
    assert moves.is_too_late(trained, before)
    assert not moves.is_too_late(trained, after)
    with pytest.raises(MoveRefused, match="would be a memory"):
        moves.answer(pad, trained, before.id, "goal")


def test_an_older_version_begins_again_with_a_word(pad: Chapter) -> None:
    old = moves.show_lab_view(at_outcome(pad), True).model_copy(update={"version": 0})
    now = moves.migrated(pad, old)
    assert (now.stage, now.version, now.outcomes, now.lab_view) == ("brief", pad.version, {}, True)
    assert "(version 0, now 1)" in now.notice
    assert moves.read_brief(now).notice == ""
    assert moves.migrated(pad, at_outcome(pad)) == at_outcome(pad)


GONE = {
    "outcomes": {"gone": "p1"},
    "last_outcome": "gone",
    "decision": {"option": "gone", "outcome": "circles"},
    "decision after": {"option": "rule", "outcome": "gone"},
    "prediction": {"option": "gone", "confidence": "guess"},
}


@pytest.mark.parametrize("name", GONE)
def test_what_a_chapter_has_no_more_lets_it_begin_again(pad: Chapter, name: str) -> None:
    whole = decided(pad, "rule")
    assert moves.migrated(pad, whole) == whole
    raw = whole.model_dump(mode="json") | {name.split()[0]: GONE[name]}
    now = moves.migrated(pad, ChapterState.model_validate(raw))
    assert now.stage == "brief" and "was changed since you played it" in now.notice
    assert moves.of_today([pad], {pad.id: whole, "other": now}) == {pad.id: whole, "other": now}


def test_sliders_and_settings_that_are_gone_are_forgotten(pad: Chapter) -> None:
    slider, setting = pad.sliders[0], pad.settings[0]
    kept = {slider.id: slider.high}, {setting.field: setting.start}
    old = moves.tune(moves.skip_prediction(moves.begin(pad)), *kept)
    more = {"sliders": {**kept[0], "gone": 1.0}, "settings": {**kept[1], "gone": 1.0}}
    assert moves.migrated(pad, old.model_copy(update=more)) == old


def test_the_first_states_that_were_kept_can_be_read(pad: Chapter) -> None:
    """As the first version wrote them: without labels, seed, presses of outcomes and decisions."""
    kept = {
        "chapter": pad.id,
        "version": pad.version,
        "stage": "done",
        "prediction": None,
        "sliders": {pad.sliders[0].id: 1.0},
        "settings": {},
        "reward_code": None,
        "press_ids": ["p1"],
        "outcomes": {"circles": "p1"},
        "last_outcome": "circles",
        "decision": {"option": "rule", "outcome": "circles"},
        "answers": {},
        "hints_shown": 0,
        "lab_view": False,
        "notice": "",
    }
    state = moves.migrated(pad, ChapterState.model_validate(kept))
    assert state.stage == "done" and state.decision and state.decision.ending == ""
    assert moves.try_again(state).outcomes == {"circles": "p1"}


def test_a_state_survives_being_stored(pad: Chapter) -> None:
    state = decided(pad, "rule")
    assert ChapterState.model_validate_json(state.model_dump_json()) == state


def test_pairs_are_labelled_one_after_another_and_taken_back(polite: Chapter) -> None:
    asked = {"title": "Pairs", "question": "Which?", "note": "Two each.", "count": 2}
    chapter = Chapter.model_validate(polite.model_dump(mode="json") | {"labelling": asked})
    state = moves.skip_prediction(moves.begin(chapter))
    state = moves.label(chapter, moves.label(chapter, state, "a"), "-")
    assert state.labels == "a-"
    with pytest.raises(MoveRefused, match="Every pair has its label"):
        moves.label(chapter, state, "b")
    assert moves.unlabel(state).labels == "a"
    assert moves.unlabel(state, all_of_them=True).labels == ""
    assert moves.unlabel(state, seen=2) == moves.unlabel(state)
    for move in (lambda: moves.label(chapter, state, "a", 1), lambda: moves.unlabel(state, seen=1)):
        with pytest.raises(MoveRefused, match="in another tab"):
            move()
    with pytest.raises(MoveRefused):
        moves.label(chapter, moves.unlabel(state), "c")
    with pytest.raises(MoveRefused, match="at Tune"):
        moves.label(chapter, moves.press(state, "p1"), "a")
    with pytest.raises(MoveRefused):
        moves.label(polite, moves.skip_prediction(moves.begin(polite)), "a")
