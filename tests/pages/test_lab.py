"""The Lab: settings taken over, and what it says of runs that failed, stopped or never began."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from backend import learners, playhead, runs, worker
from backend.database import current
from backend.tables import PressRow
from curriculum.experiment import Chart
from engine import train
from engine.algorithms import ALGORITHMS
from engine.config import parse_config
from engine.events import RunFailed, RunStarted, UpdateCompleted
from engine.spec import Step, TrainConfig
from engine.spread import traced
from pages.parts import export, lab_form, lab_screen, lab_spread, shell, watch
from pages.parts.components import RunName
from pages.parts.tape import Tape

ROOT = Path(__file__).parents[2]
CORRIDOR = {
    "algorithm": "q_learning",
    "world": {"world": "corridor", "map": "side_room"},
    "reward": "7*delivered",
    "seed": 5,
    "episodes": 4,
    "episodes_per_update": 1,
    "epsilon_end": 0.05,
}
CART = {
    "algorithm": "ppo",
    "world": {"world": "cart", "gust": 10},
    "reward": "upright - 0.1*tilt",
    "updates": 3,
    "carts": 2,
    "steps_per_update": 64,
    "batch_epochs": 2,
    "target_kl": 0.02,
}
UNPAYABLE = {
    "algorithm": "grpo",
    "world": {"world": "desk"},
    "reward": "1/flattery",
    "updates": 3,
    "prompts_per_update": 2,
    "group_size": 2,
}


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The Lab on an empty data folder, without workers and as if the router had run."""
    monkeypatch.setenv("PIP_SCHOOL_DATA", str(tmp_path))
    monkeypatch.setenv("PIP_SCHOOL_SCHEDULER", "none")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(shell, "guard", lambda: True)
    return AppTest.from_file(str(ROOT / "pages" / "lab.py"), default_timeout=30).run()


@pytest.fixture
def breaks_at_three(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run fails at its third update."""
    whole = train.steps

    def steps(config: TrainConfig) -> Iterator[Step]:
        yield from islice(whole(config), 3)
        yield Step(RunFailed(update=3, problem="It broke.", remedy="Mend it."))

    monkeypatch.setattr(train, "steps", steps)


def words(app: AppTest) -> str:
    """Everything that Streamlit's own elements say."""
    assert not app.exception, app.exception
    kinds = (app.markdown, app.caption, app.subheader, app.header, app.button, app.selectbox)
    return "\n".join(
        str(getattr(element, "value", "")) + str(getattr(element, "label", ""))
        for kind in kinds
        for element in kind
    )


def me(app: AppTest) -> str:
    return learners.learner_for(app.session_state["token"])


def trained(learner: str, config: dict[str, Any]) -> str:
    """The press of a run that a worker in this process has brought to its end."""
    press = runs.press_train(learner, parse_config(config))
    worker.pull("here")
    return press


def lab(app: AppTest, run: str | None = None) -> AppTest:
    if run:
        app.query_params["run"] = run[:16]
    return app.run()


def press_button(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def test_settings_of_a_shared_run_are_taken_over_whole(app: AppTest) -> None:
    config = parse_config(CORRIDOR)
    runs.press_train(learners.learner_for("somebody else"), config)
    lab(app, runs.address_of(config))
    press_button(app, "Use these settings")
    assert app.selectbox(key="lab_world").value == "corridor"
    assert app.text_area[0].value == "7*delivered"
    press_button(app, "Train")
    assert [row.config for row in runs.runs_of(me(app))] == [config]


def test_settings_change_the_world_of_the_form(app: AppTest) -> None:
    config = parse_config(UNPAYABLE)
    runs.press_train(learners.learner_for("somebody else"), config)
    lab(app, runs.address_of(config))
    assert app.selectbox(key="lab_world").value == "corridor"
    press_button(press_button(app, "Use these settings"), "Train")
    assert [row.config for row in runs.runs_of(me(app))] == [config]


def test_the_lab_offers_every_setting_of_the_cart(app: AppTest) -> None:
    lab(app)
    app.selectbox(key="lab_world").set_value("cart").run()
    assert app.text_area[0].value == "upright"
    press_button(app, "Train")
    assert [row.config for row in runs.runs_of(me(app))] == [
        parse_config({"algorithm": "ppo", "world": {"world": "cart"}, "seed": 1})
    ]


def test_cart_runs_are_drawn_and_taken_over_whole(app: AppTest) -> None:
    config = parse_config(CART)
    press = trained(learners.learner_for("somebody else"), CART)
    shown = words(lab(app, runs.look(press).address))
    assert "`upright - 0.1*tilt`" in shown
    assert "Talk to Pip" not in shown
    press_button(press_button(app, "Use these settings"), "Train")
    assert [row.config for row in runs.runs_of(me(app))] == [config]


def test_two_cart_runs_stand_side_by_side(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: dict[str, Any] = {}
    monkeypatch.setattr(
        watch.draw, "cart_stage", lambda shift, limits, key, **rest: drawn.update({key: shift})
    )
    first = trained(me(app), CART)
    trained(me(app), CART | {"seed": 6})
    lab(app)
    beside = next(box for box in app.selectbox if box.label == "Run B, dashed")
    shown = words(beside.set_value(runs.look(first).address).run())
    assert "What differs" in shown
    assert {"picture_A", "picture_B"} <= set(drawn)
    assert drawn["picture_A"] != drawn["picture_B"]
    assert drawn["picture_A"].positions


def test_a_link_to_a_queued_run_says_that_there_is_nothing_yet(app: AppTest) -> None:
    config = parse_config(UNPAYABLE)
    runs.press_train(learners.learner_for("somebody else"), config)
    shown = words(lab(app, runs.address_of(config)))
    assert "Not over, 0 of 3 updates so far" in shown
    assert "Talk to Pip" not in shown


@pytest.mark.parametrize("is_mine", [True, False])
def test_a_desk_run_that_never_made_an_update_says_why(app: AppTest, is_mine: bool) -> None:
    press = trained(me(app) if is_mine else learners.learner_for("somebody else"), UNPAYABLE)
    shown = words(lab(app, None if is_mine else runs.look(press).address))
    assert "`1/flattery` divided by zero" in shown
    assert "Talk to Pip" not in shown


@pytest.mark.parametrize("is_mine", [True, False])
def test_a_run_that_failed_on_its_way_says_so(
    app: AppTest, breaks_at_three: None, is_mine: bool
) -> None:
    press = trained(me(app) if is_mine else learners.learner_for("somebody else"), CORRIDOR)
    shown = words(lab(app, None if is_mine else runs.look(press).address))
    assert "Failed after 2 of 4 updates." in shown
    assert "It broke. Mend it." in shown


def test_a_finished_run_has_no_such_label(app: AppTest) -> None:
    trained(me(app), CORRIDOR)
    shown = words(lab(app))
    assert "Run A, solid" in shown
    assert "of 4 updates" not in shown


def test_the_run_beside_it_says_how_it_ended_too(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = runs.press_train(me(app), parse_config(CORRIDOR))
    runs.press_train(learners.learner_for("somebody else"), parse_config(CORRIDOR))
    stopped_at(monkeypatch, stopped, 2)
    worker.pull("here")
    trained(me(app), CORRIDOR | {"seed": 6})
    lab(app)
    beside = next(box for box in app.selectbox if box.label == "Run B, dashed")
    shown = words(beside.set_value(runs.look(stopped).address).run())
    assert "Run B stopped after 2 of 4 updates." in shown
    assert "What differs" in shown


def stopped_at(monkeypatch: pytest.MonkeyPatch, press: str, update: int) -> None:
    """Stop a press whose run went on: its learner has seen the first updates alone."""
    with monkeypatch.context() as patch:
        patch.setattr(playhead, "position", lambda *_: update)
        runs.stop(press)


def test_a_stopped_view_is_labelled_and_exports_only_what_was_seen(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    press = runs.press_train(me(app), parse_config(CORRIDOR))
    runs.press_train(learners.learner_for("somebody else"), parse_config(CORRIDOR))
    stopped_at(monkeypatch, press, 2)
    worker.pull("here")
    assert "Stopped after 2 of 4 updates." in words(lab(app))
    view = runs.look(press)
    seen = Tape(view.config)
    seen.read(view)
    events = export.seen_events(seen)
    assert [type(event) for event in events] == [RunStarted, UpdateCompleted, UpdateCompleted]
    assert len(export.seen_events(lab_screen.recorded(view.address, view.config))) == 6


def test_a_link_survives_another_version_of_the_engine(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    press = trained(learners.learner_for("somebody else"), CORRIDOR)
    monkeypatch.setattr("engine.VERSION", "another")
    shown = words(lab(app, runs.look(press).address))
    assert "A shared run" in shown
    assert "`7*delivered`" in shown
    assert export.link_of(runs.look(press).address) in [code.value for code in app.code]


def test_an_older_run_that_is_on_can_be_watched(app: AppTest) -> None:
    older = runs.press_train(me(app), parse_config(CORRIDOR))
    runs.press_train(me(app), parse_config(CORRIDOR | {"seed": 6}))
    with current().writing() as session:
        session.get_one(PressRow, older).pressed_at = 1.0
    lab(app)
    picker = app.selectbox(key=lab_screen.OTHER_LIVE)
    picker.set_value(older).run()
    press_button(app, "Cancel")
    assert not app.exception
    states = {row.press_id: row.state for row in runs.runs_of(me(app))}
    assert states[older] == "stopped"
    assert list(states.values()).count("queued") == 1


def test_a_reward_that_is_far_too_long_is_refused_in_words(app: AppTest) -> None:
    lab(app)
    app.text_area[0].set_value("1+" * 5000 + "1")
    press_button(app, "Train")
    assert "400 characters" in words(app)


def test_an_algorithm_of_two_worlds_is_offered_in_both_with_the_rewards_of_each(
    app: AppTest,
) -> None:
    lab(app)
    app.selectbox(key="lab_world").set_value("letters").run()
    offered = app.selectbox(key="lab_algorithm_letters")
    assert {"GRPO", "RLOO"} <= set(offered.options) and "Q-learning" not in offered.options
    offered.set_value(ALGORITHMS["rloo"]).run()
    assert app.text_area[0].value == "useful"
    app.text_area[0].set_value("useful - filler").run()
    press_button(app, "Train")
    app.selectbox(key="lab_world").set_value("desk").run()
    app.selectbox(key="lab_algorithm_desk").set_value(ALGORITHMS["rloo"]).run()
    assert app.text_area[0].value == "correct"
    config = runs.runs_of(me(app))[0].config
    assert (config.world.world, config.reward) == ("letters", "useful - filler")


def test_two_runs_at_the_pager_can_be_watched_and_compared(app: AppTest) -> None:
    short = {"algorithm": "rloo", "world": {"world": "letters"}, "updates": 2, "group_size": 2}
    first = runs.look(trained(me(app), short)).address
    trained(me(app), short | {"kl_coef": 0.5})
    assert "Run A, solid" in words(lab(app))
    assert "What differs" not in words(app)
    beside = next(box for box in app.selectbox if box.label == "Run B, dashed")
    assert "What differs" in words(beside.set_value(first).run())
    assert "Talk to Pip" not in words(app)


def test_a_pager_run_that_cannot_be_paid_says_why(app: AppTest) -> None:
    trained(me(app), {"algorithm": "grpo", "world": {"world": "letters"}, "reward": "1/filler"})
    assert "`1/filler` divided by zero" in words(lab(app))


def test_the_help_names_every_function() -> None:
    desk, corridor = lab_form.reward_help("desk"), lab_form.reward_help("corridor")
    assert "`if`" in desk and "`if`" in corridor
    assert '`count("please")`' in desk
    assert "count" not in corridor
    assert "`polite`" in desk and "`on_pad`" in corridor


def test_several_seeds_are_trained_and_drawn_together(app: AppTest) -> None:
    next(one for one in app.segmented_control if one.label == "Seeds").set_value("Five").run()
    app.text_area[0].set_value("delivered - 0.01*step").run()
    press_button(app, "Train")
    assert [row.config.seed for row in runs.runs_of(me(app))[::-1]] == [1, 2, 3, 4, 5]
    worker.pull("here")
    shown = words(lab(app))
    assert "Run A, solid" in shown
    assert "All 5 seeds together" in [toggle.label for toggle in app.toggle]
    axes = next(one for one in app.segmented_control if one.label == "Drawn against")
    assert axes.options == ["Updates", "Tokens or steps", "Seconds"]
    assert not axes.set_value("Seconds").run().exception


def test_seeds_can_be_stopped_together(app: AppTest) -> None:
    next(one for one in app.segmented_control if one.label == "Seeds").set_value("Five").run()
    press_button(app, "Train")
    press_button(app, "Stop them all")
    assert {row.state for row in runs.runs_of(me(app))} == {"stopped"}


def test_one_run_is_compared_with_one_of_another_algorithm(app: AppTest) -> None:
    desk = {"world": {"world": "desk"}, "updates": 2, "prompts_per_update": 2, "group_size": 2}
    trained(me(app), {"algorithm": "rloo", "reward": "polite", **desk})
    trained(me(app), {"algorithm": "grpo", "reward": "polite", **desk})
    lab(app)
    other = next(one for one in app.selectbox if one.label == "Run B, dashed")
    assert ["RLOO" in option for option in other.options] == [True]
    other.select_index(0).run()
    axes = next(one for one in app.segmented_control if one.label == "Drawn against")
    assert axes.options[-1] == "Drift"
    assert not axes.set_value("Drift").run().exception


def test_three_methods_are_drawn_on_one_chart(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
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
            trained(me(app), {"algorithm": algorithm, "seed": seed, **own})
    lab(app)
    app.toggle[0].set_value(True).run()
    for line in ("Run B, dashed", "Run C, dotted"):
        next(box for box in app.selectbox if box.label == line).select_index(0).run()
    assert not app.exception
    assert set(map(tuple, drawn.values())) >= {("A", "B", "C")}


def test_three_runs_stand_side_by_side(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = set[str]()
    monkeypatch.setattr(watch.draw, "cart_stage", lambda *_, key, **rest: drawn.add(key))
    for seed in (5, 6, 7):
        trained(me(app), CART | {"seed": seed})
    lab(app)
    for line in ("Run B, dashed", "Run C, dotted"):
        next(box for box in app.selectbox if box.label == line).select_index(0).run()
    assert "What differs" in words(app)
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
    assert turn.startswith("A turns down at ")
