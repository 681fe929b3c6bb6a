"""What a run exports for TRL runs there as it is, and learns the same thing."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from backend.exports import SCRIPTS, trl_script_of
from engine.algorithms import ALGORITHMS
from engine.config import config_json, parse_config

ROOT = Path(__file__).parents[1]
OFFLINE = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
# What TRL can be asked for, and a run of it that is short.
RUNS: dict[str, dict[str, Any]] = {
    "grpo": {"reward": "correct", "updates": 25, "loss_type": "dr_grpo", "scale_rewards": "none"},
    "rloo": {"reward": "correct", "updates": 25},
}


def test_every_script_belongs_to_an_algorithm_and_is_tried_here() -> None:
    names = {path.stem for path in SCRIPTS.glob("*.py")}
    assert names == set(RUNS) <= set(ALGORITHMS)


@pytest.mark.parametrize("name", list(RUNS))
def test_the_settings_of_a_run_stand_in_its_script(name: str) -> None:
    config = parse_config({"algorithm": name, "seed": 7, **RUNS[name]})
    script = trl_script_of(config)
    assert script is not None
    scope: dict[str, Any] = {}
    exec(
        script[script.index("SETTINGS") : script.index("\n\nconfig = ")],
        {"Any": Any, "dict": dict},
        scope,
    )
    assert config_json(parse_config(scope["SETTINGS"])) == config_json(config)


def test_what_trl_does_not_have_is_not_offered() -> None:
    corridor = {"algorithm": "q_learning", "world": {"world": "corridor"}}
    assert trl_script_of(parse_config(corridor)) is None


@pytest.mark.slow
@pytest.mark.parametrize("name", list(RUNS))
def test_the_script_runs_in_trl_and_learns(name: str, tmp_path: Path) -> None:
    path = tmp_path / "run_in_trl.py"
    path.write_text(trl_script_of(parse_config({"algorithm": name, **RUNS[name]})) or "")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(path)],
        cwd=tmp_path,
        env={**os.environ, **OFFLINE, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    rewards = [float(found) for found in re.findall(r"'reward': '?([-\d.]+)", done.stdout)]
    assert len(rewards) == RUNS[name]["updates"]
    assert sum(rewards[:3]) / 3 < 0.6
    assert sum(rewards[-5:]) / 5 > 0.8
