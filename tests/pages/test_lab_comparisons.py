"""Runs beside each other in the Lab: side by side, over seeds, and several methods on one chart."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from backend import runs, worker
from curriculum.experiment import Chart
from engine.endings import MEANINGS, NOTES
from engine.spread import traced
from pages.parts import lab_seeds, lab_spread, watch
from pages.parts.components import RunName
from tests.pages.lab_steps import CART, me, opened, press_button, trained, words


def test_two_cart_runs_stand_side_by_side(lab: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: dict[str, Any] = {}
    monkeypatch.setattr(
        watch.draw, "cart_stage", lambda shift, limits, key, **rest: drawn.update({key: shift})
    )
    first = trained(me(lab), CART)
    trained(me(lab), CART | {"seed": 6})
    opened(lab)
    beside = next(box for box in lab.selectbox if box.label == "Run B, dashed")
    shown = words(beside.set_value(runs.look(first).address).run())
    assert "What differs" in shown
    assert {"picture_A", "picture_B"} <= set(drawn)
    assert drawn["picture_A"] != drawn["picture_B"]
    assert drawn["picture_A"].positions


def test_several_seeds_are_trained_and_drawn_together(lab: AppTest) -> None:
    next(one for one in lab.segmented_control if one.label == "Seeds").set_value("Five").run()
    lab.text_area[0].set_value("delivered - 0.01*step").run()
    press_button(lab, "Train")
    assert [row.config.seed for row in runs.runs_of(me(lab))[::-1]] == [1, 2, 3, 4, 5]
    worker.pull("here")
    shown = words(opened(lab))
    assert "Run A, solid" in shown
    assert "All 5 seeds together" in [toggle.label for toggle in lab.toggle]
    axes = next(one for one in lab.segmented_control if one.label == "Drawn against")
    assert axes.options == ["Updates", "Tokens or steps", "Seconds"]
    assert not axes.set_value("Seconds").run().exception


def test_seeds_can_be_stopped_together(lab: AppTest) -> None:
    next(one for one in lab.segmented_control if one.label == "Seeds").set_value("Five").run()
    press_button(lab, "Train")
    press_button(lab, "Stop them all")
    assert {row.state for row in runs.runs_of(me(lab))} == {"stopped"}


def test_one_run_is_compared_with_one_of_another_algorithm(lab: AppTest) -> None:
    desk = {"world": {"world": "desk"}, "updates": 2, "prompts_per_update": 2, "group_size": 2}
    trained(me(lab), {"algorithm": "rloo", "reward": "polite", **desk})
    trained(me(lab), {"algorithm": "grpo", "reward": "polite", **desk})
    opened(lab)
    other = next(one for one in lab.selectbox if one.label == "Run B, dashed")
    assert ["RLOO" in option for option in other.options] == [True]
    other.select_index(0).run()
    axes = next(one for one in lab.segmented_control if one.label == "Drawn against")
    assert axes.options[-1] == "Drift"
    assert not axes.set_value("Drift").run().exception


def test_three_methods_are_drawn_on_one_chart(
    lab: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seeds of three experiments: each has its line, and its column among the ends."""
    drawn: dict[str, list[str | None]] = {}
    monkeypatch.setattr(
        lab_spread.draw,
        "curves",
        lambda title, series, **rest: drawn.update({title: [line.run for line in series]}),
    )
    letters = {"world": {"world": "letters"}, "updates": 2, "group_size": 2}
    for algorithm in ("rloo", "grpo", "rlhf"):
        own = letters if algorithm != "rlhf" else {"world": {"world": "letters"}, "updates": 2}
        for seed in (1, 2):
            trained(me(lab), {"algorithm": algorithm, "seed": seed, **own})
    opened(lab)
    lab.toggle[0].set_value(True).run()
    for line in ("Run B, dashed", "Run C, dotted"):
        next(box for box in lab.selectbox if box.label == line).select_index(0).run()
    assert not lab.exception
    assert set(map(tuple, drawn.values())) >= {("A", "B", "C")}


def test_three_runs_stand_side_by_side(lab: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = set[str]()
    monkeypatch.setattr(watch.draw, "cart_stage", lambda *_, key, **rest: drawn.add(key))
    for seed in (5, 6, 7):
        trained(me(lab), CART | {"seed": seed})
    opened(lab)
    for line in ("Run B, dashed", "Run C, dotted"):
        next(box for box in lab.selectbox if box.label == line).select_index(0).run()
    assert "What differs" in words(lab)
    assert {"picture_A", "picture_B", "picture_C"} <= drawn


def test_where_the_worth_turns_down_is_marked_on_its_chart(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the chart of what was wanted, and only for the run whose pay rises on."""
    marked: dict[str, list[str]] = {}
    monkeypatch.setattr(
        lab_spread.draw,
        "curves",
        lambda title, moments, **rest: marked.update({title: [one.text for one in moments]}),
    )

    def group(run: RunName, worth_at_the_end: float) -> lab_spread.Group:
        worth = [*map(float, range(20)), *([worth_at_the_end] * 20)]
        made = enumerate(worth, 1)
        metrics = ((at, at, {"true_return": one, "proxy_return": float(at)}) for at, one in made)
        return lab_spread.Group(run, (traced(1, metrics),), "name")

    shown = [
        Chart(title=name, unit="reward", metrics=(name,))
        for name in ("true_return", "proxy_return")
    ]
    lab_spread.charts([group("A", 3.0), group("B", 19.0)], shown, "update")
    assert marked["proxy_return"] == []
    (turn,) = marked["true_return"]
    assert turn == "A at 15 turns down, and the pay rises on"
    lab_spread.charts([group("A", 3.0), group("B", 2.0)], shown, "update")
    assert marked["true_return"] == ["A at 15 and B at 15 turn down, and the pay rises on"]


def test_seeds_that_end_early_are_named_with_the_reason_and_what_it_does_to_the_curves(
    lab: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reward that some of the replies cannot be paid by: seeds 3 and 5 meet none of those."""
    tables: dict[str, list[list[str]]] = {}
    lines: list[tuple[str, str]] = []
    monkeypatch.setattr(
        lab_seeds.components,
        "rows_table",
        lambda head, rows, key, **rest: tables.update({key: [list(head), *rows]}),
    )
    monkeypatch.setattr(
        lab_seeds.components, "run_line", lambda state, text, **rest: lines.append((state, text))
    )
    tiny = {"world": {"world": "desk"}, "updates": 3, "prompts_per_update": 1, "group_size": 2}
    uneven = {"algorithm": "rloo", "reward": "1/(length - 9)", **tiny}
    for seed in range(1, 6):
        trained(me(lab), {**uneven, "seed": seed})
    opened(lab)
    shown = words(lab.toggle[0].set_value(True).run())
    assert lines[-1] == ("failed", "2 of 5 seeds have finished, 3 failed")
    assert "Seeds 1, 2 and 4: `1/(length - 9)` divided by zero where `length` was 9." in shown
    assert "Seed 2 made no update, and no curve or figure counts it in." in shown
    assert "Seed 4 ended after 1 update: the curves and their last figures go no further." in shown
    assert [row[:2] for row in tables["each_seed"][1:]] == [
        ["1", "failed after 2 of 3"],
        ["2", "failed after 0 of 3"],
        ["3", "finished"],
        ["4", "failed after 1 of 3"],
        ["5", "finished"],
    ]


def test_seeds_that_found_nothing_to_learn_from_say_so_and_those_that_made_no_update(
    lab: AppTest,
) -> None:
    tiny = {"world": {"world": "letters"}, "updates": 2, "group_size": 2}
    for seed in (1, 2):
        trained(me(lab), {"algorithm": "rloo", "reward": "7", "seed": seed, **tiny})
    opened(lab)
    shown = words(lab.toggle[0].set_value(True).run())
    assert f"Seeds 1 and 2: {MEANINGS['no_signal']} {NOTES['no_signal'].advice}" in shown
    assert "ended after" not in shown
    for seed in (1, 2):
        trained(me(lab), {"algorithm": "rloo", "reward": "1/0", "seed": seed, **tiny})
    shown = words(opened(lab))
    assert "Seeds 1 and 2: `1/0` divided by zero." in shown
    assert "No seed has made an update, so there is no curve." in shown
    assert "The first curve comes" not in shown
