"""The real source lines of a named function or class, read without importing it."""

import ast
from contextlib import suppress
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RETRIES = 5


class SourceError(LookupError):
    """A reference to code that is not there."""

    def __init__(self, message: str, remedy: str) -> None:
        """Keep the remedy beside the message."""
        super().__init__(message)
        self.remedy = remedy


def parsed(text: str) -> ast.Module:
    """The tree of a piece of Python, tried again where another thread was in the way.

    Before Python 3.11.8 two threads that parse at once may get a SystemError (CPython's issue
    106905), as the first page and what prepares it do.
    """
    for _ in range(RETRIES):
        with suppress(SystemError):
            return ast.parse(text)
    return ast.parse(text)


@cache
def source_of(reference: str) -> str:
    """The lines of `engine/algorithms/grpo.py#grpo_loss`, without its docstring.

    Raises SourceError if there is no such file inside the project, or no such name in it.
    """
    file_name, _, name = reference.partition("#")
    path = (ROOT / file_name).resolve()
    if ROOT not in path.parents or not path.is_file():
        raise SourceError(f"There is no file {file_name}.", "Name a file from the project's root.")
    text = path.read_text(encoding="utf-8")
    tree = parsed(text)
    known = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    for node in known:
        if node.name == name:
            return _lines(text, node)
    names = ", ".join(node.name for node in known)
    raise SourceError(f"{file_name} has no `{name}`.", f"It has {names}.")


def _lines(text: str, node: ast.FunctionDef | ast.ClassDef) -> str:
    lines = text.splitlines()
    skipped: range = range(0)
    first = node.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    if is_docstring and ast.get_docstring(node) is not None and first.end_lineno is not None:
        skipped = range(first.lineno, first.end_lineno + 1)
    numbers = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    return "\n".join(lines[number - 1] for number in numbers if number not in skipped)
