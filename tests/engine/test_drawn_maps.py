"""Maps drawn by whoever trains: refused in one sentence, canonical, and learnt from."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import ConfigError, config_json, content_address, parse_config
from engine.drawn_maps import drawn_grid, paint_text, painted_amounts
from engine.endings import MEANINGS, NOTES
from engine.events import RunFailed, RunFinished, RunStarted, UpdateCompleted
from engine.map_files import MAP_FILES
from engine.metrics import MetricName as M
from engine.scenes import GridScene
from engine.spec import TrainConfig
from engine.train import train
from engine.worlds.corridor import CorridorConfig, floor_of


def config(world: dict[str, Any], **settings: Any) -> TrainConfig:
    usual = {"algorithm": "q_learning", "reward": "10*delivered - 0.1*step + painted"}
    data = usual | {"episodes": 20, "episodes_per_update": 1} | settings
    return parse_config(data | {"world": {"world": "corridor", "step_limit": 20, **world}})


def events(world: dict[str, Any], **settings: Any) -> list[Any]:
    return list(train(config(world, **settings)))


def updates(world: dict[str, Any], **settings: Any) -> list[UpdateCompleted]:
    return [e for e in events(world, **settings) if isinstance(e, UpdateCompleted)]


@pytest.mark.parametrize(
    ("world", "message"),
    [
        (
            {"drawn": "S../.."},
            '`world.drawn` is "S../.."; row 2 has 2 cells and row 1 has 3; make all rows equally '
            "long.",
        ),
        (
            {"drawn": "S.X"},
            '`world.drawn` is "S.X"; `X` in row 1, column 3 is no sign of a map; use # wall, '
            ". floor, S start, G ward, P pad, C spill or an arrow tile, ^ v < >.",
        ),
        (
            {"drawn": "..G"},
            '`world.drawn` is "..G"; the map has no start; put S on exactly one cell.',
        ),
        (
            {"drawn": "S.S"},
            '`world.drawn` is "S.S"; the map has 2 starts; put S on exactly one cell.',
        ),
        (
            {"drawn": "SGG"},
            '`world.drawn` is "SGG"; the map has 2 wards; put G on one cell, or on none.',
        ),
        (
            {"drawn": "S" + "." * 24},
            '`world.drawn` is "S........................"; a map has at most 16 rows of 24 cells '
            "and this one has 1 of 25; make it smaller.",
        ),
        (
            {"drawn": "/".join(["S"] + ["."] * 16)},
            '`world.drawn` is "S/./././././././././././././././."; a map has at most 16 rows of 24 '
            "cells and this one has 17 of 1; make it smaller.",
        ),
        (
            {"drawn": "S.G", "paint": "0:1 3:2"},
            '`world.paint` is "0:1 3:2"; cell 3 is not on the map; its cells are numbered 0 to 2, '
            "row by row.",
        ),
        (
            {"drawn": "S.G", "paint": "1:1000000001"},
            '`world.paint` is "1:1000000001"; 1000000001 on cell 1 is too much; amounts go from '
            "-1000000000 to 1000000000.",
        ),
        (
            {"paint": "1=5"},
            '`world.paint` is "1=5"; `1=5` is no painted cell; write the number of a cell and an '
            "amount, as in 12:0.5.",
        ),
        (
            {"drawn": "S.G", "paint": "1:nan"},
            '`world.paint` is "1:nan"; `1:nan` is no painted cell; write the number of a cell and '
            "an amount, as in 12:0.5.",
        ),
        (
            {"drawn": "S.G", "paint": "1:2 1:3"},
            '`world.paint` is "1:2 1:3"; cell 1 is painted twice; paint it once.',
        ),
    ],
)
def test_a_map_that_cannot_be_driven_on_is_refused_in_one_sentence(
    world: dict[str, str], message: str
) -> None:
    with pytest.raises(ConfigError) as refusal:
        config(world)
    assert str(refusal.value) == message
    assert refusal.value.field == f"world.{list(world)[-1]}"


def test_a_change_of_another_size_is_refused_with_both_sizes() -> None:
    with pytest.raises(ConfigError) as refusal:
        config({"drawn": "S.G", "changes": [{"after": 4, "drawn": "S../..G"}]})
    assert (
        "the map after update 4 has 2 rows of 3 cells and the first one 1 of 3; keep its size."
        in (str(refusal.value))
    )
    assert refusal.value.field == "world.changes"


def test_a_mistake_inside_a_change_is_told_with_its_place() -> None:
    with pytest.raises(ConfigError) as refusal:
        config({"drawn": "S.G", "changes": [{"after": 4, "drawn": "..G"}]})
    assert str(refusal.value) == (
        '`world.changes.0.drawn` is "..G"; the map has no start; put S on exactly one cell.'
    )


def test_too_many_changes_are_refused() -> None:
    with pytest.raises(
        ConfigError, match=r"`world.changes` is .*; it may have at most 20 entries\."
    ):
        config({"changes": [{"after": n, "drawn": "S"} for n in range(21)]})


def test_equal_maps_are_written_in_one_way() -> None:
    first = config({"drawn": " S.G\n/ ... ", "paint": "4:2.50  1:1e1 0:0", "map": "side_room"})
    second = config({"drawn": "S.G/...", "paint": "1:10 4:2.5"})
    assert config_json(first) == config_json(second)
    assert content_address(first) == content_address(second)
    world = first.world
    assert isinstance(world, CorridorConfig)
    assert (world.drawn, world.paint, world.map) == ("S.G/...", "1:10 4:2.5", "night_ward")


def test_changes_stand_in_the_order_of_their_updates_and_the_later_of_two_counts() -> None:
    changes = [
        {"after": after, "drawn": drawn} for after, drawn in ((9, "SG"), (3, "S."), (9, "GS"))
    ]
    world = config({"drawn": "SG", "changes": changes}).world
    assert isinstance(world, CorridorConfig)
    assert [(change.after, change.drawn) for change in world.changes] == [(3, "S."), (9, "GS")]


@given(st.dictionaries(st.integers(0, 383), st.floats(-1e9, 1e9).filter(bool), max_size=40))
def test_painted_amounts_survive_being_written_and_read(amounts: dict[int, float]) -> None:
    rounded = {cell: round(amounts[cell], 3) for cell in sorted(amounts)}
    rounded = {cell: amount for cell, amount in rounded.items() if amount}
    assert painted_amounts(paint_text(rounded), 384) == rounded


@given(
    st.text(alphabet="#.SGPC^v<>/ x1:\n", max_size=30),
    st.text(alphabet="0123456789:.-e x", max_size=20),
)
def test_no_text_gets_past_the_reader_with_anything_but_a_sentence(drawn: str, paint: str) -> None:
    try:
        found = config({"drawn": drawn, "paint": paint}, episodes=1)
    except ConfigError as refusal:
        assert str(refusal).endswith(".") and "\n" not in str(refusal)
    else:
        assert parse_config(found.model_dump()) == found


@pytest.mark.parametrize("drawn, pays", [("#^#/<S>/#v#", 1), ("#v#/>S</#^#", 0)])
def test_drawn_arrows_pay_a_step_in_their_direction_and_no_other(drawn: str, pays: int) -> None:
    world = {"drawn": drawn, "step_limit": 200}
    (event,) = updates(world, reward="arrow", episodes=1, epsilon=1)
    scene = event.scene
    assert isinstance(scene, GridScene)
    steps = zip(scene.trail, scene.trail[1:], strict=False)
    onto = [cell for before, cell in steps if before == 4 != cell]
    assert set(onto) == {1, 3, 5, 7}
    assert event.metrics[M.PROXY_RETURN] == pays * len(onto)


def test_a_ring_of_the_list_drawn_anew_pays_as_it_does() -> None:
    drawn = "/".join(MAP_FILES["ring8"].rows)
    told = [
        [event.metrics[M.PROXY_RETURN] for event in updates(world, reward="3*arrow - step")]
        for world in ({"map": "ring8"}, {"drawn": drawn})
    ]
    assert told[0] == told[1]


def test_what_is_painted_is_paid_for_driving_onto_the_cell_and_for_nothing_else() -> None:
    (event,) = updates(
        {"drawn": "S.#", "paint": "0:-1 1:3 2:99"}, reward="painted", episodes=1, seed=3
    )
    scene = event.scene
    assert isinstance(scene, GridScene)
    steps = list(zip(scene.trail, scene.trail[1:], strict=False))
    assert (0, 1) in steps and (1, 0) in steps and (0, 0) in steps
    assert event.metrics[M.PROXY_RETURN] == 3 * steps.count((0, 1)) - steps.count((1, 0))


def test_paint_lies_on_a_map_that_ships_as_well() -> None:
    paid = {
        e.metrics[M.PROXY_RETURN]
        for e in updates({"map": "side_room", "paint": "2:5"}, reward="painted", epsilon=1)
    }
    assert len(paid) > 1 and all(amount % 5 == 0 for amount in paid)


@pytest.mark.parametrize("algorithm", ["q_learning"])
def test_a_change_leaves_everything_before_it_as_it_was(algorithm: str) -> None:
    world = {"drawn": "S..G/....", "paint": "2:1"}
    plain = events(world, algorithm=algorithm)
    edited = events(
        {**world, "changes": [{"after": 12, "drawn": "S.#G/....", "paint": "5:-1"}]},
        algorithm=algorithm,
    )
    assert edited[:13] == plain[:13]
    assert edited[13:] != plain[13:]
    assert [event.scene.rows for event in edited[12:14]] == [("S..G", "...."), ("S.#G", "....")]
    assert isinstance(edited[-1], RunFinished) and edited[-1].ending == "done"


def test_after_a_change_the_robot_drives_with_what_it_has_learnt() -> None:
    world = {"drawn": "S..G/....", "changes": [{"after": 19, "drawn": "SG../....", "paint": ""}]}
    *_, before, after = updates(world, episodes=20, epsilon=0)
    assert isinstance(before.scene, GridScene) and isinstance(after.scene, GridScene)
    assert before.scene.values[0] > 5
    assert after.scene.trail == (0, 1)  # the way that it knows leads over the new ward
    assert after.scene.values[1] == 0 and after.scene.actions[1] == " "


def test_the_start_may_move_and_a_change_before_the_first_update_counts() -> None:
    begun = events({"drawn": "S.G", "changes": [{"after": 0, "drawn": ".SG"}]}, episodes=1)
    assert isinstance(begun[0], RunStarted) and isinstance(begun[0].scene, GridScene)
    assert begun[0].scene.rows == (".SG",)
    assert begun[1].scene.trail[0] == 1


def test_a_ward_that_no_way_leads_to_is_said_at_the_end() -> None:
    last = events({"drawn": "S#G"})[-1]
    assert isinstance(last, RunFinished) and last.ending == "no_way"
    assert "no way leads to the ward" in MEANINGS["no_way"]
    assert NOTES["no_way"].advice.startswith("Open a wall")
    closed = events({"drawn": "S.G", "changes": [{"after": 5, "drawn": "S#G"}]})[-1]
    assert closed.ending == "no_way"
    opened = events({"drawn": "S#G", "changes": [{"after": 5, "drawn": "S.G"}]})[-1]
    assert opened.ending == "done"


@pytest.mark.parametrize("drawn", ["S", "S#/##", "###/#S#/###", "SC", "CCC/CSC/CCC", "P/S/P"])
def test_a_map_without_a_ward_trains_and_every_episode_is_cut_off(drawn: str) -> None:
    *found, last = updates({"drawn": drawn}), events({"drawn": drawn})[-1]
    assert all(e.metrics[M.LENGTH] == 20 and not e.metrics[M.DELIVERED] for e in found[0])
    assert isinstance(last, RunFinished) and last.ending == "no_ward"


def test_a_map_without_a_ward_is_said_at_the_end_unless_laps_are_wanted() -> None:
    assert "has no ward" in MEANINGS["no_ward"] and "G" in NOTES["no_ward"].advice
    given = events({"drawn": "S..", "changes": [{"after": 5, "drawn": "S.G"}]})[-1]
    taken = events({"drawn": "S.G", "changes": [{"after": 5, "drawn": "S.."}]})[-1]
    assert isinstance(given, RunFinished) and given.ending == "done"
    assert isinstance(taken, RunFinished) and taken.ending == "no_ward"
    race = events({"map": "ring8"}, reward="clockwise")[-1]
    assert isinstance(race, RunFinished) and race.ending == "done"


def test_amounts_on_a_map_that_wants_laps_leave_what_is_wanted_as_it_is() -> None:
    ring = "/".join(MAP_FILES["ring8"].rows)
    assert "." in ring
    with_ward, painted = ring.replace(".", "G", 1), {"drawn": ring, "paint": "8:1"}
    changes = [{"after": 2, **painted}, {"after": 4, "drawn": with_ward, "paint": ""}]
    config = CorridorConfig.model_validate({"map": "ring8", "changes": changes})
    assert [floor_of(config, done).wanted for done in (0, 2, 4)] == ["laps", "laps", "delivery"]
    assert floor_of(config, 2).paint == "8:1"
    shared = CorridorConfig.model_validate(painted)
    assert (floor_of(shared).wanted, floor_of(shared).paint) == ("laps", "8:1")
    assert floor_of(CorridorConfig.model_validate({"drawn": with_ward})).wanted == "delivery"


@pytest.mark.parametrize("gamma", [0, 0.5, 1])
@pytest.mark.parametrize("amount", [-1e9, 1e9])
def test_the_largest_amounts_can_be_learnt_from_at_every_patience(
    gamma: float, amount: float
) -> None:
    world = {"drawn": "S..G", "paint": f"1:{amount:.0f}", "step_limit": 500}
    found = events(world, reward="painted", gamma=gamma, episodes=60)
    assert isinstance(found[-1], RunFinished)
    assert found[-1].ending == "done"


def test_more_than_the_largest_amount_is_too_much_to_learn_from() -> None:
    last = events({"drawn": "S.", "paint": "1:1000000000"}, reward="2*painted")[-1]
    assert isinstance(last, RunFailed)
    assert last.problem == "One step pays 2e+09, which is too much to learn from."


def test_a_change_that_pays_too_much_ends_the_run_there_and_the_beginning_stands() -> None:
    changes = [{"after": 3, "drawn": "S.", "paint": "1:1000000000"}]
    found = events({"drawn": "S.", "changes": changes}, reward="2*painted - step")
    assert isinstance(found[-1], RunFailed) and found[-1].update == 4
    assert sum(isinstance(event, UpdateCompleted) for event in found) == 3


def test_with_a_patience_of_one_the_exact_values_are_those_of_one_episode() -> None:
    found = updates({"drawn": "SP"}, reward="on_pad", gamma=1, episodes=1)
    assert found[-1].metrics[M.BEST_RETURN] == 10  # on and off again, twenty steps


def test_the_largest_map_is_quick_to_read() -> None:
    rows = ["S" + "." * 23, *["." * 24] * 15]
    assert drawn_grid("/".join(rows)).cell_count == 384
