"""What a run exports for TRL runs there as it is, and learns the same thing."""

import os
import re
import subprocess
import sys
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from backend.exports import SCRIPTS, trl_script_of
from engine.algorithms import ALGORITHMS
from engine.config import config_json, parse_config
from engine.events import UpdateCompleted
from engine.metrics import MetricName as M
from engine.train import train

ROOT = Path(__file__).parents[1]
OFFLINE = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
# What TRL can be asked for, and a run of it that is short.
PAID: dict[str, dict[str, Any]] = {
    "grpo": {"reward": "correct", "updates": 25, "loss_type": "dr_grpo", "scale_rewards": "none"},
    "rloo": {"reward": "correct", "updates": 25},
}
TAUGHT: dict[str, dict[str, Any]] = {
    "dpo": {"updates": 20, "loss_type": "robust", "label_smoothing": 0.3},
    "sft": {"updates": 20},
    "reward_model": {"updates": 20},
}
RUNS = PAID | TAUGHT


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
    for other in ({"loss_type": "ipo"}, {"loss_type": "conservative"}, {"pairs_from": "policy"}):
        assert trl_script_of(parse_config({"algorithm": "dpo", **other})) is None


def logged(name: str, key: str, folder: Path) -> list[float]:
    """Run the script of a run of RUNS in the project's folder, and return what TRL logs.

    key: whose value of each step is wanted. The script itself lies in another folder.
    """
    school = folder / "school"
    school.mkdir()
    (school / "engine").symlink_to(ROOT / "engine")
    path = folder / "run_in_trl.py"
    path.write_text(trl_script_of(parse_config({"algorithm": name, **RUNS[name]})) or "")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(path)],
        cwd=school,
        env={**os.environ, **OFFLINE},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = [float(value) for value in re.findall(rf"'{key}': '?([-\d.]+)", done.stdout)]
    assert len(found) == RUNS[name]["updates"]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", list(PAID))
def test_the_script_runs_in_trl_and_learns(name: str, tmp_path: Path) -> None:
    rewards = logged(name, "reward", tmp_path)
    assert sum(rewards[:3]) / 3 < 0.6
    assert sum(rewards[-5:]) / 5 > 0.8


@pytest.mark.slow
@pytest.mark.parametrize("name", list(TAUGHT))
def test_the_script_has_the_losses_of_the_run_here(name: str, tmp_path: Path) -> None:
    """TRL shuffles the pairs in another order, so only means can be compared."""
    theirs = logged(name, "loss", tmp_path)
    events = train(parse_config({"algorithm": name, **RUNS[name]}))
    ours = [event.metrics[M.LOSS] for event in events if isinstance(event, UpdateCompleted)]
    assert fmean(theirs) == pytest.approx(fmean(ours), abs=0.01)
    if name == "dpo":
        assert theirs[0] == pytest.approx(ours[0], abs=1e-3)
        assert fmean(theirs[-5:]) < theirs[0] - 0.005
