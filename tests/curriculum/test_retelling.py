"""Settings: other words, the same runs, figures and endings, and errors that say what to do."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from pydantic import BaseModel

from curriculum import __main__ as command
from curriculum.catalogue import Catalogue
from curriculum.drawings import lacking
from curriculum.errors import ChapterError
from curriculum.evidence import load_evidence
from curriculum.figures import figures_in
from curriculum.glossary import load_glossary
from curriculum.loader import load_catalogue
from curriculum.methods import load_methods
from curriculum.recipe import recorded_config, starting_config
from curriculum.retelling import (
    HOSPITAL,
    Retelling,
    is_prose,
    load_retelling,
    load_retellings,
    nouns_in,
    retold_chapter,
    untold,
)
from curriculum.rules import outcome_of
from curriculum.schema import Chapter
from engine.language.grammar import CLOSERS, IDLE, OPENERS
from engine.language.vocabulary import words
from engine.metrics import METRICS
from engine.reward_expression import RewardSyntaxError, parse
from engine.scenes import SpeechScene
from engine.spec import World
from engine.worlds import WORLDS

SETTINGS = [setting for setting in load_retellings().values() if setting is not HOSPITAL]
CHAPTERS = load_catalogue().chapters
BANK = Retelling(
    id="bank",
    title="A bank",
    line="A bank.",
    phrases={
        "ward": "branch",
        "ward nine": "branch nine",
        "wards": "branches",
        "visitor": "account holder",
        "the lab": "the mint",
        "operating theatre": "boardroom",
    },
    pip={"pharmacy": "vault", "lab": "mint"},
)
FILE = """id = "office"
title = "An office"
line = "Pip sits in an office."

[pip]
pharmacy = "archive"

[phrases]
"pharmacy" = "archive"
"""


@cache
def told(setting: int, chapter: int) -> Chapter:
    return retold_chapter(SETTINGS[setting], CHAPTERS[chapter])


every_setting = pytest.mark.parametrize(
    "setting", range(len(SETTINGS)), ids=[setting.id for setting in SETTINGS]
)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("To ward nine and Ward ten.", "To branch nine and Branch ten."),
        ("The wards, the ward's, a warden.", "The branches, the branch's, a warden."),
        ("A visitor, an operating theatre.", "An account holder, a boardroom."),
        ("The lab opens; look in the Lab.", "The mint opens; look in the Lab."),
        ("[[ward.last]] of `ward`, see [ward](a/ward).", None),
        ('10*count("ward")', None),
        (
            "Paid `2*count(\"lab\")`, [[1*count( 'pharmacy' )]].",
            """Paid `2*count("mint")`, [[1*count( 'vault' )]].""",
        ),
    ],
)
def test_phrases_are_whole_words_and_keep_capitals_articles_and_code(
    text: str, wanted: str | None
) -> None:
    if wanted is None:
        kept = text.replace("[ward]", "[branch]")
        assert BANK.retold(text) == kept
    else:
        assert BANK.retold(text) == wanted


def test_pip_speaks_and_hears_in_other_words() -> None:
    assert BANK.said(("the", "pharmacy", ".")) == ("the", "vault", ".")
    assert BANK.spoken("where is the lab ?") == "where is the mint ?"
    assert BANK.heard("Where is the Vault ?") == "Where is the pharmacy ?"


def test_a_reward_is_read_in_either_words_and_refused_where_it_is_shown() -> None:
    shown = 'count("vault") + count(\' Mint\') - count("please")'
    assert BANK.decoded(shown) == 'count("pharmacy") + count(\' lab\') - count("please")'
    kept = 'count("pharmacy") + cuont("lab")'
    assert BANK.decoded(kept) == kept
    assert BANK.coded(kept) == 'count("vault") + cuont("mint")'
    with pytest.raises(RewardSyntaxError) as caught:
        parse(kept, (), ("count",))
    assert str(caught.value).startswith("Column 21: ")
    assert BANK.placed(str(caught.value), kept).startswith("Column 18: ")


@every_setting
def test_a_reward_pays_for_the_same_words(setting: int) -> None:
    """One line in the words of the setting and in Pip's own is one reward, so one run."""
    chosen = SETTINGS[setting]
    for word in filter(str.isalpha, words()):
        code = f'correct - 2*count("{word}")'
        shown = chosen.coded(code)
        assert chosen.said([word])[0] in shown
        assert chosen.decoded(shown) == chosen.decoded(code) == code


def test_the_hospital_is_told_as_it_is_written() -> None:
    assert retold_chapter(HOSPITAL, CHAPTERS[0]) == CHAPTERS[0]


@every_setting
def test_a_setting_is_complete(setting: int) -> None:
    """No noun of the hospital is left, in prose or in what Pip says."""
    left = [
        (chapter.id, noun) for chapter in CHAPTERS for noun, _ in untold(SETTINGS[setting], chapter)
    ]
    assert left == []
    assert [*nouns_in(" ".join(SETTINGS[setting].said(words()[5:])))] == []


@every_setting
def test_the_library_is_complete(setting: int) -> None:
    """The same of methods, terms, worlds and metrics; who learns may be patient."""
    shelves = (load_methods(), load_glossary(), WORLDS, METRICS)
    entries = [(name, entry) for shelf in shelves for name, entry in shelf.items()]
    assert len(entries) > len(WORLDS) + len(METRICS)
    left = {
        (str(name), noun)
        for name, entry in entries
        for text in texts_of(entry)
        for noun in nouns_in(SETTINGS[setting].retold(text))
    }
    assert {noun for _, noun in left} <= {"patient"}


def texts_of(value: object) -> Iterator[str]:
    """Every text to be read in what a library holds."""
    if isinstance(value, str):
        yield from (value,) if is_prose(value) else ()
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from () if key in ("latex", "code", "reward") else texts_of(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts_of(inner)
    elif isinstance(value, BaseModel | World):
        yield from texts_of(dict(vars(value)))


@every_setting
def test_what_is_retold_twice_is_retold_once(setting: int) -> None:
    retold = SETTINGS[setting].retold
    for place in range(len(CHAPTERS)):
        for _, text in told(setting, place).nodes():
            if isinstance(text, str) and is_prose(text):
                assert retold(text) == text


@every_setting
def test_numbers_names_and_figures_stay(setting: int) -> None:
    for place, chapter in enumerate(CHAPTERS):
        retold = told(setting, place)
        for (path, was), (also, now) in zip(chapter.nodes(), retold.nodes(), strict=True):
            assert path == also
            if isinstance(was, str) and is_prose(was):
                assert figures_in(now) == figures_in(was)
                assert re.findall(r"\d+|`.*?`", now) == re.findall(r"\d+|`.*?`", was)
            elif not isinstance(was, dict | list | tuple):
                assert now == was


@every_setting
def test_runs_and_endings_stay(setting: int) -> None:
    """Every config, so every address of a run; how a measured run ends, and what Pip said in it."""
    chosen = SETTINGS[setting]
    for place, chapter in enumerate(CHAPTERS):
        retold = told(setting, place)
        assert starting_config(retold) == starting_config(chapter)
        for now, was in zip(retold.recorded, chapter.recorded, strict=True):
            assert recorded_config(retold, now, 1) == recorded_config(chapter, was, 1)
        if measured := load_evidence(chapter):
            ends = (outcome_of(one, measured.summary).id for one in (retold, chapter))
            assert len(set(ends)) == 1
            for scene in (measured.summary.first_scene, measured.summary.last_scene):
                said = (*scene.probes, *scene.group) if isinstance(scene, SpeechScene) else ()
                for reply in (" ".join((one.question, *one.tokens)) for one in said):
                    assert chosen.heard(chosen.spoken(reply)) == reply


@every_setting
def test_every_token_has_a_surface_of_its_own(setting: int) -> None:
    """What Pip says can be typed again, and prose leaves it alone."""
    chosen = SETTINGS[setting]
    surfaces = chosen.said(words())
    assert len(set(surfaces)) == len(words())
    for sentence in (*OPENERS, *IDLE, *CLOSERS, " ".join(words()[5:])):
        spoken = chosen.spoken(sentence)
        assert chosen.heard(spoken) == sentence
        assert all(chosen.retold(word) == word for word in spoken.split())


@every_setting
def test_a_setting_names_every_drawing(setting: int) -> None:
    assert lacking(SETTINGS[setting].drawings) == ()


def refused(tmp_path: Path, text: str) -> str:
    path = tmp_path / "office.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ChapterError) as caught:
        load_retelling(path)
    return str(caught.value)


def test_a_sound_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "office.toml").write_text(FILE, encoding="utf-8")
    assert [*load_retellings(tmp_path)] == ["hospital", "office"]


@pytest.mark.parametrize(
    ("was", "now", "line", "says"),
    [
        ('pharmacy = "archive"\n', 'pharmacie = "archive"\n', 6, "Did you mean `pharmacy`?"),
        ('pharmacy = "archive"\n', 'pharmacy = "library"\n', 6, "both be said as `library`"),
        ('pharmacy = "archive"\n', 'pharmacy = "two words"\n', 6, "match pattern"),
        ('pharmacy = "archive"\n\n', "\n", 5, "turn Pip's `pharmacy` into `archive`"),
        ('= "archive"\n', '= ""\n', 6, "match pattern"),
        ('"pharmacy" = "archive"', '"pharmacy" = "archive"\n"desk" = "pharmacy"', 10, "become"),
        ('"pharmacy" =', f'"{"pharmacy" * 11}" =', 9, "at most 80"),
        ('id = "office"', 'id = "shop"', 1, "called as its file"),
        ('title = "An office"\n', "", 1, "`title` is missing"),
        ("line =", "lines =", 3, "Did you mean `line`?"),
        ("[pip]", '[drawings]\nstart = "url(#a)"\n\n[pip]', 6, "match pattern"),
        ("[pip]", '[drawings]\nplate = "#f2e9c8"\n\n[pip]', 6, "Choose a darker one"),
        ("[pip]", '[drawings]\nsafety = "cape"\n\n[pip]', 6, "'white_coat'"),
        ("[pip]", '[drawings]\ntrolly = "case"\n\n[pip]', 6, "`trolly` is not a key"),
    ],
)
def test_a_mistake_is_named_with_its_line(
    tmp_path: Path, was: str, now: str, line: int, says: str
) -> None:
    assert was in FILE
    message = refused(tmp_path, FILE.replace(was, now, 1))
    assert f"office.toml:{line}:" in message
    assert says in message


def test_check_reports_what_a_setting_lacks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], catalogue: Catalogue
) -> None:
    """The hospital's word stands, and the report names the chapter, the word and how often."""
    few = catalogue.model_copy(update={"chapters": catalogue.chapters[:1]})
    monkeypatch.setattr(command, "load_catalogue", lambda *_: few)
    monkeypatch.setattr(command, "load_retellings", lambda: {"bank": BANK})
    assert command.main(["check"]) == 1
    said = capsys.readouterr().err
    assert "bank.toml: the_polite_assistant keeps " in said
    assert re.search(r"hospital \([1-9]\d*\)", said)
    assert "visitor (" not in said
    assert "bank.toml: the drawings keep the hospital's start, goal, house, parcel, plate" in said
    assert re.search(r"bank\.toml: Pip keeps saying [a-z, ]*surgery", said)
    assert "pharmacy, " not in said.split("Pip keeps saying ")[1].split(".")[0]


def test_a_setting_that_names_no_drawing_has_the_hospitals(tmp_path: Path) -> None:
    (tmp_path / "office.toml").write_text(FILE, encoding="utf-8")
    assert load_retellings(tmp_path)["office"].drawings == HOSPITAL.drawings
