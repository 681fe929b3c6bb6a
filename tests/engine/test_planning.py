"""Value iteration beside policy iteration, step by step: by hand, and against the exact values."""

from typing import Any

import numpy as np
import pytest

from engine import planning as module
from engine.config import parse_config
from engine.planning import Planning, planning
from engine.reward_expression import RewardValueError
from engine.tabular.practice import TabularConfig, ground_of
from engine.worlds.corridor import MAPS


def config_of(world: dict[str, Any], **settings: Any) -> TabularConfig:
    found = parse_config(
        {"algorithm": "q_learning", "world": {"world": "corridor", **world}, **settings}
    )
    assert isinstance(found, TabularConfig)
    return found


def planned(world: dict[str, Any], **settings: Any) -> Planning:
    return planning(config_of(world, **settings))


def test_a_hall_of_three_cells_by_hand() -> None:
    found = planned({"drawn": "S.G"}, reward="8*delivered - step", gamma=0.5)
    assert found.cells == 2
    # Sweep 1 knows the ward from the cell beside it alone, sweep 2 from the start; 3 is the proof.
    assert found.by_sweeps.starts == (-1, 2.5, 2.5)
    assert found.by_sweeps.changes == (7, 3.5, 0)
    # Who drives upwards for ever pays 1 a step: -2. One look ahead turns the cell beside the ward,
    # where -1 + 8 is better than -2; then the start, -1 + 7/2 being better than -2.
    assert found.by_rounds.starts == pytest.approx((-2, -2, 2.5))
    assert found.by_rounds.changes == pytest.approx((2, 9, 4.5))
    assert found.by_sweeps.is_settled and found.by_rounds.is_settled


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("reward", ["10*delivered - 0.1*step", "0.5*on_pad + arrow - spill"])
def test_both_ways_end_at_the_exact_value_of_the_start(name: str, reward: str) -> None:
    config = config_of({"map": name}, reward=reward, gamma=0.9)
    found, exact = planning(config), ground_of(config, 0).exact
    start = MAPS[name].find("S")
    assert found.by_sweeps.starts[-1] == pytest.approx(float(exact[start].max()), abs=1e-9)
    assert found.by_rounds.starts[-1] == pytest.approx(float(exact[start].max()), abs=1e-8)
    assert found.by_sweeps.is_settled
    rounds = np.array(found.by_rounds.starts)
    assert (np.diff(rounds) >= -1e-9).all()  # no policy is worse than the one before it
    assert len(found.by_rounds.starts) <= len(found.by_sweeps.starts)


def test_sweeps_take_a_reward_one_cell_further_and_rounds_need_not() -> None:
    found = planned({"drawn": "S" + "." * 10 + "G"}, reward="delivered", gamma=0.9)
    assert found.by_sweeps.starts[:11] == (*[0.0] * 10, pytest.approx(0.9**10))
    assert len(found.by_sweeps.starts) == 12


def test_a_change_shrinks_by_the_patience_with_every_sweep() -> None:
    found = planned({"drawn": "SP"}, reward="on_pad + off_pad", gamma=0.8)
    shrinks = np.array(found.by_sweeps.changes[1:40]) / np.array(found.by_sweeps.changes[:39])
    assert shrinks == pytest.approx(0.8)


def test_cells_are_those_in_which_a_robot_stands_and_chooses() -> None:
    assert planned({"drawn": "S#C/P.G/>.."}, gamma=0.5).cells == 6


def test_what_is_followed_is_cut_off_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SWEEPS", 30)
    found = planned({"drawn": "SP"}, reward="on_pad", gamma=0.99)
    assert len(found.by_sweeps.starts) == 30 and not found.by_sweeps.is_settled
    assert found.by_rounds.starts[-1] == pytest.approx(1 / (1 - 0.99**2))


def test_a_step_that_has_no_value_is_said() -> None:
    with pytest.raises(RewardValueError):
        planned({"drawn": "S.G"}, reward="1/delivered")
