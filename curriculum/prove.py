"""The proof of a chapter: its recorded settings, run over seeds."""

import time
from collections import Counter
from collections.abc import Callable, Iterator

from curriculum.experiment import Recorded
from curriculum.recipe import recorded_config, starting_config
from curriculum.rules import outcome_of
from curriculum.schema import Chapter
from curriculum.summary import Summary, summarise
from engine.frozen import Frozen
from engine.train import train

EXAMPLE_SHARE = 0.8  # of the seeds on which a recorded setting must reach its outcome

Clock = Callable[[], float]


class Row(Frozen):
    """What one recorded setting reached over all seeds."""

    chapter: str
    recorded: str
    role: str
    reaches: str
    seeds: int
    outcomes: dict[str, int]  # outcome id -> on how many seeds
    slowest_seconds: float
    problem: str = ""  # empty if the claim holds

    @property
    def reached(self) -> int:
        """Seeds on which the promised outcome was reached."""
        return self.outcomes.get(self.reaches, 0)


def run_recorded(chapter: Chapter, recorded: Recorded, seed: int) -> Summary:
    """Run a recorded setting to its end."""
    config = recorded_config(chapter, recorded, seed)
    last = chapter.experiment.last_updates
    return summarise(train(config), config.model_dump(mode="json"), last)


def prove_chapter(chapter: Chapter, seeds: int, clock: Clock = time.process_time) -> Iterator[Row]:
    """One row for each recorded setting, as soon as its runs are done.

    clock: processor time by default, so that a busy machine does not make a chapter look slow.
    """
    next(train(starting_config(chapter)))  # what is loaded on first use is loaded now
    for recorded in chapter.recorded:
        reached: Counter[str] = Counter()
        slowest = 0.0
        for seed in range(1, seeds + 1):
            started = clock()
            reached[outcome_of(chapter, run_recorded(chapter, recorded, seed)).id] += 1
            slowest = max(slowest, clock() - started)
        row = Row(
            chapter=chapter.id,
            recorded=recorded.id,
            role=recorded.role,
            reaches=recorded.reaches,
            seeds=seeds,
            outcomes=dict(reached.most_common()),
            slowest_seconds=round(slowest, 2),
        )
        problem = problem_of(chapter, row)
        yield Row.model_validate({**row.model_dump(), "problem": problem})


def problem_of(chapter: Chapter, row: Row) -> str:
    """Why a row does not bear out the chapter, as a sentence; empty if it does."""
    goals = {outcome.id for outcome in chapter.outcomes if outcome.kind == "mastery"}
    at_goal = sum(count for outcome, count in row.outcomes.items() if outcome in goals)
    if row.role == "start" and at_goal:
        return f"The start reaches the goal on {at_goal} of {row.seeds} seeds; it must on none."
    if row.role == "reference" and at_goal < row.seeds:
        return f"The reference reaches the goal on {at_goal} of {row.seeds} seeds; it must on all."
    if row.reached < EXAMPLE_SHARE * row.seeds:
        return (
            f"`{row.reaches}` is reached on {row.reached} of {row.seeds} seeds; "
            f"it must be on {EXAMPLE_SHARE:.0%} of them."
        )
    if row.slowest_seconds > chapter.experiment.seconds:
        allowed = chapter.experiment.seconds
        return f"A run took {row.slowest_seconds:.1f} s; the chapter allows {allowed:g} s."
    return ""


def table(rows: list[Row]) -> str:
    """The rows as aligned text."""
    head = ("chapter", "recorded", "role", "promises", "reached", "slowest", "verdict")
    lines: list[tuple[str, ...]] = [head]
    for row in rows:
        others = ", ".join(f"{name} {count}" for name, count in row.outcomes.items())
        verdict = row.problem or (f"holds ({others})" if len(row.outcomes) > 1 else "holds")
        share = f"{row.reached}/{row.seeds}"
        seconds = f"{row.slowest_seconds:.1f} s"
        lines.append((row.chapter, row.recorded, row.role, row.reaches, share, seconds, verdict))
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
