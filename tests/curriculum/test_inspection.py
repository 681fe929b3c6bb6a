"""The numbers that are shown of an update, combined again, give the loss that is shown."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from curriculum.inspection import (
    WEIGHT_STEP,
    Link,
    Piece,
    Whole,
    digits,
    links_of,
    loss_of,
    wholes_of,
)
from curriculum.methods import Method, combined, load_methods
from curriculum.sources import source_of
from engine.algorithms import ALGORITHMS
from engine.config import parse_config
from engine.events import UpdateCompleted
from engine.metrics import MetricName as M
from engine.scenes import LettersScene, SpeechScene
from engine.spec import TrainConfig
from engine.train import train

DESK = {
    "world": {"world": "desk"},
    "reward": "2*correct + polite - 0.1*length",
    "updates": 2,
    "prompts_per_update": 1,
    "batch_epochs": 3,
    "learning_rate": 0.003,
    "clip_range": 0.02,
}
LETTERS = DESK | {"world": {"world": "letters"}, "reward": "useful + filler", "updates": 3}
PAIRS = {"algorithm": "dpo", "updates": 3, "pairs_per_update": 4, "learning_rate": 0.003}
CART = {
    "algorithm": "ppo",
    "updates": 2,
    "carts": 1,
    "steps_per_update": 32,
    "learning_rate": 0.01,
    "entropy_coef": 0.01,
}
SDPO = {"algorithm": "sdpo", "updates": 2, "prompts_per_update": 1, "batch_epochs": 3}
MOPD = {"algorithm": "mopd", "updates": 2, "prompts_per_update": 1}
LOSSES = ("dapo", "grpo", "bnpo", "dr_grpo", "gspo", "cispo", "sapo")
CASES: dict[str, dict[str, Any]] = {
    "grpo at the desk": {"algorithm": "grpo", **DESK, "kl_coef": 0.1},
    **{
        f"{loss} on the pager": {"algorithm": "grpo", **LETTERS, "loss_type": loss}
        for loss in LOSSES
    },
    "grpo unscaled": {
        **{"algorithm": "grpo", **LETTERS},
        **{"scale_rewards": "none", "clip_range_high": 0.3},
    },
    "rloo at the desk": {"algorithm": "rloo", **DESK},
    "rloo on the pager": {"algorithm": "rloo", **LETTERS},
    **{
        f"dpo {loss}": {**PAIRS, "loss_type": loss}
        for loss in ("sigmoid", "ipo", "conservative", "robust", "hinge")
    },
    "sft": {**PAIRS, "algorithm": "sft"},
    "reward model": {**PAIRS, "algorithm": "reward_model"},
    "rlhf at the desk": {"algorithm": "rlhf", **DESK},
    "rlhf on the pager": {"algorithm": "rlhf", **LETTERS},
    **{
        f"{name} at noughts and crosses": {
            **{"algorithm": name, **DESK, "world": {"world": "noughts"}, "reward": "won - lost"},
            "updates": 2,
        }
        for name in ("grpo", "rloo", "rlhf")
    },
    "rlhf on a leash that adapts": {
        **{"algorithm": "rlhf", **LETTERS, "kl_control": "adaptive"},
        **{"gae_lambda": 0.5, "target_kl": 0.5, "kl_gain": 1.0},
    },
    "rlhf with a clipped critic": {"algorithm": "rlhf", **LETTERS, "value_clip_range": 0.05},
    "ppo": CART,
    "ppo with a leash": CART | {"surrogate": "kl_penalty", "value_clip_range": 0.1},
    "ppo without a brake": CART | {"surrogate": "none"},
    **{
        f"reinforce {baseline}": {
            **{"algorithm": "reinforce", "updates": 2, "carts": 3, "entropy_coef": 0.01},
            "baseline": baseline,
        }
        for baseline in ("none", "leave_one_out", "critic")
    },
    "a2c": CART | {"algorithm": "a2c", "n_steps": 8, "optimizer": "adam"},
    "sdpo": SDPO,
    "rlsd": SDPO | {"algorithm": "rlsd", "reward": "length"},
    "srpo": SDPO | {"algorithm": "srpo", "reward": "length", "right_from": 10},
    "gopd": SDPO | {"algorithm": "gopd", "extrapolation": 2.5},
    "reopold": SDPO | {"algorithm": "reopold", "mixture": 0.7},
    "mopd": MOPD,
    "mopd of an older sampler": MOPD | {"sampler_lag": 1, "learning_rate": 0.01},
    "follow_ups": SDPO | {"algorithm": "follow_ups", "batch_epochs": 2},
    "follow_ups offline": SDPO | {"algorithm": "follow_ups", "form": "offline"},
    "openclaw": SDPO | {"algorithm": "openclaw", "batch_epochs": 2},
    "sdpo with one reply": SDPO | {"group_size": 1, "alpha": 1.0, "likeliest": 5},
}
CASES |= {
    "q_learning": {"algorithm": "q_learning", "episodes": 20},
    "q_learning that slips": {
        **{"algorithm": "q_learning", "episodes": 90, "learning_rate": 0.7},
        "world": {"world": "corridor", "slip": 0.3},
    },
    "sarsa": {"algorithm": "sarsa", "episodes": 20, "epsilon": 0.3},
    "sarsa that expects": {
        **{"algorithm": "sarsa", "episodes": 60, "target": "expected"},
        **{"epsilon": 0.4, "epsilon_end": 0.1},
    },
}
FEW_STEPS = {"updates": 2, "side_by_side": 2, "steps_per_update": 32, "first_steps": 8}
CASES |= {
    "dqn": {"algorithm": "dqn", **FEW_STEPS},
    "dqn on a cart": {"algorithm": "dqn", **FEW_STEPS, "world": {"world": "cart"}},
    "dqn doubled and squared": {
        **{"algorithm": "dqn", **FEW_STEPS, "reward": "30*delivered - step"},
        **{"targets": "double", "loss": "squared", "target_every": 1},
    },
    "dqn in a table": {
        **{"algorithm": "dqn", **FEW_STEPS, "values": "table"},
        **{"reward": "10*delivered - 3*step", "replay": "newest"},
    },
    "epsilon_greedy": {"algorithm": "epsilon_greedy", "updates": 2},
    "epsilon_greedy that forgets": {"algorithm": "epsilon_greedy", "updates": 2, "step_size": 0.3},
    "epsilon_greedy that need not": {"algorithm": "epsilon_greedy", "updates": 2, "step_size": 0},
    "ucb": {"algorithm": "ucb", "updates": 2},
    "thompson": {
        **{"algorithm": "thompson", "updates": 2, "initial_value": 2},
        **{"prior_spread": 0.7, "noise": 0.2},
    },
    **{
        f"gradient_bandit {baseline}": {
            **{"algorithm": "gradient_bandit", "updates": 3, "learning_rate": 1.5},
            "baseline": baseline,
        }
        for baseline in ("mean", "none")
    },
}
CASES |= {
    "imitation": {"algorithm": "imitation", "updates": 2, "imagined": 0.7},
    "clustering": {"algorithm": "clustering", "updates": 2},
    "clustering of one": {"algorithm": "clustering", "updates": 2, "clusters": 1},
}
RLFT = {"algorithm": "rlft", "updates": 2, "learning_rate": 0.3, "passes": 3}
CASES |= {
    "rlft": RLFT,
    "rlft that thinks twice": RLFT | {"second_thought": "yes", "epsilon": 0.2, "kl_coef": 0.4},
}
CASES["rlft_words"] = {
    **{"algorithm": "rlft_words", "updates": 2, "games": 8, "world": {"world": "drafts"}},
    **{"passes": 3, "kl_coef": 0.3, "learning_rate": 0.02},
}
ROWS = {"updates": 2, "carts": 2}
CASES |= {
    **{
        f"{name} on the {world}": {"algorithm": name, **rows, "world": {"world": world}}
        for name, rows in (
            ("ppo", ROWS | {"steps_per_update": 32}),
            ("a2c", ROWS | {"steps_per_update": 32}),
            ("reinforce", ROWS),
        )
        for world in ("catch", "board", "trading")
    },
    "best_of_n": {"algorithm": "best_of_n", "questions": 4, "most_candidates": 16},
}
# What has to be combined again, whatever else is.
FOLLOWS = {
    "grpo": {"advantage", "ratio", "surrogate", "kl", "token_loss"},
    "rloo": {"drift", "toll", "advantage", "ratio", "reply_loss", "share"},
    "dpo": {"log_ratio", "implicit_reward", "delta", "margin", "pair_loss"},
    "sft": {"token_loss", "share"},
    "reward_model": {"margin", "chance", "pair_loss", "advantage"},
    "rlhf": {
        *("drift", "token_reward", "token_advantage", "return", "ratio", "is_clipped"),
        *("surrogate", "value_error", "token_loss"),
    },
    "ppo": {"return", "ratio", "surrogate", "value_error", "step_loss", "share"},
    "reinforce": {"advantage", "step_loss", "share"},
    "a2c": {"return", "policy_loss", "value_error", "step_loss", "share"},
    "q_learning": {"target", "error", "new_value"},
    "sarsa": {"target", "error", "new_value"},
    "dqn": {"target", "error", "step_loss", "share"},
    "epsilon_greedy": {"rate", "new_value"},
    "ucb": {"bonus", "bound", "new_value"},
    "thompson": {"precision", "new_spread", "new_value"},
    "best_of_n": {"chance"},
    "gradient_bandit": {"chance", "surplus", "new_value"},
    "imitation": {"chance"},
    "clustering": {"distance"},
    "rlft": {
        *("preference", "preferred", "considered", "chance", "advantage", "ratio"),
        *("step_loss", "share"),
    },
    "rlft_words": {"advantage", "ratio_reason", "ratio_letter", "step_loss", "share"},
    "sdpo": {"token_advantage", "ratio", "token_loss", "share"},
    "rlsd": {"advantage", "evidence", "teacher_weight", "ratio", "token_loss", "share"},
    "srpo": {"advantage", "ratio", "token_loss", "share"},
    "gopd": {"learnt", "moved", "token_advantage", "ratio", "token_loss", "share"},
    "reopold": {"verdict", "token_advantage", "ratio", "token_loss", "share"},
    "mopd": {"token_advantage", "ratio", "trust", "token_loss", "share"},
    "follow_ups": {"token_advantage", "advantage", "ratio", "token_loss", "share"},
    "openclaw": {
        *("evidence", "token_advantage", "advantage", "ratio", "is_clipped", "token_loss"),
        "share",
    },
}

METHODS = load_methods()


def written(name: str) -> Method:
    return METHODS[name]


def updates_of(config: TrainConfig) -> list[UpdateCompleted]:
    return [event for event in train(config) if isinstance(event, UpdateCompleted)]


def opened(
    update: UpdateCompleted, config: TrainConfig, every: int = 1
) -> Iterator[tuple[Whole, Piece, Link]]:
    """Every number of every piece of an update, or of some of them."""
    algorithm, method = ALGORITHMS[config.algorithm], written(config.algorithm)
    for whole in wholes_of(update, config):
        for piece in whole.pieces[::every]:
            for link in links_of(piece, algorithm, method, config):
                yield whole, piece, link


def formula_of(link: Link, config: TrainConfig) -> str:
    method = written(config.algorithm)
    assert method.loss
    if link.quantity.name == "share":
        return method.loss.share
    if link.quantity.name in ("chance_before", "chance_after"):
        return f"exp({' + '.join(link.needs)})"
    settings = config.model_dump()
    return next(
        follow.formula
        for follow in method.follows
        if follow.quantity == link.quantity.name and follow.holds_for(settings)
    )


def slack(link: Link, whole: Whole, piece: Piece, config: TrainConfig) -> float:
    """How far rounded numbers may lead: each is off by half of its fourth digit at most."""
    expression, names = combined(formula_of(link, config))
    known = {**piece.around, **piece.numbers}
    values = {name: float(digits(known[name]).replace("\N{MINUS SIGN}", "-")) for name in names}
    total = 5e-4 * abs(link.value) + 5e-5
    for name in names:
        rounding = 5e-4 * abs(known[name]) + (5e-5 if name in ("reward", "advantage") else 0)
        part, _, summed = name.partition("_")
        if part in ("sum", "liked", "other"):
            rounding += 5e-4 * sum(abs(one.numbers[summed]) for one in whole.pieces) + 1e-4
        if name in piece.numbers or part in ("sum", "liked", "other", "mean", "std", "next"):
            moved = [
                float(expression.evaluate(values | {name: values[name] + sign * rounding}))
                for sign in (-1, 1)
            ]
            total += max(abs(value - (link.combined or 0.0)) for value in moved)
    return total


@pytest.mark.parametrize("case", CASES)
def test_numbers_that_are_shown_lead_to_the_loss_that_is_shown(case: str) -> None:
    config = parse_config(CASES[case] | {"seed": 3})
    combined_again: set[str] = set()
    for update in updates_of(config)[-1:]:
        for whole, piece, link in opened(
            update, config, 1 if config.world.world == "letters" else 5
        ):
            assert np.isfinite(link.value)
            if link.combined is None:
                continue
            combined_again.add(link.quantity.name)
            if link.quantity.name == "is_clipped":  # a step: only right beside it may it differ
                continue
            allowed = slack(link, whole, piece, config)
            assert abs(link.combined - link.value) <= allowed, (piece.name, link)
    assert combined_again >= FOLLOWS[config.algorithm]


@pytest.mark.parametrize("case", ["grpo at the desk", "dapo on the pager", "dpo sigmoid"])
def test_a_token_is_followed_to_its_probability_after_the_weight_step(case: str) -> None:
    config = parse_config(CASES[case] | {"seed": 3})
    update = updates_of(config)[-1]
    assert isinstance(update.scene, SpeechScene | LettersScene)
    moved: list[float] = []
    for whole, reply in zip(wholes_of(update, config), update.scene.group, strict=True):
        for place, piece in enumerate(whole.pieces):
            links = links_of(piece, ALGORITHMS[config.algorithm], written(config.algorithm), config)
            by_name = {link.quantity.name: link for link in links}
            if place >= len(reply.credit):  # the end, which is no word
                assert "chance_after" not in by_name
                continue
            before, after = by_name["chance_before"].value, by_name["chance_after"].value
            assert [link.quantity.name for link in links[-2:]] == ["credit", "chance_after"]
            assert 0 < before <= 1.001 and 0 < after <= 1.001
            assert after == pytest.approx(before * np.exp(reply.credit[place]), rel=1e-3)
            moved.append(after - before)
    assert min(moved) < 0 < max(moved)


def test_the_weight_step_is_shown_with_the_code_that_made_it() -> None:
    assert "learner.optimizer.step()" in source_of(WEIGHT_STEP)


@pytest.mark.parametrize("case", ["grpo at the desk", "ppo", "dapo on the pager"])
def test_the_clip_decides_as_the_shown_ratio_says(case: str) -> None:
    config = parse_config(CASES[case] | {"seed": 3})
    low, high = 1 - config.model_dump()["clip_range"], 1 + config.model_dump()["clip_range"]
    decisions: list[float] = []
    for update in updates_of(config):
        for _, piece, link in opened(update, config):
            ratio = piece.numbers["ratio"]
            is_near = min(abs(ratio - low), abs(ratio - high)) < 1e-3
            if link.quantity.name == "is_clipped" and not is_near:
                assert link.combined == link.value
                decisions.append(link.value)
    assert {0.0, 1.0} == set(decisions)


def test_the_shares_of_a_whole_batch_are_the_loss_that_was_differentiated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("grpo", "rloo"):
        module = __import__(f"engine.algorithms.{name}", fromlist=["gradient_step"])
        losses: list[float] = []
        step = module.gradient_step
        monkeypatch.setattr(
            module,
            "gradient_step",
            lambda learner, loss, step=step, losses=losses: (
                losses.append(float(loss.detach())) or step(learner, loss)
            ),
        )
        config = parse_config(DESK | {"algorithm": name, "seed": 3})
        shares = [
            sum(
                link.value
                for whole in wholes_of(update, config)
                for piece in (whole.pieces if name == "grpo" else whole.pieces[:1])
                for link in links_of(piece, ALGORITHMS[name], written(name), config)
                if link.quantity.name == "share"
            )
            for update in updates_of(config)
        ]
        assert shares == pytest.approx(losses[2::3], rel=2e-3, abs=1e-4)


@pytest.mark.parametrize("name", ["dpo", "reward_model"])
def test_the_pairs_of_a_whole_batch_have_the_loss_of_the_update(name: str) -> None:
    """The judge's without its pay for scores around zero."""
    without = {"centring": 0.0} if name == "reward_model" else {}
    config = parse_config(PAIRS | {"algorithm": name, "seed": 3, **without})
    for update in updates_of(config):
        liked = wholes_of(update, config)[::2]
        losses = [
            link.value
            for whole in liked
            for link in links_of(whole.pieces[0], ALGORITHMS[name], written(name), config)
            if link.quantity.name == loss_of(written(name))
        ]
        assert len(losses) == 4
        assert np.mean(losses) == pytest.approx(update.metrics[M.LOSS], rel=1e-3)


def test_a_formula_is_shown_with_its_numbers() -> None:
    config = parse_config(CASES["grpo at the desk"] | {"seed": 3})
    update = updates_of(config)[-1]
    found = {link.quantity.name: link for _, _, link in list(opened(update, config))[:12]}
    assert found["token_loss"].filled.count("·") == 1
    assert found["token_loss"].number == 4
    assert "log" not in found["ratio"].filled
    assert found["ratio"].filled.startswith("exp((\N{MINUS SIGN}")
    assert found["old_log_prob"].filled == ""


@pytest.mark.parametrize(
    ("error", "loss", "filled"),
    [(-0.5, 0.125, "0.5 · (\N{MINUS SIGN}0.5)²"), (3.0, 2.5, "abs(3) \N{MINUS SIGN} 0.5")],
)
def test_of_several_cases_the_one_that_holds_is_filled_in(
    error: float, loss: float, filled: str
) -> None:
    piece = Piece("Sample 1", {"error": error, "step_loss": loss}, {})
    config = parse_config({"algorithm": "dqn"})
    *_, link = links_of(piece, ALGORITHMS["dqn"], written("dqn"), config)
    assert (link.filled, link.combined) == (filled, loss)


def test_a_group_of_which_not_all_is_shown_gives_its_advantage_away() -> None:
    config = parse_config(LETTERS | {"algorithm": "rloo", "group_size": 12, "updates": 1})
    names = {link.quantity.name: link for _, _, link in opened(updates_of(config)[0], config)}
    assert names["advantage"].filled == ""
    assert names["reply_loss"].filled


def test_nothing_is_opened_of_a_run_that_emits_no_numbers() -> None:
    config = parse_config({"algorithm": "imitation", "updates": 1})
    update = updates_of(config)[0]
    scene = update.scene.model_copy(update={"numbers": {}})
    assert wholes_of(update.model_copy(update={"scene": scene}), config) == ()
