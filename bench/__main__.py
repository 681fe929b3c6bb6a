"""All benchmarks, one after the other, as figures beside what they should reach."""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
ALONE = {"OMP_NUM_THREADS": "1"}


def run(script: str) -> dict[str, Any]:
    """One benchmark in a process of its own."""
    done = subprocess.run(
        [sys.executable, str(FOLDER / script)],
        env={**os.environ, **ALONE},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


def main() -> None:
    decode, grpo, page = run("decode.py"), run("grpo.py"), run("page.py")
    animation = run("animation.py")
    dpo, reward_model = run("dpo.py"), run("reward_model.py")
    ppo, tabular = run("ppo.py"), run("q_learning.py")
    dqn, a2c = run("dqn.py"), run("a2c.py")
    scaling = run("scaling.py")
    defaults = run("default_runs.py")
    sixty = run("trl_sixty.py")
    arc, change = run("arc.py"), run("page_change.py")
    chapter_run = page["default_run_s"]["the_polite_assistant"]
    rate = statistics.median(grpo["ours_updates_per_second"])
    made = page["click_to_first_update_s"]["median"] + 59 / rate
    seen = page["click_to_first_point_s"]["median"] + 59 / rate
    rows = [
        ("lean decode against generate", decode["ratio"], "at least 3"),
        ("GRPO updates a second against TRL", grpo["ratio"], "at least 1.5"),
        ("DPO steps a second against TRL", dpo["ratio"], "at least 2"),
        ("the same, in the first pass over the pairs", dpo["first_pass_ratio"], "-"),
        ("reward model steps a second against TRL", reward_model["ratio"], "at least 1.5"),
        (
            "click to 60th update made, same work, against TRL's script",
            sixty["whole_s"] / made,
            "at least 4",
        ),
        ("the same, until it is on the page", sixty["whole_s"] / seen, "-"),
        ("the same, all of the chapter's longer run", sixty["whole_s"] / chapter_run, "-"),
        ("PPO steps a second against Stable-Baselines3", ppo["ratio"], "at least 4"),
        ("steps a second on the corridor", tabular["median"], "at least 300000"),
        ("A2C steps a second against Stable-Baselines3, 8 carts", a2c["ratio_8"], "at least 2"),
        ("the same, one cart", a2c["ratio_1"], "at least 2"),
        ("PPO until the cart is solved, s", max(ppo["seconds_to_solve"]), "at most 10"),
        ("DQN steps a second against Stable-Baselines3", dqn["ratio"], "at least 4"),
        (
            "longest default run, processor s",
            f"{defaults['longest_s']} ({defaults['longest']})",
            "at most 5",
        ),
        ("default runs beyond that", defaults["over"], "none"),
        ("time beyond linear in work, 2x to 8x", scaling["beyond_linear"], "at most 0.15"),
        ("share of the matrix product's speed", scaling["share_of_matmul"], "at least 0.4"),
        ("start to a usable page, s", page["start_to_page_usable_s"], "at most 6"),
        ("click to first live point, s", page["click_to_first_point_s"], "p95 at most 1.0"),
        ("another interaction while live, s", page["interaction_while_live_s"], "p95 at most 0.3"),
        ("default runs, s", page["default_run_s"], "at most 10; the corridor 3"),
        (
            "web process with 20 sessions, MB",
            page["web_process_mb_with_20_sessions"],
            "at most 300",
        ),
        ("frames a second of the slowest stage", animation["slowest"], "at least 20"),
        ("change of page, s", change["all"], "p95 at most 0.5"),
        ("all chapters loaded and checked, processor s", arc["chapters_load_cpu_s"], "at most 2"),
        ("storage of a finished arc, MB", arc["arc_mb"], "at most 5"),
        ("20 learners at once", page["twenty_learners"], "first sign of life within 1 s"),
    ]
    for name, figure, wanted in rows:
        print(f"{name:55} {figure!s:60} {wanted}")


if __name__ == "__main__":
    main()
