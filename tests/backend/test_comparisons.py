"""The runs of a comparison: pressed once each, shared, read as far as the budget, and stopped."""

from dataclasses import replace

import pytest

from backend import comparisons, conversation, runs, worker
from backend.comparisons import Progress
from backend.database import current
from backend.errors import NothingToTalkTo, WorkersNotReady
from backend.tables import RunRow
from curriculum.comparison import Comparison
from engine.config import content_address, parse_config
from engine.language.checkpoint import base_policy
from engine.language.exam import share_right
from tests.backend.conftest import counting_config

# Four updates of 8 replies, of which the budget may pay for one only.
SMALL = Comparison(methods=("grpo", "sdpo"), task="floor", budget=208, seeds=1)


def progress(learner: str, comparison: Comparison) -> list[Progress]:
    return [one.progress for one in comparisons.standings(learner, comparison)]


def test_a_comparison_is_begun_done_and_found_by_somebody_else(ada: str, ben: str) -> None:
    assert progress(ada, SMALL) == ["missing", "missing"]
    comparisons.begin(ada, SMALL)
    comparisons.begin(ada, SMALL)
    assert progress(ada, SMALL) == ["on", "on"]
    assert len(runs.runs_of(ada)) == 2
    assert worker.pull("here") == 2
    now = comparisons.standings(ben, SMALL)
    assert [one.progress for one in now] == ["spent", "spent"]
    assert all(one.is_over and one.press_id is None for one in now)
    comparisons.begin(ben, SMALL)
    assert runs.runs_of(ben) == []
    assert all(one.work >= SMALL.budget for one in now)
    assert comparisons.update_of(now[0].address, 1) is not None
    assert comparisons.update_of(now[0].address, 99) is None


def test_what_was_stopped_rests_and_goes_on(ada: str) -> None:
    comparisons.begin(ada, SMALL)
    comparisons.stop(comparisons.standings(ada, SMALL))
    assert progress(ada, SMALL) == ["resting", "resting"]
    assert worker.pull("here") == 0
    comparisons.begin(ada, SMALL)
    assert progress(ada, SMALL) == ["on", "on"]


def test_a_run_whose_budget_is_used_up_lets_its_worker_go(ada: str) -> None:
    comparisons.begin(ada, SMALL)
    first, second = comparisons.standings(ada, SMALL)
    with current().writing() as session:
        session.get_one(RunRow, first.address).work = SMALL.budget
    comparisons.stop_spent(comparisons.standings(ada, SMALL))
    states = {row.address: row.state for row in runs.runs_of(ada)}
    assert states == {first.address: "stopped", second.address: "queued"}
    assert progress(ada, SMALL) == ["spent", "on"]


def test_budgets_of_equally_many_updates_share_their_runs(ada: str) -> None:
    """Four updates each; what one budget pays for, a little more may not be the end of."""
    larger = replace(SMALL, budget=256)
    comparisons.begin(ada, SMALL)
    assert progress(ada, larger) == ["on", "on"]
    assert progress(ada, replace(SMALL, budget=257)) == ["missing", "missing"]


def test_runs_that_others_have_computed_are_joined(ada: str, ben: str) -> None:
    comparisons.begin(ada, SMALL)
    comparisons.begin(ben, SMALL)
    comparisons.stop(comparisons.standings(ada, SMALL))
    assert progress(ben, SMALL) == ["on", "on"]
    comparisons.stop(comparisons.standings(ben, SMALL))
    assert progress(ben, SMALL) == ["resting", "resting"]


def test_a_run_that_fails_says_why(ada: str) -> None:
    broken = replace(SMALL, methods=("grpo",), reward="1/flattery")
    comparisons.begin(ada, broken)
    worker.pull("here")
    (one,) = comparisons.standings(ada, broken)
    assert one.progress == "failed" and one.is_over
    assert "divided by zero" in one.problem
    comparisons.begin(ada, broken)
    assert progress(ada, broken) == ["failed"], "it would only fail again"


def test_the_exam_is_of_the_policy_as_it_was(ada: str) -> None:
    config = SMALL.config("sdpo", 1)
    runs.press_train(ada, config)
    worker.pull("here")
    address = content_address(config)
    untrained = share_right(base_policy(), "floor")
    assert conversation.exam(address, 0) == untrained
    assert 0 < untrained < 1
    last = conversation.exam(address, config.planned_updates)
    assert last == conversation.exam(address, config.planned_updates)
    assert last != untrained


def test_there_is_no_exam_of_what_does_not_answer_one_kind_of_question(ada: str) -> None:
    mixed = parse_config({"algorithm": "grpo", "world": {"world": "desk"}, "updates": 1})
    for config in (parse_config(counting_config()), mixed):
        runs.press_train(ada, config)
        with pytest.raises(NothingToTalkTo):
            conversation.exam(content_address(config), 0)


def test_without_workers_there_is_no_exam_yet(ada: str) -> None:
    with pytest.raises(WorkersNotReady):
        comparisons.exam("0" * 64, 1)
