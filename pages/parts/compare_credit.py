"""Who got the blame: one reply of an update, token by token, as every method saw it."""

from collections.abc import Mapping, Sequence

import streamlit as st

from backend import comparisons
from backend.comparisons import Standing
from curriculum.budget_curves import updates_within
from curriculum.comparison import Comparison, title_of
from curriculum.token_credit import (
    IN_SHORT,
    TokenCredit,
    change_of,
    credit_of,
    is_mixed,
    most_telling,
    strongest,
    verdict_of,
)
from engine.algorithms import ALGORITHMS
from engine.scenes import Reply, SpeechScene
from pages.parts import components as draw
from pages.parts import session
from pages.parts.compare_curves import traces_of
from pages.parts.telling import reply as reply_as_told

GIVEN, DONE = "Credit given", "Change made"
WORDS = {GIVEN: ("praised", "blamed"), DONE: ("raised", "lowered")}  # above zero, and below
NO_WORDS = {GIVEN: "No token is praised or blamed.", DONE: "No token became likelier or less so."}
NOTHING_TO_COMPARE = (
    "Where all were paid the same, pay tells no reply from another: GRPO, for one, then gives "
    "every token 0."
)
ABOUT, UPDATE, REPLY = "compare_blame", "compare_update", "compare_reply"
Groups = dict[str, tuple[Reply, ...]]


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
    paid = {m: _paid(one.address, most) for m, one in first.items() if last.get(m)}
    telling, mixed = most_telling(paid, most)
    _begin_with(comparison, paid, telling)
    session.set_value(UPDATE, min(int(session.value_of(UPDATE, telling)), most))
    left, middle, right = st.columns([1.4, 1, 1], gap="medium")
    with left:
        update = st.slider("Update", 1, most, key=UPDATE) if most > 1 else 1
    groups = {m: _spoken(one.address, update) for m, one in first.items() if last.get(m)}
    count = min((len(group) for group in groups.values()), default=0)
    if not count:
        return
    with middle:
        number = st.segmented_control(
            "Reply",
            range(count),
            required=True,
            format_func=lambda place: str(place + 1),
            key=REPLY,
        )
    with right:
        shown = st.segmented_control(
            "Shown", (GIVEN, DONE), default=GIVEN, required=True, key="compare_shown"
        )
    st.caption(where_it_begins(telling, mixed, len(paid)))
    place, kind = min(number or 0, count - 1), str(shown or GIVEN)
    same = len({(group[place].question, group[place].tokens) for group in groups.values()}) == 1
    draw.heat_table(
        _rows(groups, place, kind),
        title=f"Update {update}, reply {place + 1}, seed 1",
        note=_note(same, kind == DONE),
        key_words=("likelier now", "less likely") if kind == DONE else ("praised", "blamed"),
        key="compare_heat",
    )


def _begin_with(
    comparison: Comparison, paid: Mapping[str, Sequence[Sequence[float]]], telling: int
) -> None:
    """Another comparison begins where most can be seen: at a reply that was paid least."""
    if session.value_of(ABOUT) == (comparison, telling):
        return
    session.set_value(ABOUT, (comparison, telling))
    session.set_value(UPDATE, telling)
    group = next((one[telling - 1] for one in paid.values() if is_mixed(one[telling - 1])), [0.0])
    session.set_value(REPLY, list(group).index(min(group)))


def where_it_begins(update: int, mixed: int, methods: int) -> str:
    """Why the first look falls on an update, and what no pay can tell there.

    mixed: how many of the methods that are shown have a group that was paid differently.
    """
    if not mixed:
        return (
            "In no update was a group paid differently: rewards had nothing to tell apart in the "
            "groups that are kept, one of every update."
        )
    if mixed == methods:
        told = f"It begins at update {update}, the first in which every method shown"
    elif mixed == 1:
        told = f"It begins at update {update}, the first in which a method"
    else:
        told = f"It begins at update {update}, the first in which {mixed} of {methods} methods"
    has = "have" if 1 < mixed < methods else "has"
    told = f"{told} {has} a group of replies that were not all paid the same."
    return told if mixed == methods else f"{told} {NOTHING_TO_COMPARE}"


def _note(same: bool, is_change: bool) -> str:
    whose = (
        "All methods saw this very reply."
        if same
        else "By now every method has its own replies to the same questions."
    )
    if is_change:
        return (
            f"{whose} The number is by how many nats the update changed the log-probability of "
            "the token, over all replies of its batch together. One scale for all rows."
        )
    return (
        f"{whose} The number below a token is its credit. Methods count in different units, so "
        "every row has its own scale: full colour is the strongest credit in this group."
    )


def _spoken(address: str, update: int) -> tuple[Reply, ...]:
    """What was said in a group, in the words in which the story is told."""
    return tuple(map(reply_as_told, _group(address, update)))


@st.cache_data(max_entries=256, show_spinner=False)
def _group(address: str, update: int) -> tuple[Reply, ...]:
    """The replies to one question that an update learnt from."""
    event = comparisons.update_of(address, update)
    scene = event.scene if event else None
    return scene.group if isinstance(scene, SpeechScene) else ()


@st.cache_data(max_entries=256, show_spinner=False)
def _paid(address: str, updates: int) -> list[list[float]]:
    return comparisons.paid(address, updates)


def _rows(groups: Groups, place: int, kind: str) -> list[draw.HeatRow]:
    if kind == DONE:
        changes = {m: [change_of(reply) for reply in group] for m, group in groups.items()}
        full = strongest([one for of_group in changes.values() for one in of_group])
        return [_row(m, group, place, changes[m][place], full, kind) for m, group in groups.items()]
    rows: list[draw.HeatRow] = []
    for method, group in groups.items():
        credits = [credit_of(reply, ALGORITHMS[method]) for reply in group]
        own = credits[place]
        alike = [one for one in credits if one.meaning == own.meaning]
        rows.append(_row(method, group, place, own, strongest(alike), kind))
    return rows


def _row(
    method: str, group: Sequence[Reply], place: int, credit: TokenCredit, full: float, kind: str
) -> draw.HeatRow:
    reply = group[place]
    meaning = [] if kind == DONE else [IN_SHORT.get(method, ""), credit.meaning]
    return draw.HeatRow(
        name=title_of(method),
        asked=reply.question,
        tokens=credit.tokens,
        values=credit.values,
        reward=reply.reward,
        full=full,
        verdict=verdict_of(credit, WORDS[kind]) or NO_WORDS[kind],
        meaning=" ".join(filter(None, [*meaning, _silence(group)])),
    )


def _silence(group: Sequence[Reply]) -> str:
    """Said where the rewards of a group cannot tell its replies apart."""
    is_silent = not is_mixed([reply.reward for reply in group])
    return "All replies of its group were paid the same." if is_silent else ""
