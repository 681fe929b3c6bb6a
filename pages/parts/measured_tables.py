"""What a method does over seeds with other settings, beside what its paper reports."""

from statistics import fmean

import streamlit as st

from curriculum.errors import ChapterError
from curriculum.figures import number
from curriculum.side_by_side import (
    Column,
    Measured,
    SideBySide,
    Way,
    better_on,
    load_measured,
    load_table,
    names,
)
from engine.spec import Algorithm
from pages.parts import components, shell


def show(algorithm: Algorithm) -> None:
    """Every table that stands on the page of an algorithm; a broken one is named."""
    for name in names():
        try:
            table = load_table(name)
        except ChapterError as broken:
            shell.trouble(f"The table {name} cannot be read. {broken.problems[0]}")
            continue
        if algorithm.name in table.methods:
            _table(name, table)


def _table(name: str, table: SideBySide) -> None:
    st.header(table.title, anchor=False)
    for place, paragraph in enumerate(table.text):
        components.prose(paragraph, key=f"{name}_{place}")
    kept = {way.id: load_measured(name, table, way) for way in table.rows}
    rows = [_row(table, way, kept) for way in table.rows]
    head = ["", "In the paper", *(column.label for column in table.columns)]
    head += [table.judged.label] if table.judged else []
    components.rows_table(
        head,
        rows,
        numeric=range(2, len(head)),
        caption=table.title,
        key=f"table_{name}",
    )
    st.caption(
        f"Means over seeds 0 to {table.seeds - 1}, in brackets the least and the most. At the end: "
        f"of the last {table.last_updates} updates. `python -m curriculum measure {name}` measures "
        "it anew."
    )


def _row(table: SideBySide, way: Way, kept: dict[str, Measured | None]) -> list[str]:
    """One row as texts; a dash where nothing was measured."""
    own, width = kept[way.id], len(table.columns) + bool(table.judged)
    if own is None:
        return [way.label, way.paper, *["–"] * width]
    pairs = zip(table.columns, own.figures, strict=True)
    cells = [_cell(column, figures) for column, figures in pairs]
    if table.judged:
        other = kept[table.judged.than]
        is_other = way.id != table.judged.than and other is not None
        better = better_on(table, table.judged, own, other) if other and is_other else None
        cells.append("–" if better is None else f"on {better} of {table.seeds}")
    return [way.label, way.paper, *cells]


def _cell(column: Column, figures: tuple[float, ...]) -> str:
    mean, least, most = (
        number(one, column.format) for one in (fmean(figures), min(figures), max(figures))
    )
    return mean if least == most else f"{mean} ({least} to {most})"
