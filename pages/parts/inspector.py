"""Inside the update just made: one token, pair, step or press, number by number, to its end."""

import streamlit as st

from curriculum.equations import code_of, file_of
from curriculum.errors import ChapterError
from curriculum.inspection import Link, Piece, Whole, digits, is_open, links_of, loss_of, wholes_of
from curriculum.methods import Method
from curriculum.sources import source_of
from engine.algorithms import ALGORITHMS
from engine.numerics import Quantity
from engine.scenes import OpenScene
from engine.spec import Algorithm
from pages.parts import components, session, shell
from pages.parts.tape import Tape

OPEN, WHOLE, PIECE, LINK = "inspect_open", "inspect_whole", "inspect_piece", "inspect_link"
LONGEST_NAME = 60  # characters of a reply in the list
VISIBLE = 0.01  # of a number: what rounding may hide of it before that is said


def panel(tape: Tape) -> None:
    """Closed until a learner opens it; nothing is drawn for an update without numbers."""
    update = tape.update
    if update is None or not is_open(update):
        return
    opened = st.toggle(
        "Look inside this update, in slow motion",
        key=OPEN,
        help="Every number on the way to a loss or to a new guess, and the code that computed it.",
    )
    if not opened:
        return
    with st.container(border=True, gap="small"):
        st.subheader(f"Inside update {update.update}", anchor=False)
        if tape.state == "running":
            st.caption("The run goes on, and so do these numbers. Pause it to read them in peace.")
        algorithm = ALGORITHMS[tape.config.algorithm]
        method = _method(algorithm)
        wholes = wholes_of(update, tape.config)
        piece = _chosen(wholes, isinstance(update.scene, OpenScene))
        links = links_of(piece, algorithm, method, tape.config)
        _chain(algorithm, links, loss_of(method))


def _method(algorithm: Algorithm) -> Method | None:
    """What is written of it; without that every number is still shown as it is."""
    try:
        return shell.method(algorithm.name)
    except ChapterError:
        return None


def _chosen(wholes: tuple[Whole, ...], is_in_turn: bool) -> Piece:
    """The token, step or press that the learner looks at; the first one at first."""
    whole = wholes[0]
    if len(wholes) > 1:
        row = st.selectbox(
            "Reply",
            range(len(wholes)),
            _within(WHOLE, len(wholes)),
            format_func=lambda row: _short(wholes[row].name),
            key=WHOLE,
        )
        whole = wholes[row]
    count = len(whole.pieces)
    if count == 1:
        return whole.pieces[0]
    if is_in_turn:
        place = st.select_slider(
            whole.name,
            range(count),
            _within(PIECE, count),
            format_func=lambda place: whole.pieces[place].name,
            key=PIECE,
        )
        return whole.pieces[place]
    index = st.pills(
        "Token",
        range(count),
        format_func=lambda index: whole.pieces[index].name,
        required=True,
        default=_within(PIECE, count),
        key=PIECE,
    )
    return whole.pieces[index or 0]


def _within(key: str, count: int) -> int:
    """A choice that is a number below `count`; what is out of reach begins anew."""
    chosen = session.value_of(key)
    if isinstance(chosen, int) and 0 <= chosen < count:
        return chosen
    session.set_value(key, 0)
    return 0


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _chain(algorithm: Algorithm, links: tuple[Link, ...], loss: str) -> None:
    """The numbers so far on the left, the one that is looked at on the right: first the loss."""
    last = len(links) - 1
    if session.value_of(LINK) not in range(len(links)):
        names = [link.quantity.name for link in links]
        session.set_value(LINK, names.index(loss) if loss in names else last)
    now = int(session.value_of(LINK))
    components.slow_motion(_steps(links), now, on_step=_go, key="inspect_motion")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.selectbox(
            "Number",
            range(len(links)),
            now,
            format_func=lambda index: f"{index + 1}. {links[index].quantity.label}",
            key=LINK,
            width=360,
        )
        st.button("From the first", on_click=_go, args=(0,), disabled=not now)
        st.button("Back", on_click=_go, args=(now - 1,), disabled=not now)
        st.button("Next", on_click=_go, args=(now + 1,), disabled=now == last)
    with st.container(key="phone_first_number"):
        right, left = st.columns([1.4, 1], gap="large")
    with right:
        _link(algorithm, links[now])
    with left:
        components.rows_table(
            ["So far", "Value"],
            [[link.quantity.label, digits(link.value)] for link in links[: now + 1]],
            numeric=[1],
            caption="The numbers up to this one",
            key="inspect_rows",
        )


def _steps(links: tuple[Link, ...]) -> list[components.MotionStep]:
    """Every number with the places of those that it is made of."""
    names = [link.quantity.name for link in links]
    return [
        components.MotionStep(
            link.quantity.label,
            digits(link.value),
            tuple(names.index(name) for name in link.needs if name in names[:place]),
        )
        for place, link in enumerate(links)
    ]


def _go(index: int) -> None:
    """For callbacks: the list of numbers shows this one."""
    session.set_value(LINK, index)


def _link(algorithm: Algorithm, link: Link) -> None:
    """One number: what it is, its equation, the same in numbers, and the code."""
    quantity = link.quantity
    st.markdown(f"**{quantity.label}: {digits(link.value)}**  \n{quantity.meaning}")
    if quantity.symbol:
        st.latex(_equation(quantity, link.equation))
    if link.filled:
        st.code(f"{link.filled}\n= {_outcome(link)}", language=None, wrap_lines=True)
    if link.number:
        pieces = code_of(file_of(algorithm), link.number)
        st.code("\n…\n".join(piece.text for piece in pieces), language="python", wrap_lines=True)
        st.caption(f"{file_of(algorithm)}, equation ({link.number})")
    elif link.code:
        st.code(source_of(link.code), language="python", wrap_lines=True)
        st.caption(link.code.replace("#", ", "))
    elif not link.filled:
        st.caption("This number is given: nothing that is shown here leads to it.")


def _outcome(link: Link) -> str:
    """What the numbers come to, and what more digits than are shown come to if that is far off."""
    shown = link.value if link.combined is None else link.combined
    if abs(shown - link.value) <= VISIBLE * abs(link.value):
        return digits(link.value)
    return f"{digits(shown)} with these digits, {digits(link.value)} with all of them"


def _equation(quantity: Quantity, equation: str) -> str:
    return f"{quantity.symbol} = {equation}" if equation else quantity.symbol
