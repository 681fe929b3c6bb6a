"""Who got the blame: one reply of an update, token by token, as every method saw it."""

from collections.abc import Sequence

import streamlit as st

from backend import comparisons
from backend.comparisons import Standing
from curriculum.budget_curves import updates_within
from curriculum.comparison import Comparison, title_of
from curriculum.token_credit import change_of, credit_of
from engine.algorithms import ALGORITHMS
from engine.scenes import Reply, SpeechScene
from pages.parts import components as draw
from pages.parts.compare_curves import traces_of

GIVEN, DONE = "The credit it was given", "What the update changed"


def panel(comparison: Comparison, now: Sequence[Standing]) -> None:
    """The replies of one update, a row for each method; nothing before the first update."""
    first = {one.method: one for one in now if one.seed == 1 and one.updates}
    if not first:
        return
    st.header("Who got the blame", anchor=False)
    traces = traces_of(list(first.values()))
    last = {
        method: updates_within(own[0].axes["work"], comparison.budget)
        for method, own in traces.items()
        if own
    }
    most = min((count for count in last.values() if count), default=0)
    if most < 1:
        return
    left, middle, right = st.columns(3, gap="medium")
    with left:
        update = st.slider("Update", 1, most, 1, key="compare_update") if most > 1 else 1
    groups = {
        method: _group(one.address, update) for method, one in first.items() if last.get(method)
    }
    count = min((len(group) for group in groups.values()), default=0)
    if not count:
        return
    with middle:
        number = st.segmented_control(
            "Reply",
            range(count),
            default=0,
            required=True,
            format_func=lambda place: str(place + 1),
            key="compare_reply",
        )
    with right:
        shown = st.segmented_control(
            "Shown", (GIVEN, DONE), default=GIVEN, required=True, key="compare_shown"
        )
    place = number or 0
    rows = [_row(method, group, place, shown == DONE) for method, group in groups.items()]
    same = len({(group[place].question, group[place].tokens) for group in groups.values()}) == 1
    draw.heat_table(
        rows,
        title=f"Update {update}, reply {place + 1}, seed 1",
        note=_note(same, shown == DONE),
        key_words=("likelier now", "less likely") if shown == DONE else ("wanted more", "less"),
        key="compare_heat",
    )


def _note(same: bool, is_change: bool) -> str:
    whose = (
        "All methods saw this very reply."
        if same
        else "By now every method has its own replies to the same questions."
    )
    if is_change:
        return (
            f"{whose} The number is by how many nats the update changed the log-probability of "
            "the token, over all replies of its batch together."
        )
    return (
        f"{whose} The number is the credit of the token: what a method gives for rewards is in "
        "deviations, or in reward, what a teacher says is in nats. Colours are of one "
        "scale."
    )


@st.cache_data(max_entries=256, show_spinner=False)
def _group(address: str, update: int) -> tuple[Reply, ...]:
    """The replies to one question that an update learnt from."""
    event = comparisons.update_of(address, update)
    scene = event.scene if event else None
    return scene.group if isinstance(scene, SpeechScene) else ()


def _row(method: str, group: Sequence[Reply], place: int, is_change: bool) -> draw.HeatRow:
    reply = group[place]
    credit = change_of(reply) if is_change else credit_of(reply, ALGORITHMS[method])
    return draw.HeatRow(
        name=title_of(method),
        asked=reply.question,
        tokens=credit.tokens,
        values=credit.values,
        reward=reply.reward,
        meaning=f"{credit.meaning} {_silence(group)}".strip(),
    )


def _silence(group: Sequence[Reply]) -> str:
    """Said where the rewards of a group cannot tell its replies apart."""
    is_silent = len({reply.reward for reply in group}) == 1
    return "All replies of its group were paid the same." if is_silent else ""
