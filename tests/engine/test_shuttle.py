"""The shuttle: steps by hand, its best plans exactly, and what its exploits are really worth."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from engine.config import parse_config
from engine.control.fields import Passage
from engine.control.shuttle_field import INPUTS, ShuttleField, boxes
from engine.events import UpdateCompleted
from engine.metrics import METRICS
from engine.metrics import MetricName as M
from engine.reward_expression import parse
from engine.train import train
from engine.worlds.shuttle import (
    BENDS,
    GENTLE,
    HALF_LANE,
    LENGTH,
    MOVES,
    TERM_NAMES,
    TOP_SPEED,
    Drive,
    ShuttleConfig,
    advance,
)
from tests.engine.shuttle_plan import Careful, best_plan, driven
from tests.seeds import ten_from

LEFT, HOLD, RIGHT, SLOWER, FASTER = range(len(MOVES))
CALM = ShuttleConfig(wind=0)
CHEAP, DEAR = 0.1, 3.0


def at(place: int, speed: int, offset: float = 0.0, heading: float = 0.0) -> Drive:
    whole, real = (lambda n: np.array([n])), (lambda x: np.array([float(x)]))
    nothing = whole(0)
    return Drive(
        whole(place), whole(speed), real(offset), real(heading), real(0), nothing, nothing, nothing
    )


def test_a_step_in_a_bend_by_hand() -> None:
    assert BENDS[44] == 0.08
    after = advance(at(44, 4, 0.5, 0.1), np.array([LEFT]), np.array([0.02]))
    path = (0.08 + 0.015) / (1 + 16 / 289)
    heading = 0.1 + 2 * (path - 0.08)
    assert after.heading[0] == pytest.approx(heading)
    assert after.offset[0] == pytest.approx(0.5 + 2 * (math.sin(heading) + 0.02))
    assert after.pull[0] == pytest.approx(16 * path)
    assert (after.place[0], after.speed[0], after.steer[0], after.age[0]) == (48, 4, 1, 1)


def test_a_jolt_is_said_to_be_what_it_is_counted_as() -> None:
    assert f"above {GENTLE:g} m/s²" in METRICS[M.JOLTS].meaning


def test_every_term_and_measure_has_its_exact_value() -> None:
    # On its way; faster and just not a jolt, one step late; beside the lane; at the hospital.
    steps = {
        "place": [40, 46, 50, LENGTH],
        "speed": [4, 6, 5, 6],
        "offset": [0.35, -0.7, -1.5, 1.4],
        "heading": [0.0, 0.1, -0.1, 0.0],
        "pull": [0.0, 1.5, 2.0, 1.6],
        "steer": [0, 1, -1, -1],
        "last_steer": [0, 0, 1, -1],
        "age": [60, 61, 10, 90],
    }
    nothing, never = np.zeros(1), np.zeros(1, dtype=bool)
    rows = zip(*(np.array(column)[:, None] for column in steps.values()), strict=True)
    passages = [Passage(Drive(*row), nothing, nothing, never, never) for row in rows]
    values = ShuttleField(ShuttleConfig(due=60), 1, 0).values(passages, 0.9)
    expected = {
        "arrived": [0, 0, 0, 1],
        "metres": [2, 3, 2.5, 3],
        "speed": [4, 6, 5, 6],
        "centred": [0.75, 0.5, 0, 0],
        "jolt": [0, 0, 1, 1],
        "pull": [0, 1.5, 2, 1.6],
        "steered": [0, 1, 1, 0],
        "left_lane": [0, 0, 1, 0],
        "late": [0, 1, 0, 1],
        "step": [1, 1, 1, 1],
        "true": [0, -0.01, -1 - 0.05, 1 - 0.05 - 0.01],
        "offset": [0.35, 0.7, 1.5, 1.4],
    }
    assert set(values) == set(expected) == {*TERM_NAMES, "true", "offset"}
    for name, column in expected.items():
        assert values[name][:, 0] == pytest.approx(column), name
    assert set(ShuttleField.measures.names) <= {*expected, "proxy"}


def test_what_the_shuttle_sees_by_hand() -> None:
    field = ShuttleField(ShuttleConfig(step_limit=80), 1, 0)
    field._now, field._wind = at(34, 3, -0.7, 0.1)._replace(age=np.array([20])), np.array([0.03])
    own = [-0.5, 0.5, 0.5, 0.6, 1 - 34 / LENGTH, 0.75]
    bends = [0, 0, 0.96, 0.96]  # at 34, 40, 46 and 52: the first one begins at 44
    assert field.observations()[0] == pytest.approx([*own, *bends])


@pytest.mark.parametrize(
    ("place", "speed", "offset", "heading", "digits"),
    [
        (31, 3, 0.0, 0.05, (2, 3, 3, 2, 0)),  # six metres ahead it is straight still
        (32, 3, 0.0, 0.05, (2, 3, 3, 2, 2)),  # and there the sharp bend begins
        (44, 6, -1.0, -0.2, (0, 0, 6, 4, 2)),
        (104, 0, 1.0, 0.2, (4, 4, 0, 1, 1)),  # a wide one to the right
    ],
)
def test_the_number_of_a_box_by_hand(
    place: int, speed: int, offset: float, heading: float, digits: tuple[int, ...]
) -> None:
    number = 0
    for digit, size in zip(digits, (5, 5, TOP_SPEED + 1, 5, 3), strict=True):
        number = number * size + digit
    assert boxes(at(place, speed, offset, heading)).tolist() == [number]


def test_the_wind_changes_slowly_and_stays_as_strong_as_it_is() -> None:
    count, usual = 20_000, 0.02
    field = ShuttleField(ShuttleConfig(wind=usual), count, 0)
    assert field._wind.std() == pytest.approx(usual, rel=0.03)
    before = field._wind
    for _ in range(50):
        before = field._wind
        assert not field.step(np.full(count, SLOWER)).is_last.any()
    assert field._wind.std() == pytest.approx(usual, rel=0.03)
    assert np.corrcoef(before, field._wind)[0, 1] == pytest.approx(0.9, abs=0.01)


def test_faster_and_slower_change_the_speed_of_their_own_step() -> None:
    still = np.zeros(1)
    assert advance(at(0, 5), np.array([FASTER]), still).place[0] == 6
    assert advance(at(0, 6), np.array([FASTER]), still).speed[0] == 6
    stands = advance(at(7, 1), np.array([SLOWER]), still)
    assert (stands.place[0], stands.speed[0], stands.pull[0]) == (7, 0, 0)
    assert advance(at(7, 0), np.array([SLOWER]), still).speed[0] == 0


def test_what_a_bend_allows() -> None:
    for bend, speed in ((0.08, 4), (0.05, 5), (0.0, 6)):
        place = int(np.flatnonzero(np.abs(BENDS) == bend)[0])
        calm = [advance(at(place, v), np.array([HOLD]), np.zeros(1)).pull[0] for v in range(7)]
        assert max(v for v in range(7) if calm[v] <= GENTLE) == speed


@settings(max_examples=40, deadline=None)
@given(some.integers(0, 999), some.lists(some.integers(0, 4), min_size=1, max_size=120))
def test_whoever_drives_the_road_stays_the_road(seed: int, moves: list[int]) -> None:
    field = ShuttleField(ShuttleConfig(), 3, seed)
    before = field._now
    for move in moves:
        passage = field.step(np.full(3, move))
        drive: Drive = passage.facts
        assert (drive.place - before.place <= TOP_SPEED).all()
        assert (drive.place >= before.place).all() and (drive.place <= LENGTH).all()
        assert ((drive.speed >= 0) & (drive.speed <= TOP_SPEED)).all()
        is_still = drive.speed == 0
        assert np.array_equal(drive.offset[is_still], before.offset[is_still])
        assert np.array_equal(
            passage.ends, (np.abs(drive.offset) > HALF_LANE) | (drive.place == LENGTH)
        )
        values = field.values([passage], 0.9)
        assert not (values["arrived"] * values["left_lane"]).any()
        assert np.array_equal(values["arrived"] + values["left_lane"] > 0, passage.ends[None])
        assert ((0 <= passage.state_after) & (passage.state_after < field.states)).all()
        assert passage.after.shape == (3, INPUTS) and np.isfinite(passage.after).all()
        before = field._now
        assert (before.age[passage.is_last] == 0).all()


def test_every_box_of_the_shuttle_has_its_number() -> None:
    rng, count = np.random.default_rng(0), 200_000
    whole = np.zeros(count, dtype=np.int64)
    offset, heading = (rng.uniform(-reach, reach, count) for reach in (HALF_LANE, 0.2))
    drive = Drive(
        place=rng.integers(0, LENGTH + 1, count),
        speed=rng.integers(0, TOP_SPEED + 1, count),
        offset=offset,
        heading=heading,
        pull=offset,
        steer=whole,
        last_steer=whole,
        age=whole,
    )
    found = boxes(drive)
    assert 0 <= found.min() and found.max() < ShuttleField.states
    assert len(np.unique(found)) > 0.4 * ShuttleField.states  # not every bend follows every other


def trip(config: ShuttleConfig, policy: Any, seed: int = 0) -> dict[str, float]:
    """Every term of the first of twenty trips, summed; policy: a field -> its actions."""
    field = ShuttleField(config, 1, seed)
    choose, passages = policy(field), []
    while not passages or not passages[-1].is_last.any():
        passages.append(field.step(choose()))
    values = field.values(passages, 0.9)
    return {name: float(values[name].sum()) for name in (*TERM_NAMES, "true")}


def always(move: int) -> Any:
    return lambda field: lambda: np.array([move])


def gentle(field: ShuttleField) -> Any:
    return Careful(field, lambda bend: {0.08: 4, 0.05: 5}.get(abs(bend), TOP_SPEED)).actions


def flat_out(field: ShuttleField) -> Any:
    return Careful(field, lambda bend: TOP_SPEED).actions


def paid(reward: str, terms: dict[str, float]) -> float:
    """What a trip is paid by a reward that is linear in its terms."""
    return float(parse(reward, list(TERM_NAMES)).evaluate(terms))


def test_the_limit_can_be_kept_in_any_wind_and_the_timetable_too() -> None:
    for seed in range(20):
        terms = trip(ShuttleConfig(), gentle, seed)
        assert (terms["arrived"], terms["jolt"], terms["late"]) == (1, 0, 0)
        assert terms["true"] == 1


def test_at_a_low_price_a_jolt_is_bought_and_at_a_high_one_it_is_not() -> None:
    slow, fast = trip(CALM, gentle), trip(CALM, flat_out)
    assert fast["arrived"] == slow["arrived"] == 1
    assert fast["jolt"] >= 14 and slow["jolt"] == 0
    assert fast["step"] < slow["step"]
    price = "0.5*metres - 10*left_lane - 0.5*step - {}*jolt"
    assert paid(price.format(CHEAP), fast) > paid(price.format(CHEAP), slow)
    assert paid(price.format(DEAR), fast) < paid(price.format(DEAR), slow)
    assert fast["true"] < slow["true"]


def test_the_best_plan_buys_fewer_jolts_at_each_price_and_then_none() -> None:
    plans = {price: best_plan(price) for price in (0, 0.1, 0.2, 0.3, 1, 3)}
    felt = [jolts for _, jolts in plans.values()]
    assert felt == sorted(felt, reverse=True)
    assert plans[0.1] == (42, 14)
    assert plans[0.3] == plans[3] == (49, 0)
    # Somebody who thinks less of what comes later buys at prices at which others do not.
    assert best_plan(0.5, gamma=0.95) == (46, 5)
    assert best_plan(0.7, gamma=0.95) == best_plan(3, gamma=0.95) == (49, 0)


def test_the_limit_costs_seven_steps() -> None:
    quickest, gentlest = (best_plan(price, metre=0, step=1) for price in (0, 100))
    assert quickest[0] == 41 and quickest[1] > 0
    assert gentlest == (48, 0)
    assert driven(lambda now, place, speed: 1) == (41, 18)  # as fast as it goes


def test_where_the_price_of_a_jolt_turns_is_a_matter_of_the_price_of_time() -> None:
    assert best_plan(0.4, step=0.5)[1] == 0
    assert best_plan(0.4, step=1.0)[1] > 0
    assert best_plan(0.8, step=1.0)[1] == 0


def test_standing_in_the_middle_is_paid_and_was_not_wanted() -> None:
    stands, arrives = trip(CALM, always(SLOWER)), trip(CALM, gentle)
    assert stands["centred"] > 1.5 * arrives["centred"]
    assert (stands["left_lane"], stands["arrived"]) == (0, 0)
    assert stands["true"] < 0 < arrives["true"]


def test_leaving_the_lane_ends_a_cost_of_time_and_was_not_wanted() -> None:
    leaves, arrives = trip(CALM, always(LEFT)), trip(CALM, flat_out)
    assert leaves["left_lane"] == 1 and leaves["step"] < 15
    assert paid("-step", leaves) > paid("-step", arrives)
    assert leaves["true"] == -1


@pytest.mark.slow
@pytest.mark.parametrize("seed", ten_from(21))
def test_dqn_learns_what_it_is_charged_for(seed: int) -> None:
    felt = {}
    for price in (CHEAP, DEAR):
        config = parse_config(
            {
                **{"algorithm": "dqn", "world": {"world": "shuttle"}, "seed": seed},
                **{"updates": 30, "side_by_side": 16, "steps_per_update": 96, "tests": 32},
                **{"gamma": 0.95, "learning_rate": 0.0015, "epsilon_end": 0.1, "batch_size": 128},
                **{"buffer_size": 50_000, "target_every": 400},
                "reward": f"0.5*metres - 10*left_lane - 0.5*step - {price}*jolt",
            }
        )
        updates = [event for event in train(config) if isinstance(event, UpdateCompleted)]
        last = [event.metrics for event in updates[-5:]]
        assert np.mean([metrics[M.ARRIVED] for metrics in last]) >= 0.9
        felt[price] = np.mean([metrics[M.JOLTS] for metrics in last])
    assert felt[CHEAP] >= 12 and felt[DEAR] <= 2
