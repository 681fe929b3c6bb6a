"""Where a learner stands in a chapter, and every move they can make from there."""

from collections.abc import Iterable, Mapping
from typing import Literal, get_args

from pydantic import Field, ValidationError

from curriculum.parts import SettingValue
from curriculum.predictions import Predicted
from curriculum.questions import Check, Question
from curriculum.rules import is_sound
from curriculum.schema import Chapter
from engine.frozen import Frozen

Stage = Literal["brief", "predict", "tune", "run", "outcome", "explain", "decide", "done"]
STAGES: tuple[Stage, ...] = get_args(Stage)
UNREADABLE = -1  # the version of a state that cannot be read; chapters count theirs from 1


LABELLED_SINCE = "You have labelled in another tab since; this is where you are."


class MoveRefused(ValueError):
    """A move that is not possible from here; the message is one sentence for the learner."""


class Decision(Frozen):
    """What the learner chose, and after which outcome."""

    option: str
    outcome: str
    press: str = ""  # whose run it followed
    ending: str = ""  # of the whole story, where it ended with this


class ChapterState(Frozen):
    """A learner's place in one chapter. `version` is the chapter's version that they play."""

    chapter: str
    version: int
    stage: Stage = "brief"
    prediction: Predicted | None = None
    sliders: dict[str, float] = Field(default_factory=dict)
    settings: dict[str, SettingValue] = Field(default_factory=dict)
    labels: str = ""  # by hand: a or b for each pair so far, - where the crowd was left to choose
    reward_code: str | None = None
    seed: int | None = Field(default=None, ge=0, le=2**31 - 1)  # the chapter's own if None
    press_ids: tuple[str, ...] = ()
    outcomes: dict[str, str] = Field(default_factory=dict)  # outcome id -> first press that reached
    last_outcome: str = ""
    last_press: str = ""  # whose run reached it
    decision: Decision | None = None
    answers: dict[str, tuple[str, ...]] = Field(default_factory=dict)  # question -> every attempt
    hints_shown: int = Field(default=0, ge=0, le=3)
    lab_view: bool = False
    notice: str = ""  # why this chapter began again, once


def begin(chapter: Chapter) -> ChapterState:
    """A learner opens a chapter for the first time."""
    return ChapterState(chapter=chapter.id, version=chapter.version)


def read_state(chapter_id: str, kept: str) -> ChapterState:
    """A state from the JSON in which it was kept; one that says nothing but that it is unreadable.

    A broken one, or one of a newer version of this program, must not close the other chapters.
    """
    try:
        return ChapterState.model_validate_json(kept)
    except ValidationError:
        return ChapterState(chapter=chapter_id, version=UNREADABLE)


def migrated(chapter: Chapter, state: ChapterState) -> ChapterState:
    """The state for today's chapter: unchanged, or begun again with a word of explanation.

    It also begins again where the state names something that the chapter has no more, though
    nobody raised its version. Sliders and settings that are gone are forgotten.
    """
    if state.version == UNREADABLE:
        why = "was kept in a form that cannot be read here, so"
    elif state.version != chapter.version or state.chapter != chapter.id:
        why = (
            f"was rewritten since you played it (version {state.version}, now {chapter.version}), "
            "so"
        )
    elif not _is_known(chapter, state):
        why = "was changed since you played it, and has no place for what you did there any more:"
    else:
        return _without_lost_settings(chapter, state)
    notice = f"{chapter.title} {why} it begins again. Your meters and your other chapters stand."
    return ChapterState(
        chapter=chapter.id, version=chapter.version, lab_view=state.lab_view, notice=notice
    )


def of_today(
    chapters: Iterable[Chapter], states: Mapping[str, ChapterState]
) -> dict[str, ChapterState]:
    """A learner's states, each for today's chapter."""
    found = {one.id: migrated(one, states[one.id]) for one in chapters if one.id in states}
    return {**states, **found}


def _is_known(chapter: Chapter, state: ChapterState) -> bool:
    """Whether the chapter has every outcome, choice and prediction that the state names."""
    outcomes, decision = {*state.outcomes, state.last_outcome}, state.decision
    if decision is not None:
        outcomes.add(decision.outcome)
        if decision.option not in {option.id for option in chapter.decide.options}:
            return False
    if not outcomes <= {"", *(outcome.id for outcome in chapter.outcomes)}:
        return False
    predictions = {option.id for option in chapter.predict.options}
    return state.prediction is None or state.prediction.option in predictions


def _without_lost_settings(chapter: Chapter, state: ChapterState) -> ChapterState:
    sliders = {slider.id for slider in chapter.sliders}
    fields = {setting.field for setting in chapter.settings}
    if sliders.issuperset(state.sliders) and fields.issuperset(state.settings):
        return state
    return _moved(
        state,
        state.stage,
        sliders={name: value for name, value in state.sliders.items() if name in sliders},
        settings={name: value for name, value in state.settings.items() if name in fields},
    )


def read_brief(state: ChapterState) -> ChapterState:
    """From the scene to the prediction."""
    return _moved(state, "predict", allowed=("brief",), notice="")


def predict(chapter: Chapter, state: ChapterState, predicted: Predicted) -> ChapterState:
    """Lock in what will happen. Only once: a prediction made after the run is a memory."""
    if state.prediction is not None:
        raise MoveRefused("Your prediction is locked in; it stays beside the curve.")
    if state.press_ids:
        raise MoveRefused("You have trained already; what you said now would be a memory.")
    if predicted.option not in {option.id for option in chapter.predict.options}:
        raise MoveRefused(f"`{predicted.option}` is not one of the predictions offered here.")
    return _moved(state, "tune", allowed=("brief", "predict", "tune"), prediction=predicted)


def skip_prediction(state: ChapterState) -> ChapterState:
    """Go to the settings without a prediction, as teachers and the lab view may."""
    return _moved(state, "tune", allowed=("brief", "predict"))


def tune(
    state: ChapterState,
    sliders: dict[str, float] | None = None,
    settings: dict[str, SettingValue] | None = None,
    reward_code: str | None = None,
) -> ChapterState:
    """Keep the learner's settings. Reward code, where given, replaces the sliders."""
    if state.stage in ("brief", "predict"):
        raise MoveRefused("Say first what will happen; then the settings open.")
    if state.stage == "run":
        raise MoveRefused("The settings are fixed while the run is on. Stop it to change them.")
    return _moved(
        state,
        "tune",
        sliders=state.sliders if sliders is None else sliders,
        settings=state.settings if settings is None else settings,
        reward_code=reward_code,
    )


def label(
    chapter: Chapter, state: ChapterState, letter: str, seen: int | None = None
) -> ChapterState:
    """Label the next pair: a or b is liked better, - leaves it to the crowd.

    seen: how many labels the page showed on which it was given; a page may be an old one.
    """
    asked = chapter.labelling.count if chapter.labelling else 0
    if state.stage != "tune":
        raise MoveRefused("Labels are given at Tune, before the run.")
    if seen not in (None, len(state.labels)):
        raise MoveRefused(LABELLED_SINCE)
    if letter not in ("a", "b", "-") or len(state.labels) >= asked:
        raise MoveRefused("Every pair has its label; take one back to change it.")
    return _moved(state, "tune", labels=state.labels + letter)


def unlabel(
    state: ChapterState, all_of_them: bool = False, seen: int | None = None
) -> ChapterState:
    """Take the last label back, or all of them; seen: as in `label`."""
    if state.stage != "tune":
        raise MoveRefused("Labels are given at Tune, before the run.")
    if seen not in (None, len(state.labels)):
        raise MoveRefused(LABELLED_SINCE)
    return _moved(state, "tune", labels="" if all_of_them else state.labels[:-1])


def press(state: ChapterState, press_id: str) -> ChapterState:
    """A run was started."""
    if state.stage in ("brief", "predict"):
        raise MoveRefused("Say first what will happen; then you can train.")
    presses = (*state.press_ids, press_id) if press_id not in state.press_ids else state.press_ids
    return _moved(state, "run", press_ids=presses)


def leave_run(state: ChapterState) -> ChapterState:
    """A run was stopped, or could not go on: back to the settings."""
    return _moved(state, "tune", allowed=("run",))


def reach(chapter: Chapter, state: ChapterState, outcome_id: str, press_id: str) -> ChapterState:
    """A run ended in an outcome. The first press that reached it is kept; hints start again."""
    if press_id not in state.press_ids:
        raise MoveRefused("That run was not started in this chapter.")
    chapter.outcome(outcome_id)
    outcomes = {**state.outcomes, outcome_id: state.outcomes.get(outcome_id, press_id)}
    return _moved(
        state,
        "outcome",
        outcomes=outcomes,
        last_outcome=outcome_id,
        last_press=press_id,
        hints_shown=0,
    )


def shown_press(state: ChapterState) -> str:
    """Whose run is looked at after an outcome; old states do not say which was the newest."""
    return state.last_press or state.outcomes[state.last_outcome]


def explain(state: ChapterState) -> ChapterState:
    """From what happened to why."""
    return _moved(state, "explain", allowed=("outcome",))


def to_decision(state: ChapterState) -> ChapterState:
    """To what now, wherever one went after an outcome; a decision that was made stays made."""
    if not state.last_outcome:
        raise MoveRefused("Train first; then there is something to decide.")
    return _moved(state, "decide" if state.decision is None else "done")


def decide(
    chapter: Chapter, state: ChapterState, option_id: str, ending_id: str = "", seen: str = ""
) -> ChapterState:
    """Make the pivotal decision, once. It is judged by the outcome that it followed.

    ending_id: what the whole story came to by it, in a chapter that has endings. seen: the press
    whose run the page showed on which it was made; a page may be an old one.
    """
    if state.decision is not None:
        raise MoveRefused("You decided that already, and Lumen acted on it.")
    if seen and seen != shown_press(state):
        raise MoveRefused(
            "You have looked at another run since, in another tab; it is shown here now. Nothing "
            "is decided yet."
        )
    if option_id not in {option.id for option in chapter.decide.options}:
        raise MoveRefused(f"`{option_id}` is not one of the choices here.")
    decision = Decision(
        option=option_id, outcome=state.last_outcome, press=state.last_press, ending=ending_id
    )
    return _moved(state, "done", allowed=("decide",), decision=decision)


def try_again(state: ChapterState) -> ChapterState:
    """Back to the settings, from anything that follows a run."""
    return _moved(state, "tune", allowed=("outcome", "explain", "decide", "done"))


def answer(chapter: Chapter, state: ChapterState, question_id: str, option: str) -> ChapterState:
    """Keep an attempt at a question; the first one is what a class report counts."""
    for question in (*chapter.retrieval, *chapter.check):
        if question.id == question_id and is_closed(chapter, state, question):
            raise MoveRefused("You have answered this already; what you said stands.")
        if question.id == question_id and is_too_late(state, question):
            raise MoveRefused("You have trained already; what you said now would be a memory.")
        if question.id == question_id and option in {answer.id for answer in question.options}:
            attempts = (*state.answers.get(question_id, ()), option)
            return _moved(state, state.stage, answers={**state.answers, question_id: attempts})
    raise MoveRefused("That question and answer do not belong together.")


def is_closed(chapter: Chapter, state: ChapterState, question: Question) -> bool:
    """Whether a question has its answer: the closing one can be answered until it is right."""
    is_gate = isinstance(question, Check) and question.when == "post"
    right = answered_right(chapter, state, question.id)
    return right is not None and (right or not is_gate)


def is_too_late(state: ChapterState, question: Question) -> bool:
    """Whether a question is about what was thought before training, and there was a run."""
    return isinstance(question, Check) and question.when == "pre" and bool(state.press_ids)


def choose_seed(state: ChapterState, seed: int) -> ChapterState:
    """Another seed for the next run; the rest stays."""
    return _moved(state, state.stage, seed=seed)


def show_hint(state: ChapterState, number: int) -> ChapterState:
    """The help of that number, from 1 up to the worked example; what was shown stays."""
    return _moved(state, state.stage, hints_shown=max(state.hints_shown, min(3, number)))


def show_lab_view(state: ChapterState, lab_view: bool) -> ChapterState:
    """With the story, or without."""
    return _moved(state, state.stage, lab_view=lab_view)


def answered_right(chapter: Chapter, state: ChapterState, question_id: str) -> bool | None:
    """Whether the latest attempt was right; None if there is none. KeyError: unknown question."""
    attempts = state.answers.get(question_id)
    if not attempts:
        return None
    questions = {question.id: question for question in (*chapter.retrieval, *chapter.check)}
    return attempts[-1] in {a.id for a in questions[question_id].options if a.right}


def missing(chapter: Chapter, state: ChapterState | None) -> tuple[str, ...]:
    """What still lacks for mastery, one sentence each; empty when the chapter is mastered."""
    goals = [outcome for outcome in chapter.outcomes if outcome.kind == "mastery"]
    reached = state is not None and any(goal.id in state.outcomes for goal in goals)
    lacking = [] if reached else [_run_missing([goal.title for goal in goals])]
    if state is None or state.decision is None:
        lacking.append(f"answer the question “{chapter.decide.question}”")
    elif not _reasoned(chapter, state):
        lacking.append("answer the closing question, which asks for the reason")
    return tuple(lacking)


def mastered(chapter: Chapter, state: ChapterState | None) -> bool:
    """A run reached the goal, and the decision was reasoned, there or in the closing question."""
    return not missing(chapter, state)


def _run_missing(titles: list[str]) -> str:
    return f"reach {' or '.join(f'“{title}”' for title in titles)} in a run"


def _reasoned(chapter: Chapter, state: ChapterState) -> bool:
    decision = state.decision
    if decision is not None and is_sound(chapter, decision.option, decision.outcome):
        return True
    closing = [check.id for check in chapter.check if check.when == "post"]
    return any(answered_right(chapter, state, check) for check in closing)


def _moved(
    state: ChapterState, stage: Stage, allowed: tuple[Stage, ...] = STAGES, **changes: object
) -> ChapterState:
    """The state at another stage, validated anew."""
    if state.stage not in allowed:
        raise MoveRefused("That is not possible from here; the line of stops shows where you are.")
    fields = {name: getattr(state, name) for name in ChapterState.model_fields}
    return ChapterState.model_validate({**fields, **changes, "stage": stage})
