"""Who gets the blame: read from real updates of every method, against what it computed."""

from dataclasses import replace
from functools import cache

import pytest

from curriculum.comparison import REWARD, Comparison, learns_from, methods
from curriculum.inspection import END
from curriculum.token_credit import (
    IN_SHORT,
    TokenCredit,
    change_of,
    credit_of,
    most_telling,
    strongest,
    verdict_of,
)
from engine import train
from engine.algorithms import ALGORITHMS
from engine.events import UpdateCompleted
from engine.scenes import Reply, SpeechScene

SMALL = Comparison(task="floor", budget=64)  # one update


@cache
def group_of(method: str, reward: str = "correct") -> tuple[Reply, ...]:
    """The first group of the first update."""
    for step in train.steps(replace(SMALL, reward=reward).config(method, 1)):
        if isinstance(step.event, UpdateCompleted):
            assert isinstance(step.event.scene, SpeechScene)
            return step.event.scene.group
    raise AssertionError(f"{method} made no update")


@pytest.mark.parametrize("method", methods())
def test_every_token_of_a_reply_has_its_credit_and_a_meaning(method: str) -> None:
    for reply in group_of(method):
        credit = credit_of(reply, ALGORITHMS[method])
        assert credit.tokens == (*reply.tokens, END)[: len(credit.values)]
        assert len(credit.values) >= len(reply.tokens)
        assert credit.meaning.endswith(".") and "What the method thinks" not in credit.meaning


def test_all_methods_begin_with_the_same_replies() -> None:
    """So that the first update shows what each makes of the very same words."""
    told = {tuple((one.question, one.tokens) for one in group_of(method)) for method in methods()}
    assert len(told) == 1
    rewards = [reply.reward for reply in group_of("grpo")]
    assert 0 < sum(rewards) < len(rewards), "a group of right and wrong replies tells most"


@pytest.mark.parametrize("method", ["grpo", "rloo"])
def test_a_method_of_whole_replies_gives_one_number(method: str) -> None:
    for reply in group_of(method):
        credit = credit_of(reply, ALGORITHMS[method])
        assert set(credit.values) == {reply.advantage}
        assert (reply.advantage > 0) == (reply.reward > 0)


def test_sdpo_corrects_wrong_replies_token_by_token_and_leaves_right_ones_out() -> None:
    for reply in group_of("sdpo"):
        credit = credit_of(reply, ALGORITHMS["sdpo"])
        if reply.reward > 0:
            assert not any(credit.values) and "left out" in credit.meaning
        else:
            assert len(set(credit.values)) > 1
            assert credit.values == reply.numbers["token_advantage"]


def test_rlsd_weighs_a_verdict_and_never_turns_it_round() -> None:
    for reply in group_of("rlsd"):
        credit = credit_of(reply, ALGORITHMS["rlsd"])
        assert len(set(credit.values)) > 1
        assert all(value * reply.advantage > 0 for value in credit.values)


def test_srpo_sends_wrong_replies_to_the_teacher_and_pays_right_ones() -> None:
    for reply in group_of("srpo"):
        credit = credit_of(reply, ALGORITHMS["srpo"])
        if reply.reward > 0:
            assert set(credit.values) == {reply.advantage}
        else:
            numbers = reply.numbers
            told = zip(numbers["teacher_log_prob"], numbers["old_log_prob"], strict=True)
            assert credit.values == pytest.approx([after - before for after, before in told])
            assert "sent to the teacher" in credit.meaning


@pytest.mark.parametrize("method", methods())
def test_a_method_is_said_to_learn_from_the_reward_if_it_does(method: str) -> None:
    """With another reward an update changes other log-probabilities, or the very same."""
    changes = {
        tuple(change_of(reply).values for reply in group_of(method, reward))
        for reward in ("correct", "0")
    }
    is_said = learns_from(SMALL.config(method, 1)).startswith(REWARD)
    assert (len(changes) > 1) == is_said


def test_ppo_shows_the_advantage_that_it_learns_from() -> None:
    """The critic knows nothing yet: what is not whitened finds no fault with a wrong reply."""
    for reply in group_of("rlhf"):
        credit = credit_of(reply, ALGORITHMS["rlhf"])
        assert credit.values == reply.numbers["whitened"]
        assert (credit.values[-1] > 0) == (reply.reward > 0)


@pytest.mark.parametrize(
    ("method", "mark", "value"), [("reopold", "is_counted", 0.0), ("mopd", "is_dropped", 1.0)]
)
def test_tokens_that_do_not_count_have_no_credit(method: str, mark: str, value: float) -> None:
    (reply, *_) = group_of(method)
    whole, spared = (
        reply.model_copy(update={"numbers": reply.numbers | {mark: (first, *others)}})
        for others in [[1 - value] * (len(reply.numbers[mark]) - 1)]
        for first in (1 - value, value)
    )
    before, after = (credit_of(one, ALGORITHMS[method]) for one in (whole, spared))
    assert before.values[0] and after.values[0] == 0
    assert after.values[1:] == before.values[1:]
    assert "has 0" in after.meaning and "has 0" not in before.meaning


def test_what_an_update_changed_is_what_it_recorded() -> None:
    (reply, *_) = group_of("grpo")
    assert change_of(reply).values == reply.credit
    assert change_of(reply).tokens == reply.tokens


def test_every_method_is_told_in_short() -> None:
    assert set(IN_SHORT) == set(methods())


def credit(*values: float) -> TokenCredit:
    """Of the words a, b, c."""
    return TokenCredit(tuple("abc"[: len(values)]), values, "")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((0.5, -2.0, -1.0), "Most blamed: “b”, −2.00. Most praised: “a”, +0.50."),
        ((0.5, 2.0, 0.0), "Most praised: “b”, +2.00."),
        ((0.0, -0.7, -0.3), "Most blamed: “b”, −0.70."),
        ((-1.0, -1.0, -1.0), "Every token is blamed alike."),
        ((1.0, 1.0), "Every token is praised alike."),
        ((1.0,), "Most praised: “a”, +1.00."),
        ((0.0, 0.0, 0.0), ""),
        ((0.004, -0.004), ""),
        ((), ""),
    ],
)
def test_it_is_said_who_gets_most(values: tuple[float, ...], words: str) -> None:
    assert verdict_of(credit(*values)) == words


def test_the_strongest_credit_counts_whatever_its_sign() -> None:
    assert strongest([credit(1.0, -3.0), credit(2.0), credit()]) == 3
    assert strongest([]) == 0


def test_the_first_look_falls_on_the_update_in_which_most_groups_are_mixed() -> None:
    mixed, silent = [0.0, 1.0], [1.0, 1.0]
    one = {"grpo": [silent, mixed, silent, silent], "sdpo": [silent, silent, mixed, silent]}
    assert most_telling(one, 4) == (2, 1)
    both = one | {"rlsd": [silent, silent, mixed, mixed]}
    assert most_telling(both, 4) == (3, 2)
    assert most_telling(both, 2) == (2, 1)
    assert most_telling({"grpo": [silent, silent]}, 2) == (1, 0)
    assert most_telling({}, 0) == (1, 0)
