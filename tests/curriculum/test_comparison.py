"""What is compared: runs that differ in nothing but the method and the seed, and clear refusals."""

from dataclasses import replace
from typing import get_args

import pytest

from curriculum.comparison import (
    FEEDBACK,
    FIRST_METHODS,
    LONGEST_REPLY,
    Comparison,
    ComparisonError,
    around,
    checked,
    from_query,
    full,
    learns_from,
    least_budget,
    methods,
    most_budget,
    named,
)
from engine.config import parse_config
from engine.language.grammar import REPLY_LIMIT
from engine.language.practice import PracticeConfig
from engine.language.second_reading import Feedback

USUAL = Comparison()


def test_every_method_that_samples_replies_at_the_desk_takes_part() -> None:
    """And no other one: not those that learn from pairs, nor those of other worlds."""
    assert set(FIRST_METHODS) <= set(methods())
    assert not {"dpo", "sft", "best_of_n", "ppo", "rlft"} & set(methods())
    for name in methods():
        checked(around(name))
    assert around("grpo") == Comparison() and Comparison().methods == FIRST_METHODS
    assert around("rlhf").methods == (*FIRST_METHODS, "rlhf")


def test_runs_differ_in_nothing_but_method_and_seed() -> None:
    chosen = replace(
        USUAL, methods=("grpo", "sdpo"), seeds=2, task="floor", reward="correct-polite"
    )
    planned = chosen.planned
    assert [(one.method, one.seed) for one in planned] == [
        *(("grpo", 1), ("sdpo", 1)),
        *(("grpo", 2), ("sdpo", 2)),
    ]
    shared = ("world", "reward", "updates", "prompts_per_update", "group_size")
    for name in shared:
        assert len({str(getattr(one.config, name)) for one in planned}) == 1, name
    usual = parse_config({"algorithm": "sdpo"})
    own = planned[1].config
    assert isinstance(own, PracticeConfig) and isinstance(usual, PracticeConfig)
    assert own.learning_rate == usual.learning_rate
    assert own.prompts_per_update * own.group_size == chosen.replies


def test_the_full_comparison_has_every_method_and_a_band() -> None:
    assert checked(full()).methods == tuple(methods())
    assert full().seeds > 1 and USUAL.seeds == 1, "what comes first is quick"
    assert full().budget > USUAL.budget


def test_a_comparison_is_named_in_one_line() -> None:
    assert named(USUAL) == "GRPO, SDPO, RLSD · Who is on duty? · `correct` · 3000 tokens · 1 seed"
    long = replace(full(), task="sum", reward=" + ".join(["correct"] * 9))
    assert named(long) == (
        f"{len(methods())} methods · How many pills? · "
        "`correct + correct + correct + correct + correct…` · 6000 tokens · 3 seeds"
    )


def test_what_a_method_learns_from_is_said() -> None:
    names = "grpo", "rloo", "sdpo", "rlsd", "srpo", "gopd"
    told = {name: learns_from(USUAL.config(name, 1)) for name in names}
    assert told == {
        "grpo": "the reward",
        "rloo": "the reward",
        "sdpo": "the reward and the right answer",
        "rlsd": "the reward and the right answer",
        "srpo": "the reward and a right reply of its group",
        "gopd": "what a trained Pip says",
    }
    assert set(FEEDBACK) >= set(get_args(Feedback))


def test_updates_follow_from_the_budget() -> None:
    """8 replies of 8 tokens are 64 an update: 640 tokens are ten, and one more begins another."""
    assert replace(USUAL, budget=640).updates == 10
    assert replace(USUAL, budget=641).updates == 11
    assert replace(USUAL, budget=640, replies=16).updates == 5


def test_an_address_names_the_whole_comparison() -> None:
    chosen = Comparison(("rlsd", "grpo"), "sum", "correct - 0.1*length", 16, 9000, 2)
    assert from_query(chosen.as_query()) == chosen
    assert from_query({}) == USUAL
    assert from_query({"seeds": "1", "methods": "grpo,grpo"}) == replace(
        USUAL, seeds=1, methods=("grpo",)
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"methods": ()}, "Choose at least one"),
        ({"methods": ("nonsense",)}, "“nonsense” is no method"),
        ({"methods": ("grpo", "dpo")}, "“dpo” is no method"),
        ({"task": "cooking"}, "Choose duty, floor or sum."),
        ({"replies": 9}, "Choose 8, 16 or 32."),
        ({"seeds": 0}, "between 1 and 5"),
        ({"seeds": 6}, "between 1 and 5"),
        ({"budget": least_budget(8) - 1}, "take up to 208"),
        ({"budget": most_budget(8) + 1}, "at most 12800"),
        ({"reward": "corect"}, "GRPO cannot run so: `reward`"),
        ({"reward": ""}, "GRPO cannot run so: `reward`"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_words(change: dict[str, object], words: str) -> None:
    with pytest.raises(ComparisonError, match=words.replace("(", "\\(")):
        checked(replace(USUAL, **change))


@pytest.mark.parametrize(
    "change",
    [{"budget": least_budget(32), "replies": 32}, {"budget": most_budget(8)}, {"seeds": 5}],
)
def test_the_ends_of_what_is_offered_can_be_run(change: dict[str, object]) -> None:
    assert checked(replace(USUAL, **change)).planned


def test_the_least_budget_pays_for_an_update_however_long_its_replies() -> None:
    assert LONGEST_REPLY == REPLY_LIMIT
    assert least_budget(8) == 8 * REPLY_LIMIT


@pytest.mark.parametrize("name", ["replies", "budget", "seeds"])
def test_a_word_in_the_place_of_a_number_is_refused(name: str) -> None:
    with pytest.raises(ComparisonError, match=f"`{name}` is “many”"):
        from_query({name: "many"})
