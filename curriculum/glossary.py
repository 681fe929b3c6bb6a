"""The words of the field: the standard name, the other names met, one sentence."""

from collections import Counter
from pathlib import Path

from pydantic import ValidationError

from curriculum.errors import ChapterError, Problem
from curriculum.loader import load_catalogue, read_toml
from curriculum.parts import Id, Text
from curriculum.schema import Chapter
from curriculum.toml_lines import line_of
from engine.frozen import Frozen

GLOSSARY = Path(__file__).parent / "glossary.toml"


class Term(Frozen):
    """One entry. `symbol` is its letter in papers, where it has one.

    also: names and notations by which it is looked for, and which are not listed.
    """

    id: Id
    name: Text
    other_names: tuple[Text, ...] = ()
    symbol: str = ""
    also: tuple[Text, ...] = ()
    sentence: Text
    source: str = ""


def load_glossary(path: Path | str = GLOSSARY) -> dict[str, Term]:
    """Terms by id, in the order of the file. Raises ChapterError with every problem of the file."""
    path = Path(path)
    raw, text = read_toml(path)
    terms: dict[str, Term] = {}
    problems: list[Problem] = []
    entries = raw.get("terms", [])
    counts = Counter(entry.get("id") for entry in entries if isinstance(entry, dict))
    for index, entry in enumerate(entries):
        try:
            term = Term.model_validate(entry)
        except ValidationError as refusal:
            problems += [
                _problem(path, text, ("terms", index, *error["loc"]), error["msg"], "Correct it.")
                for error in refusal.errors()
            ]
            continue
        if counts[term.id] > 1:
            message = f"The id `{term.id}` is used twice."
            problems.append(_problem(path, text, ("terms", index, "id"), message, "Rename one."))
        terms[term.id] = term
    if problems:
        raise ChapterError(problems)
    return terms


def concepts_of(chapter: Chapter, glossary: dict[str, Term]) -> tuple[Term, ...]:
    """The terms that a chapter teaches; KeyError for one that the glossary lacks."""
    return tuple(glossary[concept] for concept in chapter.concepts)


def missing_terms() -> tuple[str, ...]:
    """Concepts that some chapter names and the glossary does not explain."""
    glossary = load_glossary()
    named = (concept for chapter in load_catalogue().chapters for concept in chapter.concepts)
    return tuple(sorted({concept for concept in named if concept not in glossary}))


def _problem(
    path: Path, text: str, where: tuple[str | int, ...], message: str, remedy: str
) -> Problem:
    return Problem(
        file=str(path),
        line=line_of(text, where),
        where=".".join(str(part) for part in where),
        value="",
        message=message.rstrip(".") + ".",
        remedy=remedy,
    )
