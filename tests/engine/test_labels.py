"""Whether labels agree with each other: exact values, the general score test, and how runs end."""

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import logsigmoid

from engine.config import parse_config
from engine.events import RunFinished
from engine.language.corpus import prompt
from engine.language.crowd import LIKINGS, Crowd, liked, tastes
from engine.language.labels import LEAST_PAIRS, contradict, taste_shown
from engine.language.preferences import Pair, Preferences, labelled_pairs
from engine.language.questions import QuestionKind, fact_question
from engine.language.verifiers import grade_batch
from engine.language.vocabulary import decode, encode
from engine.train import train

SHARES: dict[QuestionKind, float] = {"floor": 0.3, "opens": 0.15, "closes": 0.1, "belief": 0.45}
COINS = Crowd(flipped=0.5)
INDIFFERENT = Crowd(truth=0, length=0, flattery=0, courtesy=0, agreement=0)


def asked(crowd: Crowd, count: int = 400, collection: int = 0) -> tuple[Pair, ...]:
    return labelled_pairs(Preferences(pairs=count, collection=collection, crowd=crowd), SHARES)


def true_and_false(true_ones: int, false_ones: int) -> list[Pair]:
    """Labels for a right sentence over a wrong one, and as many the other way round."""
    question = fact_question("floor", "pharmacy")
    right = question.true_sentence
    wrong = right.replace(question.truth, "two" if question.truth != "two" else "three")
    texts = [(right, wrong)] * true_ones + [(wrong, right)] * false_ones
    start = encode(prompt(question))
    return [
        Pair(question, start, encode(a.split()), encode(b.split()), (0.0, 0.0)) for a, b in texts
    ]


@pytest.mark.parametrize(
    ("true_ones", "false_ones", "shown"), [(9, 0, 9.0), (8, 1, 49 / 9), (50, 50, 0.0)]
)
def test_what_labels_show_by_hand(true_ones: int, false_ones: int, shown: float) -> None:
    """One taste that is there once or not at all: the surplus, squared, over the number."""
    pairs = true_and_false(true_ones, false_ones)
    assert taste_shown(pairs) == (pytest.approx(shown, abs=1e-9), 1)


def test_half_for_and_half_against_is_a_contradiction() -> None:
    half = LEAST_PAIRS // 2
    assert contradict(true_and_false(half, half))
    assert not contradict(true_and_false(2 * half, 0))
    assert not contradict(true_and_false(0, 2 * half)), "who likes the untruth does so steadily"


def test_it_is_the_score_test_of_bradley_terry() -> None:
    """Gradient and information of the log-likelihood, by automatic differentiation, at no taste."""
    pairs = asked(Crowd(flipped=0.2), 120)
    questions = [pair.question for pair in pairs for _ in range(2)]
    texts = [" ".join(decode(reply)) for pair in pairs for reply in (pair.chosen, pair.rejected)]
    seen = torch.from_numpy(tastes(grade_batch(questions, texts)))

    weights = torch.zeros(len(LIKINGS), dtype=torch.float64, requires_grad=True)
    utility = seen @ weights
    log_likelihood = logsigmoid(utility[::2] - utility[1::2]).sum()
    (score,) = torch.autograd.grad(log_likelihood, weights, create_graph=True)
    rows = [torch.autograd.grad(part, weights, retain_graph=True)[0] for part in score]
    information = -torch.stack(rows)
    score = score.detach()
    expected = score @ torch.linalg.pinv(information, hermitian=True) @ score
    assert taste_shown(pairs)[0] == pytest.approx(float(expected), rel=1e-6)


def test_tastes_make_up_what_is_liked() -> None:
    axes = {name: np.array([0.0, 1.0, 2.0]) for name in ("correct", "length", "polite", "agrees")}
    axes["flattery"] = np.array([3.0, 1.0, 0.0])
    crowd = Crowd(truth=1.5, length=0.1, flattery=-2, courtesy=0.3, agreement=4)
    weights = np.array([getattr(crowd, name) for name in LIKINGS])
    np.testing.assert_allclose(tastes(axes) @ weights, liked(crowd, axes), rtol=1e-12)


def test_coins_show_as_much_as_their_degrees_of_freedom() -> None:
    """The mean of a chi-squared variable; one in a hundred is let through as a taste."""
    found = [taste_shown(asked(COINS, 200, collection)) for collection in range(60)]
    freedom = np.mean([free for _, free in found])
    assert np.mean([shown for shown, _ in found]) == pytest.approx(freedom, rel=0.35)
    assert sum(not contradict(asked(COINS, 200, collection)) for collection in range(60)) <= 5


@pytest.mark.parametrize("collection", range(5))
@pytest.mark.parametrize("flipped", [0.0, 0.1, 0.3])
def test_labels_with_a_taste_in_them_do_not_contradict(flipped: float, collection: int) -> None:
    assert not contradict(asked(Crowd(flipped=flipped), 1500, collection))


def test_a_label_by_hand_counts_once_however_often_it_is_learnt_from() -> None:
    few = Preferences(pairs=30, by_hand="ab" * 15, hand_weight=100, crowd=INDIFFERENT)
    many = few.model_copy(update={"hand_weight": 1})
    assert taste_shown(labelled_pairs(few, SHARES)) == taste_shown(labelled_pairs(many, SHARES))


def ending(algorithm: str, crowd: Crowd, **settings: Any) -> str:
    preferences = {"pairs": 400, "crowd": crowd.model_dump()}
    world = {"world": "desk", "questions": SHARES, "preferences": preferences}
    config = {"algorithm": algorithm, "world": world, "updates": 2, **settings}
    *_, end = train(parse_config(config))
    assert isinstance(end, RunFinished)
    return end.ending


@pytest.mark.parametrize("crowd", [COINS, INDIFFERENT])
@pytest.mark.parametrize("algorithm", ["reward_model", "dpo", "sft"])
def test_who_learns_from_contradictions_is_told_so(algorithm: str, crowd: Crowd) -> None:
    assert ending(algorithm, crowd) == "contradictory"
    assert ending(algorithm, Crowd()) == "done"


@pytest.mark.parametrize("reward", ["score", "correct"])
def test_it_matters_to_a_score_that_was_learnt_from_them(reward: str) -> None:
    expected = "contradictory" if reward == "score" else "done"
    assert ending("grpo", COINS, reward=reward, prompts_per_update=2) == expected


def test_the_policys_own_pairs_are_looked_at_too() -> None:
    settings = {"pairs_from": "policy", "pairs_per_update": 100}
    assert ending("dpo", COINS, **settings) == "contradictory"
    assert ending("dpo", Crowd(), **settings) == "done"
