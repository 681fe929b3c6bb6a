import json
import subprocess
import sys
from pathlib import Path

import pytest

from curriculum.__main__ import main, schema_text
from curriculum.loader import CHAPTERS, load_catalogue

COMMITTED = CHAPTERS.parent / "chapter.schema.json"


def test_the_committed_schema_is_up_to_date() -> None:
    remedy = "run `python -m curriculum schema > curriculum/chapter.schema.json`"
    assert COMMITTED.read_text(encoding="utf-8") == schema_text(), remedy


def test_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["additionalProperties"] is False
    assert "pad_visits" in printed["$defs"]["Condition"]["properties"]["metric"]["enum"]


def test_check_counts_what_is_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    count = len(load_catalogue().chapters)
    assert capsys.readouterr().out == f"{count} chapters are in order.\n"


def test_check_reports_problems_of_all_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = tmp_path / "a.toml", tmp_path / "b.toml"
    first.write_text("schema_version = 3", encoding="utf-8")
    second.write_text("schema_version = ", encoding="utf-8")
    assert main(["check", str(first), str(second)]) == 1
    said = capsys.readouterr().err
    assert f"{first}:1: schema_version (3):" in said
    assert f"{second}:1: file:" in said


def test_an_unknown_chapter_cannot_be_proved(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["prove", "nothing"])
    assert caught.value.code == 2
    assert f"there are {', '.join(load_catalogue().order)}." in capsys.readouterr().err


def test_reading_the_curriculum_does_not_load_torch() -> None:
    code = (
        "import sys, curriculum.__main__, curriculum.narration, curriculum.ledger\n"
        "from curriculum.loader import load_catalogue\n"
        "load_catalogue()\n"
        "sys.exit('torch' in sys.modules)"
    )
    root = CHAPTERS.parent.parent
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
