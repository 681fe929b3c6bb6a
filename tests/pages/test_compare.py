"""Methods side by side: a form that follows the address, refusals in words, and what is drawn."""

from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from backend import comparisons, conversation, runs, worker
from curriculum.comparison import Comparison, around, methods, named
from curriculum.loader import load_catalogue
from curriculum.state import ChapterState
from engine.config import parse_config
from engine.events import UpdateCompleted
from engine.metrics import MetricName
from pages.parts import compare_credit, compare_curves, ending
from tests.pages.lab_steps import ROOT, me, press_button, words

SMALL = Comparison(methods=("grpo", "sdpo"), task="floor", budget=208, seeds=1)


@pytest.fixture
def compare(routed: None) -> AppTest:
    """The page as a newcomer finds it."""
    return AppTest.from_file(str(ROOT / "pages" / "compare.py"), default_timeout=60).run()


def at(page: AppTest, query: dict[str, str]) -> AppTest:
    """The page at an address."""
    for name, value in query.items():
        page.query_params[name] = value
    return page.run()


def test_a_newcomer_sees_the_usual_comparison_and_nothing_runs(compare: AppTest) -> None:
    assert "Nothing is drawn that was not run." in words(compare)
    assert runs.runs_of(me(compare)) == []
    assert compare.selectbox(key="compare_task").value == "duty"


def test_an_address_fills_the_form_and_compare_begins_it(compare: AppTest) -> None:
    at(compare, SMALL.as_query())
    assert compare.number_input(key="compare_budget").value == 208
    assert "Press Compare to have the missing runs made" in words(compare)
    assert runs.runs_of(me(compare)) == []
    press_button(compare, "Compare")
    begun = {row.config.algorithm for row in runs.runs_of(me(compare))}
    assert begun == {"grpo", "sdpo"}
    assert "Stop them all" in [button.label for button in compare.button]
    press_button(compare, "Stop them all")
    assert {row.state for row in runs.runs_of(me(compare))} == {"stopped"}


def test_a_comparison_that_was_begun_is_found_again(compare: AppTest) -> None:
    at(compare, SMALL.as_query())
    press_button(compare, "Compare")
    press_button(compare, "Stop them all")
    at(compare, SMALL.as_query() | {"task": "sum"})
    press_button(compare, named(SMALL))
    assert compare.query_params["task"] == "floor"
    assert compare.selectbox(key="compare_task").value == "floor"


def test_the_full_comparison_is_a_click_away(compare: AppTest) -> None:
    compare.selectbox(key="compare_task").set_value("sum")
    press_button(compare, f"All {len(methods())} methods, 3 seeds")
    assert len(runs.runs_of(me(compare))) == 3 * len(methods())
    assert compare.query_params["task"] == "sum"


def test_another_address_fills_the_form_anew(compare: AppTest) -> None:
    at(compare, SMALL.as_query())
    at(compare, {"task": "sum"})
    assert compare.selectbox(key="compare_task").value == "sum"


@pytest.mark.parametrize(
    ("query", "words_of_it"),
    [
        ({"seeds": "99"}, "99 seeds at once are not possible."),
        ({"budget": "many"}, "It must be a number."),
        ({"methods": "nonsense"}, "“nonsense” is no method"),
        ({"methods": ""}, "No method is chosen."),
    ],
)
def test_an_address_that_names_nothing_is_refused_in_words(
    compare: AppTest, query: dict[str, str], words_of_it: str
) -> None:
    shown = words(at(compare, query))
    assert "This address names no comparison." in shown and words_of_it in shown
    assert compare.number_input(key="compare_seeds").value == Comparison().seeds


def test_a_form_that_cannot_be_run_is_refused_and_the_last_comparison_stays(
    compare: AppTest,
) -> None:
    at(compare, SMALL.as_query())
    compare.number_input(key="compare_budget").set_value(50)
    shown = words(press_button(compare, "Compare"))
    assert "50 tokens may not pay for one update" in shown
    assert compare.number_input(key="compare_budget").value == 50
    assert compare.query_params["budget"] == "208"
    assert runs.runs_of(me(compare)) == []


def test_finished_runs_are_drawn_from_the_record(
    compare: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    charts: dict[str, Any] = {}
    heat: dict[str, Any] = {}
    monkeypatch.setattr(
        compare_curves.draw, "curves", lambda title, **rest: charts.update({title: rest})
    )
    monkeypatch.setattr(
        compare_credit.draw, "heat_table", lambda rows, **rest: heat.update(rows=rows, **rest)
    )
    at(compare, SMALL.as_query())
    press_button(compare, "Compare")
    worker.pull("here")
    words(compare.run())
    assert list(charts) == ["GRPO", "SDPO"]
    own = charts["GRPO"]["series"][-1]
    assert list(own.x) == [208] and 0 <= own.y[0] <= 1
    assert charts["SDPO"]["series"][0].y == own.y
    assert [row.name for row in heat["rows"]] == ["GRPO", "SDPO"]
    assert "All methods saw this very reply." in heat["note"]
    now = comparisons.standings(me(compare), SMALL)
    assert compare_curves.is_examining(SMALL, now), "there is no worker"
    asked: list[comparisons.Asked] = []
    monkeypatch.setattr(comparisons, "hold_exam", lambda *about: asked.append(about))
    compare.run()
    within = [
        sum(
            isinstance(event, UpdateCompleted) and event.work <= SMALL.budget
            for event in runs.events_of(one.address)
        )
        for one in now
    ]
    assert all(one.updates > last >= 1 for one, last in zip(now, within, strict=True))
    assert asked == [(one.address, last) for one, last in zip(now, within, strict=True)]
    for address, update in asked:
        conversation.exam(address, update)
    assert not compare_curves.is_examining(SMALL, now)
    asked.clear()
    compare.run()
    assert asked == []
    assert heat["rows"][0].tokens == heat["rows"][1].tokens
    grpo, sdpo = heat["rows"]
    assert grpo.reward == 0 and grpo.verdict == "Every token is blamed alike."
    assert sdpo.verdict.startswith("Most blamed: “") and sdpo.full != grpo.full
    assert "It begins at update 1, the first in which every method shown has a group" in words(
        compare
    )


def standing(method: str, progress: comparisons.Progress, updates: int) -> comparisons.Standing:
    config = SMALL.config(method, 1)
    return comparisons.Standing(method, 1, config, "", progress, updates, 50 * updates)


@pytest.mark.parametrize(
    ("metric", "own", "sentence"),
    [
        ("teacher_kl", standing("grpo", "spent", 3), "GRPO does not measure this."),
        ("correct", standing("grpo", "on", 0), "No update is made yet."),
        (
            *("correct", standing("grpo", "on", 1)),
            "The first part of the budget is not used up yet.",
        ),
        (
            *("correct", standing("grpo", "done", 4)),
            "No run got through the first part of the budget.",
        ),
    ],
)
def test_it_is_said_why_there_is_no_curve(
    metric: str, own: comparisons.Standing, sentence: str
) -> None:
    assert compare_curves.without_curve(MetricName(metric), [own]) == sentence


@pytest.mark.parametrize(
    ("chapter_id", "method", "is_linked"),
    [
        ("trust_the_sign", "rlsd", True),
        ("trust_the_sign", "dpo", False),
        ("the_polite_assistant", "grpo", False),
    ],
)
def test_the_floor_of_teachers_leads_to_the_comparison(
    monkeypatch: pytest.MonkeyPatch, chapter_id: str, method: str, is_linked: bool
) -> None:
    links: list[dict[str, str]] = []
    config = parse_config({"algorithm": method, "world": {"world": "desk"}})
    monkeypatch.setattr(ending.live, "status", lambda press_id: SimpleNamespace(config=config))
    monkeypatch.setattr(ending.st, "page_link", lambda page, **rest: links.append(rest))
    chapter = load_catalogue().chapter(chapter_id)
    fresh = ChapterState(chapter=chapter.id, version=chapter.version)
    ending.compare_link(chapter, fresh.model_copy(update={"last_press": "a press"}))
    ending.compare_link(chapter, fresh)
    assert [link["query_params"] for link in links] == (
        [around(method).as_query()] if is_linked else []
    )


@pytest.mark.parametrize(("mixed", "says_it"), [(1, True), (2, True), (3, False)])
def test_where_no_pay_can_tell_replies_apart_it_is_said_why_rows_stay_at_nothing(
    mixed: int, says_it: bool
) -> None:
    said = compare_credit.where_it_begins(7, mixed, 3)
    assert said.startswith("It begins at update 7")
    assert (compare_credit.NOTHING_TO_COMPARE in said) is says_it
    assert ("every method shown" in said) is not says_it
