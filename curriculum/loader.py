"""Chapters from files: every mistake of a file is reported at once, with its line and remedy."""

import os
import tomllib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from curriculum.arc import FACT_KEYS, planned_ending, unread
from curriculum.branches import dead_branches
from curriculum.catalogue import Catalogue, Level
from curriculum.checks import duplicate_ids, findings
from curriculum.errors import ChapterError, Problem
from curriculum.findings import Finding, nearest
from curriculum.pace import length_findings
from curriculum.reply_checks import misfits
from curriculum.schema import SCHEMA_VERSION, Chapter
from curriculum.settings_checks import setting_findings
from curriculum.toml_lines import line_of

CHAPTERS = Path(__file__).parent / "chapters"
LADDER = Path(__file__).parent / "ladder.toml"
REMEDIES = {
    "missing": "Add it.",
    "extra_forbidden": "Remove it, or correct its name.",
    "literal_error": "Use one of the values that are expected.",
    "string_too_short": "Write at least one word.",
    "string_pattern_mismatch": "Use small letters, digits and underscores.",
    "too_short": "Add what is missing.",
    "too_long": "Remove some.",
}


def load_chapter(path: Path | str) -> Chapter:
    """The chapter in a file. Raises ChapterError with every problem of the file."""
    path = Path(path)
    return _judged(path, _text_of(path))


@lru_cache(maxsize=128)
def _judged(path: Path, text: str) -> Chapter:
    """The chapter of a text. A text that was found sound is not judged again in this process."""
    raw = _parsed(path, text)
    version = raw.get("schema_version")
    if version != SCHEMA_VERSION or isinstance(version, bool):
        message = f"This version of Pip School reads schema_version {SCHEMA_VERSION}."
        remedy = (
            f"Write schema_version = {SCHEMA_VERSION} and follow `python -m curriculum schema`."
        )
        shown = repr(version) if "schema_version" in raw else "missing"
        raise refusal(path, text, [Finding(("schema_version",), shown, message, remedy)])
    found = list(duplicate_ids(raw))
    chapter, mistakes = _validated(raw)
    found += mistakes
    if chapter is not None:
        found += findings(chapter)
        if not any(finding.path[-1:] == ("algorithm",) for finding in found):
            found += setting_findings(chapter)
        if not found:
            found += length_findings(chapter)
    if found or chapter is None:
        raise refusal(path, text, found)
    return chapter


def load_catalogue(folder: Path | str = CHAPTERS, ladder: Path | str = LADDER) -> Catalogue:
    """All chapters of a folder, and the ladder. Raises ChapterError with every problem in them."""
    return _catalogue(sorted(Path(folder).glob("*.toml")), Path(ladder))


def load_playable(
    folder: Path | str = CHAPTERS, ladder: Path | str = LADDER
) -> tuple[Catalogue, tuple[Problem, ...]]:
    """The chapters that can be played, and what is wrong with the files left out.

    One broken file must not close the school: a chapter that requires one which was left out does
    without. Raises ChapterError if the ladder itself is broken.
    """
    paths = sorted(Path(folder).glob("*.toml"))
    problems: list[Problem] = []
    while True:
        try:
            return _catalogue(paths, Path(ladder), bool(problems)), tuple(problems)
        except ChapterError as error:
            broken = {problem.file for problem in error.problems}
            left = [path for path in paths if str(path) not in broken]
            if len(left) == len(paths):
                raise
            problems += error.problems
            paths = left


def unread_facts(folder: Path | str = CHAPTERS) -> tuple[Problem, ...]:
    """Facts that a chapter sets and nothing after it reads: a decision that nobody remembers."""
    by_id = {load_chapter(path).id: path for path in sorted(Path(folder).glob("*.toml"))}
    problems: list[Problem] = []
    for name, chapter_id in unread(load_catalogue(folder).chapters).items():
        path = by_id[chapter_id]
        chapter = load_chapter(path)
        index = [fact.id for fact in chapter.facts].index(name)
        message = "No later chapter reads this fact, and no ending."
        remedy = "Let a later chapter remember it, in a beat with if_fact, or remove it."
        found = [Finding(("facts", index, "id"), name, message, remedy)]
        problems += refusal(path, _text_of(path), found).problems
    return tuple(problems)


def unreachable(path: Path) -> tuple[Problem, ...]:
    """What no run of a chapter can come to, and no reply: a file, or every file of a folder."""
    problems: list[Problem] = []
    for file in sorted(path.glob("*.toml")) if path.is_dir() else [path]:
        chapter = load_chapter(file)
        found = [*dead_branches(chapter), *misfits(chapter)]
        problems += refusal(file, _text_of(file), found).problems
    return tuple(problems)


def stamp_of(folder: Path | str = CHAPTERS) -> str:
    """Names, times and sizes of the chapter files: another text after any of them changed.

    A page asks for it several times at each drawing, so it is read in one go and is one text.
    """
    with os.scandir(folder) as files:
        found = [(file.name, file.stat()) for file in files if file.name.endswith(".toml")]
    return repr(sorted((name, stat.st_mtime_ns, stat.st_size) for name, stat in found))


def _catalogue(paths: list[Path], ladder: Path, is_partial: bool = False) -> Catalogue:
    """The catalogue of these files. is_partial: there are others, which could not be read."""
    problems: list[Problem] = []
    chapters: list[tuple[Path, Chapter]] = []
    for path in paths:
        try:
            chapters.append((path, load_chapter(path)))
        except ChapterError as error:
            problems += error.problems
    is_partial = is_partial or bool(problems)
    problems += _between(chapters, is_partial)
    if problems:
        raise ChapterError(problems)
    raw, _ = read_toml(ladder)
    levels = tuple(Level.model_validate(level) for level in raw["levels"])
    known = {chapter.id for _, chapter in chapters}
    ordered = sorted((_met(one, known) for _, one in chapters), key=lambda c: (c.level, c.place))
    return Catalogue(chapters=tuple(ordered), levels=levels)


def _met(chapter: Chapter, known: set[str]) -> Chapter:
    """The chapter, requiring only what there is."""
    requires = tuple(name for name in chapter.requires if name in known)
    return chapter.model_copy(update={"requires": requires})


def read_toml(path: Path) -> tuple[dict[str, Any], str]:
    """A TOML file as plain data, and its text. Raises ChapterError if it cannot be read."""
    text = _text_of(path)
    return _parsed(path, text), text


def _text_of(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")  # as some editors begin a file
    except (OSError, UnicodeDecodeError) as error:
        message = "The file cannot be read as UTF-8 text."
        remedy = "Check its name, its permissions and its encoding."
        problem = Problem(
            file=str(path), line=1, where="file", value=str(error), message=message, remedy=remedy
        )
        raise ChapterError([problem]) from None


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        problem = Problem(
            file=str(path),
            line=_toml_line(str(error), text),
            where="file",
            value="",
            message=f"This is not TOML: {error}.",
            remedy="Close the quotes and brackets, and write each key once.",
        )
        raise ChapterError([problem]) from None


def _validated(raw: dict[str, Any]) -> tuple[Chapter | None, list[Finding]]:
    """The chapter, if its form is right apart from keys that nobody knows; and what is wrong."""
    try:
        return Chapter.model_validate(raw), []
    except ValidationError as mistaken:
        errors = mistaken.errors()
    mistakes = [finding_of(error, Chapter.model_fields) for error in errors]
    if all(error["type"] == "extra_forbidden" for error in errors):
        pruned = _without(raw, [tuple(error["loc"]) for error in errors])
        try:
            return Chapter.model_validate(pruned), mistakes
        except ValidationError:
            return None, mistakes
    return None, mistakes


def finding_of(error: ErrorDetails, keys: Iterable[str]) -> Finding:
    """A mistake in a file's form, in words; `keys`: those that the top of the file may have."""
    path = tuple(error["loc"])
    given = error["input"]
    shown = "" if error["type"] == "missing" or isinstance(given, dict | list) else repr(given)
    kind = error["type"]
    remedy = REMEDIES.get(kind, "Change the value.")
    message = error["msg"].rstrip(".") + "."
    if kind == "extra_forbidden":
        name = str(path[-1])
        message = f"`{name}` is not a key of the format."
        remedy = f"{REMEDIES[kind]} {_siblings(path, keys)}".strip()
    elif kind == "missing":
        message = f"`{path[-1]}` is missing."
    return Finding(path, shown, message, remedy)


def _siblings(path: tuple[str | int, ...], keys: Iterable[str]) -> str:
    """At the top of the file, the key that was probably meant."""
    if len(path) != 1:
        return ""
    return nearest(str(path[0]), keys)


def _without(raw: Any, paths: Iterable[tuple[str | int, ...]]) -> Any:
    """A copy of nested tables and lists without the keys at the given paths."""
    gone = set(paths)

    def copied(value: Any, path: tuple[str | int, ...]) -> Any:
        if isinstance(value, dict):
            kept = ((key, inner) for key, inner in value.items() if (*path, key) not in gone)
            return {key: copied(inner, (*path, key)) for key, inner in kept}
        if isinstance(value, list):
            return [copied(inner, (*path, index)) for index, inner in enumerate(value)]
        return value

    return copied(raw, ())


def refusal(path: Path, text: str, found: list[Finding]) -> ChapterError:
    """The error that names every mistake of a file with its line."""
    problems = [
        Problem(
            file=str(path),
            line=line_of(text, finding.path, finding.value),
            where=_where(finding.path),
            value=finding.value,
            message=finding.message,
            remedy=finding.remedy,
        )
        for finding in dict.fromkeys(found)
    ]
    return ChapterError(problems)


def _where(path: tuple[str | int, ...]) -> str:
    shown = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return shown.lstrip(".") or "file"


def _toml_line(message: str, text: str) -> int:
    before, _, after = message.partition("(at line ")
    number = after.split(",")[0]
    return int(number) if before and number.isdigit() else text.count("\n") + 1


def _between(chapters: list[tuple[Path, Chapter]], is_partial: bool) -> list[Problem]:
    """What only shows when all chapters are seen together: ids, requirements and facts.

    is_partial: what is missing may well stand in a file that was left out.
    """
    facts = {fact.id for _, chapter in chapters for fact in chapter.facts}
    problems: list[Problem] = []
    seen: set[str] = set()
    for path, chapter in chapters:
        found = list(_circles(chapter, chapters))
        if not is_partial:
            found += [*_missing_requirements(chapter, chapters), *_missing_facts(chapter, facts)]
            found += _missed_endings(chapter, chapters)
        if chapter.id in seen:
            message, remedy = "Another chapter has this id.", "Give this one another id."
            found.append(Finding(("id",), chapter.id, message, remedy))
        seen.add(chapter.id)
        problems += refusal(path, path.read_text(encoding="utf-8"), found).problems
    return problems


def _circles(chapter: Chapter, chapters: list[tuple[Path, Chapter]]) -> Iterator[Finding]:
    """Required chapters do not require this one in turn."""
    for name in chapter.requires:
        if _needs(name, chapter.id, chapters):
            yield _unmet(chapter, name, chapters)


def _missing_requirements(
    chapter: Chapter, chapters: list[tuple[Path, Chapter]]
) -> Iterator[Finding]:
    """Required chapters exist."""
    known = {other.id for _, other in chapters}
    for name in chapter.requires:
        if name not in known:
            yield _unmet(chapter, name, chapters)


def _unmet(chapter: Chapter, name: str, chapters: list[tuple[Path, Chapter]]) -> Finding:
    others = {other.id for _, other in chapters} - {chapter.id}
    message = "No chapter of that id can come before this one."
    return Finding(("requires",), name, message, nearest(name, others))


def _missing_facts(chapter: Chapter, facts: set[str]) -> Iterator[Finding]:
    """Facts that a beat depends on are declared by some chapter."""
    for where, name in chapter.nodes():
        if where[-1] not in FACT_KEYS or not name:
            continue
        for one in (name,) if isinstance(name, str) else name:
            if one not in facts:
                yield Finding(where, one, "No chapter declares this fact.", nearest(one, facts))


def _missed_endings(chapter: Chapter, chapters: list[tuple[Path, Chapter]]) -> Iterator[Finding]:
    """The play of every ending leads there, by settings that are proved."""
    for index, ending in enumerate(chapter.endings):
        path = ("endings", index, "play")
        try:
            found = planned_ending((other for _, other in chapters), chapter, ending.play)
        except KeyError as error:
            name = str(error.args[0])
            message = f"The play of `{ending.id}` names what does not exist."
            yield Finding(path, name, message, "Name a chapter, a recorded setting and a choice.")
            continue
        if found != ending.id:
            message = f"The play of `{ending.id}` leads to `{found}`, so nobody may ever reach it."
            yield Finding(path, ending.id, message, "Mend the play, or the conditions above it.")


def _needs(chapter_id: str, other: str, chapters: list[tuple[Path, Chapter]]) -> bool:
    """Whether a chapter requires another, directly or through others."""
    requires = {chapter.id: chapter.requires for _, chapter in chapters}
    waiting, seen = [chapter_id], set[str]()
    while waiting:
        now = waiting.pop()
        if now == other:
            return True
        if now not in seen:
            seen.add(now)
            waiting += requires.get(now, ())
    return False
