"""The last screen: what happened, why it happened, what the learner decides, and what follows."""

import streamlit as st

from curriculum import state as moves
from curriculum.arc import ending_after
from curriculum.comparison import around, methods
from curriculum.experiment import Chart
from curriculum.key_figures import key_figures
from curriculum.ledger import Effect, LedgerEntry, decision_entry, effects_of, really
from curriculum.outcomes import Choice, Outcome
from curriculum.predictions import verdict
from curriculum.recipe import is_start
from curriculum.rules import plain, reply_to, shown
from curriculum.schema import Chapter
from curriculum.sources import source_of
from curriculum.state import ChapterState
from curriculum.summary import Summary
from engine.language.verifiers import POLITE_WORDS
from engine.metrics import METRICS, MetricName
from engine.scenes import SpeechScene
from pages.parts import (
    asks,
    components,
    finale,
    folder,
    lab_form,
    library_links,
    live,
    run_names,
    shell,
    stops,
    talk,
    tape,
    telling,
    transport,
    watch,
)
from pages.parts.refusals import told
from pages.parts.tape import Tape

WHY, QUESTION, REPLY = "part_why", "part_question", "part_reply"
COMPARED_FROM = 10  # the floor whose methods stand side by side
STRIP = 4  # figures in the strip below the story
WORD_BUBBLES = 5


def show(learner: str, chapter: Chapter, state: ChapterState) -> None:
    """Everything after a run, from top to bottom on one page."""
    if not state.last_outcome:
        st.caption("Nothing has happened yet. Train first.")
        return
    press_id = moves.shown_press(state)
    summary = live.summary_of_press(chapter, press_id)
    if summary is None:
        st.caption("The record of this run is not there any more. Train again.")
        return
    outcome = chapter.outcome(state.last_outcome)
    _happened(learner, chapter, state, outcome, summary, tape.read(press_id))
    _why(chapter, outcome, summary, press_id)
    if state.decision is None:
        _decide(learner, chapter, state, press_id)
    else:
        _decided(learner, chapter, state, summary)
    talk.panel(live.status(press_id).address, summary.updates)
    _bottom(learner, chapter, state)


def part_of(stop: str, state: ChapterState) -> str | None:
    """Key of the part of the page that a stop begins with; None for the page's top."""
    if stop == "Explain":
        return WHY
    if stop == "Decide":
        return QUESTION if state.decision is None else REPLY
    return None


def _heading(part: str, text: str) -> None:
    with st.container(key=part):
        st.header(text, anchor=False)


def _happened(
    learner: str,
    chapter: Chapter,
    state: ChapterState,
    outcome: Outcome,
    summary: Summary,
    now: Tape,
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
                robot_at=outcome.robot_at,
                title=outcome.title,
                beats=[components.Beat(beat.text, beat.who) for beat in beats],
                bubbles=_bubbles(outcome, summary),
                mood=_mood(summary),
                key="outcome_scene",
            )
        components.figures_strip(_strip(chapter, summary), key="figures")
        st.caption(
            f"Run `{run_names.spoken(now.address)}`. {compared(now, chapter, summary.updates)}"
        )
    with right:
        if state.lab_view:
            with st.container(border=True, gap="small"):
                live.recipe(chapter, state, now.config)
        else:
            _cost(learner, chapter, state, outcome, summary)
        if state.prediction:
            _prediction(chapter, state, summary, is_start(chapter, now.config))
        with st.container(horizontal=True):
            asks.hints(learner, chapter, state, summary)


def compared(now: Tape, chapter: Chapter, updates: int) -> str:
    """What the two figures of each pair are. Not everything is measured before the first update."""
    count, last = now.config.update_word, chapter.experiment.last_updates
    is_measured_before = now.started is not None and now.started.metrics
    first = "Before any update" if is_measured_before else f"The first {count}"
    which = f"the last {last} {count}s" if updates > last else f"all {count}s"
    return f"{first}, and the mean of {which}."


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
    return [
        components.Figure(one.metric.label, one.before, one.after, watch.MEANINGS[one.metric.role])
        for one in key_figures(chapter, summary, STRIP)
    ]


def _cost(
    learner: str, chapter: Chapter, state: ChapterState, outcome: Outcome, summary: Summary
) -> None:
    with st.container(border=True, gap="small"):
        st.subheader("What it changed at Lumen", anchor=False)
        entries = folder.entries_of(learner)
        key = (chapter.id, "outcome", outcome.id)
        effects = really(effects_of(outcome, summary), entries, key)
        is_first = state.outcomes.get(outcome.id) == state.last_press
        for effect in effects if is_first else ():
            _effect(effect)
        if not is_first:
            st.markdown("Lumen has seen this ending before; it counted then, and counts once.")
        elif not effects:
            st.markdown("Nothing yet: nobody outside the team has met this Pip.")
        for entry in entries:
            if entry.kind == "run" and entry.source == state.last_press:
                st.markdown(f"Budget {_paid(entry)}  \n{telling.retold(entry.reason)}")


def _paid(entry: LedgerEntry) -> str:
    """What a run cost. One that was lent is not free, even if there was nothing left to take."""
    points = f"**−{-entry.budget}**" if entry.budget else ""
    if entry.trust:
        return f"{points or 'empty'}, and a point of trust"
    return points or "free"


def _effect(effect: Effect) -> None:
    colour = "green" if effect.points > 0 else "red"
    sign = "+" if effect.points > 0 else "−"
    by = f":{colour}[**{sign}{abs(effect.points)}**]" if effect.points else "can go no further"
    st.markdown(f"{effect.meter.capitalize()} {by}  \n{plain(effect.reason)}")


def _prediction(chapter: Chapter, state: ChapterState, summary: Summary, at_start: bool) -> None:
    assert state.prediction
    with st.container(border=True, gap="small"):
        st.subheader("You said, it did", anchor=False)
        found = verdict(chapter, state.prediction, summary, at_start)
        st.markdown(found.said)
        components.prose(found.did, key="verdict_did")
        if found.missing:
            components.prose(found.missing, lead="What was missing:", key="verdict_missing")


def _turn(now: Tape, chart: Chart, update: int | None) -> tuple[components.Moment, ...]:
    """Where a chart shows that what was wanted turned, over the updates or over a metric."""
    if update is None or update not in now.updates:
        return ()
    at, where = float(update), f"update {update}"
    if chart.against:
        metric = MetricName(chart.against)
        at = now.columns[metric][now.updates.index(update)]
        where = f"{METRICS[metric].label} {at:.1f}"
    text = f"{where}: the pay keeps rising, what was wanted turns down"
    return (components.Moment(at, text),)


def _why(chapter: Chapter, outcome: Outcome, summary: Summary, press_id: str) -> None:
    _heading(WHY, "Why it happened")
    left, right = st.columns([1.25, 1], gap="large")
    now = tape.read(press_id)
    with left:
        for number, beat in enumerate(shown(outcome.explain, summary, (), outcome.id)):
            components.prose(beat.text, key=f"explain_{number}")
        for chart in chapter.charts[:2]:
            is_marked = chart is chapter.charts[0] or chart.against
            turns = _turn(now, chart, summary.turning_point) if is_marked else ()
            watch.curve(now, chart, turns, 230)
    with right:
        st.markdown("**The objective that ran**")
        for equation in chapter.equations_of(now.config.algorithm):
            st.markdown(f"*{equation.title}.* {equation.sentence}")
            st.latex(equation.latex)
            with st.expander(f"The code that ran: {equation.code.split('#')[1]}"):
                st.code(source_of(equation.code), language="python", wrap_lines=True)
        st.markdown("**In the library**")
        library_links.of_chapter(chapter)


def _decide(learner: str, chapter: Chapter, state: ChapterState, press_id: str) -> None:
    _heading(QUESTION, chapter.lab.decide if state.lab_view else chapter.decide.question)
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
                args=(learner, chapter, option.id, press_id),
            )


@told
def _choose(learner: str, chapter: Chapter, option_id: str, press_id: str) -> None:
    state = folder.state_of(learner, chapter)
    summary = live.summary_of_press(chapter, press_id)
    if summary is None:
        return
    written = shell.as_written(chapter.id)
    entry = decision_entry(written, option_id, state.last_outcome, summary)
    happened = [*folder.entries_of(learner), entry]
    ending = ending_after(chapter, option_id, state.last_outcome, happened)
    decided = moves.decide(
        chapter, moves.to_decision(state), option_id, ending.id if ending else "", press_id
    )
    folder.record(learner, entry)
    folder.keep(learner, decided)
    stops.show(chapter.id, "Decide")


def _chosen(chapter: Chapter, state: ChapterState) -> Choice:
    assert state.decision
    return next(o for o in chapter.decide.options if o.id == state.decision.option)


def _decided(learner: str, chapter: Chapter, state: ChapterState, summary: Summary) -> None:
    assert state.decision
    choice = _chosen(chapter, state)
    reply = reply_to(chapter, state.decision.option, state.decision.outcome)
    # A decision was made about one run; its reply goes on speaking of that one.
    press_id = state.decision.press or state.last_press
    then = live.summary_of_press(chapter, press_id) or summary
    _heading(REPLY, f"You decided: {choice.title}")
    left, right = st.columns([1.5, 1], gap="large")
    with left:
        _whose(chapter, state, press_id)
        beats = shown(reply.beats, then, folder.facts_of(learner), state.decision.outcome)
        components.scene(
            beats=[components.Beat(beat.text, beat.who) for beat in beats], key="reply_scene"
        )
        key = (chapter.id, "decision", "decision")
        for effect in really(effects_of(reply, then), folder.entries_of(learner), key):
            _effect(effect)
        finale.show(learner, chapter, state, then)
    with right:
        for asked in chapter.check:
            if asked.when == "post":
                asks.question(learner, chapter, state, asked)
        _next(learner, chapter, state)


def _whose(chapter: Chapter, state: ChapterState, press_id: str) -> None:
    """Of which run the reply speaks, where the page above is about another one."""
    assert state.decision
    decided, newest = live.status(press_id), live.status(state.last_press or press_id)
    if (decided.address, decided.updates_done) == (newest.address, newest.updates_done):
        return
    ended = chapter.outcome(state.decision.outcome).title
    then, now = run_names.spoken(decided.address), run_names.spoken(newest.address)
    left = (
        "what is left to do is listed under “Still open on this floor”."
        if moves.missing(chapter, state)
        else "the chapter is mastered."
    )
    st.markdown(
        f"**Decided after run `{then}`, “{ended}”.** The reply and its figures are about that run, "
        f"and not about run `{now}` above: a decision is made once, and Lumen acted on it. "
        f"Run `{now}` counts all the same, and {left}"
    )


def _next(learner: str, chapter: Chapter, state: ChapterState) -> None:
    catalogue = shell.catalogue()
    states = moves.of_today(catalogue.chapters, folder.states(learner))
    following = catalogue.following(chapter.id, states)
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
                stops.open_chapter(following.id)
        compare_link(chapter, state)
        st.page_link("pages/story.py", label="To the story map")
        if chapter.endings:
            st.page_link("pages/record.py", label="Your record, with certificate and report")


def compare_link(chapter: Chapter, state: ChapterState) -> None:
    """On the floor of teachers: a way to what other methods make of the same tokens."""
    if chapter.level != COMPARED_FROM or not state.last_press:
        return
    algorithm = live.status(state.last_press).config.algorithm
    if algorithm in methods():
        st.page_link(
            lab_form.COMPARE_PAGE,
            label="Compare it with other methods",
            query_params=around(algorithm).as_query(),
        )


def _bottom(learner: str, chapter: Chapter, state: ChapterState) -> None:
    def buttons() -> None:
        st.button("Train again", key="again", on_click=live.back_to_tune, args=(learner, chapter))

    transport.bar(
        buttons,
        "finished",
        text=f"outcome: {chapter.outcome(state.last_outcome).title}",
        progress=None,
    )
