"""Methods side by side: one task, one budget of tokens, several seeds, live and from the record."""

import streamlit as st

from backend import comparisons
from backend.comparisons import Standing
from backend.errors import BackendError
from curriculum.comparison import Comparison, ComparisonError, checked, from_query, named
from pages.parts import compare_credit, compare_curves, compare_form, components, session, shell
from pages.parts.refusals import red, told

TICK_SECONDS = 1.5
MOST_EARLIER = 8
LAST = "compare_last"  # the address of the comparison that was looked at last in this tab


def show() -> None:
    """The form above; below it what is recorded of the comparison that the address names."""
    learner = shell.learner_id()
    components.chapter_head("Compare methods", eyebrow="One task, one budget, several seeds")
    if not st.query_params.to_dict() and session.value_of(LAST):
        st.query_params.from_dict(session.value_of(LAST))
    query = st.query_params.to_dict()
    given: Comparison | None = None
    try:
        given = checked(from_query(query)) if query else None
    except ComparisonError as refusal:
        shell.trouble(f"This address names no comparison. {refusal}")
    with st.container(border=True, gap="small"):
        wanted = compare_form.draw(given or Comparison())
        with st.container(horizontal=True, gap="small"):
            is_wanted = st.button(
                "Compare", key="go_compare", type="primary", icon=":material/play_arrow:"
            )
            every = compare_form.every(wanted)
            is_full = st.button(
                f"All {len(every.methods)} methods, {every.seeds} seeds",
                key="compare_full",
                help=f"{len(every.methods) * every.seeds} runs of {every.budget} tokens each, "
                "on the task and the reward above.",
            )
        if is_wanted or is_full:
            _begin(learner, every if is_full else wanted)
    _earlier(learner, given)
    if given is None:
        st.caption(
            "Every method learns from its own replies to the same questions until the budget is "
            "used up. Nothing is drawn that was not run."
        )
        return
    session.set_value(LAST, query)
    now = comparisons.standings(learner, given)
    is_on = not _is_over(now)
    waits = is_on or compare_curves.is_examining(given, now)
    shell.ticking(_panel, TICK_SECONDS if waits else None)(learner, given, now, waits)
    if not is_on or _has_first_seed(now):
        compare_credit.panel(given, now)


def _begin(learner: str, wanted: Comparison) -> None:
    """Have the runs made, and let the address name them; say what is wrong if they cannot be."""
    try:
        comparison = compare_form.check(wanted)
        comparisons.begin(learner, comparison)
    except (ComparisonError, BackendError) as refusal:
        red(refusal)
        return
    st.query_params.from_dict(comparison.as_query())
    st.rerun()


def _earlier(learner: str, now: Comparison | None) -> None:
    """What this learner has compared before, to go back to."""
    others = [one for one in comparisons.begun_by(learner) if one != now][:MOST_EARLIER]
    if not others:
        return
    with st.expander(f"Compared before: {len(others)}"):
        for place, one in enumerate(others):
            st.button(
                named(one),
                key=f"compare_earlier_{place}",
                type="tertiary",
                on_click=st.query_params.from_dict,
                args=(one.as_query(),),
            )


def _is_over(now: list[Standing]) -> bool:
    """Whether nothing is being computed."""
    return all(one.is_over or one.progress in ("missing", "resting") for one in now)


def _has_first_seed(now: list[Standing]) -> bool:
    """Whether every method has one run whose updates can be looked at, as it will stay."""
    return all(one.is_over for one in now if one.seed == 1)


def _panel(learner: str, comparison: Comparison, before: list[Standing], waited: bool) -> None:
    now, was_on = comparisons.standings(learner, comparison), not _is_over(before)
    if was_on and (_is_over(now), _has_first_seed(now)) != (False, _has_first_seed(before)):
        st.rerun()  # What stands around this panel changes.
    if waited and not was_on and not compare_curves.is_examining(comparison, now):
        st.rerun()  # Nothing more will come.
    _line(now, comparison, was_on)
    for sentence in dict.fromkeys(one.problem for one in now if one.problem):
        shell.trouble(sentence)
    compare_curves.panel(comparison, now)


def _line(now: list[Standing], comparison: Comparison, is_on: bool) -> None:
    over = sum(one.is_over for one in now)
    used = sum(1.0 if one.is_over else min(1.0, one.work / comparison.budget) for one in now)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if is_on:
            st.button("Stop them all", icon=":material/stop:", on_click=_stop, args=(now,))
        with st.container(width="stretch"):
            state: components.RunState = "stopped"
            if is_on or over == len(now):
                state = "running" if is_on else "finished"
            elif not any(one.updates for one in now):
                state = "idle"
            components.run_line(
                state,
                text=f"{over} of {len(now)} runs are over",
                more=f", {len(now) - over} to come" if is_on else "",
                progress=used / len(now),
                key="compare_line",
            )
    if not is_on and over < len(now):
        st.caption("Press Compare to have the missing runs made. What is recorded is kept.")


@told
def _stop(now: list[Standing]) -> None:
    comparisons.stop(now)
