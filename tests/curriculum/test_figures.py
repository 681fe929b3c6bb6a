import pytest

from curriculum.catalogue import Catalogue
from curriculum.figures import Figure, figures_in, number, problem_of, quoted
from curriculum.key_figures import key_figures
from engine.language.grammar import REPLY_LIMIT
from engine.metrics import METRICS
from tests.curriculum.made_runs import made


@pytest.mark.parametrize(
    ("value", "style", "shown"),
    [
        (0.614, "percent", "61\u202f%"),
        (0.9951, "percent", "100\u202f%"),
        (-0.001, "percent", "0\u202f%"),
        (12000.4, "whole", "12\u202f000"),
        (1.25, "two_decimals", "1.25"),
        (-0.04, "one_decimal", "0.0"),
        (0.34, "signed", "+0.3"),
        (-0.34, "signed", "\u22120.3"),
        (1.44e27, "one_decimal", "1.4e27"),
        (-12000.4, "two_decimals", "\u22121.2e4"),
        (9999.4, "one_decimal", "9\u202f999.4"),
    ],
)
def test_numbers_as_prose_shows_them(value: float, style: str, shown: str) -> None:
    assert number(value, style) == shown


def test_figures_are_read_as_they_are_written() -> None:
    found = figures_in("a [[correct.last|percent]] b [[reward]] c [[no figure]]")
    assert found == [Figure("correct", "last", "percent"), Figure("reward", "", ""), "no figure"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[kl.last]]", ""),
        ("[[setting.gamma]]", ""),
        ("[[reply.last]]", ""),
        ("[[kl]]", "needs one of"),
        ("[[kl.median]]", "needs one of"),
        ("[[polite.last]]", "is not measured here"),
        ("[[setting.beta]]", "is not a setting"),
        ("[[kl.last|roman]]", "unknown format"),
        ("[[KL]]", "is not a figure"),
    ],
)
def test_problem_of_a_figure(text: str, problem: str) -> None:
    said = problem_of(figures_in(text)[0], ("kl",), ("gamma",))
    assert problem in said
    assert bool(said) == bool(problem)


def test_a_reply_of_the_desk_is_quoted_whole() -> None:
    assert quoted(("hello", ".", "<end>")) == "hello ."
    assert quoted(("a",) * REPLY_LIMIT) == " ".join(["a"] * REPLY_LIMIT)
    assert quoted(("a",) * 27) == " ".join(["a"] * 26) + " ..."
    assert quoted(("<end>",)) == "nothing"


def test_the_strip_below_an_outcome_has_the_decimals_of_its_text(catalogue: Catalogue) -> None:
    measured = made("1", {"spills": 2.75, "length": 90}, spills=(1.0, 0.04), length=(40, 15.5))

    def strip(name: str) -> dict[str, str]:
        return {one.name: one.said for one in key_figures(catalogue.chapter(name), measured, 9)}

    assert strip("a_hundred_nights")["spills"].endswith(" 2.75 to 0.04")
    assert strip("night_delivery")["spills"].endswith(" 2.75 to 0.04")
    assert strip("everybody_loves_a_save")["length"].endswith(" 90 to 16")
    for chapter in catalogue.chapters:
        finer = {
            figure.name
            for outcome in chapter.outcomes
            for beat in outcome.beats
            for figure in figures_in(beat.text)
            if isinstance(figure, Figure) and figure.format == "two_decimals"
        }
        pairs = {name: (8.0, 5.004) for name in finer}
        for one in key_figures(chapter, made("1", dict.fromkeys(finer, 8.0), **pairs), 9):
            assert one.metric.percent or one.after == "5.00", (chapter.id, one.name)


def test_the_strip_has_no_decimals_where_the_text_has_none(catalogue: Catalogue) -> None:
    """Whatever a text says of a run, the strip beside it says in the same digits."""
    checked = set[str]()
    for chapter in catalogue.chapters:
        told: dict[str, set[str]] = {}
        for outcome in chapter.outcomes:
            texts = [beat.text for beat in outcome.beats] + [*outcome.reasons.model_dump().values()]
            for figure in (one for text in texts for one in figures_in(text)):
                if isinstance(figure, Figure) and figure.name in METRICS and figure.part:
                    told.setdefault(figure.name, set()).add(figure.format)
        whole = {name for name, formats in told.items() if formats == {"whole"}}
        pairs = {name: (39.5, 199.6) for name in whole}
        for one in key_figures(chapter, made("1", {}, **pairs), 9):
            checked.add(f"{chapter.id}.{one.name}")
            assert (one.before, one.after) == (number(39.5, "whole"), number(199.6, "whole"))
    assert "keep_it_upright.length" in checked and len(checked) >= 4
