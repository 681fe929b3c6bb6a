"""The rules of the house that a machine can check: who may import whom, and what stays small."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# A package may import itself, those listed beside it, and third parties that are not in BANNED.
MAY_IMPORT = {
    "engine": set(),
    "curriculum": {"engine"},
    "backend": {"engine", "curriculum"},
    "pages": {"engine", "curriculum", "backend"},
}
OURS = set(MAY_IMPORT)
BANNED = {
    "engine": {"streamlit", "sqlalchemy", "distributed", "dask", "time", "datetime"},
    "curriculum": {"streamlit", "sqlalchemy", "distributed", "dask", "torch"},
    "backend": {"streamlit"},
    "pages": {"torch", "sqlalchemy", "distributed", "dask"},
}


def imports_of(path: Path) -> set[str]:
    """Roots of every module that a file imports, wherever in the file it does."""
    roots: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            roots |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            roots.add(node.module.split(".")[0])
    return roots


def files_of(package: str) -> list[Path]:
    """Every Python file of one of our packages."""
    return sorted((ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_imports_point_down(package: str) -> None:
    """No upward import, and no third party where it does not belong."""
    upward = OURS - MAY_IMPORT[package] - {package}
    assert files_of(package), f"{package} has no files"
    for path in files_of(package):
        wrong = imports_of(path) & (upward | BANNED[package])
        assert not wrong, f"{path.relative_to(ROOT)} may not import {sorted(wrong)}"


def test_torch_is_imported_in_one_place() -> None:
    """Everything else takes it from engine.lazy, so that importing us stays cheap."""
    files = [path for package in OURS for path in files_of(package)]
    users = {str(path.relative_to(ROOT)) for path in files if "torch" in imports_of(path)}
    assert users == {"engine/lazy.py"}


def test_the_web_process_never_imports_torch() -> None:
    """Import every module that the server imports, in a fresh process, and look."""
    code = (
        "import sys, pkgutil, importlib, engine, curriculum, backend, pages.parts\n"
        "for package in (engine, curriculum, backend, pages.parts):\n"
        "    for module in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "        if not module.name.endswith('__main__') and '.migrations' not in module.name:\n"
        "            importlib.import_module(module.name)\n"
        "heavy = [name for name in ('torch', 'transformers') if name in sys.modules]\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr


def test_every_module_says_what_it_is_for() -> None:
    """Each file of ours opens with a docstring."""
    for package in OURS:
        for path in files_of(package):
            text = path.read_text()
            assert not text.strip() or ast.get_docstring(ast.parse(text)), path


def test_the_readme_names_every_file_with_its_phrase() -> None:
    """The tree in the README, folder by folder, holds the first words of each docstring."""
    tree = (ROOT / "README.md").read_text()
    for path in [path for package in OURS for path in files_of(package)]:
        first_line = (ast.get_docstring(ast.parse(path.read_text())) or "").split("\n")[0]
        if path.name in ("__init__.py", "env.py") or "versions" in path.parts:
            continue
        entry = [line for line in tree.split("\n") if line.split()[:1] == [path.name]]
        phrase = first_line.split(". ")[0].split(": ")[0].rstrip(".:")
        assert any(phrase in line for line in entry), f"{path.relative_to(ROOT)}: {first_line}"


def test_no_file_is_longer_than_a_stranger_can_read() -> None:
    """The alarm is 400 lines."""
    files = [path for package in OURS for path in files_of(package)]
    long = {
        str(p.relative_to(ROOT)): n for p in files if (n := len(p.read_text().split("\n"))) > 401
    }
    assert not long


def test_only_the_list_of_fields_knows_them_by_name() -> None:
    """So a new world costs its own file and one line: no learner has a branch for it."""
    own = {path.stem for path in (ROOT / "engine/control").glob("*_field.py")}
    assert own
    for path in files_of("engine"):
        named = {
            node.module.split(".")[-1]
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom) and node.module
        }
        known = named & own
        assert known == (own if path.stem == "all_fields" else set()), path
