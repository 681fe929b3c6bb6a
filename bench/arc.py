"""What a whole arc takes: time to load its chapters, and storage for one learner; prints JSON.

Loading is measured in processes of their own, from reading the first file to the checked catalogue;
the seconds of the processor are those of the process. The arc is every chapter's reference run on
a fresh SQLite database, with all that a learner leaves behind: the press, the run with its events,
the state of the chapter, and the ledger. Its bytes are those of the file, once it is compact.
Policies that are kept beside it, so that Pip can be talked to, are counted apart.

    OMP_NUM_THREADS=1 python bench/arc.py
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from backend import learners, runs, worker
from backend.database import current
from curriculum import state as moves
from curriculum.ledger import decision_entry, outcome_entry, run_entry
from curriculum.loader import load_catalogue
from curriculum.recipe import recorded_config
from curriculum.rules import outcome_of
from curriculum.schema import Chapter
from curriculum.summary import summarise

LOADS = 5
LOADING = """
import time
from curriculum import loader
began, used = time.perf_counter(), time.process_time()
loader.load_catalogue()
print(time.perf_counter() - began, time.process_time() - used, time.process_time())
"""


def main() -> None:
    figures = {"benchmark": "arc", **loading()}
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"PIP_SCHOOL_DATA": folder, "PIP_SCHOOL_SCHEDULER": "none"}
        os.environ.pop("DATABASE_URL", None)
        figures |= storage(Path(folder))
        current().close()
    print(json.dumps(figures))


def loading() -> dict[str, float]:
    """Seconds from the files to a checked catalogue: the median of a few processes."""
    root = Path(__file__).parents[1]
    told = [
        subprocess.run(
            [sys.executable, "-c", LOADING], cwd=root, stdout=subprocess.PIPE, text=True, check=True
        ).stdout.split()
        for _ in range(LOADS)
    ]
    wall, used, whole = (
        statistics.median(map(float, column)) for column in zip(*told, strict=True)
    )
    return {
        "chapters_load_s": round(wall, 2),
        "chapters_load_cpu_s": round(used, 2),
        "with_imports_cpu_s": round(whole, 2),
    }


def storage(folder: Path) -> dict[str, object]:
    """Megabytes that one learner leaves behind who finishes every chapter."""
    learner = learners.learner_for(learners.new_token())
    empty = compact(folder)
    sizes: dict[str, int] = {}
    for chapter in load_catalogue().chapters:
        finish(learner, chapter)
        before = sum(sizes.values()) + empty
        sizes[chapter.id] = compact(folder) - before
        sys.stderr.write(f"{chapter.id}: {sizes[chapter.id]} bytes\n")
    kept = [file for file in folder.rglob("*") if file.is_file()]
    beside = sum(file.stat().st_size for file in kept if "school.sqlite" not in file.name)
    largest = max(sizes, key=lambda name: sizes[name])
    return {
        "arc_mb": round(sum(sizes.values()) / 1e6, 2),
        "largest_chapter_mb": round(sizes[largest] / 1e6, 2),
        "largest_chapter": largest,
        "policies_beside_mb": round(beside / 1e6, 2),
    }


def finish(learner: str, chapter: Chapter) -> None:
    """The reference run of a chapter, what happened, and a decision."""
    recorded = next(one for one in chapter.recorded if one.role == "reference")
    config = recorded_config(chapter, recorded, chapter.experiment.seed)
    press = runs.press_train(learner, config, chapter.id)
    worker.pull("bench")
    events = runs.events_of(runs.row_of(press).address)
    made = summarise(events, config.model_dump(mode="json"), chapter.experiment.last_updates)
    outcome, option = outcome_of(chapter, made), chapter.decide.options[0].id
    for entry in (
        run_entry(chapter, press, made, is_free=False),
        outcome_entry(chapter, outcome, made),
        decision_entry(chapter, option, outcome.id, made),
    ):
        learners.record(learner, entry)
    state = moves.press(moves.skip_prediction(moves.begin(chapter)), press)
    state = moves.to_decision(moves.reach(chapter, state, outcome.id, press))
    learners.save_chapter(learner, moves.decide(chapter, state, option))


def compact(folder: Path) -> int:
    """Bytes of the database once nothing in it is empty and no log lies beside it."""
    with current().engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raw.execute("VACUUM")
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return (folder / "school.sqlite").stat().st_size


if __name__ == "__main__":
    main()
