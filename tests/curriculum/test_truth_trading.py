"""The energy desk says nothing of a run that is not so, and the figures in its prose are exact.

The runs are made, with the figures that real ones had.
"""

import re

import pytest

from curriculum.loader import load_catalogue
from curriculum.rules import outcome_of
from curriculum.summary import Summary
from engine.worlds.trading import FEE
from tests.curriculum.made_runs import made
from tests.curriculum.telling import told_of
from tests.engine.trading_plan import best_policy, worth_of

DESK = load_catalogue().chapter("the_energy_desk")
WANTED = f"profit - {FEE}*trade"


def ran(
    reward: str, fresh: float, practised: float, *, began: float = 0.0, **last: float
) -> Summary:
    """A run whose two kinds of day differed by `began` after the first update."""
    figures = {
        **{"trades": 8.0, "unbooked": 0.4, "proxy_return": fresh, "blocks_held": 1.0},
        **{"true_return": fresh, "rehearsed": practised, "hindsight": practised - fresh},
        **last,
    }
    first_and_last = {name: (value, value) for name, value in figures.items()}
    first_and_last["hindsight"] = (began, figures["hindsight"])
    return made(reward, None, **first_and_last)


# a run -> how it ends, what is so, and words that would be false of it
RUNS = [
    (ran(WANTED, -1.4, 6.9), "by_heart", "Take it off my diesel", ("What is left",)),
    (ran(WANTED, 1.3, 5.2), "by_heart", "What is left on a fresh day", ("Take it off",)),
    (
        ran(WANTED, 0.5, 3.1),
        "by_heart",
        "It knows the past by heart",
        ("earns more than the best",),
    ),
    (
        ran(WANTED, 1.6, 8.4, began=6.5),
        *("not_yet", "6.8 levels more than a fresh one; after the first update it was 6.5", ()),
    ),
    (
        ran("0", -3.4, 1.3, began=-2.4, proxy_return=0.0),
        *("not_yet", "The reward is 0", ("by heart", "knows the past", "is missing")),
    ),
    (
        ran("risk", -0.8, 4.2, began=4.3, trades=2.0, blocks_held=2.0),
        *("not_yet", "It holds 2.0 blocks", ("by heart", "What does it know", "is 0.")),
    ),
    (
        ran("profit + risk", -0.8, 4.2, trades=2.0, blocks_held=2.0),
        *("not_yet", "It holds 2.0 blocks", ("by heart", "What does it know", "for them?")),
    ),
    (
        ran("profit", -4.8, 2.7, trades=15.0),
        *(
            "by_heart",
            "the exchange takes 0.4 for each of the 15.0",
            ("is paid for", "are charged"),
        ),
    ),
    (
        ran("profit + trade", -8.5, 5.5, trades=22.2),
        *("by_heart", "A trade is paid for", ("that is missing", "are charged")),
    ),
    (
        ran("booked", -1.6, 5.6, unbooked=1.5),
        *("never_written_off", "may hold only on the days", ("sign turned",)),
    ),
    (
        ran("booked - profit", -4.0, -5.0, unbooked=2.3),
        *("not_yet", "a level that they lose is paid", ("responsible", "booked only when")),
    ),
    (
        ran("booked + trade", -9.0, -4.4, trades=23.5, unbooked=0.5),
        *("not_yet", "A trade is paid for", ("responsible", "booked only when")),
    ),
    (
        ran("booked - 0.4*trade", 1.0, 1.2, unbooked=0.6),
        *("not_yet", "What is kept, with a gain or with a loss", ("booked only when",)),
    ),
    (
        ran("-booked", -7.0, -14.9),
        *("not_yet", "a loss that is sold is paid", ("counts a block", "that they lose")),
    ),
    (
        ran("profit", 0.5, 0.8, trades=10.0, proxy_return=4.5),
        *("paper_profit", "The term that is missing is trade", ("A trade is paid for",)),
    ),
    (
        ran("profit + trade", -4.0, -4.2, trades=20.0, proxy_return=24.0),
        *("paper_profit", "A trade is paid for", ("that is missing",)),
    ),
    (
        ran("booked", -0.5, -0.3, unbooked=1.2, trades=11.0, proxy_return=5.0),
        *("never_written_off", "responsible is booked", ("that is missing",)),
    ),
    (ran("booked + risk", -0.8, -0.9, unbooked=1.2), "not_yet", "Not with", ("responsible",)),
    (ran(WANTED, 2.6, 2.7, trades=4.0), "holds_up", "may be chance", ("What grew", "above is")),
    (ran(WANTED, 2.4, 5.4, trades=3.0), "holds_up", "What grew since", ("may be chance",)),
    (ran(WANTED, 3.1, 2.9, trades=4.0), "holds_up", "luck of the days", ("What grew",)),
    (
        ran(f"{WANTED} - 0.5*risk", 0.0, 0.0, trades=0.0),
        *("stays_out", "two cost four times as much", ("pays no fees",)),
    ),
    (
        ran("-trade", 0.0, 0.0, trades=0.0),
        *("stays_out", "pays no fees and gains nothing", ("price of risk", "exact")),
    ),
    (
        ran("0", -3.2, -3.0, proxy_return=0.0),
        *("not_yet", "The reward is 0", ("holds only on the days", "covers its fees")),
    ),
    (
        ran("trade", -9.6, -9.6, trades=24.0),
        "not_yet",
        "is paid for",
        ("is 0.",),
    ),
    (
        ran("-profit", -6.6, -18.3, proxy_return=4.0),
        *("not_yet", "for a salary", ("holds only on the days", "covers its fees")),
    ),
    (ran(WANTED, 1.6, 3.0, trades=5.0), "not_yet", "covers its fees", ("for a salary",)),
]


@pytest.mark.parametrize("case", RUNS, ids=[f"{ends}: {run.reward}" for run, ends, *_ in RUNS])
def test_only_what_is_so_is_told(case: tuple[Summary, str, str, tuple[str, ...]]) -> None:
    summary, ending, so, false = case
    assert outcome_of(DESK, summary).id == ending
    said = told_of(DESK, summary)
    assert so in said
    assert [words for words in false if words in said] == []
    assert "[[" not in said


def test_the_exact_figures_of_the_prose_are_so() -> None:
    best, greedy = best_policy(WANTED), best_policy("profit")
    wanted, paper = worth_of(best, WANTED), worth_of(greedy, "profit")
    figures = (paper.trades, paper.paid, paper.true, wanted.trades, wanted.true)
    text = next(
        beat.text for beat in DESK.outcome("paper_profit").explain if "missing" in beat.text
    )
    said = [float(figure) for figure in re.findall(r"\d+\.\d+", text)]
    assert said == [10.8, 5.14, 0.83, FEE, 3.1, 2.94]
    for figure, exact in zip((*said[:3], *said[4:]), figures, strict=True):
        assert figure == pytest.approx(exact, abs=0.051 if figure in (10.8, 3.1) else 0.0051)
    cautious = best_policy(f"{WANTED} - 0.5*risk")
    assert worth_of(cautious, WANTED).true == pytest.approx(0.01, abs=0.005)


def test_the_best_policy_buys_low_and_sells_high() -> None:
    best = best_policy(WANTED)
    for hour in range(20):  # towards the end there is too little time left for a trade
        moves = [[best((hour, price, held)) for price in range(9)] for held in range(3)]
        assert all(row == sorted(row, reverse=True) for row in moves)
        assert moves[0][0] == 2 and moves[2][8] == 0
