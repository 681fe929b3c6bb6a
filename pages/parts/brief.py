"""The first screen of a chapter: what has gone wrong, what is known, and a prediction."""

import streamlit as st

from curriculum import state as moves
from curriculum.evidence import Evidence, ShownPair, load_evidence
from curriculum.figures import number
from curriculum.loader import stamp_of
from curriculum.predictions import Predicted
from curriculum.recall import briefed
from curriculum.recipe import compose, starting_config
from curriculum.schema import Chapter
from curriculum.state import ChapterState
from curriculum.summary import Summary
from engine.events import RunStarted
from engine.metrics import METRICS, MetricName
from engine.scenes import Reply, SpeechScene
from pages.parts import (
    asks,
    components,
    folder,
    library_links,
    session,
    shell,
    stops,
    tape,
    telling,
)
from pages.parts.refusals import told

CONFIDENCE = {"guess": "A guess", "fairly_sure": "Fairly sure", "certain": "Certain"}


def show(learner: str, chapter: Chapter, state: ChapterState) -> None:
    """Scene and evidence on the left, questions and prediction on the right."""
    left, right = st.columns([1.5, 1], gap="large")
    with left:
        _scene(learner, chapter, state)
    with right:
        for asked in (*chapter.retrieval, *(c for c in chapter.check if c.when == "pre")):
            if asked.id in state.answers or not moves.is_too_late(state, asked):
                asks.question(learner, chapter, state, asked)
        _prediction(learner, chapter, state)
        with st.container(horizontal=True):
            asks.hints(learner, chapter, state, None)


def _scene(learner: str, chapter: Chapter, state: ChapterState) -> None:
    measured = measured_before(chapter)
    if state.lab_view:
        st.header(chapter.lab.question, anchor=False)
        st.markdown(chapter.lab.text)
    else:
        beats = briefed(chapter, measured, shell.memories_of(learner).before(chapter.id))
        components.scene(
            chapter.brief.art,
            alt=chapter.brief.alt,
            robot_at=chapter.brief.robot_at,
            title=chapter.brief.title,
            beats=[components.Beat(beat.text, beat.who) for beat in beats],
            key="brief_scene",
        )
    if measured is not None:
        _evidence(chapter, measured)
    with st.expander("Concepts and methods of this chapter"):
        library_links.of_chapter(chapter)


def measured_before(chapter: Chapter) -> Summary | None:
    """What was measured before the learner came; None if the chapter's settings changed since."""
    evidence = _kept(chapter.id, stamp_of())
    return telling.summary(evidence.summary) if evidence else None


def today(chapter: Chapter) -> tape.Tape | None:
    """How things stand before any update, as it was measured."""
    measured = measured_before(chapter)
    if measured is None or measured.first_scene is None:
        return None
    config = starting_config(chapter)
    # The figures of a recorded run say how things went before, not where the next one begins.
    tracks = measured.metrics if chapter.brief.evidence.is_first_look else {}
    started = RunStarted(
        planned_updates=config.planned_updates,
        metrics={name: track.first for name, track in tracks.items()},
        scene=measured.first_scene,
    )
    return tape.still(started, config)


def pairs_before(chapter: Chapter) -> tuple[ShownPair, ...]:
    """The pairs of replies that the learner may label; none if the settings changed since."""
    evidence = _kept(chapter.id, stamp_of())
    return telling.pairs(evidence.pairs) if evidence else ()


@st.cache_resource(max_entries=64, show_spinner=False)
def _kept(chapter_id: str, stamp: object) -> Evidence | None:
    """Read once, and again when a chapter file has changed."""
    return load_evidence(shell.as_written(chapter_id))


def _evidence(chapter: Chapter, measured: Summary) -> None:
    wanted = chapter.brief.evidence
    st.subheader(wanted.title, anchor=False)
    st.caption(wanted.note)
    if wanted.metrics:
        names = [MetricName(name) for name in wanted.metrics]
        stat = "first" if wanted.is_first_look else "last"
        components.rows_table(
            ["Measured", "Counted in", "Value"],
            [
                [
                    METRICS[name].label,
                    METRICS[name].unit,
                    number(
                        getattr(measured.metrics[name], stat),
                        "percent" if METRICS[name].percent else "one_decimal",
                    ),
                ]
                for name in names
                if name in measured.metrics
            ],
            numeric=[2],
            caption=wanted.title,
            key="evidence_metrics",
        )
    scene = measured.first_scene if wanted.is_first_look else measured.last_scene
    if wanted.probes and isinstance(scene, SpeechScene):
        _samples(scene.probes[: wanted.probes], wanted.axes)


def _samples(replies: tuple[Reply, ...], axes: tuple[str, ...]) -> None:
    components.rows_table(
        ["Visitor", "Pip", *(axis.replace("_", " ").capitalize() for axis in axes)],
        [
            [reply.question, " ".join(reply.tokens), *(f"{reply.axes.get(a, 0):g}" for a in axes)]
            for reply in replies
        ],
        mono=[0, 1],
        numeric=list(range(2, 2 + len(axes))),
        caption="Replies of the untrained Pip",
        key="evidence_samples",
    )


def _prediction(learner: str, chapter: Chapter, state: ChapterState) -> None:
    with st.container(border=True, gap="small"):
        if state.prediction or state.press_ids:
            said(chapter, state)
            st.button(
                "To the settings",
                key="go_on",
                type="primary",
                on_click=stops.show,
                args=(chapter.id, "Tune"),
            )
            return
        st.subheader("Before you train: what will happen?", anchor=False)
        st.markdown(chapter.predict.question)
        st.markdown(_start(chapter))
        labels = {option.id: option.label for option in chapter.predict.options}
        captions = [option.caption for option in chapter.predict.options]
        asks.answers("Your prediction", labels, "prediction", captions)
        st.segmented_control(
            "How sure are you?",
            list(CONFIDENCE),
            format_func=CONFIDENCE.__getitem__,
            key="confidence",
            width="stretch",
        )
        st.text_input(
            "Why? (optional)",
            placeholder="One sentence to your later self",
            max_chars=200,
            key="reason",
        )
        st.button(
            "Lock in and go to Tune",
            key="go_lock",
            type="primary",
            width="stretch",
            on_click=_lock,
            args=(learner, chapter),
        )
        what = "reward" if chapter.sliders else "settings"
        st.caption(f"You can change the {what} next; your prediction stays.")
        st.button(
            "Skip the prediction",
            key="skip",
            type="tertiary",
            on_click=skip,
            args=(learner, chapter),
        )


def _start(chapter: Chapter) -> str:
    """What the prediction is about: the reward, or the settings where there is none to write."""
    if chapter.sliders:
        return f"Reward: `{compose(chapter, {})}`"
    return "; ".join(f"{s.label}: {s.name_of(s.start)}" for s in chapter.settings)


def said(chapter: Chapter, state: ChapterState) -> None:
    """The prediction that was locked in."""
    if state.prediction is None:
        st.markdown("**You predicted**  \nNothing this time.")
        return
    labels = {option.id: option.label for option in chapter.predict.options}
    sure = CONFIDENCE[state.prediction.confidence]
    st.markdown(f"**You predicted**  \n{labels[state.prediction.option]}. *{sure}.*")
    if state.prediction.reason:
        st.caption(state.prediction.reason)


@told
def _lock(learner: str, chapter: Chapter) -> None:
    option, confidence = session.value_of("prediction"), session.value_of("confidence")
    if option is None or confidence is None:
        st.toast("Choose what will happen and how sure you are; then lock it in.")
        return
    predicted = Predicted(
        option=option, confidence=confidence, reason=session.value_of("reason") or ""
    )
    folder.keep(learner, moves.predict(chapter, folder.state_of(learner, chapter), predicted))
    stops.show(chapter.id, "Tune")


@told
def skip(learner: str, chapter: Chapter) -> None:
    """Go to the settings with nothing predicted."""
    state = folder.state_of(learner, chapter)
    if state.stage in ("brief", "predict"):
        folder.keep(learner, moves.skip_prediction(state))
    stops.show(chapter.id, "Tune")
