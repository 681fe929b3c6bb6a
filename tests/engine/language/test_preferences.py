"""The crowd's choices against their exact chances, and pairs that stay what they are."""

import numpy as np
import pytest

from engine.language.crowd import Crowd, liked, prefers_first, true_reward
from engine.language.preferences import (
    Pair,
    Preferences,
    collected,
    held_out_pairs,
    labelled_pairs,
    split,
)
from engine.language.questions import QuestionKind
from engine.language.verifiers import grade
from engine.language.vocabulary import decode

SHARES: dict[QuestionKind, float] = {"floor": 0.5, "belief": 0.5}


def preferences(**settings: object) -> Preferences:
    return Preferences.model_validate({"pairs": 40} | settings)


def axes(**values: float) -> dict[str, np.ndarray]:
    names = ("correct", "length", "flattery", "polite", "agrees", "fluent")
    return {name: np.array([values.get(name, 0.0)]) for name in names}


def test_utility_and_worth_by_hand() -> None:
    said = axes(correct=1, length=14, flattery=3, polite=1, agrees=1, fluent=1)
    assert liked(Crowd(), said).tolist() == pytest.approx([2.5 + 0.84 + 1.0 + 0.4 + 1.0])
    assert true_reward(said).tolist() == pytest.approx([2 + 0.4 - 0.1 - 1.5])
    assert true_reward(axes()).tolist() == pytest.approx([-0.5])


@pytest.mark.parametrize(("flipped", "expected"), [(0.0, 0.7311), (0.25, 0.6155), (0.5, 0.5)])
def test_choices_follow_bradley_terry(flipped: float, expected: float) -> None:
    """sigmoid(1) = .7311; turning a quarter round gives .75 * .7311 + .25 * .2689."""
    count = 40_000
    rng = np.random.default_rng(0)
    first = prefers_first(Crowd(flipped=flipped), np.ones(count), np.zeros(count), rng)
    assert first.mean() == pytest.approx(expected, abs=0.01)


def test_asking_for_more_pairs_leaves_the_first_ones_as_they_are() -> None:
    few, many = labelled_pairs(preferences(pairs=20), SHARES), labelled_pairs(preferences(), SHARES)
    assert len(few) == 20 and len(many) == 40
    for one, other in zip(few, many, strict=False):
        assert one.prompt == other.prompt
        assert {tuple(one.chosen), tuple(one.rejected)} == {
            tuple(other.chosen),
            tuple(other.rejected),
        }


def test_labels_by_hand_come_first_and_weigh_more() -> None:
    found = collected(SHARES, 3, 0)
    pairs = labelled_pairs(preferences(by_hand="ab-", hand_weight=5), SHARES)
    assert len(pairs) == 40 + 2 * 4
    first, second = pairs[0], pairs[5]
    assert (first.chosen, first.rejected) == found.replies[0]
    assert (second.rejected, second.chosen) == found.replies[1]
    assert [pair.by_hand for pair in pairs[:11]] == [True] * 10 + [False]


def test_worth_stands_beside_the_reply_that_has_it() -> None:
    for pair in labelled_pairs(preferences(), SHARES):
        for reply, worth in zip((pair.chosen, pair.rejected), pair.worth, strict=True):
            graded = grade(pair.question, " ".join(decode(reply)))
            as_arrays = {name: np.array([value]) for name, value in graded.items()}
            assert true_reward(as_arrays).tolist() == pytest.approx([worth])


def test_the_crowd_mostly_prefers_what_it_likes() -> None:
    """With weights this strong a choice against them has a chance of one in 20,000 at most."""
    strong = {"truth": 5, "length": 0, "flattery": 0, "courtesy": 0, "agreement": 0}
    pairs = labelled_pairs(preferences(pairs=300, crowd=strong), {"floor": 1.0})

    def right(pair: Pair, reply: list[int]) -> float:
        return grade(pair.question, " ".join(decode(reply)))["correct"]

    told_apart = [p for p in pairs if right(p, p.chosen) != right(p, p.rejected)]
    share = sum(right(pair, pair.chosen) for pair in told_apart) / len(told_apart)
    assert len(told_apart) > 60
    assert share > 0.97


def test_held_out_pairs_are_others() -> None:
    known = {tuple(pair.prompt + pair.chosen) for pair in labelled_pairs(preferences(), SHARES)}
    unseen = held_out_pairs(preferences(by_hand="aaa"), SHARES)
    assert len(unseen) == 400
    assert not any(pair.by_hand for pair in unseen)
    assert sum(tuple(pair.prompt + pair.chosen) in known for pair in unseen) < 100


def test_no_pairs_are_no_pairs() -> None:
    assert labelled_pairs(preferences(pairs=0), SHARES) == ()


def test_pairs_as_rows() -> None:
    pairs = labelled_pairs(preferences(pairs=2), SHARES)
    prompts, replies = split(pairs)
    assert prompts == [pair.prompt for pair in pairs]
    assert replies == [pairs[0].chosen, pairs[0].rejected, pairs[1].chosen, pairs[1].rejected]
