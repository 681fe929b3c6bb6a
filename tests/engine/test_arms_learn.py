"""What fine-tuning and its helpers do to the two untrained Pips.

Rates of the untrained are means of ten seeds; the rest is asked on three, `PROOF_SEEDS=10` on ten.
"""

from statistics import fmean

import pytest

from engine.config import parse_config
from engine.events import UpdateCompleted
from engine.metrics import MetricName as M
from engine.train import train
from tests.seeds import ASKED, seeds_from, ten_from

SEEDS = seeds_from(101)
TEN = ten_from(101)
LAST = 10  # updates that a figure is the mean of

pytestmark = pytest.mark.slow


def ends(pip: str = "frequent", seeds: range = SEEDS, **settings: object) -> list[dict[M, float]]:
    """What each seed measured at the end: 50 updates if something is learnt, else ten."""
    found = []
    for seed in seeds:
        rate = settings.get("learning_rate", 0.1)
        own = {"learning_rate": rate, "updates": 50 if rate else LAST, "seed": seed}
        config = (
            {"algorithm": "rlft", "passes": 3, "world": {"world": "arms", "pip": pip}}
            | settings
            | own
        )
        metrics = [e.metrics for e in train(parse_config(config)) if isinstance(e, UpdateCompleted)]
        found.append({name: fmean(m[name] for m in metrics[-LAST:]) for name in metrics[-1]})
    return found


@pytest.fixture(scope="module")
def untrained() -> list[dict[M, float]]:
    return ends(seeds=TEN, learning_rate=0.0)


@pytest.fixture(scope="module")
def trained() -> list[dict[M, float]]:
    return ends()


def rate_of(*claims: bool) -> int:
    return sum(claims)


def test_the_untrained_pips_lose_what_was_measured_of_them(
    untrained: list[dict[M, float]],
) -> None:
    """Regret about 20.3 and coverage 0.10; greedy about 15 and 0.26."""
    assert fmean(one[M.GAME_REGRET] for one in untrained) == pytest.approx(20.3, abs=0.6)
    assert fmean(one[M.COVERAGE] for one in untrained) == pytest.approx(0.10, abs=0.01)
    greedy = ends("greedy", seeds=TEN, learning_rate=0.0)
    assert fmean(one[M.GAME_REGRET] for one in greedy) == pytest.approx(15, abs=0.6)
    assert fmean(one[M.COVERAGE] for one in greedy) == pytest.approx(0.26, abs=0.02)


def test_scores_alone_lower_regret_and_raise_coverage_and_leave_the_reason_aside(
    untrained: list[dict[M, float]], trained: list[dict[M, float]]
) -> None:
    """On every seed."""
    pairs = list(zip(untrained[:ASKED], trained, strict=True))
    assert rate_of(*(new[M.GAME_REGRET] < old[M.GAME_REGRET] - 4 for old, new in pairs)) == ASKED
    assert rate_of(*(new[M.COVERAGE] > old[M.COVERAGE] + 0.2 for old, new in pairs)) == ASKED
    assert rate_of(*(new[M.AS_REASONED] < 0.5 < new[M.RIGHT_REASON] for new in trained)) == ASKED


def test_before_training_a_first_letter_for_all_gains_more_than_chance_does(
    untrained: list[dict[M, float]],
) -> None:
    """On every seed, beside random letters and a second thought."""
    first = ends(learning_rate=0.0, start="all")
    for other in (
        ends(learning_rate=0.0, epsilon=0.1),
        ends(learning_rate=0.0, second_thought="yes"),
    ):
        pairs = zip(first, other, strict=True)
        assert rate_of(*(a[M.GAME_REGRET] < b[M.GAME_REGRET] - 3 for a, b in pairs)) == ASKED
    pairs = zip(first, untrained[:ASKED], strict=True)
    assert rate_of(*(a[M.GAME_REGRET] < b[M.GAME_REGRET] - 5 for a, b in pairs)) == ASKED


def test_a_bonus_for_a_first_time_explores_more_and_mostly_loses_by_it(
    trained: list[dict[M, float]],
) -> None:
    """More coverage on every seed, and more regret on more than half of them."""
    pairs = list(zip(trained, ends(reward="score + first"), strict=True))
    assert rate_of(*(new[M.COVERAGE] > old[M.COVERAGE] + 0.1 for old, new in pairs)) == ASKED
    assert rate_of(*(new[M.GAME_REGRET] > old[M.GAME_REGRET] for old, new in pairs)) > ASKED / 2


def test_agreement_is_learnt_where_it_is_paid_for_beside_scores() -> None:
    """On every seed, with reasons right 98 times of 100 and every arm pulled once first."""
    found = ends(reward="score + agrees", right_reasons=0.98, start="all")
    assert rate_of(*(one[M.AS_REASONED] >= 0.8 for one in found)) == ASKED
    assert rate_of(*(one[M.GAME_REGRET] <= 15.5 for one in found)) == ASKED
