"""The learner's record: what was reached and how, papers to take away, runs, and deletion."""

import streamlit as st

from backend import runs
from backend.arcs import small_curve
from curriculum.arc import ending_in
from curriculum.catalogue import Catalogue
from curriculum.epilogue import StoryEnding
from curriculum.predictions import SURE
from curriculum.report import curve_metric
from curriculum.rules import outcome_of, tells_of
from curriculum.schema import Chapter
from curriculum.state import ChapterState, mastered, migrated
from engine.metrics import METRICS
from engine.worlds import WORLDS
from pages.parts import (
    components,
    export,
    folder,
    lab_spread,
    live,
    record_files,
    run_names,
    session,
    shell,
    telling,
)
from pages.parts import tape as tapes

LAB_PAGE = "pages/lab.py"
SHOWN = "record_runs"
AT_ONCE = 6  # runs of the gallery, and how many more a click adds
ACROSS = 3
MOST_COMPARED = 1 + len(lab_spread.OTHERS)
MASTERED = (
    "A chapter is mastered when a run has reached its goal and you have decided for a good reason, "
    "or have given that reason in the closing question. A certificate lists runs: for it, the goal "
    "alone is enough."
)


def show() -> None:
    """From top to bottom."""
    learner, catalogue = shell.learner_id(), shell.catalogue()
    states = folder.states(learner)
    components.chapter_head(
        "Your record",
        eyebrow="What was reached, and how",
        meters=folder.drawn_meters(learner),
    )
    _reached(catalogue, states)
    record_files.certificate(learner, catalogue, states)
    record_files.report(learner, catalogue)
    _gallery(learner, catalogue)
    record_files.delete(learner)


def _reached(catalogue: Catalogue, states: dict[str, ChapterState]) -> None:
    begun = [one for one in catalogue.chapters if one.id in states]
    states = {one.id: migrated(one, states[one.id]) for one in begun}
    done = sum(mastered(one, states[one.id]) for one in begun)
    st.header("What was reached", anchor=False)
    if not begun:
        st.markdown(
            "No chapter was begun yet. What you reach is listed here from the first run on."
        )
        return
    st.markdown(f"{done} of {len(catalogue.chapters)} chapters mastered, {len(begun)} begun.")
    components.rows_table(
        ["Chapter", "State", "Endings reached", "Prediction", "Decision", "Runs"],
        [_row(one, states[one.id]) for one in begun],
        numeric=(5,),
        stacked=True,
        caption="Chapters that were begun",
        key="record_reached",
    )
    st.caption(MASTERED)


def _row(chapter: Chapter, state: ChapterState) -> list[str]:
    reached = [one.title for one in chapter.outcomes if one.id in state.outcomes]
    said, decided = state.prediction, state.decision
    predictions = {option.id: option.label for option in chapter.predict.options}
    choices = {option.id: option.title for option in chapter.decide.options}
    sure = SURE[said.confidence].removeprefix("You ") if said else ""
    return [
        chapter.title,
        "Mastered" if mastered(chapter, state) else "Begun",
        "; ".join(reached) or "none yet",
        f"{predictions.get(said.option, said.option)} (you {sure.rstrip('.')})" if said else "none",
        _decided(choices.get(decided.option, decided.option), ending_in(chapter, state))
        if decided
        else "none yet",
        str(len(state.press_ids)),
    ]


def _decided(choice: str, ending: StoryEnding | None) -> str:
    return f"{choice}. How it ended: “{ending.title}”" if ending else choice


def _gallery(learner: str, catalogue: Catalogue) -> None:
    st.header("Your runs", anchor=False)
    mine = [row for row in runs.runs_of(learner) if row.updates_done or row.state == "failed"]
    if not mine:
        st.markdown("No run yet. Each one is kept here with its curve and its link.")
        return
    chapters = {chapter.id: chapter for chapter in catalogue.chapters}
    _compare([row for row in mine if session.value_of(_box(row), False)])
    count = int(session.value_of(SHOWN, AT_ONCE))
    for first in range(0, min(count, len(mine)), ACROSS):
        columns = st.columns(ACROSS, gap="medium")
        for column, row in zip(columns, mine[first : min(first + ACROSS, count)], strict=False):
            with column.container(border=True, gap="small"):
                _card(row, chapters.get(row.chapter_id or ""))
    if count < len(mine):
        st.button(
            f"Show more of your {len(mine)} runs",
            on_click=lambda: session.set_value(SHOWN, count + AT_ONCE),
        )


def _box(row: runs.RunSummaryRow) -> str:
    """The key of the box that chooses a run to be compared."""
    return f"pick_{row.address}"


def _compare(chosen: list[runs.RunSummaryRow]) -> None:
    """The chosen runs side by side in the Lab, the newest as run A."""
    worlds = {row.config.world.world for row in chosen}
    is_possible = 2 <= len(chosen) <= MOST_COMPARED and len(worlds) == 1
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        # A link, since the history gets a step more where `st.switch_page` is handed an address.
        first, *others = [row.address for row in chosen] if is_possible else [""]
        st.page_link(
            LAB_PAGE,
            label="Compare the chosen runs",
            icon=":material/compare:",
            disabled=not is_possible,
            query_params=run_names.query(first, others) if is_possible else None,
        )
        st.caption(
            f"Choose two or three runs of one world below; {len(chosen)} chosen"
            + (f", of {len(worlds)} worlds." if len(worlds) > 1 else ".")
        )


def _card(row: runs.RunSummaryRow, chapter: Chapter | None) -> None:
    """One run: where it belongs, how it ended, its curve, and what can be done with it."""
    name = run_names.spoken(row.address)
    st.markdown(
        f"**{chapter.title if chapter else telling.retold(WORLDS[row.config.world.world].title)}**"
    )
    st.caption(f"Run {name}, seed {row.config.seed}. {_ended(row, chapter)}")
    if row.state == "failed":
        st.caption(_trouble(row))
    if chapter:
        _curve(row, chapter)
    else:
        st.markdown(f"`{telling.coded(row.config.reward)}`")
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        query = run_names.query(row.address)
        if row.updates_done:
            st.checkbox("Compare", key=_box(row))
        st.page_link(LAB_PAGE, label="Open", query_params=query)
        with st.popover("Share"):
            st.code(export.link_of(row.address), language=None, wrap_lines=True)
            st.caption("The link opens this very run for anybody who can reach this server.")


def _ended(row: runs.RunSummaryRow, chapter: Chapter | None) -> str:
    """In which ending of its chapter a run ended, or how far it came."""
    made = f"{row.updates_done} of {row.config.planned_updates} updates."
    if row.state in tapes.LIVE:
        return f"On, {made}"
    if chapter and row.updates_done:
        last = chapter.experiment.last_updates
        summary = live.summary_of(row.address, last, row.updates_done)
        if summary.finished or (summary.ending and tells_of(chapter, summary.ending)):
            return f"Ended in “{outcome_of(chapter, summary).title}”."
    return made if row.state == "finished" else f"{row.state.capitalize()} after {made}"


def _trouble(row: runs.RunSummaryRow) -> str:
    """Why a run could not go on, what to do, and that a chapter's budget paid nothing for it."""
    view = runs.look(row.press_id, row.updates_done)  # what comes after its last update
    paid = "It cost nothing." if row.chapter_id else ""
    return " ".join(part for part in (view.problem, view.remedy, paid) if part)


def _curve(row: runs.RunSummaryRow, chapter: Chapter) -> None:
    metric = METRICS[curve_metric(chapter)]
    values = _points(row.address, chapter.id, row.updates_done)
    if not values:
        return
    step = row.updates_done / max(1, len(values) - 1)
    components.curves(
        metric.label,
        series=[
            components.Series(
                metric.label,
                "proxy" if metric.role == "proxy" else "true",
                [round(place * step) for place in range(len(values))],
                values,
                label="",
            )
        ],
        x_range=(0, max(1, row.updates_done)),
        x_title=None,
        run=row.address,
        height=90,
        percent=metric.percent,
        file=export.name_of(row.address),
        alt=f"{metric.label} over the run, from {values[0]:.3g} to {values[-1]:.3g}",
        key=f"curve_{row.address}",
    )


@st.cache_data(max_entries=256, show_spinner=False)
def _points(address: str, chapter_id: str, updates: int) -> list[float]:
    """A small curve; what is recorded never changes."""
    return list(small_curve(address, shell.catalogue().chapter(chapter_id), updates))
