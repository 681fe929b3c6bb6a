"""What the chapter of right reasons says of runs as they may come out, whatever was paid.

The runs are made, with the figures that real ones had.
"""

import pytest

from curriculum.ledger import effects_of
from curriculum.loader import load_catalogue
from curriculum.rules import hint, outcome_of, plain, render, shown
from curriculum.summary import Summary
from tests.curriculum.made_runs import made

CHAPTER = load_catalogue().chapter("explains_and_does_not_act")


def ran(reward: str, regret: float, tried: float, agrees: float, **last: float) -> Summary:
    """A run that ends so; what is not said is as in the untrained Pip."""
    figures = {
        **{"game_regret": regret, "coverage": tried, "as_reasoned": agrees},
        **{"right_reason": 0.87, "right_optimal": 0.02, "right_greedy": 0.84, "right_other": 0.01},
        **{"frequent": 0.99, "ucb_regret": 13.1, "epsilon_regret": 16.3, "random_regret": 20.5},
        **{"reason_weight": 0.0, "frequency_weight": 6.0, "proxy_return": 0.5, "entropy": 0.1},
        **last,
    }
    return made(reward, None, **{name: (value, value) for name, value in figures.items()})


def told(summary: Summary) -> str:
    outcome = outcome_of(CHAPTER, summary)
    said = [render(outcome.title, summary)]
    said += [beat.text for beat in shown((*outcome.beats, *outcome.explain), summary)]
    said += [effect.reason for effect in effects_of(outcome, summary)]
    said += [hint(CHAPTER, summary, step) for step in (1, 2, 3)]
    return plain(" ".join(said))


TRAINED = {"frequent": 0.1, "frequency_weight": 2.8}
# a run -> how it ends, what is so, and words that would be false of it
RUNS = [
    (
        ran("score", 12.2, 0.7, 0.2, reason_weight=-1.0, **TRAINED),
        *("for_show", "nothing in it asks", ("Agreement is paid for",)),
    ),
    (
        ran("score", 13.9, 0.5, 0.2, reason_weight=-1.0, **TRAINED),
        *("for_show", "It works.", ("better than its own advice", "lower than that of UCB")),
    ),
    (
        ran("score + 0.1*agrees", 12.7, 0.7, 0.2, reason_weight=0.8, **TRAINED),
        *("for_show", "Agreement is paid for", ("nothing in it asks",)),
    ),
    (
        ran("score + agrees", 13.2, 1.0, 0.97, right_reason=0.98, reason_weight=5.2, **TRAINED),
        *("word_kept", "had something to grow for", ("Nothing in",)),
    ),
    (
        ran("score + 2*agrees", 17.4, 1.0, 0.89, right_reason=0.5, reason_weight=5.9, **TRAINED),
        *("wrong_word", "You can buy thinking", ("did not agree",)),
    ),
    (
        ran("score + agrees", 14.9, 1.0, 0.97, right_reason=0.87, reason_weight=5.7, **TRAINED),
        *("wrong_word", "errors in the words", ("You can buy thinking",)),
    ),
    (ran("score", 20.3, 0.1, 0.15), "blue_door", "nothing was learnt", ("hardly ever",)),
    (
        ran("score", 20.0, 0.1, 0.14, frequency_weight=7.0, reason_weight=-0.5),
        *("blue_door", "what is hardly ever sent", ("nothing was learnt", "cannot help a Pip")),
    ),
    (
        ran("0", 20.3, 0.1, 0.15, proxy_return=0.0),
        *("blue_door", "nothing was learnt", ("learning rate was 0",)),
    ),
    (
        ran("agrees", 21.6, 0.1, 0.15, reason_weight=0.9, frequency_weight=7.2),
        *("blue_door", "follow a right reason", ("nothing was learnt", "cannot help a Pip")),
    ),
    (
        ran("repeat", 21.6, 0.1, 0.15, reason_weight=-1.5, frequency_weight=7.5),
        *("blue_door", "frequency bias", ("pays for agreeing", "cannot help a Pip")),
    ),
    (
        ran("first", 21.2, 1.0, 0.3, **TRAINED),
        *("collector", "With no pay for scores", ("stands beside the scores",)),
    ),
    (
        ran("first", 15.1, 1.0, 0.81, reason_weight=3.0, **TRAINED),
        *("collector", "pay for following the reason", ("nothing tells Pip", "other forty")),
    ),
    (
        ran("score + 2*first", 15.0, 1.0, 0.5, **TRAINED),
        *("collector", "stands beside the scores", ("With no pay", "other forty")),
    ),
    (
        ran("score", 20.3, 0.1, 0.15),
        *("blue_door", "sends anyway", ("is priced if it is what the reason names",)),
    ),
    (
        ran("-agrees", 20.2, 0.23, 0.02, reason_weight=-11.1, frequency_weight=4.9),
        *("blue_door", "is priced if it is what the reason names", ("sends anyway",)),
    ),
    (
        ran("score - agrees", 13.0, 0.65, 0.04, reason_weight=-7.5, **TRAINED),
        *("for_show", "paid for leaving its reason aside", ("Agreement is paid for",)),
    ),
    (
        ran("-score", 20.9, 1.0, 0.1, **TRAINED),
        *("dice_cup", "as a plan", ("should have let me",)),
    ),
    (
        ran("score + agrees", 13.2, 1.0, 0.97, right_reason=0.98, reason_weight=5.2, **TRAINED),
        *("word_kept", "What did the agreement cost?", ("Try `score + agrees`",)),
    ),
    (ran("score", 12.9, 1.0, 0.28), "head_start", "nearly as it was", ("nothing in it asks",)),
    (
        ran("-score", 27.0, 1.0, 0.1, **TRAINED),
        *("dice_cup", "You should have let me", ("It works.", "than by lot", "as a plan")),
    ),
    (ran("score", 19.2, 0.46, 0.14, frequent=0.9), "in_between", "Neither", ("not paid for here",)),
    (
        ran("-score", 19.2, 0.46, 0.14, frequent=0.9),
        *("in_between", "Scores are not paid for here", ("It works.",)),
    ),
]


@pytest.mark.parametrize("case", RUNS, ids=[f"{ends}: {run.reward}" for run, ends, *_ in RUNS])
def test_only_what_is_so_is_told(case: tuple[Summary, str, str, tuple[str, ...]]) -> None:
    summary, ending, so, false = case
    assert outcome_of(CHAPTER, summary).id == ending
    said = told(summary)
    assert so in said
    assert [words for words in false if words in said] == []
    assert "[[" not in said
