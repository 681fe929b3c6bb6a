"""How long TRL's script takes from its start to the 60th update, on one core; prints JSON.

The wait of somebody who starts a well-known trainer. Beside it stands a learner's: from the click
until a warm worker has made its first update (bench/page.py), and 59 more (bench/grpo.py).
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.grpo import save_model

STEPS = 60


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        save_model(Path(folder))
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, str(Path(__file__).with_name("trl_grpo.py")), folder, str(STEPS)],
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            capture_output=True,
            check=True,
        )
    print(json.dumps({"benchmark": "trl_sixty", "whole_s": round(time.perf_counter() - began, 1)}))


if __name__ == "__main__":
    main()
