"""Fields: the cart is the cart that PPO drives, and the chute is counted out by hand."""

import numpy as np
import pytest

from engine.control.all_fields import FIELDS, field_in
from engine.control.cart_field import CartField, boxes
from engine.control.carts import Carts
from engine.control.catch_field import INPUTS, CatchField
from engine.control.fields import outlook
from engine.spec import WorldConfig
from engine.worlds.cart import CartConfig
from engine.worlds.catch import COLUMNS, MIDDLE, ROWS, CatchConfig


class Recorded:
    """Pushes right in every second step of the tray's lean, and keeps what it decided."""

    def __init__(self) -> None:
        self.pushes: list[np.ndarray] = []

    def log_odds(self, observations: np.ndarray) -> np.ndarray:
        odds = np.where(observations[:, 2] + 0.5 * observations[:, 3] > 0, 50.0, -50.0)
        self.pushes.append(odds > 0)
        return odds


def test_the_cart_goes_through_what_ppos_carts_go_through_bit_for_bit() -> None:
    config = CartConfig(step_limit=50, gust=25, gust_chance=0.4)
    driver = Recorded()
    drive = Carts(config, 5, 3).drive(driver, 300)
    field = CartField(config, 5, 3)
    passages = []
    for now, pushes in enumerate(driver.pushes):
        before = drive.steps.before[:, now].T.astype(np.float32)
        assert np.array_equal(field.observations(), before)
        passages.append(field.step(pushes.astype(int)))
        assert np.array_equal(passages[-1].facts[1], drive.steps.after[:, now])
        assert np.array_equal(passages[-1].facts[5], drive.gust[now])
        assert np.array_equal(passages[-1].is_cut, drive.is_cut[now])
        assert np.array_equal(passages[-1].ends, drive.steps.ends[now])
    assert drive.is_cut.any() and drive.steps.ends.any()
    values = field.values(passages, 0.9)
    assert np.array_equal(values["switched"], (drive.steps.push * drive.steps.last_push < 0))


@pytest.mark.parametrize("world", FIELDS)
def test_what_a_step_has_shown_is_what_there_is_to_be_seen(world: type[WorldConfig]) -> None:
    field, rng = field_in(world(), 6, 5), np.random.default_rng(0)  # type: ignore[call-arg]
    passage, ends = None, 0
    for _ in range(150):
        now = outlook(field, passage)
        assert np.array_equal(now.observations, field.observations())
        assert now.observations.dtype == np.float32
        assert np.array_equal(now.states, field.state())
        passage = field.step(rng.integers(len(field.actions), size=6))
        ends += bool(passage.is_last.any())
    assert ends  # then it is the new episode that there is to be seen


def test_every_box_of_the_cart_has_its_number() -> None:
    rng = np.random.default_rng(0)
    states = rng.uniform(-2, 2, (4, 20_000)) * np.array([[1], [1], [0.1], [1]])
    assert set(boxes(states).tolist()) == set(range(CartField.states)) == set(range(162))


def test_a_pill_falls_for_five_steps_and_is_caught_by_who_stands_below() -> None:
    field = CatchField(CatchConfig(), 40, 1)
    pills = field._pill.copy()
    assert set(pills.tolist()) == set(range(COLUMNS))
    passages = []
    for step in range(1, ROWS):
        picture = field.observations()
        assert picture.shape == (40, INPUTS) and set(picture.sum(axis=1)) == {2.0}
        passages.append(field.step(np.sign(pills - field._basket) + 1))
        assert passages[-1].ends.tolist() == [step == ROWS - 1] * 40
    values = field.values(passages, 0.9)
    assert values["caught"].sum(axis=0).tolist() == [1.0] * 40
    assert values["dropped"].sum() == 0
    assert values["moved"].sum(axis=0).tolist() == np.abs(pills - MIDDLE).tolist()
    assert values["true"].sum(axis=0).tolist() == [1.0] * 40
    assert field._row.tolist() == [0] * 40 and set(field._basket.tolist()) == {MIDDLE}


def test_a_basket_that_stays_drops_what_does_not_fall_on_it() -> None:
    field = CatchField(CatchConfig(), 40, 2)
    missed = (field._pill != MIDDLE).astype(float).tolist()
    passages = [field.step(np.ones(40, dtype=int)) for _ in range(ROWS - 1)]
    assert field.values(passages, 0.9)["dropped"].sum(axis=0).tolist() == missed


def test_the_film_of_the_chute_shows_pill_and_basket() -> None:
    field = CatchField(CatchConfig(), 1, 0)
    column = int(field._pill[0])
    passages = [field.step(np.array([1])) for _ in range(ROWS - 1)]
    scene = field.film(passages, None)
    assert scene.trail == (27, 27, 27, 27, 27, 27)
    assert scene.movers == (tuple(row * COLUMNS + column for row in range(ROWS)),)
    assert scene.end == ("caught" if column == MIDDLE else "dropped")
