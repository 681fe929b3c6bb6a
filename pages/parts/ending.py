"""The last screen: what happened, why it happened, what the learner decides, and what follows."""

import streamlit as st

from backend import learners, runs
from curriculum import state as moves
from curriculum.ledger import decision_entry, effects_of
from curriculum.outcomes import Choice, Outcome
from curriculum.predictions import verdict
from curriculum.recipe import is_start
from curriculum.rules import plain, reply_to, shown
from curriculum.schema import Chapter
from curriculum.sources import source_of
from curriculum.state import ChapterState, MoveRefused
from curriculum.summary import Summary
from engine.language.verifiers import POLITE_WORDS
from engine.metrics import METRICS, MetricName
from engine.scenes import SpeechScene
from engine.spec import TrainConfig
from pages.parts import asks, components, folder, live, session, shell, tape, transport, watch

STRIP = 4  # figures in the strip below the story
WORD_BUBBLES = 5


def show(learner: str, chapter: Chapter, state: ChapterState, stop: str) -> None:
    """Everything after a run, from top to bottom on one page."""
    if not state.last_outcome:
        st.caption("Nothing has happened yet. Train first.")
        return
    press_id = state.outcomes[state.last_outcome]
    view = runs.look(state.press_ids[-1], after_seq=10**9)
    if view.state not in ("finished", "replay"):
        view = runs.look(press_id, after_seq=10**9)
    summary = live.summary_of(
        view.address, chapter.experiment.last_updates, view.planned_updates or 0
    )
    outcome = chapter.outcome(state.last_outcome)
    _happened(learner, chapter, state, outcome, summary, view.config)
    _why(chapter, outcome, summary, view.press_id)
    if state.decision is None:
        _decide(learner, chapter, state)
    else:
        _decided(learner, chapter, state, summary)
    _bottom(learner, chapter, state, stop)


def _happened(
    learner: str,
    chapter: Chapter,
    state: ChapterState,
    outcome: Outcome,
    summary: Summary,
    config: TrainConfig,
) -> None:
    left, right = st.columns([1.5, 1], gap="large")
    with left:
        if state.lab_view:
            st.header(outcome.title, anchor=False)
        else:
            beats = shown(outcome.beats, summary, folder.facts_of(learner), outcome.id)
            components.scene(
                outcome.art,
                alt=outcome.alt,
                title=outcome.title,
                beats=[components.Beat(beat.text, beat.who) for beat in beats],
                bubbles=_bubbles(outcome, summary),
                mood=_mood(summary),
                key="outcome_scene",
            )
        components.figures_strip(_strip(chapter, summary), key="figures")
    with right:
        _cost(chapter, state, outcome, summary)
        if state.prediction:
            _prediction(chapter, state, summary, is_start(chapter, config))
        with st.container(horizontal=True):
            asks.hints(learner, chapter, state, summary)
            asks.lab_view_switch(learner, chapter, state)


def _bubbles(outcome: Outcome, summary: Summary) -> list[str]:
    """Polite words that Pip really said in its last replies, for the drawing of the queue."""
    scene = summary.last_scene
    if outcome.art != "queue" or not isinstance(scene, SpeechScene):
        return []
    said = [word for reply in scene.probes for word in reply.tokens]
    return [word for word in said if word in POLITE_WORDS][:WORD_BUBBLES]


def _mood(summary: Summary) -> components.Mood | None:
    scene = summary.last_scene
    if isinstance(scene, SpeechScene) and scene.probes:
        return components.reply_mood(scene.probes[0].axes)
    return None


def _strip(chapter: Chapter, summary: Summary) -> list[components.Figure]:
    names = list(dict.fromkeys(name for chart in chapter.charts for name in chart.metrics))
    found: list[components.Figure] = []
    for name in names[:STRIP]:
        track = summary.metrics.get(MetricName(name))
        metric = METRICS[MetricName(name)]
        if track:
            meaning = watch.MEANINGS[metric.role]
            found.append(
                components.Figure(
                    metric.label,
                    _short(track.first, metric.percent),
                    _short(track.last, metric.percent),
                    meaning,
                )
            )
    return found


def _short(value: float, percent: bool) -> str:
    return f"{value:.0%}" if percent else f"{value:.1f}"


def _cost(chapter: Chapter, state: ChapterState, outcome: Outcome, summary: Summary) -> None:
    with st.container(border=True, gap="small"):
        st.subheader("What it changed at Lumen", anchor=False)
        effects = effects_of(outcome, summary)
        for effect in effects:
            colour = "green" if effect.points > 0 else "red"
            sign = "+" if effect.points > 0 else "\N{MINUS SIGN}"
            st.markdown(
                f"{effect.meter.capitalize()} :{colour}[**{sign}{abs(effect.points)}**]  \n"
                f"{plain(effect.reason)}"
            )
        if not effects:
            st.markdown("Nothing yet: nobody outside the team has met this Pip.")
        st.caption(f"The run: {summary.updates} updates, {summary.work:,} {_unit(chapter)}.")


def _unit(chapter: Chapter) -> str:
    return "steps driven" if chapter.world == "corridor" else "tokens sampled"


def _prediction(chapter: Chapter, state: ChapterState, summary: Summary, at_start: bool) -> None:
    assert state.prediction
    with st.container(border=True, gap="small"):
        st.subheader("You said, it did", anchor=False)
        found = verdict(chapter, state.prediction, summary, at_start)
        st.markdown(found.said)
        components.prose(found.did, key="verdict_did")
        if found.missing:
            components.prose(found.missing, lead="What was missing:", key="verdict_missing")


def _why(chapter: Chapter, outcome: Outcome, summary: Summary, press_id: str) -> None:
    st.header("Why it happened", anchor=False)
    left, right = st.columns([1.25, 1], gap="large")
    now = tape.read(press_id)
    moments = []
    if summary.turning_point:
        moments = [
            components.Moment(
                summary.turning_point,
                f"update {summary.turning_point}: the pay keeps rising, what was wanted turns down",
            )
        ]
    with left:
        for number, beat in enumerate(shown(outcome.explain, summary, (), outcome.id)):
            components.prose(beat.text, key=f"explain_{number}")
        for chart in chapter.charts[:2]:
            watch.curve(now, chart, moments if chart is chapter.charts[0] else (), 230)
    with right:
        st.markdown("**The objective that ran**")
        for equation in chapter.explain:
            st.markdown(f"*{equation.title}.* {equation.sentence}")
            st.latex(equation.latex)
            with st.expander(f"The code that ran: {equation.code.split('#')[1]}"):
                st.code(source_of(equation.code), language="python", wrap_lines=True)


def _decide(learner: str, chapter: Chapter, state: ChapterState) -> None:
    st.header(chapter.lab.decide if state.lab_view else chapter.decide.question, anchor=False)
    st.markdown(chapter.decide.context)
    options = chapter.decide.options
    for column, option in zip(st.columns(len(options)), options, strict=True):
        with column.container(border=True, height="stretch"):
            st.subheader(option.title, anchor=False)
            st.markdown(option.text)
            components.voice(option.voice.who, option.voice.text, key=f"voice_{option.id}")
            st.space("stretch")
            st.button(
                option.button,
                key=f"choose_{option.id}",
                width="stretch",
                on_click=_choose,
                args=(learner, chapter, option.id),
            )


def _choose(learner: str, chapter: Chapter, option_id: str) -> None:
    state = folder.state_of(learner, chapter)
    summary = live.last_summary(chapter, state)
    if summary is None:
        return
    try:
        if state.stage in ("outcome", "explain"):
            state = moves.to_decision(state)
        decided = moves.decide(chapter, state, option_id)
    except MoveRefused as refusal:
        st.toast(str(refusal))
        return
    learners.record(learner, decision_entry(chapter, option_id, state.last_outcome, summary))
    folder.keep(learner, decided)
    session.show_stop(chapter.id, None)


def _chosen(chapter: Chapter, state: ChapterState) -> Choice:
    assert state.decision
    return next(o for o in chapter.decide.options if o.id == state.decision.option)


def _decided(learner: str, chapter: Chapter, state: ChapterState, summary: Summary) -> None:
    assert state.decision
    choice = _chosen(chapter, state)
    reply = reply_to(chapter, state.decision.option, state.decision.outcome)
    st.header(f"You decided: {choice.title}", anchor=False)
    left, right = st.columns([1.5, 1], gap="large")
    with left:
        beats = shown(reply.beats, summary, folder.facts_of(learner), state.decision.outcome)
        components.scene(
            beats=[components.Beat(beat.text, beat.who) for beat in beats], key="reply_scene"
        )
        for effect in effects_of(reply, summary):
            sign = "+" if effect.points > 0 else "\N{MINUS SIGN}"
            colour = "green" if effect.points > 0 else "red"
            st.markdown(
                f"{effect.meter.capitalize()} :{colour}[**{sign}{abs(effect.points)}**] "
                f"{plain(effect.reason)}"
            )
    with right:
        for asked in chapter.check:
            if asked.when == "post":
                asks.question(learner, chapter, state, asked)
        _next(learner, chapter, state)


def _next(learner: str, chapter: Chapter, state: ChapterState) -> None:
    following = shell.catalogue().next_after(chapter.id)
    lacking = moves.missing(chapter, state)
    with st.container(border=True, gap="small"):
        if lacking:
            st.markdown("**Still open on this floor**")
            st.markdown("\n".join(f"- {item[0].upper()}{item[1:]}." for item in lacking))
        else:
            st.markdown("**This window is lit.** The chapter is mastered.")
        if following and not lacking:
            if st.button(
                f"Next: {following.title}", key="go_next", type="primary", width="stretch"
            ):
                st.switch_page("pages/chapter.py", query_params={"id": following.id})
        st.page_link("pages/story.py", label="To the story map")


def _bottom(learner: str, chapter: Chapter, state: ChapterState, stop: str) -> None:
    def buttons() -> None:
        st.button("Train again", key="again", on_click=live.back_to_tune, args=(learner, chapter))

    transport.bar(
        buttons,
        "finished",
        text=f"outcome: {chapter.outcome(state.last_outcome).title}",
        progress=None,
    )
