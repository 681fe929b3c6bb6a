"""Tables over seeds: measured on the runs that they name, refused with a reason, told truly."""

import tomllib
from pathlib import Path
from statistics import fmean, median

import pytest

from curriculum.__main__ import main
from curriculum.errors import ChapterError
from curriculum.figures import number
from curriculum.side_by_side import (
    FOLDER,
    Measured,
    SideBySide,
    better_on,
    config_of,
    load_measured,
    load_table,
    measured,
    names,
)
from engine.noughts.plans import by_chance, worths
from engine.worlds.noughts import NoughtsConfig, guest_chances
from pages.parts.measured_tables import _row

CHEAP = {"noughts": "chance", "readers": "weights", "remedies": "try_all"}
CHEAP |= {"remedies_in_words": "plain"}
HAND_MADE = """
title = "Two ways"
methods = ["rlft"]
text = ["One is cheaper."]
seeds = 3
[shared]
algorithm = "rlft"
updates = 2
games = 4
"world.world" = "arms"
[[columns]]
metric = "coverage"
stat = "first"
label = "Before"
format = "percent"
[[columns]]
metric = "game_regret"
label = "Lost"
[[rows]]
id = "plain"
label = "As it comes"
[[rows]]
id = "other"
label = "Otherwise"
settings = { start = "all" }
paper = "more"
[judged]
than = "plain"
metric = "game_regret"
wanted = "lower"
label = "Better"
"""


@pytest.mark.parametrize("name", names())
def test_every_row_was_measured_on_the_runs_that_it_names(name: str) -> None:
    table = load_table(name)
    for way in table.rows:
        kept = load_measured(name, table, way)
        assert kept is not None, f"run `python -m curriculum measure {name}`"
        assert {len(figures) for figures in kept.figures} == {table.seeds}
    kept_files = {path.stem for path in (FOLDER / name).iterdir()}
    assert kept_files == {way.id for way in table.rows}


def test_every_table_is_measured_anew_by_a_test() -> None:
    assert sorted(CHEAP) == names()


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", CHEAP)
def test_runs_give_the_kept_figures_again(name: str) -> None:
    table = load_table(name)
    way = next(way for way in table.rows if way.id == CHEAP[name])
    kept = load_measured(name, table, way)
    assert kept is not None
    again = measured(table, way, range(1))
    assert again.addresses == kept.addresses[:1]
    pairs = zip(again.figures, kept.figures, strict=True)
    if all(found == pytest.approx(figures[:1], rel=0.02, abs=0.02) for found, figures in pairs):
        return
    # Where they were measured they are equal. A processor with other last digits may take another
    # course; then three runs are one of those that were kept, as far as their middle one tells.
    others = measured(table, way, range(1, 3))
    for found, more, figures in zip(again.figures, others.figures, kept.figures, strict=True):
        assert min(figures) - 0.02 <= median((*found, *more)) <= max(figures) + 0.02


def hand_made(folder: Path, text: str = HAND_MADE) -> SideBySide:
    (folder / "two.toml").write_text(text, encoding="utf-8")
    return load_table("two", folder)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('methods = ["rlft"]', 'methods = ["rlft_word"]', "Did you mean `rlft_words`"),
        ('than = "plain"', 'than = "plane"', "Did you mean `plain`?"),
        ('metric = "game_regret"\nlabel = "Lost"', 'metric = "won"\nlabel = "Lost"', "measure it"),
        ('stat = "first"\n', 'stat = "middle"\n', "first"),
        ("updates = 2", "updates = 0", "cannot be run"),
        ('id = "other"', 'id = "plain"', "plain"),
    ],
)
def test_a_table_with_a_mistake_is_refused_and_says_where(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert HAND_MADE.count(old) == 1
    with pytest.raises(ChapterError, match=said):
        hand_made(tmp_path, HAND_MADE.replace(old, new))


def test_an_unknown_table_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measure", "remedy"]) == 1
    assert "Did you mean `remedies`?" in capsys.readouterr().err


def test_a_row_changes_what_all_share_and_nothing_else(tmp_path: Path) -> None:
    table = hand_made(tmp_path)
    plain, other = (config_of(table, way, 2) for way in table.rows)
    assert plain.seed == 2 and plain.model_copy(update={"start": "all"}) == other


def test_figures_are_those_of_the_start_and_of_the_last_updates(tmp_path: Path) -> None:
    table = hand_made(tmp_path)
    found = measured(table, table.rows[1], range(2))
    assert found.figures[0] != found.figures[1]
    before, lost = found.figures
    assert before == (1.0, 1.0)  # every draft is sent once first
    assert all(0 < one < 50 for one in lost)


def test_a_row_counts_the_seeds_on_which_it_is_better(tmp_path: Path) -> None:
    table = hand_made(tmp_path)
    plain = Measured(addresses=(), figures=((0.1, 0.1, 0.1), (3.0, 5.0, 4.0)))
    other = Measured(addresses=(), figures=((1.0, 1.0, 1.0), (2.0, 5.0, 4.5)))
    judged = table.judged
    assert judged is not None
    assert better_on(table, judged, other, plain) == 1
    higher = judged.model_copy(update={"wanted": "higher"})
    assert better_on(table, higher, other, plain) == 1
    kept: dict[str, Measured | None] = {"plain": plain, "other": other}
    lost = ["3.83 (2.00 to 5.00)", "on 1 of 3"]
    assert _row(table, table.rows[1], kept) == ["Otherwise", "more", "100\u202f%", *lost]
    assert _row(table, table.rows[0], kept)[4:] == ["–"]
    assert _row(table, table.rows[1], kept | {"other": None})[2:] == ["–"] * 3


def test_figures_of_other_runs_are_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = hand_made(tmp_path)
    monkeypatch.setattr("curriculum.side_by_side.FOLDER", tmp_path)
    (tmp_path / "two").mkdir()
    kept = measured(table, table.rows[0], range(3))
    (tmp_path / "two" / "plain.json").write_text(kept.model_dump_json(), encoding="utf-8")
    assert load_measured("two", table, table.rows[0]) == kept
    longer = table.model_copy(update={"shared": table.shared | {"updates": 3}})
    assert load_measured("two", longer, table.rows[0]) is None


def kept_of(name: str) -> dict[str, Measured]:
    """What is kept of every row, whether or not it is up to date, which another test asks."""
    return {
        way.id: Measured.model_validate_json((FOLDER / name / f"{way.id}.json").read_text())
        for way in load_table(name).rows
    }


def ahead(name: str) -> dict[str, int]:
    """On how many seeds each row loses less than fine-tuning alone."""
    table, kept = load_table(name), kept_of(name)
    assert table.judged is not None
    return {row: better_on(table, table.judged, one, kept["plain"]) for row, one in kept.items()}


def rises(one: Measured, before: int) -> int:
    """On how many seeds a column is below the one that follows it."""
    return sum(
        low < high for low, high in zip(one.figures[before], one.figures[before + 1], strict=True)
    )


def falls(one: Measured, before: int) -> int:
    """On how many seeds a column is above the one that follows it."""
    return sum(
        high > low for high, low in zip(one.figures[before], one.figures[before + 1], strict=True)
    )


QUOTED = [
    ("noughts", "chance", 0, "two_decimals", "from 0.17 to"),
    ("noughts", "chance", 1, "two_decimals", "to 0.80, and"),
    ("noughts", "search", 0, "two_decimals", "from \u22120.85 to"),
    ("noughts", "search", 1, "two_decimals", "to 0.19, of"),
    ("noughts", "search", 2, "percent", "which 55\u202f% are draws"),
    ("remedies", "plain", 0, "one_decimal", "from 18.6 to"),
    ("remedies", "plain", 1, "one_decimal", "to 12.1 and"),
    ("remedies", "plain", 2, "percent", "from 10\u202f% to"),
    ("remedies", "plain", 3, "percent", "to 51\u202f%, on"),
    ("remedies", "try_all", 0, "one_decimal", "loses least, 13.0."),
    ("remedies", "bonus", 3, "percent", "here: 92\u202f% of the drafts"),
    ("remedies", "shaped", 5, "percent", "done, 44\u202f%, and"),
    ("remedies_in_words", "plain", 0, "one_decimal", "from 4.6 to"),
    ("remedies_in_words", "plain", 1, "one_decimal", "to 4.3, down"),
    ("remedies_in_words", "plain", 4, "percent", "end at 76\u202f%,"),
    ("remedies_in_words", "try_all", 0, "one_decimal", "training, 3.6,"),
    ("remedies_in_words", "try_all", 1, "one_decimal", "and 3.8 after"),
    ("remedies_in_words", "try_all", 4, "percent", "which 41\u202f% are right"),
    ("remedies_in_words", "votes", 0, "one_decimal", "before, 6.5, and"),
    ("remedies_in_words", "votes", 1, "one_decimal", "after, 3.7, with"),
    ("remedies_in_words", "bonus", 3, "percent", "explores 97\u202f% of"),
    ("remedies_in_words", "thinking", 4, "percent", "keeps 86\u202f% of"),
]


@pytest.mark.parametrize("quoted", QUOTED, ids=[f"{q[0]} {q[1]} {q[2]}" for q in QUOTED])
def test_figures_in_the_text_are_those_of_the_table(quoted: tuple[str, str, int, str, str]) -> None:
    name, row, column, style, words = quoted
    assert words in " ".join(load_table(name).text)
    assert number(fmean(kept_of(name)[row].figures[column]), style) in words


def test_what_is_said_of_the_six_weights_is_so() -> None:
    kept, better = kept_of("remedies"), ahead("remedies")
    assert falls(kept["plain"], 0) == 10 and rises(kept["plain"], 2) == 10
    before = {row: fmean(one.figures[0]) for row, one in kept.items()}
    assert min(before, key=before.__getitem__) == "try_all" and better["try_all"] == 2
    losers = [zip(kept[row].figures[1], kept["plain"].figures[1], strict=True) for row in LOSERS]
    assert all(lost > alone for pairs in losers for lost, alone in pairs)
    assert max(better.values()) == 4
    done = {row: fmean(one.figures[5]) for row, one in kept.items()}
    assert max(done, key=done.__getitem__) == "shaped" and better["shaped"] < 5


LOSERS = ("bonus", "random")


def test_what_is_said_of_remedies_in_words_is_so() -> None:
    kept, better = kept_of("remedies_in_words"), ahead("remedies_in_words")
    assert (falls(kept["plain"], 0), rises(kept["plain"], 2), falls(kept["usual"], 0)) == (6, 10, 8)
    assert {row for row, count in better.items() if count >= 9} == {"try_all", "votes"}
    assert (better["try_all"], better["votes"], better["bonus"], better["thinking"]) == (9, 9, 2, 4)
    before, after, coverage, right = (
        {row: fmean(one.figures[column]) for row, one in kept.items()} for column in (0, 1, 3, 4)
    )
    assert min(before, key=before.__getitem__) == "try_all"
    assert max(before, key=before.__getitem__) == "votes" == min(after, key=after.__getitem__)
    assert min(coverage, key=coverage.__getitem__) == "votes"
    assert max(right, key=right.__getitem__) == "thinking"
    assert fmean(kept["thinking"].figures[5]) < right["thinking"] / 3


def test_what_is_said_of_readers_and_noughts_is_so() -> None:
    readers, noughts = kept_of("readers"), kept_of("noughts")
    below = {
        row: [
            sum(own < other for own, other in zip(one.figures[1], one.figures[column], strict=True))
            for column in (4, 5)
        ]
        for row, one in readers.items()
    }
    assert below == {"weights": [10, 10], "words": [4, 9]}
    assert all(rises(one, 2) == 10 for one in readers.values())
    assert all(rises(one, 0) == 10 for one in noughts.values())
    fewer = {row: falls(one, 4) for row, one in noughts.items()}
    assert fewer == {"chance": 10, "noisy": 10, "search": 10}


def test_the_bounds_at_noughts_are_those_of_the_rules() -> None:
    guests = [
        NoughtsConfig(),
        NoughtsConfig(opponent="searcher", mistakes=0.5),
        NoughtsConfig(opponent="searcher"),
    ]
    chances = [guest_chances(guest) for guest in guests]
    best, by_lot = (
        [f"{(worth.first + worth.second) / 2:.2f}" for worth in some]
        for some in (
            [worths(None, one) for one in chances],
            [worths(by_chance(), one) for one in chances],
        )
    )
    assert best == ["0.96", "0.76", "0.43"] and by_lot == ["0.00", "-0.49", "-0.88"]
    text = " ".join(tomllib.loads((FOLDER / "noughts.toml").read_text())["text"])
    assert "0.96, 0.76 and 0.43" in text and "0.00, \u22120.49 and \u22120.88" in text
