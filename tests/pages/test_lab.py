"""The Lab: settings taken over, and what it says of runs that failed, stopped or never began."""

from collections.abc import Iterator
from itertools import islice

import pytest
from streamlit.testing.v1 import AppTest

from backend import learners, playhead, runs, worker
from backend.database import current
from backend.tables import PressRow
from engine import train
from engine.algorithms import ALGORITHMS
from engine.config import parse_config
from engine.events import RunFailed, RunStarted, UpdateCompleted
from engine.spec import Step, TrainConfig, World
from engine.worlds import WORLDS
from pages.parts import export, lab_form, lab_screen, world_rewards
from pages.parts.tape import Tape
from tests.pages.lab_steps import CART, me, opened, press_button, trained, words

CORRIDOR = {
    "algorithm": "q_learning",
    "world": {"world": "corridor", "map": "side_room"},
    "reward": "7*delivered",
    "seed": 5,
    "episodes": 4,
    "episodes_per_update": 1,
    "epsilon_end": 0.05,
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
def breaks_at_three(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run fails at its third update."""
    whole = train.steps

    def steps(config: TrainConfig) -> Iterator[Step]:
        yield from islice(whole(config), 3)
        yield Step(RunFailed(update=3, problem="It broke.", remedy="Mend it."))

    monkeypatch.setattr(train, "steps", steps)


def test_settings_of_a_shared_run_are_taken_over_whole(lab: AppTest) -> None:
    config = parse_config(CORRIDOR)
    runs.press_train(learners.learner_for("somebody else"), config)
    opened(lab, runs.address_of(config))
    press_button(lab, "Use these settings")
    assert lab.selectbox(key="lab_world").value == "corridor"
    assert lab.text_area[0].value == "7*delivered"
    press_button(lab, "Train")
    assert [row.config for row in runs.runs_of(me(lab))] == [config]


def test_before_the_first_run_it_says_what_the_chosen_world_pays(lab: AppTest) -> None:
    assert WORLDS["corridor"].true_reward in words(lab)
    lab.selectbox(key="lab_world").select("kiosk").run()
    assert WORLDS["kiosk"].true_reward in words(lab)
    assert WORLDS["corridor"].true_reward not in words(lab)
    trained(me(lab), CORRIDOR)
    assert WORLDS["kiosk"].true_reward not in words(opened(lab))


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_every_term_and_function_of_a_world_has_its_row(world: World) -> None:
    rows = world_rewards.rows(world)
    assert [row[0] for row in rows[: len(world.terms)]] == [term.name for term in world.terms]
    assert len(rows) == len(world.terms) + len(world.text_functions)
    assert all(len(row) == len(world_rewards.HEAD) and row[1] for row in rows)


def test_settings_change_the_world_of_the_form(lab: AppTest) -> None:
    config = parse_config(UNPAYABLE)
    runs.press_train(learners.learner_for("somebody else"), config)
    opened(lab, runs.address_of(config))
    assert lab.selectbox(key="lab_world").value == "corridor"
    press_button(press_button(lab, "Use these settings"), "Train")
    assert [row.config for row in runs.runs_of(me(lab))] == [config]


def test_the_lab_offers_every_setting_of_the_cart(lab: AppTest) -> None:
    opened(lab)
    lab.selectbox(key="lab_world").set_value("cart").run()
    assert lab.text_area[0].value == "upright"
    press_button(lab, "Train")
    assert [row.config for row in runs.runs_of(me(lab))] == [
        parse_config({"algorithm": "ppo", "world": {"world": "cart"}, "seed": 1})
    ]


def test_a_world_keeps_its_own_usual_setting_and_takes_over_the_others(lab: AppTest) -> None:
    opened(lab)
    lab.selectbox(key="lab_world").set_value("cart").run()
    assert lab.slider(key="lab_ppo_batch_epochs").value == 10
    lab.slider(key="lab_ppo_updates").set_value(7).run()
    lab.selectbox(key="lab_world").set_value("board").run()
    lab.selectbox(key="lab_algorithm_board").set_value(ALGORITHMS["ppo"]).run()
    assert lab.slider(key="lab_ppo_batch_epochs_board").value == 5
    assert lab.slider(key="lab_ppo_updates").value == 7


def test_cart_runs_are_drawn_and_taken_over_whole(lab: AppTest) -> None:
    config = parse_config(CART)
    press = trained(learners.learner_for("somebody else"), CART)
    shown = words(opened(lab, runs.look(press).address))
    assert "`upright - 0.1*tilt`" in shown
    assert "Talk to Pip" not in shown
    press_button(press_button(lab, "Use these settings"), "Train")
    assert [row.config for row in runs.runs_of(me(lab))] == [config]


def test_a_link_to_a_queued_run_says_that_there_is_nothing_yet(lab: AppTest) -> None:
    config = parse_config(UNPAYABLE)
    runs.press_train(learners.learner_for("somebody else"), config)
    shown = words(opened(lab, runs.address_of(config)))
    assert "Not over, 0 of 3 updates so far" in shown
    assert "Talk to Pip" not in shown


@pytest.mark.parametrize("is_mine", [True, False])
def test_a_desk_run_that_never_made_an_update_says_why(lab: AppTest, is_mine: bool) -> None:
    press = trained(me(lab) if is_mine else learners.learner_for("somebody else"), UNPAYABLE)
    shown = words(opened(lab, None if is_mine else runs.look(press).address))
    assert "`1/flattery` divided by zero" in shown
    assert "Talk to Pip" not in shown


def test_the_error_of_a_reward_goes_when_the_reward_is_put_right(lab: AppTest) -> None:
    opened(lab)
    lab.text_area[0].set_value("1/spill")
    press_button(lab, "Train")
    worker.pull("here")
    assert "Change the reward" in words(opened(lab))
    lab.text_area[0].set_value("delivered").run()
    shown = words(lab)
    assert "Change the reward" not in shown
    assert "That was `1/spill`. The settings have changed since" in shown
    lab.text_area[0].set_value("1 / spill").run()
    assert "Change the reward" in words(lab)


@pytest.mark.parametrize("is_mine", [True, False])
def test_a_run_that_failed_on_its_way_says_so(
    lab: AppTest, breaks_at_three: None, is_mine: bool
) -> None:
    press = trained(me(lab) if is_mine else learners.learner_for("somebody else"), CORRIDOR)
    shown = words(opened(lab, None if is_mine else runs.look(press).address))
    assert "Failed after 2 of 4 updates." in shown
    assert "It broke. Mend it." in shown


def test_a_finished_run_has_no_such_label(lab: AppTest) -> None:
    trained(me(lab), CORRIDOR)
    shown = words(opened(lab))
    assert "Run A, solid" in shown
    assert "of 4 updates" not in shown


def test_the_run_beside_it_says_how_it_ended_too(
    lab: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = runs.press_train(me(lab), parse_config(CORRIDOR))
    runs.press_train(learners.learner_for("somebody else"), parse_config(CORRIDOR))
    stopped_at(monkeypatch, stopped, 2)
    worker.pull("here")
    trained(me(lab), CORRIDOR | {"seed": 6})
    opened(lab)
    beside = next(box for box in lab.selectbox if box.label == "Run B, dashed")
    shown = words(beside.set_value(runs.look(stopped).address).run())
    assert "Run B: stopped after 2 of 4 updates." in shown
    assert "What differs" in shown


def stopped_at(monkeypatch: pytest.MonkeyPatch, press: str, update: int) -> None:
    """Stop a press whose run went on: its learner has seen the first updates alone."""
    with monkeypatch.context() as patch:
        patch.setattr(playhead, "position", lambda *_: update)
        runs.stop(press)


def test_a_stopped_view_is_labelled_and_exports_only_what_was_seen(
    lab: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    press = runs.press_train(me(lab), parse_config(CORRIDOR))
    runs.press_train(learners.learner_for("somebody else"), parse_config(CORRIDOR))
    stopped_at(monkeypatch, press, 2)
    worker.pull("here")
    assert "Stopped after 2 of 4 updates." in words(opened(lab))
    view = runs.look(press)
    seen = Tape(view.config)
    seen.read(view)
    events = export.seen_events(seen)
    assert [type(event) for event in events] == [RunStarted, UpdateCompleted, UpdateCompleted]
    assert len(export.seen_events(lab_screen.recorded(view.address, view.config))) == 6


def test_a_link_survives_another_version_of_the_engine(
    lab: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    press = trained(learners.learner_for("somebody else"), CORRIDOR)
    monkeypatch.setattr("engine.VERSION", "another")
    shown = words(opened(lab, runs.look(press).address))
    assert "A shared run" in shown
    assert "`7*delivered`" in shown
    assert export.link_of(runs.look(press).address) in [code.value for code in lab.code]


def test_an_older_run_that_is_on_can_be_watched(lab: AppTest) -> None:
    older = runs.press_train(me(lab), parse_config(CORRIDOR))
    runs.press_train(me(lab), parse_config(CORRIDOR | {"seed": 6}))
    with current().writing() as session:
        session.get_one(PressRow, older).pressed_at = 1.0
    opened(lab)
    picker = lab.selectbox(key=lab_screen.OTHER_LIVE)
    picker.set_value(older).run()
    press_button(lab, "Cancel")
    assert not lab.exception
    states = {row.press_id: row.state for row in runs.runs_of(me(lab))}
    assert states[older] == "stopped"
    assert list(states.values()).count("queued") == 1


def test_a_reward_that_is_far_too_long_is_refused_in_words(lab: AppTest) -> None:
    opened(lab)
    lab.text_area[0].set_value("1+" * 5000 + "1")
    press_button(lab, "Train")
    assert "400 characters" in words(lab)


@pytest.mark.parametrize(
    ("key", "typed", "sentence"),
    [
        ("lab_q_learning_world.slip", 99.0, "Slip is 99.0; it must be a number between 0 and 0.5."),
        (
            "lab_q_learning_learning_rate",
            -1.0,
            "Learning rate is -1.0; it must be a number between",
        ),
        ("lab_seed", -5, "Seed is -5; it must be a whole number between 0 and 2147483647."),
    ],
)
def test_a_number_beyond_its_bounds_trains_nothing_and_is_said_until_it_is_mended(
    lab: AppTest, key: str, typed: float, sentence: str
) -> None:
    usual = opened(lab).number_input(key=key).value
    lab.number_input(key=key).set_value(typed).run()
    assert sentence in words(lab)
    assert sentence in words(press_button(lab, "Train"))
    assert lab.number_input(key=key).value == typed
    assert not runs.runs_of(me(lab))
    lab.number_input(key=key).set_value(usual).run()
    assert "it must be" not in words(lab)


def test_a_number_that_may_be_left_out_can_be_emptied_again(lab: AppTest) -> None:
    """A browser puts the number back that a field begins with, so such a field begins with none."""
    key = "lab_q_learning_epsilon_end"
    assert opened(lab).number_input(key=key).value is None
    for typed in (1.5, 0.5):
        filled = lab.number_input(key=key).set_value(typed).run().number_input(key=key)
        assert filled.value == typed
        assert not filled.proto.HasField("default")
    config = parse_config({"algorithm": "q_learning", "epsilon_end": 0.25})
    trained(me(lab), config.model_dump())
    opened(lab, runs.runs_of(me(lab))[0].address)
    linked = press_button(lab, "Use these settings").number_input(key=key)
    assert linked.value == 0.25
    assert not linked.proto.HasField("default")


def test_an_algorithm_of_two_worlds_is_offered_in_both_with_the_rewards_of_each(
    lab: AppTest,
) -> None:
    opened(lab)
    lab.selectbox(key="lab_world").set_value("letters").run()
    offered = lab.selectbox(key="lab_algorithm_letters")
    assert {"GRPO", "RLOO"} <= set(offered.options) and "Q-learning" not in offered.options
    offered.set_value(ALGORITHMS["rloo"]).run()
    assert lab.text_area[0].value == "useful"
    lab.text_area[0].set_value("useful - filler").run()
    press_button(lab, "Train")
    lab.selectbox(key="lab_world").set_value("desk").run()
    lab.selectbox(key="lab_algorithm_desk").set_value(ALGORITHMS["rloo"]).run()
    assert lab.text_area[0].value == "correct"
    config = runs.runs_of(me(lab))[0].config
    assert (config.world.world, config.reward) == ("letters", "useful - filler")


def test_two_runs_at_the_pager_can_be_watched_and_compared(lab: AppTest) -> None:
    short = {"algorithm": "rloo", "world": {"world": "letters"}, "updates": 2, "group_size": 2}
    first = runs.look(trained(me(lab), short)).address
    trained(me(lab), short | {"kl_coef": 0.5})
    assert "Run A, solid" in words(opened(lab))
    assert "What differs" not in words(lab)
    beside = next(box for box in lab.selectbox if box.label == "Run B, dashed")
    assert "What differs" in words(beside.set_value(first).run())
    assert "Talk to Pip" not in words(lab)


def test_a_pager_run_that_cannot_be_paid_says_why(lab: AppTest) -> None:
    trained(me(lab), {"algorithm": "grpo", "world": {"world": "letters"}, "reward": "1/filler"})
    assert "`1/filler` divided by zero" in words(opened(lab))


def test_the_help_names_every_function() -> None:
    desk, corridor = lab_form.reward_help("desk"), lab_form.reward_help("corridor")
    assert "`if`" in desk and "`if`" in corridor
    assert '`count("please")`' in desk
    assert "count" not in corridor
    assert "`polite`" in desk and "`on_pad`" in corridor
