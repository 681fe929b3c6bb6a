"""The lean forward and decode equal the model's own, on the shipped weights."""

import random
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer, LlamaForCausalLM

from engine.language.checkpoint import (
    base_policy,
    copy_policy,
    llama_of_policy,
    load_policy,
    restore,
    snapshot,
)
from engine.language.decoding import draw_noise, sample
from engine.language.layout import at_ends, lay_out
from engine.language.lean import log_probs, next_token_logits
from engine.language.vocabulary import CHECKPOINT, END, encode

PROMPTS = [
    encode(text.split())
    for text in (
        "<visitor> where is the lab ? <pip>",
        "<visitor> i think the pharmacy is on floor one , right ? <pip>",
        "<visitor> when does the cafe close ? <pip>",
    )
]


@pytest.fixture(scope="module")
def model() -> Any:
    return LlamaForCausalLM.from_pretrained(CHECKPOINT)


def replies(count: int, seed: int = 0) -> list[list[int]]:
    """Completions of varied length, sampled from the shipped Pip for PROMPTS in turn."""
    noise = draw_noise(torch.Generator().manual_seed(seed), 26, len(PROMPTS) * count)
    return sample(base_policy(), PROMPTS, count, 26, noise)


def their_log_probs(model: Any, prompts: list[list[int]], said: list[list[int]]) -> torch.Tensor:
    """One row at a time, with no padding at all."""
    group = len(said) // len(prompts)
    found = []
    for row, reply in enumerate(said):
        prompt = prompts[row // group]
        spread = model(torch.tensor([prompt + reply])).logits[0].log_softmax(-1)
        places = range(len(prompt) - 1, len(prompt) + len(reply) - 1)
        found += [spread[place, token] for place, token in zip(places, reply, strict=True)]
    return torch.stack(found)


def test_log_probs_equal_the_models_own(model: Any) -> None:
    said = replies(4)
    ours = log_probs(base_policy(), lay_out(PROMPTS, said, 4))
    assert len({len(reply) for reply in said}) > 3
    assert (ours - their_log_probs(model, PROMPTS, said)).abs().max() < 1e-5


def test_gradients_equal_the_models_own(model: Any) -> None:
    said = replies(3)
    policy = copy_policy(base_policy(), trains=True)
    log_probs(policy, lay_out(PROMPTS, said, 3)).sum().backward()
    model.zero_grad()
    their_log_probs(model, PROMPTS, said).sum().backward()
    theirs = {name: weight.grad for name, weight in model.named_parameters()}
    gradients = copy_policy(policy)
    for own, tensor in zip(gradients.parameters, policy.parameters, strict=True):
        assert tensor.grad is not None
        own.copy_(tensor.grad)
    ours = llama_of_policy(gradients)
    for name, gradient in theirs.items():
        scale = gradient.abs().max()
        assert (ours[name] - gradient).abs().max() < 1e-5 * max(1.0, scale.item()), name


def test_where_only_ends_predict_all_else_is_as_if_every_token_did() -> None:
    """States and gradients, of rows so unequal that they stand in two blocks."""
    said = [[*reply[: 2 + 12 * (row % 2)], END] for row, reply in enumerate(replies(4))]
    whole = lay_out(PROMPTS, said, 4)
    last = torch.tensor([len(reply) for reply in said]).cumsum(0) - 1
    some = whole._replace(predictors=whole.predictors[last], targets=whole.targets[last])
    ends = at_ends(whole, END)
    assert len(whole.blocks) == 2
    assert torch.equal(ends.predictors, some.predictors)
    assert torch.equal(ends.targets, some.targets)
    found = []
    for layout in (some, ends):
        policy = copy_policy(base_policy(), trains=True)
        states = policy.predicting_states(layout)
        states.square().sum().backward()
        found.append([states, *(tensor.grad for tensor in policy.parameters)])
    for one, other in zip(*found, strict=True):
        assert one is not None and other is not None
        assert torch.allclose(one, other, rtol=1e-4, atol=1e-4)


def test_greedy_decoding_equals_generate(model: Any) -> None:
    ours = sample(base_policy(), PROMPTS, 2, 26, None)
    for row, reply in enumerate(ours):
        prompt = torch.tensor([PROMPTS[row // 2]])
        whole = model.generate(
            prompt, attention_mask=torch.ones_like(prompt), do_sample=False, max_new_tokens=26
        )
        assert whole[0, prompt.shape[1] :].tolist() == reply


def test_sampling_follows_the_models_distribution(model: Any) -> None:
    """First tokens of 4,000 replies against the exact probabilities of the model."""
    count = 4000
    noise = draw_noise(torch.Generator().manual_seed(3), 1, count)
    first = torch.tensor(sample(base_policy(), PROMPTS[:1], count, 1, noise)).flatten()
    found = torch.bincount(first, minlength=165) / count
    exact = model(torch.tensor(PROMPTS[:1])).logits[0, -1].softmax(-1)
    assert (found - exact).abs().max() < 0.03


def test_later_tokens_are_drawn_from_the_cached_distribution() -> None:
    """A noise just below and above a token's slice flips the draw: the cache holds the truth."""
    said = sample(base_policy(), PROMPTS[1:2], 1, 8, None)[0]
    logits = next_token_logits(base_policy(), lay_out(PROMPTS[1:2], [said]))
    reached = logits.softmax(-1).cumsum(-1)
    for place in range(1, len(said)):
        low = reached[place, said[place] - 1].item()
        high = reached[place, said[place]].item()
        for aim, is_same in ((low + 1e-5, True), (high - 1e-5, True), (high + 1e-5, False)):
            if aim >= 1 or low + 1e-5 >= high - 1e-5:
                continue
            noise = torch.empty(place + 1, 1)
            noise[:place, 0] = torch.tensor(
                [
                    (reached[step, said[step]] + reached[step, said[step] - 1]).item() / 2
                    for step in range(place)
                ]
            )
            noise[place] = aim
            drawn = sample(base_policy(), PROMPTS[1:2], 1, place + 1, noise)[0]
            assert drawn[:place] == said[:place]
            assert (drawn[place] == said[place]) == is_same


def test_rows_do_not_touch_each_other() -> None:
    """A reply is the same alone as among others, which end earlier and later."""
    noise = draw_noise(torch.Generator().manual_seed(5), 26, 12)
    together = sample(base_policy(), PROMPTS, 4, 26, noise)
    for row in (0, 5, 11):
        alone = sample(base_policy(), [PROMPTS[row // 4]], 1, 26, noise[:, row : row + 1])
        assert alone[0] == together[row]


def test_every_completion_ends_once_or_reaches_the_limit() -> None:
    for reply in replies(20):
        assert END not in reply[:-1]
        assert reply[-1] == END or len(reply) == 26


def test_the_layout_computes_each_token_once_and_no_padding() -> None:
    said = [[7, 8, END], [9, END], [7, END], [5, 6, 7, END]]
    layout = lay_out(PROMPTS[:2], said, 2)
    computed = len(PROMPTS[0]) + len(PROMPTS[1]) + sum(len(reply) - 1 for reply in said)
    assert len(layout.tokens) == computed
    assert layout.targets.tolist() == [token for reply in said for token in reply]


@pytest.mark.parametrize(("prompts", "said", "group"), [([[2]], [[1]], 2), ([[2]], [[]], 1)])
def test_a_layout_refuses_what_does_not_fit(
    prompts: list[list[int]], said: list[list[int]], group: int
) -> None:
    with pytest.raises(ValueError, match="group_size"):
        lay_out(prompts, said, group)


def test_a_snapshot_brings_back_the_same_weights() -> None:
    policy = copy_policy(base_policy())
    policy.layers[1].mlp_out.mul_(1.5)
    weights = snapshot(policy)
    assert len(weights) == 4 * 117_376
    for own, other in zip(restore(weights).parameters, policy.parameters, strict=True):
        assert torch.equal(own, other)
    with pytest.raises(ValueError, match="Train it again"):
        restore(weights[:-4])


def test_the_shipped_tokenizer_reads_what_pip_reads() -> None:
    tokenizer = AutoTokenizer.from_pretrained(CHECKPOINT)
    assert tokenizer("<visitor> where is the lab ? <pip>")["input_ids"] == PROMPTS[0]
    assert tokenizer.eos_token_id == END


def test_saved_and_loaded_weights_are_the_models_own(model: Any) -> None:
    ours = llama_of_policy(load_policy())
    for name, weight in model.state_dict().items():
        assert torch.equal(ours[name], weight), name


def test_sampling_leaves_the_global_randomness_alone() -> None:
    torch_before, python_before = torch.random.get_rng_state(), random.getstate()
    replies(2)
    assert torch.equal(torch.random.get_rng_state(), torch_before)
    assert random.getstate() == python_before
