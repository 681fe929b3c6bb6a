"""Take a run away: a link that rebuilds it, and its figures as CSV and JSON."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import streamlit as st

from backend import exports, runs
from backend.recorder import Event
from engine.events import RunStarted, UpdateCompleted
from pages.parts import run_names
from pages.parts.tape import Tape

PAGES = ("/chapter", "/lab", "/glossary", "/method", "/compare", "/record", "/story")


def link_of(address: str, beside: Sequence[str] = ()) -> str:
    """The address in this app at which everybody finds the run, and others beside it."""
    return lab_link(run_names.query(address, beside))


def root() -> str:
    """The address of this app, whichever of its pages is open."""
    base = (st.context.url or "").split("?")[0].rstrip("/")
    return base.rsplit("/", 1)[0] if base.endswith(PAGES) else base


def lab_link(parameters: Mapping[str, str]) -> str:
    """An address of the Lab in this app."""
    return f"{root()}/lab?{urlencode(parameters, safe=':,')}"


def name_of(address: str) -> str:
    """What files about a run are called, without their ending."""
    return f"run-{run_names.found(address)}"


def seen_events(now: Tape) -> list[Event]:
    """The events that this learner has seen; a run may have gone on for others."""
    is_over = now.state in ("finished", "failed")
    return [
        event
        for event in runs.events_of(now.address)
        if is_over
        or isinstance(event, RunStarted)
        or (isinstance(event, UpdateCompleted) and event.update <= now.done)
    ]


def panel(now: Tape, beside: Sequence[str] = ()) -> None:
    """Copy the link, or download the figures; beside: addresses of runs that are compared."""
    with st.container(border=True, gap="small"):
        st.markdown("**Take it with you**")
        st.code(link_of(now.address, beside), language=None, wrap_lines=True)
        which = "these very runs, side by side," if beside else "this very run"
        st.caption(f"The link opens {which} for anybody who can reach this server.")
        with st.container(horizontal=True):
            name = name_of(now.address)
            st.download_button(
                "CSV",
                lambda: exports.csv_of(seen_events(now)),
                file_name=f"{name}.csv",
                mime="text/csv",
                on_click="ignore",
            )
            st.download_button(
                "JSON",
                lambda: exports.json_of(runs.record_of(now.address), seen_events(now)),
                file_name=f"{name}.json",
                mime="application/json",
                on_click="ignore",
            )
            script = exports.trl_script_of(now.config)
            if script:
                st.download_button(
                    "The same in TRL",
                    script,
                    file_name=f"{name}-in-trl.py",
                    mime="text/x-python",
                    on_click="ignore",
                    help="A short script with these settings for TRL, the library. Run it in the "
                    "folder of Pip School.",
                )
