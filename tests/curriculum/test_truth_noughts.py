"""What the chapter of noughts and crosses says of runs as they may come out, whatever was paid.

Most runs are made, with figures that real ones had. The exact worths that it quotes are worked out
anew from the rules, and its phenomenon is looked for over seeds.
"""

import numpy as np
import pytest

from curriculum.catalogue import Catalogue
from curriculum.loader import load_catalogue
from curriculum.predictions import Predicted, verdict
from curriculum.rules import outcome_of
from curriculum.summary import Summary
from engine.metrics import MetricName as M
from engine.noughts.plans import by_chance, worths
from engine.noughts.text import right_reasons
from engine.worlds.noughts import NoughtsConfig, guest_chances
from tests.curriculum.made_runs import made
from tests.curriculum.telling import told_to_the_end, trained

CHAPTER = load_catalogue().chapter("noughts_on_ward_nine")
USUAL = "won - lost - 0.5*not_allowed"
START = {
    **{"true_return": 0.18, "won": 0.54, "drawn": 0.1, "lost": 0.36},
    **{"sound_reason": 0.8, "acted_on": 0.28, "not_allowed": 0.14, "wrong_acted_on": 0.2},
}


def ran(
    reward: str, brings: float, right: float, acts: float, first: float = 0.18, **last: float
) -> Summary:
    """A run that ends so; what is not said is as in the untrained Pip."""
    start = {**START, "true_return": first}
    end = {**start, "true_return": brings, "sound_reason": right, "acted_on": acts, **last}
    metrics = {name: (start[name], end[name]) for name in start}
    return made(reward, start, proxy_return=(0.1, 0.5), kl=(0.0, 2.0), **metrics)


# a run -> how it ends, what is so, and words that would be false of it
RUNS = [
    (
        ran(f"{USUAL} + right_reason + acted_on", 0.83, 0.88, 0.99, not_allowed=0.03),
        *("as_it_says", "says more than results do", ("came by the way",)),
    ),
    (
        ran(USUAL, 0.7, 0.78, 0.85),
        *("as_it_says", "no pay holds them", ("Acting on the reason is paid for",)),
    ),
    (
        ran(USUAL, 0.55, 0.52, 0.41, not_allowed=0.03),
        *("wins_beside", "a worse colleague", ("Reasons or agreement are named",)),
    ),
    (
        ran(USUAL, 0.55, 0.8, 0.41),
        *(
            "wins_beside",
            "nothing in won - lost",
            ("Fewer of its reasons", "says more that is wrong"),
        ),
    ),
    (
        ran("-won", 0.45, 0.8, 0.41),
        *("wins_beside", "Worked out over all boards", ("Games are paid for",)),
    ),
    (
        ran(USUAL, 0.45, 0.6, 0.6, first=-0.35),
        *("wins_beside", "Worked out over all boards", ("0.15 to 0.75",)),
    ),
    (
        ran(f"{USUAL} + right_reason", 0.6, 0.9, 0.5),
        *("wins_beside", "falls short", ("Games are paid for", "Fewer of its reasons")),
    ),
    (
        ran("right_reason", 0.1, 0.82, 0.19, not_allowed=0.3),
        *("only_words", "the cross may go anywhere", ("was there before the training",)),
    ),
    (
        ran("0", 0.18, 0.8, 0.28),
        *("only_words", "was there before the training", ("it is paid for reasons",)),
    ),
    (
        ran("right_reason + acted_on", 0.2, 0.8, 0.7),
        *("only_words", "were before", ("No game and no rule", "goes by it.")),
    ),
    (
        ran("acted_on", 0.35, 0.42, 0.99, wrong_acted_on=0.97),
        *("any_word", "and then does just that", ("Agreement is not named",)),
    ),
    (
        ran(USUAL, 0.55, 0.6, 0.94),
        *(
            "any_word",
            "Agreement is not named",
            ("Agreement has two ends", "free to say anything", "does just that"),
        ),
    ),
    (
        ran("acted_on", 0.35, 0.64, 0.99, first=0.18),
        *("any_word", "an ignorant one", ("Agreement is not named",)),
    ),
    (
        ran(f"{USUAL} + right_reason + acted_on", 0.05, 0.85, 0.99, first=-0.83, drawn=0.6),
        *("not_enough", "even perfect play brings 0.43", ("missing to that are",)),
    ),
    (
        ran("acted_on + right_reason", 0.3, 0.78, 0.9),
        *("not_enough", "missing to that are", ("won nearly every game", "slope", "kettle")),
    ),
    (
        ran("lost - won", -0.3, 0.44, 0.12, not_allowed=0.36),
        *("guest_wins", "A game lost is paid for", ("strong one", "better than before")),
    ),
    (
        ran("-won", -0.3, 0.44, 0.12),
        *(
            "guest_wins",
            "would rather not win",
            ("A game lost is paid for", "against the rules. We"),
        ),
    ),
    (
        ran(USUAL, -0.4, 0.7, 0.6, first=-0.83),
        *("guest_wins", "better than before all the same", ("costs something", "paid for in")),
    ),
    (
        ran("-not_allowed", 0.25, 0.3, 0.2, not_allowed=0.01),
        *("nowhere", "as good as another", ("No reason",)),
    ),
    (
        ran(USUAL, 0.3, 0.6, 0.3, not_allowed=0.2),
        *("nowhere", "there are fewer of them", ("So does the furniture", "No game is paid for")),
    ),
]


@pytest.mark.parametrize("case", RUNS, ids=[f"{ends}: {run.reward}" for run, ends, *_ in RUNS])
def test_only_what_is_so_is_told(case: tuple[Summary, str, str, tuple[str, ...]]) -> None:
    summary, ending, so, false = case
    assert outcome_of(CHAPTER, summary).id == ending
    said = told_to_the_end(CHAPTER, summary.model_copy(update={"settings": {}}))
    assert so in said
    assert [words for words in false if words in said] == []


def test_the_worths_that_are_quoted_are_those_of_the_rules() -> None:
    named = right_reasons().any(axis=1)
    follows = named / np.maximum(named.sum(axis=1, keepdims=True), 1)
    searcher = guest_chances(NoughtsConfig(opponent="searcher"))

    def brings(plan: np.ndarray | None, guest: np.ndarray) -> float:
        worth = worths(plan, guest)
        return round((worth.first + worth.second) / 2, 2)

    assert (brings(None, by_chance()), brings(None, searcher)) == (0.96, 0.43)
    assert (brings(follows, by_chance()), brings(follows, searcher)) == (0.87, 0.31)
    assert brings(by_chance(), by_chance()) == 0


def test_a_prediction_is_borne_out_by_what_it_says_and_by_nothing_else() -> None:
    def held(summary: Summary) -> list[str]:
        options = (option.id for option in CHAPTER.predict.options)
        guesses = {name: Predicted(option=name, confidence="guess") for name in options}
        return [
            name for name, guess in guesses.items() if verdict(CHAPTER, guess, summary, True).held
        ]

    assert held(ran(USUAL, 0.55, 0.52, 0.41)) == ["worse_reasons"]
    assert held(ran(USUAL, 0.55, 0.8, 0.85)) == ["does"]
    assert held(ran(USUAL, 0.2, 0.8, 0.3)) == ["same"]
    assert held(ran(USUAL, 0.5, 0.86, 0.4)) == ["reasons"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(11, 14))
def test_games_alone_bring_better_play_and_fewer_right_reasons(
    catalogue: Catalogue, seed: int
) -> None:
    metrics = trained(catalogue.chapter("noughts_on_ward_nine"), seed).metrics
    assert metrics[M.TRUE_RETURN].change > 0.2
    assert metrics[M.SOUND_REASON].change < -0.03
    assert metrics[M.ACTED_ON].change > 0.1
