"""DPO and its variants: exact values, TRL's losses, where they lead to, and what Pip learns."""

import math
import random
from collections import defaultdict
from itertools import product
from types import SimpleNamespace
from typing import Any, cast, get_args

import numpy as np
import pytest
import torch
from torch.nn.functional import pad
from trl.trainer.dpo_trainer import DPOTrainer

from engine.algorithms import dpo
from engine.algorithms.dpo import DPOConfig, PairLoss, dpo_loss, learn, own_pairs, pair_losses
from engine.config import parse_config
from engine.events import RunFailed, RunFinished, UpdateCompleted
from engine.language.checkpoint import base_policy, snapshot
from engine.language.crowd import Crowd
from engine.language.decoding import draw_noise
from engine.language.grammar import REPLY_LIMIT
from engine.language.learner import new_learner
from engine.language.pair_learning import PairBatch, by_reply, pair_batch
from engine.language.preferences import Pair, Preferences, labelled_pairs
from engine.language.questions import QuestionKind, draw_question
from engine.language.rollouts import graded
from engine.language.said import Asked, say
from engine.metrics import MetricName as M
from engine.reward_expression import parse
from engine.scenes import SpeechScene
from engine.spec import TrainConfig
from engine.train import steps, train
from engine.worlds.desk import DeskConfig

SHARES: dict[QuestionKind, float] = {"floor": 0.3, "opens": 0.15, "closes": 0.1, "belief": 0.45}
LOSSES = get_args(PairLoss)


def configured(**settings: Any) -> DPOConfig:
    return DPOConfig.model_validate(settings)


def small(**settings: Any) -> TrainConfig:
    world = {"preferences": {"pairs": 12}}
    return parse_config(
        {"algorithm": "dpo", "updates": 3, "pairs_per_update": 4, "world": world, **settings}
    )


def batch_of(lengths: torch.Tensor, ref_log_probs: torch.Tensor) -> PairBatch:
    """A batch of made-up pairs whose replies differ."""
    pairs = [cast(Pair, SimpleNamespace(chosen=[5], rejected=[6]))] * (len(lengths) // 2)
    return PairBatch(pairs, cast(Any, None), lengths, ref_log_probs)


@pytest.mark.parametrize(
    ("loss_type", "expected"),
    [
        ("sigmoid", [0.693147, 0.644397, 0.474077]),
        ("conservative", [0.693147, 0.654397, 0.524077]),
        ("robust", [0.693147, 0.631897, 0.411577]),
        ("ipo", [25.0, 16.0, 0.0]),
        ("hinge", [1.0, 0.9, 0.5]),
    ],
)
def test_losses_by_hand(loss_type: PairLoss, expected: list[float]) -> None:
    config = configured(loss_type=loss_type, beta=0.1, label_smoothing=0.1)
    found = pair_losses(torch.tensor([0.0, 1.0, 5.0]), config)
    assert found.tolist() == pytest.approx(expected, abs=1e-6)


def trl_loss(
    padded: torch.Tensor, ref: torch.Tensor, mask: torch.Tensor, config: DPOConfig
) -> torch.Tensor:
    """The loss of TRL's trainer, called without a trainer; rows: all liked, then all others."""
    stub = SimpleNamespace(
        precompute_ref_logps=True,
        loss_types=[config.loss_type],
        loss_weights=[1.0],
        beta=config.beta,
        label_smoothing=config.label_smoothing,
        f_divergence_type="reverse_kl",
        ld_alpha=None,
        use_weighting=False,
        aux_loss_enabled=False,
        _total_train_tokens=0,
        _tp_size=1,
        model=SimpleNamespace(training=True),
        _metrics={"train": defaultdict(list)},
        accelerator=SimpleNamespace(
            device="cpu", gather_for_metrics=lambda x: x, gather=lambda x: x
        ),
    )
    zeros = torch.zeros_like(padded)
    outputs = SimpleNamespace(
        log_probs=padded * mask, entropy=zeros, mean_logits=zeros, is_top1=zeros.bool()
    )
    chosen_ref, rejected_ref = (ref * mask).sum(1).chunk(2)
    whole = pad(mask.long(), (1, 0))  # a prompt of one token
    inputs = {
        "input_ids": torch.ones_like(whole),
        "attention_mask": torch.ones_like(whole),
        "completion_mask": whole,
        "ref_chosen_logps": chosen_ref,
        "ref_rejected_logps": rejected_ref,
    }
    return cast(Any, DPOTrainer)._compute_loss(stub, lambda **_: outputs, inputs, False)


def random_rows() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Log-probabilities, those of the reference, and where tokens are: [6, 7] each, padded."""
    rng = torch.Generator().manual_seed(0)
    mask = torch.arange(7) < torch.tensor([3, 7, 1, 5, 2, 6])[:, None]
    ref = -3 * torch.rand(6, 7, generator=rng)
    return ref + 2 * torch.randn(6, 7, generator=rng), ref, mask


def ours(
    rows: torch.Tensor, ref: torch.Tensor, mask: torch.Tensor, config: DPOConfig
) -> tuple[torch.Tensor, torch.Tensor]:
    """Our loss of the same rows, and its gradient as [6, 7]."""
    order = torch.tensor([0, 3, 1, 4, 2, 5])  # liked and other in turn
    leaf = rows.detach().clone().requires_grad_()
    lengths = mask.sum(1)[order]
    loss, _ = dpo_loss(leaf[order][mask[order]], batch_of(lengths, ref[order][mask[order]]), config)
    loss.backward()
    assert leaf.grad is not None
    return loss.detach(), leaf.grad


@pytest.mark.parametrize("loss_type", ["sigmoid", "hinge", "robust"])
@pytest.mark.parametrize("beta", [0.1, 0.7])
def test_loss_and_gradient_equal_trl(loss_type: PairLoss, beta: float) -> None:
    config = configured(loss_type=loss_type, beta=beta, label_smoothing=0.2)
    rows, ref, mask = random_rows()
    padded = rows.clone().requires_grad_()
    theirs = trl_loss(padded, ref, mask, config)
    theirs.backward()
    loss, gradient = ours(rows, ref, mask, config)
    assert loss.item() == pytest.approx(theirs.item(), abs=1e-6)
    assert padded.grad is not None and padded.grad.abs().max() > 0.01
    assert (gradient - padded.grad).abs().max() < 1e-6


def test_ipo_is_the_papers_formula_and_trl_divides_by_length() -> None:
    """With replies of one token the two agree; else TRL's is ours of mean log-ratios."""
    config = configured(loss_type="ipo", beta=0.3)
    rows, ref, mask = random_rows()
    ratios = ((rows - ref) * mask).sum(1)
    by_hand = ((ratios[:3] - ratios[3:] - 1 / 0.6) ** 2).mean()
    loss, _ = ours(rows, ref, mask, config)
    assert loss.item() == pytest.approx(by_hand.item(), rel=1e-6)
    theirs = trl_loss(rows, ref, mask, config)
    means = ratios / mask.sum(1)
    assert theirs.item() == pytest.approx(
        pair_losses(means[:3] - means[3:], config).mean().item(), rel=1e-6
    )
    assert abs(theirs.item() - loss.item()) > 1
    single = torch.arange(7) < torch.ones(6, 1)
    padded = rows.clone().requires_grad_()
    alike = trl_loss(padded, ref, single, config)
    alike.backward()
    loss, gradient = ours(rows, ref, single, config)
    assert loss.item() == pytest.approx(alike.item(), rel=1e-6)
    assert padded.grad is not None
    assert torch.allclose(gradient, padded.grad, atol=1e-6)


def test_conservative_and_robust_are_what_they_say_of_turned_labels() -> None:
    """One is DPO's mean loss if labels are turned; the other's mean is DPO's if they are."""
    delta, doubt = torch.linspace(-30, 30, 61).double(), 0.2
    sigmoid = configured(loss_type="sigmoid", beta=0.3)
    conservative, robust = (
        configured(loss_type=name, beta=0.3, label_smoothing=doubt)
        for name in ("conservative", "robust")
    )

    def expected_if_turned(config: DPOConfig) -> torch.Tensor:
        return (1 - doubt) * pair_losses(delta, config) + doubt * pair_losses(-delta, config)

    assert torch.allclose(expected_if_turned(sigmoid), pair_losses(delta, conservative))
    assert torch.allclose(expected_if_turned(robust), pair_losses(delta, sigmoid))
    assert torch.allclose(
        pair_losses(delta, configured(loss_type="robust", label_smoothing=0, beta=0.3)),
        pair_losses(delta, sigmoid),
    )


def test_conservative_is_least_where_its_doubt_says() -> None:
    config = configured(loss_type="conservative", beta=0.1, label_smoothing=0.1)
    least = torch.tensor(math.log(9) / 0.1).double().requires_grad_()
    pair_losses(least, config).backward()
    assert least.grad is not None and abs(least.grad.item()) < 1e-7


def test_the_loss_is_log_2_while_the_policy_is_the_reference() -> None:
    pairs = labelled_pairs(Preferences(pairs=8), SHARES)
    lesson = learn(new_learner(base_policy(), 1e-3), pair_batch(pairs, base_policy()), configured())
    assert lesson.metrics[M.LOSS] == pytest.approx(math.log(2), abs=1e-6)
    assert lesson.totals["margin"].abs().max() < 1e-6
    assert lesson.metrics[M.CHOSEN_LOG_PROB] == pytest.approx(0, abs=1e-5)


def test_each_pair_pulls_by_beta_times_the_chance_that_it_is_judged_wrongly() -> None:
    config = configured(beta=0.4)
    rows, ref, mask = random_rows()
    lengths = mask.sum(1)
    leaf = rows[mask].clone().requires_grad_()
    loss, totals = dpo_loss(leaf, batch_of(lengths, ref[mask]), config)
    ratios = ((rows - ref) * mask).sum(1)
    delta = ratios[::2] - ratios[1::2]
    expected = 0.4 * torch.sigmoid(-0.4 * delta)
    assert torch.allclose(totals["weight"][::2], expected, atol=1e-6)
    assert torch.allclose(totals["delta"][1::2], delta, atol=1e-5)
    assert torch.allclose(totals["implicit_reward"], 0.4 * ratios, atol=1e-5)
    loss.backward()
    signed = torch.stack([-expected, expected], 1).view(-1) / len(delta)
    assert leaf.grad is not None
    assert torch.allclose(leaf.grad, signed.repeat_interleave(lengths), atol=1e-6)


@pytest.mark.parametrize("loss_type", LOSSES)
def test_gradients_are_those_of_finite_differences(loss_type: PairLoss) -> None:
    config = configured(loss_type=loss_type, beta=0.3, label_smoothing=0.2)
    rows, ref, mask = random_rows()
    batch = batch_of(mask.sum(1), ref[mask].double())
    leaf = rows[mask].double().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: dpo_loss(x, batch, config)[0], (leaf,))


def all_strings(logits: list[torch.Tensor]) -> torch.Tensor:
    """Log-probability of each token of each string over three letters: [27, 3]."""
    letters = torch.tensor(list(product(range(3), repeat=3)))
    prefixes = torch.stack([letters[:, 0] * 0, letters[:, 0], 3 * letters[:, 0] + letters[:, 1]], 1)
    spreads = [table.log_softmax(-1) for table in logits]
    columns = [spreads[place][prefixes[:, place], letters[:, place]] for place in range(3)]
    return torch.stack(columns, 1)


def test_with_every_pair_labelled_dpo_finds_what_the_leash_allows_the_reward() -> None:
    """True Bradley-Terry labels on all pairs of 27 strings lead to reference times exp(r/beta)."""
    rng = torch.Generator().manual_seed(0)
    tables = [torch.randn(3**place, 3, generator=rng).double() for place in range(3)]
    reward = torch.randn(27, generator=rng).double()
    config, lengths = configured(beta=0.5), torch.full((27,), 3)
    reference = all_strings(tables)
    start = by_reply(reference.flatten(), lengths)
    best = (start + reward / 0.5).log_softmax(0)
    policy = [table.clone().requires_grad_() for table in tables]
    weight = start.exp()[:, None] * start.exp() * torch.sigmoid(reward[:, None] - reward)
    optimizer = torch.optim.LBFGS(policy, max_iter=500, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        score = by_reply((all_strings(policy) - reference).flatten(), lengths)
        loss = (weight * pair_losses(score[:, None] - score, config)).sum()
        loss.backward()
        return loss

    optimizer.step(cast(Any, closure))
    found = by_reply(all_strings(policy).flatten(), lengths).detach()
    assert (best.exp() * (best - start)).sum() > 0.5
    assert (best.exp() * (best - found)).sum() < 1e-6


def certain_pair(loss_type: PairLoss, updates: int) -> tuple[float, float]:
    """One pair of three replies, always labelled the same: its delta, and the third's chance."""
    config = configured(loss_type=loss_type, beta=0.1, label_smoothing=0.1)
    logits = torch.zeros(3, requires_grad=True)
    optimizer = torch.optim.Adam([logits], 0.05)
    batch = batch_of(torch.tensor([1, 1]), torch.full((2,), math.log(1 / 3)))
    for _ in range(updates):
        loss, _ = dpo_loss(logits.log_softmax(0)[:2], batch, config)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    found = logits.detach()
    return float(found[0] - found[1]), float(found.softmax(0)[2])


@pytest.mark.slow
@pytest.mark.parametrize(("updates", "expected"), [(100, 9.1), (1000, 38.7), (4000, 65.6)])
def test_dpo_never_stops_on_a_pair_that_is_always_labelled_the_same(
    updates: int, expected: float
) -> None:
    assert certain_pair("sigmoid", updates)[0] == pytest.approx(expected, abs=0.1)


@pytest.mark.slow
def test_ipo_and_conservative_stop_on_such_a_pair() -> None:
    delta, third = certain_pair("ipo", 1000)
    assert delta == pytest.approx(1 / 0.2, abs=0.01)
    assert third == pytest.approx(0.075, abs=0.001)
    delta, _ = certain_pair("conservative", 4000)
    assert delta == pytest.approx(math.log(9) / 0.1, abs=0.01)


def equal_replies(*_: Any) -> tuple[Pair, ...]:
    return tuple(
        pair._replace(rejected=pair.chosen)
        for pair in labelled_pairs(Preferences(pairs=12), SHARES)
    )


@pytest.mark.parametrize("loss_type", LOSSES)
def test_pairs_of_equal_replies_teach_nothing(
    loss_type: PairLoss, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dpo, "labelled_pairs", equal_replies)
    *run, last = list(steps(small(loss_type=loss_type)))
    assert isinstance(last.event, RunFinished) and last.event.ending == "no_signal"
    assert snapshot(last.policy) == snapshot(base_policy())
    for step in run[1:]:
        assert isinstance(step.event, UpdateCompleted)
        assert step.event.metrics[M.GRAD_NORM] == 0
        assert isinstance(step.event.scene, SpeechScene)
        assert all(reply.totals["weight"] == 0 for reply in step.event.scene.group)


@pytest.mark.parametrize("pairs_from", ["collected", "policy"])
def test_a_run_whose_every_pair_is_twice_the_same_reply_says_so(pairs_from: str) -> None:
    """With settings of the form: a single pair, which Pip happens to answer twice the same way."""
    where = "seed" if pairs_from == "policy" else "collection"
    for luck in range(100):
        preferences = {"pairs": 1, "collection": luck if where == "collection" else 0}
        world = {"questions": {"floor": 1, "opens": 0, "closes": 0}, "preferences": preferences}
        only = {"pairs_from": pairs_from, "updates": 1, "pairs_per_update": 1, "seed": luck}
        *_, update, last = list(train(small(**only, world=world)))
        assert isinstance(update, UpdateCompleted) and isinstance(update.scene, SpeechScene)
        first, second = update.scene.group[:2]
        assert isinstance(last, RunFinished)
        assert (last.ending == "no_signal") == (first.tokens == second.tokens)
        if last.ending == "no_signal":
            return
    pytest.fail("of a hundred pairs none was twice the same reply")


@pytest.mark.parametrize("loss_type", LOSSES)
def test_the_highest_learning_rate_ruins_and_a_higher_one_is_said_to_run_away(
    loss_type: PairLoss,
) -> None:
    highest = small(loss_type=loss_type, learning_rate=0.01, updates=12, schedule="constant")
    end = list(train(highest))[-1]
    assert isinstance(end, RunFinished) and end.ending == "collapsed"
    end = list(train(highest.model_copy(update={"learning_rate": 1e30})))[-1]
    assert isinstance(end, RunFailed) and end.ending == "diverged"
    assert "learning rate" in end.remedy


def test_own_pairs_are_the_policys_replies_as_the_crowd_labels_them() -> None:
    """With weights this strong it calls the right one worse in one pair of 150."""
    rng, count = random.Random(0), 300
    questions = [draw_question(rng, {"floor": 1.0}) for _ in range(count)]
    noise = draw_noise(torch.Generator().manual_seed(0), REPLY_LIMIT, 2 * count)
    (said,) = say(base_policy(), Asked(questions, 2, noise))
    crowd = Crowd(truth=5, length=0, flattery=0, courtesy=0, agreement=0)
    rollouts = graded(said, DeskConfig(), parse("correct", ["correct"]))
    pairs = own_pairs(rollouts, crowd, np.random.default_rng(1))
    right = rollouts.values["correct"].reshape(-1, 2)
    told_apart, as_liked = 0, 0
    for index, pair in enumerate(pairs):
        assert pair.prompt == said.prompts[index] and pair.question == questions[index]
        sampled = said.replies[2 * index : 2 * index + 2]
        assert sorted([pair.chosen, pair.rejected]) == sorted(sampled)
        if right[index, 0] != right[index, 1]:
            told_apart += 1
            is_right = pair.chosen == sampled[int(right[index].argmax())]
            as_liked += is_right
            assert (pair.worth[0] > pair.worth[1]) == is_right
    assert told_apart > 80
    assert as_liked / told_apart > 0.97


def test_own_pairs_are_labelled_by_the_crowd_of_the_world() -> None:
    """This one likes nothing but fewer words, where the usual one likes more."""
    crowd = {"truth": 0, "length": -5, "flattery": 0, "courtesy": 0, "agreement": 0}
    world = {"preferences": {"pairs": 12, "crowd": crowd}}
    events = list(train(small(pairs_from="policy", world=world)))
    lengths: list[float] = []
    for event in events[1:-1]:
        assert isinstance(event, UpdateCompleted) and isinstance(event.scene, SpeechScene)
        lengths += [reply.axes["length"] for reply in event.scene.group]
    pairs = list(zip(lengths[::2], lengths[1::2], strict=True))
    assert sum(chosen != rejected for chosen, rejected in pairs) >= 8
    assert all(chosen <= rejected for chosen, rejected in pairs)


def test_pairs_from_the_policy_are_those_it_is_measured_on() -> None:
    config = small(pairs_from="policy", updates=3)
    events = list(train(config))
    assert events == list(train(config))
    last = events[-2]
    assert isinstance(last, UpdateCompleted) and isinstance(last.scene, SpeechScene)
    assert last.scene.paired and len(last.scene.group) == 8
    length = sum(reply.axes["length"] for reply in last.scene.group) / 8
    assert last.metrics[M.LENGTH] == pytest.approx(length, abs=1e-4)
    spread = [reply.totals["implicit_reward"] for reply in last.scene.group]
    assert last.metrics[M.KL] * 0.1 == pytest.approx(sum(spread) / 8, abs=1e-5)


def test_no_pairs_are_needed_if_they_come_from_the_policy() -> None:
    end = list(train(small(pairs_from="policy", world={"preferences": {"pairs": 0}})))[-1]
    assert isinstance(end, RunFinished) and end.ending == "done"
