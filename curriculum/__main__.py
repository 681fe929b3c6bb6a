"""The curriculum's command line: check, list, prove, record, measure and schema."""

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from curriculum.drawings import lacking
from curriculum.errors import ChapterError
from curriculum.evidence import write_evidence
from curriculum.glossary import load_glossary
from curriculum.loader import CHAPTERS, load_catalogue, load_chapter, unreachable, unread_facts
from curriculum.methods import load_methods
from curriculum.pace import WORDS_A_MINUTE, about, length_of
from curriculum.prove import Row, prove_chapter, table
from curriculum.retelling import FOLDER as RETELLINGS
from curriculum.retelling import HOSPITAL, load_retellings, nouns_in, untold
from curriculum.schema import Chapter
from curriculum.side_by_side import load_table, write_table
from curriculum.side_by_side import names as table_names
from engine.language.vocabulary import words
from engine.map_files import MAP_PROBLEMS


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    asked = _parser().parse_args(arguments)
    try:
        return asked.run(asked)
    except ChapterError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def schema_text() -> str:
    """The chapter format as JSON Schema, as it is committed."""
    return json.dumps(Chapter.model_json_schema(), indent=2, sort_keys=True) + "\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m curriculum", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    check = commands.add_parser(
        "check", help="validate chapters; every error with file, line, value and remedy"
    )
    check.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    check.set_defaults(run=_check)
    listed = commands.add_parser("list", help="chapters, and how long they take, stop by stop")
    listed.set_defaults(run=_list)
    prove = commands.add_parser(
        "prove", help="run the recorded settings over seeds and show what they reach"
    )
    prove.add_argument("chapters", nargs="*", metavar="CHAPTER", help="chapter ids; none: all")
    prove.add_argument("--seeds", type=_seeds, default=10, help="seeds 1 to N (default 10)")
    prove.add_argument("--json", action="store_true", help="one JSON object a line, no table")
    prove.set_defaults(run=_prove)
    record = commands.add_parser("record", help="measure the briefs' evidence anew")
    record.add_argument("chapters", nargs="*", metavar="CHAPTER", help="chapter ids; none: all")
    record.set_defaults(run=_record)
    measure = commands.add_parser("measure", help="measure the tables of method pages anew")
    measure.add_argument("tables", nargs="*", metavar="TABLE", help="their names; none: all")
    measure.set_defaults(run=_measure)
    schema = commands.add_parser("schema", help="print the chapter format as JSON Schema")
    schema.set_defaults(run=_schema)
    return parser


def _seeds(text: str) -> int:
    """How many seeds prove something: none would prove anything."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number of seeds; write 1 or more.")
    return int(text)


def _check(asked: argparse.Namespace) -> int:
    """Files are checked one by one, a folder also as a catalogue."""
    paths: list[Path] = asked.paths or [CHAPTERS]
    problems = []
    checked = 0
    left: list[str] = []
    for path in paths:
        try:
            checked += len(load_catalogue(path).chapters) if path.is_dir() else _one(path)
            problems += unreachable(path)
        except ChapterError as error:
            problems += error.problems
    if not asked.paths:
        problems += () if problems else unread_facts()
        load_glossary()
        load_methods()
        for name in table_names():
            load_table(name)
        left = _left_in_settings()
    if problems:
        raise ChapterError(problems)
    sys.stderr.writelines(f"{problem}\n" for problem in MAP_PROBLEMS.values())
    sys.stderr.writelines(f"{line}\n" for line in left)
    sys.stdout.write(f"{checked} chapters are in order.\n")
    return 1 if MAP_PROBLEMS or left else 0


def _left_in_settings() -> list[str]:
    """A line for each setting that lacks drawings or surfaces, and for each chapter, words.

    The hospital's stand in their place.
    """
    chapters, lines = load_catalogue().chapters, []
    for setting in load_retellings().values():
        if setting is HOSPITAL:
            continue
        if parts := ", ".join(lacking(setting.drawings)):
            lines.append(
                f"{RETELLINGS / setting.id}.toml: the drawings keep the hospital's {parts}. "
                "Name them under [drawings]."
            )
        if tokens := ", ".join(nouns_in(" ".join(setting.said(filter(str.isalpha, words()))))):
            lines.append(
                f"{RETELLINGS / setting.id}.toml: Pip keeps saying {tokens}. Name them under [pip]."
            )
        for chapter in chapters:
            if counts := Counter(noun for noun, _ in untold(setting, chapter)):
                nouns = ", ".join(f"{noun} ({count})" for noun, count in counts.items())
                lines.append(
                    f"{RETELLINGS / setting.id}.toml: {chapter.id} keeps {nouns}. "
                    "Add phrases for them."
                )
    return lines


def _one(path: Path) -> int:
    load_chapter(path)
    return 1


def _list(_asked: argparse.Namespace) -> int:
    whole = 0.0
    for chapter in load_catalogue().chapters:
        length = length_of(chapter)
        whole += length.whole
        stops = [f"{stop} {seconds:.0f}" for stop, seconds in length.first.items()]
        again = sum(length.again.values())
        sys.stdout.write(
            f"{chapter.id:32} {length.whole / 60:4.1f} of {chapter.minutes:2} min; "
            f"seconds: {', '.join(stops)}, second run {again:.0f}\n"
        )
    sys.stdout.write(f"All of them: {about(whole)}, at {WORDS_A_MINUTE} words a minute.\n")
    return 0


def _prove(asked: argparse.Namespace) -> int:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    rows: list[Row] = []
    for chapter in _chosen(asked.chapters):
        for row in prove_chapter(chapter, asked.seeds):
            rows.append(row)
            if asked.json:
                sys.stdout.write(f"{row.model_dump_json()}\n")
                sys.stdout.flush()
    if not asked.json:
        sys.stdout.write(f"{table(rows)}\n")
    return 1 if any(row.problem for row in rows) else 0


def _record(asked: argparse.Namespace) -> int:
    for chapter in _chosen(asked.chapters):
        sys.stdout.write(f"{write_evidence(chapter)}\n")
    return 0


def _measure(asked: argparse.Namespace) -> int:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    for name in asked.tables or table_names():
        for path in write_table(name):
            sys.stdout.write(f"{path}\n")
            sys.stdout.flush()
    return 0


def _schema(_asked: argparse.Namespace) -> int:
    sys.stdout.write(schema_text())
    return 0


def _chosen(names: Sequence[str]) -> list[Chapter]:
    catalogue = load_catalogue()
    unknown = [name for name in names if name not in catalogue.order]
    if unknown:
        known = ", ".join(catalogue.order)
        sys.stderr.write(f"There is no chapter {', '.join(unknown)}; there are {known}.\n")
        raise SystemExit(2)
    return [chapter for chapter in catalogue.chapters if not names or chapter.id in names]


if __name__ == "__main__":
    raise SystemExit(main())
