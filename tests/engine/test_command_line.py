"""`python -m engine`: what it lists, what it trains, how it refuses."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.__main__ import main
from engine.algorithms import ALGORITHMS
from engine.config import parse_config
from engine.events import EVENT
from engine.train import train
from engine.worlds import WORLDS

CONFIG = {
    "algorithm": "q_learning",
    "world": {"world": "corridor", "map": "side_room"},
    "reward": "delivered - 0.01*step",
    "episodes": 5,
}


def test_list_as_json_names_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert set(listed["worlds"]) == set(WORLDS)
    assert set(listed["algorithms"]) == set(ALGORITHMS)
    gamma = next(
        p for p in listed["algorithms"]["q_learning"]["parameters"] if p["name"] == "gamma"
    )
    assert (gamma["low"], gamma["high"], gamma["default"]) == (0, 1, 0.99)
    assert listed["functions"]["min"] == "min(1, x)"
    terms = [term["name"] for term in listed["worlds"]["corridor"]["terms"]]
    assert terms == [term.name for term in WORLDS["corridor"].terms]


def test_list_as_text_names_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    text = capsys.readouterr().out
    assert "  setting gamma (0 to 1, default 0.99): " in text
    assert "  term on_pad: " in text
    assert "metric true_return, worth a rollout: " in text


def test_train_writes_one_event_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(CONFIG), encoding="utf-8")
    assert main(["train", str(path)]) == 0
    events = [EVENT.validate_json(line) for line in capsys.readouterr().out.splitlines()]
    assert events == list(train(parse_config(CONFIG)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '{"algorithm": "q_learning",',
            "{path}, line 1, column 28: not JSON (Expecting property name enclosed in "
            "double quotes).",
        ),
        ("[]", 'A config is one JSON object, as in {"algorithm": ..., "world": ...}.'),
        ("[" * 100_000, 'A config is one JSON object, as in {"algorithm": ..., "world": ...}.'),
        (
            json.dumps(CONFIG | {"gamma": 2}),
            "`gamma` is 2; it must be a number between 0 and 1.",
        ),
        (
            json.dumps(CONFIG | {"reward": "on_pad."}),
            "`reward`: Column 7: `.` is not allowed; a reward is built from terms, numbers "
            "and + - * /.",
        ),
    ],
)
def test_a_bad_config_is_one_line_and_exit_code_2(
    text: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "config.json"
    path.write_text(text, encoding="utf-8")
    assert main(["train", str(path)]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", message.replace("{path}", str(path)) + "\n")


def test_a_file_that_cannot_be_read_is_one_line_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "none.json"
    assert main(["train", str(missing)]) == 2
    expected = "cannot be read: No such file or directory. Give the path of a JSON config.\n"
    assert capsys.readouterr().err == f"{missing} {expected}"
    binary = tmp_path / "binary.json"
    binary.write_bytes(b"\xff\xfe\xfa")
    assert main(["train", str(binary)]) == 2
    assert capsys.readouterr().err == f"{binary} is not a text in UTF-8; save it as JSON.\n"


def test_a_run_that_fails_shows_its_events_and_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(CONFIG | {"reward": "1/bump"}), encoding="utf-8")
    assert main(["train", str(path)]) == 2
    captured = capsys.readouterr()
    kinds = [json.loads(line)["kind"] for line in captured.out.splitlines()]
    assert kinds == ["run_started", "run_failed"]
    assert captured.err == (
        "`1/bump` divided by zero where `bump` was 0. "
        "Change the reward so that every step pays a finite number; a term that may be 0 can be "
        "divided by as in 1/(1 + term).\n"
    )


def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(CONFIG | {"episodes": 3000}), encoding="utf-8")
    command = [sys.executable, "-m", "engine", "train", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        assert json.loads(process.stdout.readline())["kind"] == "run_started"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=30) == 0


@pytest.mark.parametrize("arguments", [["--help"], ["list", "--help"], ["train", "--help"]])
def test_help(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 0
    assert "usage: python -m engine" in capsys.readouterr().out
