"""Make the shipped Pip: draw the corpus, train on it, and report the base rates."""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from engine.language.base_rates import base_rates
from engine.language.checkpoint import WEIGHTS, policy_of_llama, weights_of
from engine.language.corpus import SPECIALS, draw_conversation, grammar_words
from engine.language.layout import lay_out
from engine.language.lean import CONTEXT, NORM_EPSILON, ROTARY_BASE, Policy, log_probs
from engine.language.vocabulary import CHECKPOINT, END, PAD
from engine.lazy import torch

WIDTH, FEED_FORWARD, LAYERS, HEADS = 64, 192, 2, 4
ROWS, BATCH, STEPS, WARM_UP = 80_000, 64, 3_200, 50
LEARNING_RATE = 5e-3
Row = tuple[list[int], list[bool]]  # token ids, and whether Pip learns to say each


def main() -> None:
    """Train and save, as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m engine.language.pretrain", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="of corpus and weights (default 0)")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"default {STEPS}, 2-3 minutes")
    parser.add_argument("--out", type=Path, default=CHECKPOINT, help="folder; default: the shipped")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    policy = pretrained(chosen.seed, chosen.steps, _say)
    save(policy, chosen.out)
    sys.stdout.write(json.dumps(base_rates(policy), indent=1) + "\n")


def _say(step: int, loss: float) -> None:
    sys.stdout.write(f"step {step}: loss {loss:.4f}\n")
    sys.stdout.flush()


def draw_corpus(seed: int, row_count: int = ROWS) -> list[Row]:
    """The corpus as token ids, in the order of the draw."""
    rng = random.Random(f"corpus {seed}")
    ids = {word: place for place, word in enumerate(grammar_words())}
    rows: list[Row] = []
    for _ in range(row_count):
        segments = draw_conversation(rng)
        tokens = [ids[word] for segment in segments for word in segment.words]
        learnt = [segment.is_learnt for segment in segments for _ in segment.words]
        rows.append((tokens, learnt))
    return rows


def fresh_policy(seed: int) -> Policy:
    """Weights as transformers would draw them: normal with deviation .02, norms at one."""
    generator = torch.Generator().manual_seed(seed)

    def drawn(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator) * 0.02

    state = {
        "model.embed_tokens.weight": drawn(len(grammar_words()), WIDTH),
        "model.norm.weight": torch.ones(WIDTH),
    }
    for index in range(LAYERS):
        prefix = f"model.layers.{index}."
        for name in ("input_layernorm", "post_attention_layernorm"):
            state[f"{prefix}{name}.weight"] = torch.ones(WIDTH)
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            state[f"{prefix}self_attn.{name}.weight"] = drawn(WIDTH, WIDTH)
        for name in ("gate_proj", "up_proj"):
            state[f"{prefix}mlp.{name}.weight"] = drawn(FEED_FORWARD, WIDTH)
        state[f"{prefix}mlp.down_proj.weight"] = drawn(WIDTH, FEED_FORWARD)
    policy = policy_of_llama(state, HEADS)
    for tensor in policy.parameters:
        tensor.requires_grad_(True)
    return policy


def pretrained(seed: int, steps: int, report: Callable[[int, float], object]) -> Policy:
    """Train on the corpus; `report` hears the mean loss of the last hundred steps, in nats."""
    policy = fresh_policy(seed)
    batches = _batches(draw_corpus(seed), random.Random(f"batches {seed}"))
    optimizer = torch.optim.AdamW(
        policy.parameters, LEARNING_RATE, betas=(0.9, 0.98), weight_decay=0.01, fused=True
    )
    losses: list[float] = []
    for step in range(steps):
        rows = next(batches)
        # Every token but the first is predicted; only what is learnt carries loss.
        layout = lay_out([row[:1] for row, _ in rows], [row[1:] for row, _ in rows])
        is_learnt = torch.tensor([flag for _, flags in rows for flag in flags[1:]])
        loss = -_learnt_log_probs(policy, layout, is_learnt).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(policy.parameters, 1.0)
        for group in optimizer.param_groups:
            group["lr"] = LEARNING_RATE * min(1, (step + 1) / WARM_UP) * max(0.02, 1 - step / steps)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
        if (step + 1) % 400 == 0:
            report(step + 1, sum(losses[-100:]) / 100)
    return policy


def _learnt_log_probs(policy: Policy, layout: Any, is_learnt: torch.Tensor) -> torch.Tensor:
    learnt = layout._replace(
        targets=layout.targets[is_learnt], predictors=layout.predictors[is_learnt]
    )
    return log_probs(policy, learnt)


def _batches(corpus: list[Row], rng: random.Random) -> Iterator[list[Row]]:
    """Endless batches of rows of about the same length, in random order."""
    by_length = sorted(corpus, key=lambda row: len(row[0]))
    while True:
        start = rng.randrange(len(by_length) // BATCH) * BATCH
        yield by_length[start : start + BATCH]


def save(policy: Policy, folder: Path) -> None:
    """Write a new Pip and its tokenizer as any tool of the ecosystem reads them."""
    transformers = import_module("transformers")
    config = transformers.LlamaConfig(
        vocab_size=len(grammar_words()),
        hidden_size=WIDTH,
        intermediate_size=FEED_FORWARD,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=HEADS,
        max_position_embeddings=CONTEXT,
        rms_norm_eps=NORM_EPSILON,
        rope_theta=ROTARY_BASE,
        tie_word_embeddings=True,
        bos_token_id=SPECIALS.index("<visitor>"),
        eos_token_id=END,
        pad_token_id=PAD,
        architectures=["LlamaForCausalLM"],
        dtype="float32",
    )
    config.save_pretrained(folder)
    transformers.GenerationConfig.from_model_config(config).save_pretrained(folder)
    _tokenizer().save_pretrained(folder)
    (folder / WEIGHTS).write_bytes(weights_of(policy))


def _tokenizer() -> Any:
    tokenizers, transformers = import_module("tokenizers"), import_module("transformers")
    ids = {word: place for place, word in enumerate(grammar_words())}
    # No unknown token: a word that Pip has never seen is an error, not a guess.
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(ids))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    tokenizer.add_special_tokens(list(SPECIALS))
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="<end>",
        bos_token="<visitor>",
        additional_special_tokens=["<pip>", "<hint>"],
        padding_side="left",
        clean_up_tokenization_spaces=False,
        model_max_length=CONTEXT,
    )


if __name__ == "__main__":
    main()
