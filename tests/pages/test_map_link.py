"""Maps in links: every map travels whole, and whatever else a link says ends in a sentence."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.drawn_maps import MOST_COLUMNS, MOST_ROWS, drawn_grid, paint_text, painted_amounts
from pages.parts import map_link
from pages.parts.components import Drawing
from pages.parts.map_link import MapLinkError


@st.composite
def drawings(draw: st.DrawFn) -> Drawing:
    """Any map that the engine takes, with any amounts."""
    rows, columns = draw(st.integers(1, MOST_ROWS)), draw(st.integers(1, MOST_COLUMNS))
    size = rows * columns
    signs = draw(st.lists(st.sampled_from("#.PC^v<>"), min_size=size, max_size=size))
    places = draw(st.permutations(range(size)))
    signs[places[0]] = "S"
    if size > 1 and draw(st.booleans()):
        signs[places[1]] = "G"
    text = "".join(signs)
    drawn = "/".join(text[row * columns : (row + 1) * columns] for row in range(rows))
    amount = st.integers(-(10**9), 10**9) | st.integers(-(10**6), 10**6).map(lambda n: n / 1000)
    amounts = draw(st.dictionaries(st.integers(0, size - 1), amount.map(float), max_size=9))
    return Drawing(drawn, paint_text(painted_amounts(paint_text(amounts), size)))


@given(drawings())
def test_every_map_travels_whole(drawing: Drawing) -> None:
    found = map_link.link_of(drawing)
    assert map_link.drawing_of(found["map"], found.get("paint", "")) == drawing


@given(drawings())
def test_a_link_needs_no_escapes(drawing: Drawing) -> None:
    kept = set(string.ascii_letters + string.digits + "-_:.+")
    assert set("".join(map_link.link_of(drawing).values())) <= kept


MAP_LIKE = st.text("xoSGPCudlr0123456789-", max_size=80)


@given(st.text() | MAP_LIKE, st.text() | st.text("0123456789:_-.e", max_size=40))
def test_nonsense_ends_in_a_sentence_and_everything_else_in_a_map(text: str, paint: str) -> None:
    try:
        found = map_link.drawing_of(text, paint)
    except MapLinkError as refusal:
        sentence = str(refusal)
        assert sentence.startswith("The link holds no map") and sentence.endswith("below.")
        assert len(sentence) < 400
        assert not set(sentence) & set("![](<>*$")  # nothing that Markdown would draw
    else:
        grid = drawn_grid(found.drawn)
        painted_amounts(found.paint, grid.cell_count)
        again = map_link.link_of(found)
        assert map_link.drawing_of(again["map"], again.get("paint", "")) == found


def test_a_map_is_short_in_a_link() -> None:
    drawn = "/".join(["S" + "." * 23, *["." * 24] * 14, "." * 23 + "G"])
    assert map_link.link_of(Drawing(drawn, "25:-0.5 26:3")) == {
        "map": "S23o-" + "24o-" * 14 + "23oG",
        "paint": "25:-0.5_26:3",
    }


def test_an_arrow_tile_is_the_letter_of_its_action() -> None:
    found = map_link.link_of(Drawing("S>>v/^<<C"))
    assert found == {"map": "S2rd-u2lC"}
    assert map_link.drawing_of("S2rd-u2lC") == Drawing("S>>v/^<<C")


@pytest.mark.parametrize(
    "text, paint, said",
    [
        ("", "", "letters that no map has"),
        ("<script>alert(1)</script>", "", "letters that no map has"),
        ("S" * 7000, "", "far too long"),
        ("S99o", "", "1 to 24 cells"),
        ("S99r", "", "1 to 24 cells"),
        ("S>o", "", "letters that no map has"),
        ("0S", "", "1 to 24 cells"),
        ("3o", "", "no start"),
        ("SoS", "", "2 starts"),
        ("So-G", "", "equally long"),
        ("-".join(["S"] + ["o"] * 16), "", "at most 16 rows"),
        ("SoG", "9:1", "not on the map"),
        ("SoG", "1:1e12", "too much"),
        ("SoG", "1:nan", "letters that no amount has"),
        ("SoG", "1:1_`![](https://example.com/x.png)", "letters that no amount has"),
        ("SoG", "1-1", "no painted cell"),
        ("SoG", "1:1_1:2", "painted twice"),
    ],
)
def test_what_is_wrong_is_said(text: str, paint: str, said: str) -> None:
    with pytest.raises(MapLinkError, match=said):
        map_link.drawing_of(text, paint)
