import pytest

from curriculum.summary import Event, summarise
from engine.events import RunFailed, RunFinished, RunStarted, UpdateCompleted
from engine.metrics import MetricName as M
from tests.curriculum.made_runs import GRID, Run, named


def update(number: int, **metrics: float) -> UpdateCompleted:
    return UpdateCompleted(update=number, metrics=named(metrics), scene=GRID, work=10 * number)


def started(**metrics: float) -> RunStarted:
    return RunStarted(planned_updates=9, metrics=named(metrics), scene=GRID)


def test_figures_of_a_metric() -> None:
    events: list[Event] = [started(length=9), *(update(n, length=n) for n in range(1, 8))]
    track = summarise(events, {}, last_updates=3).metrics[M.LENGTH]
    assert track.model_dump() == {
        "first": 9,
        "last": 6,
        "max": 9,
        "min": 1,
        "mean": 4,
        "change": -3,
    }


def test_first_is_the_first_update_where_the_start_was_not_measured() -> None:
    events: list[Event] = [started(), update(1, kl=3), update(2, kl=5)]
    assert summarise(events, {}).metrics[M.KL].first == 3


def test_what_is_not_known_at_first_begins_where_it_is() -> None:
    events: list[Event] = [
        *(started(length=9), update(1, length=5)),
        *(update(2, length=6, won=0.25), update(3, length=7, won=0.75)),
    ]
    metrics = summarise(events, {}, last_updates=3).metrics
    assert (metrics[M.WON].first, metrics[M.WON].last, metrics[M.WON].mean) == (0.25, 0.5, 0.5)
    assert metrics[M.LENGTH].last == 6
    assert M.WON not in summarise(events[:2], {}).metrics


def test_a_run_before_any_update_shows_the_untrained_policy() -> None:
    summary = summarise([started(correct=0.25)], {"reward": "correct"})
    assert summary.metrics[M.CORRECT].last == 0.25
    assert (summary.updates, summary.work, summary.finished) == (0, 0, False)


def test_an_attempt_that_began_anew_replaces_the_one_before() -> None:
    events: list[Event] = [
        started(),
        update(1, kl=100),
        started(),
        update(1, kl=1),
        update(2, kl=3),
    ]
    summary = summarise(events, {})
    assert summary.metrics[M.KL].max == 3
    assert (summary.updates, summary.work) == (2, 20)


def test_how_a_run_ended() -> None:
    failed = RunFailed(update=2, problem="Broken.", remedy="Mend it.")
    assert summarise([started(), update(1, kl=1), failed], {}).problem == "Broken."
    done = RunFinished(updates=1, work=10)
    assert summarise([started(), update(1, kl=1), done], {}).finished


def test_reward_terms_and_settings_come_from_the_config() -> None:
    config = {"reward": "2*correct - min(1, polite)", "gamma": 0.9, "seed": 4, "algorithm": "grpo"}
    summary = summarise([started()], config)
    assert summary.terms == ("correct", "polite")
    assert (summary.paid, summary.priced) == (("correct",), ("polite",))
    assert summary.settings == {"gamma": 0.9, "seed": 4}


def test_nothing_at_all_is_an_empty_summary() -> None:
    assert summarise([], {}).metrics == {}


RISE = [float(n) for n in range(30)]
HILL = [*RISE[:15], *RISE[15:0:-1]]  # highest at update 16
PLATEAU = [5.0 if n < 15 else 0.0 for n in range(30)]


def jagged(values: list[float], by: float) -> list[float]:
    """The same with an alternating error; eleven neighbours leave an eleventh of it."""
    return [value + (by if n % 2 else -by) for n, value in enumerate(values)]


@pytest.mark.parametrize(
    ("wanted", "paid", "turn"),
    [
        (HILL, RISE, 16),
        (jagged(HILL, -2.0), RISE, 16),
        (jagged(HILL, 6.0), RISE, None),
        ([1e-9 * value - 0.4 for value in HILL], RISE, None),
        (HILL, [1e-9 * value for value in RISE], None),
        (HILL, jagged(RISE, 6.0), None),
        ([*RISE, *RISE[:-4:-1], *[27.0] * 7], RISE + RISE[-10:], None),
        (RISE, RISE, None),
        (HILL, [0.0] * 30, None),
        (RISE[::-1], RISE, None),
        (PLATEAU, RISE, None),
        ([0.0, *PLATEAU[:-1]], RISE, 7),
        ([27.0, 28.0, *RISE[:1:-1]], RISE, None),
        ([*range(9), 0], RISE[:10], None),
    ],
    ids=[
        "turns",
        "turns through some noise",
        "falls less than the noise",
        "wanted moves by rounding only",
        "pay moves by rounding only",
        "pay rises less than the noise",
        "falls by less than a tenth of the range",
        "rises",
        "is not paid for",
        "falls from the start",
        "stands, then falls: best from the start",
        "rises once, stands, then falls",
        "best within the cut windows of the start",
        "too short",
    ],
)
def test_turning_point(wanted: list[float], paid: list[float], turn: int | None) -> None:
    pairs = enumerate(zip(wanted, paid, strict=True), start=1)
    events = [update(n, true_return=true, proxy_return=proxy) for n, (true, proxy) in pairs]
    assert summarise(events, {}).turning_point == turn


def test_the_made_up_run_of_these_tests_is_what_it_says(run: Run) -> None:
    track = run(kl=(1.0, 3.0)).metrics[M.KL]
    assert (track.first, track.last, track.mean) == (1, 3, 2)
