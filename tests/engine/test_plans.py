"""The arithmetic of a loophole, against sums written out by hand."""

from typing import Any

import pytest

from engine.algorithms.q_learning import QLearningConfig
from engine.plans import plans
from engine.worlds.corridor import CorridorConfig


def q_learning(**settings: Any) -> QLearningConfig:
    return QLearningConfig.model_validate(settings)


def worths(reward: str, **settings: float) -> list[float]:
    return [plan.worth for plan in plans(q_learning(reward=reward, **settings))]


def test_a_large_bonus_makes_the_pad_worth_more_than_the_ward() -> None:
    found = plans(q_learning(reward="10*delivered + 0.5*on_pad - 0.1*step"))
    deliver = 10 * 0.99**14 - 0.1 * (1 - 0.99**15) / 0.01
    circle = -0.1 - 0.1 * 0.99 + 0.4 * 0.99**2 + 0.99**3 * (-0.1 + 0.99 * 0.4) / (1 - 0.99**2)
    assert [plan.label for plan in found] == [
        "Deliver to the ward, 15 steps",
        "Charge once, then deliver, 15 steps",
        "Step on the pad and off, for ever",
        "Pace before the ward, for ever",
        "The best plan there is",
    ]
    assert [plan.pays for plan in found[:4]] == [
        "8.5 in all",
        "9 in all",
        "0.3 every 2 steps",
        "-0.2 every 2 steps",
    ]
    assert found[0].worth == pytest.approx(deliver, abs=1e-12)
    assert found[1].worth == pytest.approx(deliver + 0.5 * 0.99**2, abs=1e-12)
    assert found[2].worth == pytest.approx(circle, abs=1e-12)
    assert found[2].worth == pytest.approx(found[4].worth, abs=1e-9)
    assert found[2].worth > found[1].worth


def test_a_small_bonus_makes_charging_once_the_best_plan() -> None:
    straight, charge_once, circle, pace, best = worths("10*delivered + 0.2*on_pad - 0.1*step")
    assert charge_once == pytest.approx(best, abs=1e-9)
    assert min(charge_once - circle, charge_once - pace, charge_once - straight) > 0.1


def test_the_bonus_at_which_charging_once_and_for_ever_are_worth_the_same() -> None:
    # From the pad, one more turn of two steps costs what it delays: bonus = cost + (1 - gamma^2) V.
    value_at_pad = 10 * 0.99**11 - 0.1 * (1 - 0.99**12) / 0.01
    bonus = (0.1 * 1.99 + (1 - 0.99**2) * value_at_pad) / 0.99
    found = worths(f"10*delivered + {bonus:.12f}*on_pad - 0.1*step")
    assert found[1] == pytest.approx(found[2], abs=1e-9)


def test_the_naive_bonus_makes_pacing_the_best_plan_and_progress_does_not() -> None:
    naive = worths("10*delivered + 0.5*closer - 0.1*step")
    assert naive[3] > naive[0]
    assert naive[3] == pytest.approx(
        0.4 * (1 - 0.99**14) / 0.01 + 0.99**14 * (-0.1 + 0.99 * 0.4) / (1 - 0.99**2), abs=1e-9
    )
    shaped = worths("10*delivered + 0.5*progress - 0.1*step")
    plain = worths("10*delivered - 0.1*step")
    assert shaped[:2] + shaped[4:] == pytest.approx([w + 0.5 * 15 for w in plain[:2] + plain[4:]])
    assert shaped[0] == pytest.approx(shaped[4], abs=1e-9)


def test_pad_bonus_and_pad_charge_together_are_a_potential() -> None:
    shaped = worths("10*delivered + 0.5*(0.99*on_pad - off_pad) - 0.1*step")
    plain = worths("10*delivered - 0.1*step")
    assert shaped[:2] + shaped[4:] == pytest.approx(plain[:2] + plain[4:], abs=1e-9)
    assert shaped[2] == pytest.approx(plain[2], abs=1e-9)


def test_every_map_has_plans() -> None:
    world = CorridorConfig.model_validate({"map": "side_room"})
    found = plans(q_learning(world=world, reward="delivered", gamma=0.5))
    assert [plan.worth for plan in found] == [0.125, 0.125, 0, 0, 0.125]


@pytest.mark.parametrize(
    ("drawn", "labels"),
    [
        ("S..G", ["Deliver to the ward, 3 steps", "Pace before the ward, for ever"]),
        ("SG", ["Deliver to the ward, 1 steps"]),
        ("S.P", ["Step on the pad and off, for ever"]),
        ("S#G", []),
        ("S", []),
        ("SCP/#CG", []),
    ],
)
def test_a_drawn_map_has_the_plans_that_it_has(drawn: str, labels: list[str]) -> None:
    config = q_learning(world=CorridorConfig(drawn=drawn), reward="delivered - 0.1*step")
    found = [plan.label for plan in plans(config)]
    assert found == [*labels, *["The best plan there is"][: len(labels)]]


def test_without_a_discount_no_plan_is_compared() -> None:
    assert plans(q_learning(reward="delivered", gamma=1)) == []


def test_plans_are_those_of_the_map_that_the_run_is_on_by_now() -> None:
    world = {"drawn": "S..G/....", "changes": [{"after": 4, "drawn": "S##G/...."}]}
    config = q_learning(world=world, reward="delivered")
    steps = [plans(config, updates)[0].label for updates in (3, 4)]
    assert steps == ["Deliver to the ward, 3 steps", "Deliver to the ward, 5 steps"]
