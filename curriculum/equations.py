"""The numbered equations of an algorithm's file, each with the lines that compute it.

The text before a file's first line of code numbers its equations, "(1) A = ...", and a comment with
the same number stands at the lines of code: what is shown of a method is what runs.
"""

import ast
import re
import textwrap
import tokenize
from collections.abc import Iterator
from functools import cache
from io import StringIO
from typing import NamedTuple

from curriculum.sources import ROOT, parsed, source_of
from engine.spec import Algorithm

_NUMBERED = re.compile(r"^\((\d+)\) ", re.MULTILINE)
_TAGS = re.compile(r"#\s*(\(\d+\)(?:, \(\d+\))*)")
Functions = ast.FunctionDef | ast.AsyncFunctionDef


class Piece(NamedTuple):
    """Lines of a file that belong together; `function` is the one that they stand in."""

    function: str
    first: int  # its line, from 1
    text: str


def file_of(algorithm: Algorithm) -> str:
    """The path of an algorithm's file, from the project's root."""
    return f"{algorithm.config.__module__.replace('.', '/')}.py"


@cache
def numbers_of(file_name: str) -> tuple[int, ...]:
    """The numbers of a file's equations, as its first text gives them."""
    text = ast.get_docstring(parsed(_text(file_name))) or ""
    return tuple(dict.fromkeys(map(int, _NUMBERED.findall(text))))


@cache
def code_of(file_name: str, number: int) -> tuple[Piece, ...]:
    """Every statement that is marked with an equation's number, in the order of the file."""
    text = _text(file_name)
    lines, tree = text.splitlines(), parsed(text)
    statements = dict.fromkeys(
        _statement(tree, line) for line, tags in _marks(text) if number in tags
    )
    pieces = []
    for statement in statements:
        end = statement.end_lineno or statement.lineno
        kept = textwrap.dedent("\n".join(lines[statement.lineno - 1 : end]))
        pieces.append(Piece(_function(tree, statement.lineno), statement.lineno, kept))
    return tuple(pieces)


@cache
def called_by(file_name: str, number: int) -> tuple[str, ...]:
    """The functions of other files of the engine that an equation's code calls, and theirs.

    As references that `source_of` reads, nearest first.
    """
    code = "\n".join(piece.text for piece in code_of(file_name, number))
    found: list[str] = []
    waiting = _imported(file_name, _names(code))
    while waiting:
        reference = waiting.pop(0)
        if reference not in found:
            found.append(reference)
            file, _, _ = reference.partition("#")
            waiting += _imported(file, _names(source_of(reference)))
    return tuple(found)


def _text(file_name: str) -> str:
    return (ROOT / file_name).read_text(encoding="utf-8")


def _marks(text: str) -> Iterator[tuple[int, set[int]]]:
    """Lines of code whose comment begins with equation numbers, and the numbers.

    A comment on a line of its own is about the code below it.
    """
    lines = text.splitlines()
    for token in tokenize.generate_tokens(StringIO(text).readline):
        match = _TAGS.match(token.string) if token.type == tokenize.COMMENT else None
        if match:
            line = token.start[0]
            while lines[line - 1].lstrip().startswith("#"):
                line += 1
            yield line, set(map(int, re.findall(r"\d+", match.group(1))))


def _statement(tree: ast.Module, line: int) -> ast.stmt:
    """The smallest statement on a line of code."""
    around = (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno)
    )
    return max(around, key=lambda node: node.lineno)


def _function(tree: ast.Module, line: int) -> str:
    """The function around a line; empty outside of all."""
    for node in ast.walk(tree):
        if isinstance(node, Functions) and node.lineno <= line <= (node.end_lineno or 0):
            return node.name
    return ""


def _names(code: str) -> set[str]:
    """Every plain name that a piece of code calls."""
    try:
        tree = parsed(code)
    except SyntaxError:  # a lone branch of a statement
        return set(re.findall(r"\b(\w+)\(", code))
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {call.id for call in calls if isinstance(call, ast.Name)}


def _imported(file_name: str, names: set[str]) -> list[str]:
    """References to those names that a file imports from the engine as functions."""
    found = []
    for node in parsed(_text(file_name)).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("engine."):
            path = f"{(node.module or '').replace('.', '/')}.py"
            functions = _functions(path) if (ROOT / path).is_file() else set()
            found += [
                f"{path}#{alias.name}"
                for alias in node.names
                if alias.name in names & functions and not alias.asname
            ]
    return found


@cache
def _functions(file_name: str) -> set[str]:
    body = parsed(_text(file_name)).body
    return {node.name for node in body if isinstance(node, Functions)}
