"""How many buttons a kiosk has tried: what tells a lucky choice from one that was compared."""

from typing import Any

from engine.config import parse_config
from engine.events import UpdateCompleted
from engine.metrics import MetricName as M
from engine.train import train


def tried(**settings: Any) -> list[tuple[float, tuple[int, ...]]]:
    """The measurement and the presses of each button so far, at every update."""
    data = {"algorithm": "epsilon_greedy", "world": {"world": "kiosk"}, **settings}
    updates = [e for e in train(parse_config(data)) if isinstance(e, UpdateCompleted)]
    return [(e.metrics[M.TRIED], e.scene.counts) for e in updates if e.scene.kind == "kiosk"]


def test_it_counts_the_buttons_that_were_pressed() -> None:
    for count, presses in tried(epsilon=0.05, updates=20, seed=5):
        assert count == sum(number > 0 for number in presses)


def test_it_never_falls() -> None:
    counts = [count for count, _ in tried(epsilon=0.2, updates=30)]
    assert counts == sorted(counts)
    assert counts[-1] == 5


def test_a_first_guess_below_every_pay_never_tries_a_second_button() -> None:
    for seed in range(1, 11):
        history = tried(epsilon=0.0, initial_value=-2.0, updates=10, seed=seed)
        assert {count for count, _ in history} == {1}


def test_a_first_guess_above_every_pay_tries_them_all() -> None:
    for seed in range(1, 11):
        assert tried(epsilon=0.0, initial_value=2.0, updates=10, seed=seed)[-1][0] == 5
