"""The runs of a comparison: pressed once each, shared, read as far as the budget, and stopped."""

import json
from dataclasses import replace

import pytest

from backend import comparisons, conversation, runs, worker
from backend.comparisons import Progress
from backend.database import current
from backend.errors import NothingToTalkTo, WorkersNotReady
from backend.tables import ComparisonRow, ExamRow
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


def test_a_run_ends_with_the_update_that_uses_up_its_budget(ada: str) -> None:
    """Whoever watches or does not: work is 10 an update, and 21 is more than two of them."""
    press = runs.press_train(ada, counting_config(updates=9), budget=21)
    worker.pull("here")
    view = runs.look(press)
    assert (view.state, view.updates_done, view.work) == ("stopped", 3, 30)
    again = runs.press_train(ada, counting_config(updates=9), budget=30)
    assert worker.pull("here") == 0
    assert runs.look(again).state == "stopped"
    runs.press_train(ada, counting_config(updates=9), budget=31)
    worker.pull("here")
    assert runs.look(again).work == 30 and runs.record_of(view.address)
    assert runs.runs_of(ada)[0].work == 40


def test_the_last_update_of_a_run_finishes_it_whatever_the_budget(ada: str) -> None:
    press = runs.press_train(ada, counting_config(updates=3), budget=30)
    worker.pull("here")
    assert runs.look(press).state == "finished"


def test_a_press_is_wanted_as_far_as_its_largest_budget(ada: str) -> None:
    press = runs.press_train(ada, counting_config(updates=9), budget=50)
    assert runs.press_train(ada, counting_config(updates=9), budget=20) == press
    worker.pull("here")
    assert runs.look(press).work == 50


def test_a_run_of_the_lab_goes_on_beyond_the_budget_of_a_comparison(ada: str) -> None:
    """And stopping the comparison does not stop it."""
    lab = runs.press_train(ada, SMALL.config("grpo", 1))
    comparisons.begin(ada, SMALL)
    comparisons.stop(comparisons.standings(ada, SMALL))
    assert progress(ada, SMALL) == ["on", "resting"]
    comparisons.begin(ada, SMALL)
    worker.pull("here")
    assert runs.look(lab).state == "finished"
    assert runs.look(lab).updates_done == SMALL.updates == 4
    sdpo = comparisons.standings(ada, SMALL)[1]
    assert sdpo.progress == "spent" and sdpo.updates < 4
    runs.press_train(ada, sdpo.config)
    worker.pull("here")
    assert comparisons.standings(ada, SMALL)[1].updates == 4, "the Lab wants it all"


def test_somebody_who_pauses_in_the_lab_gets_the_step_that_they_asked_for(ada: str) -> None:
    config = counting_config(updates=9)
    lab = runs.press_train(ada, config)
    runs.pause(lab)
    for _ in range(5):
        runs.step(lab)
    runs.press_train(ada, config, budget=20)
    worker.pull("here")
    assert runs.look(lab).updates_done == 5
    assert runs.runs_of(ada)[0].work == 50


def test_comparisons_that_were_begun_are_found_again(ada: str, ben: str) -> None:
    other = replace(SMALL, task="sum")
    for one in (SMALL, other, SMALL):
        comparisons.begin(ada, one)
    assert comparisons.begun_by(ada) == [SMALL, other]
    assert comparisons.begun_by(ben) == []
    with current().writing() as session:
        for row in session.query(ComparisonRow):
            if row.content == json.dumps(SMALL.as_query(), sort_keys=True):
                row.content = json.dumps({"methods": "of_another_version"})
    assert comparisons.begun_by(ada) == [other]


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
    with current().writing() as session:
        session.get_one(ExamRow, (address, config.planned_updates)).share = 0.125
    assert conversation.exam(address, 0) == untrained, "each update has its own"
    asked = [(address, config.planned_updates), (address, 0), (address, 1)]
    assert comparisons.exams(asked) == {asked[0]: 0.125, asked[1]: untrained}


def test_there_is_no_exam_of_what_does_not_answer_one_kind_of_question(ada: str) -> None:
    mixed = parse_config({"algorithm": "grpo", "world": {"world": "desk"}, "updates": 1})
    for config in (parse_config(counting_config()), mixed):
        runs.press_train(ada, config)
        with pytest.raises(NothingToTalkTo):
            conversation.exam(content_address(config), 0)


def test_without_workers_there_is_no_exam_yet(ada: str) -> None:
    with pytest.raises(WorkersNotReady):
        comparisons.hold_exam("0" * 64, 1)
