"""Sampling replies from a policy: cached keys and values, and only the rows that are unfinished."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

from engine.language.lean import NORM_EPSILON, Layer, Policy, rotations
from engine.language.vocabulary import END, PAD
from engine.lazy import F, torch

# Rows are copied out of the cache when so few are left; fewer copies cost more dead rows.
KEPT_FRACTION = 0.75
WIDE, LEAST = 16, 32  # columns at a time, and at least: PyTorch is slow at smaller products


class Block(NamedTuple):
    """The weights of a layer for one token a row, [in, out] each, with the norms multiplied in."""

    # Makes queries, keys and values. The halves of queries and of keys are interleaved, so that
    # two neighbours are a complex number: a rotation is then one multiplication.
    into_attention: torch.Tensor
    attention_out: torch.Tensor
    into_mlp: torch.Tensor
    mlp_out: torch.Tensor


class Decoder(NamedTuple):
    """A policy made ready to decode."""

    embedding: torch.Tensor
    blocks: list[Block]
    head: torch.Tensor  # [model, words]
    head_count: int

    @property
    def head_size(self) -> int:
        """Dimensions of one attention head."""
        return self.embedding.shape[1] // self.head_count


class Cache(NamedTuple):
    """What unfinished rows have said so far, as attention sees it."""

    keys: tuple[torch.Tensor, ...]  # of each layer: [rows, heads, head, columns]
    values: tuple[torch.Tensor, ...]  # of each layer: [rows, heads, columns, head]
    hidden: torch.Tensor  # [rows, heads, columns] -inf on padding and what is not yet said, else 0
    starts: torch.Tensor  # [rows] positions of the first tokens to come
    width: int  # columns of the prompts

    def rows(self, kept: torch.Tensor) -> Cache:
        """The cache of these rows only."""
        keys = tuple(layer.index_select(0, kept) for layer in self.keys)
        values = tuple(layer.index_select(0, kept) for layer in self.values)
        return Cache(keys, values, self.hidden[kept], self.starts[kept], self.width)


def draw_noise(generator: torch.Generator, limit: int, row_count: int) -> torch.Tensor:
    """One uniform number for each token of each row: [limit, rows]."""
    return torch.rand(limit, row_count, generator=generator)


def ready_to_decode(policy: Policy) -> Decoder:
    """The policy as it is now, for who samples from it several times before it changes."""
    with torch.inference_mode():
        head = _after_norm(policy.head, policy.final_norm).T.contiguous()
        blocks = [_block(layer, policy.head_count) for layer in policy.layers]
        return Decoder(policy.embedding, blocks, head, policy.head_count)


def sample(
    policy: Policy | Decoder,
    prompts: Sequence[Sequence[int]],
    group_size: int | Sequence[int],
    limit: int,
    noise: torch.Tensor | None,
    end: int = END,
) -> list[list[int]]:
    """Completions of each prompt, of at most `limit` tokens, `end` included, prompt after prompt.

    group_size: how many of every prompt, or of each.

    noise: [limit, rows] uniform numbers that choose the tokens at temperature 1 by inverting the
    cumulative distribution, so that equal noise means equal luck; None decodes greedily.
    """
    with torch.inference_mode():  # cheaper than no_grad, and nothing but lists leaves
        decoder = policy if isinstance(policy, Decoder) else ready_to_decode(policy)
        sizes = [group_size] * len(prompts) if isinstance(group_size, int) else group_size
        logits, cache = _prefill(decoder, prompts, torch.tensor(sizes), limit)
        rows = torch.arange(len(logits))
        is_open = torch.ones(len(rows), dtype=torch.bool)
        drawn = torch.full((limit, len(rows)), PAD)
        for step in range(limit):
            luck = None if noise is None else noise[step].index_select(0, rows)
            tokens = _choose(logits, luck)
            drawn[step].index_copy_(0, rows, tokens)
            is_open &= tokens != end
            if step == limit - 1:
                break
            if not is_open.all():
                kept = is_open.nonzero()[:, 0]
                if len(kept) == 0:
                    break
                if len(kept) <= KEPT_FRACTION * len(rows):
                    rows, tokens, is_open = rows[kept], tokens[kept], is_open[kept]
                    cache = cache.rows(kept)
            logits = _advance(decoder, tokens, cache, step)
    return [_up_to(end, tokens) for tokens in drawn.T.tolist()]


def _after_norm(weight: torch.Tensor, norm: torch.Tensor) -> torch.Tensor:
    """A weight that takes what `_normalised` gives: [out, in]."""
    return weight * norm * len(norm) ** 0.5


def _block(layer: Layer, heads: int) -> Block:
    fused = _after_norm(layer.query_key_value, layer.attention_norm)
    size = fused.shape[1]
    query, key, value = fused.view(3, heads, 2, size // heads // 2, size)
    turned = torch.stack([query / (size // heads) ** 0.5, key]).transpose(2, 3)
    into_attention = torch.cat([turned.reshape(-1, size), value.reshape(-1, size)])
    return Block(
        into_attention=into_attention.T.contiguous(),
        attention_out=layer.attention_out.T.contiguous(),
        into_mlp=_after_norm(layer.gate_up, layer.mlp_norm).T.contiguous(),
        mlp_out=layer.mlp_out.T.contiguous(),
    )


def _prefill(
    decoder: Decoder, prompts: Sequence[Sequence[int]], counts: torch.Tensor, limit: int
) -> tuple[torch.Tensor, Cache]:
    """The logits of every row's first token, and the cache with room for `limit` columns more.

    counts: [prompts] rows of each. Prompts are padded on the right; what follows a prompt's last
    token is computed and never looked at.
    """
    head_count, head_size = decoder.head_count, decoder.head_size
    lengths = torch.tensor([len(prompt) for prompt in prompts])
    width, rows = int(lengths.max()), torch.arange(len(prompts)).repeat_interleave(counts)
    cache = _room(decoder, lengths.index_select(0, rows), width, limit)
    padded = [token for prompt in prompts for token in (*prompt, *[PAD] * (width - len(prompt)))]
    last = torch.arange(len(prompts)) * width + lengths - 1
    hidden = _hidden_after(lengths, width)[:, None, None]
    size = head_count * head_size
    turns = _turns(head_count, head_size)[:width].repeat(len(prompts), 1)
    stream = decoder.embedding.index_select(0, torch.tensor(padded))
    for index, block in enumerate(decoder.blocks):
        fused = _turned(_normalised(stream).mm(block.into_attention), turns)
        fused = fused.view(len(prompts), width, 3, head_count, head_size)
        query, key, value = fused.permute(2, 0, 3, 1, 4)
        cache.keys[index][..., :width] = key.transpose(2, 3).index_select(0, rows)
        cache.values[index][:, :, :width] = value.index_select(0, rows)
        if index < len(decoder.blocks) - 1:
            mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True, scale=1.0)
        else:  # From here on only what predicts the first token is needed.
            stream = stream.index_select(0, last)
            query = fused[:, :, 0].flatten(0, 1).index_select(0, last)[:, :, None]
            mixed = F.scaled_dot_product_attention(query, key, value, hidden, scale=1.0)
        stream = _finish_block(stream, mixed.transpose(1, 2).reshape(-1, size), block)
    return _normalised(stream).mm(decoder.head).index_select(0, rows), cache


def _room(decoder: Decoder, starts: torch.Tensor, width: int, limit: int) -> Cache:
    """An empty cache for `width` columns of prompts and `limit` more; starts: [rows] lengths."""
    rows, heads, size = len(starts), decoder.head_count, decoder.head_size
    columns = max(LEAST, width + limit)
    return Cache(
        keys=tuple(torch.zeros(rows, heads, size, columns) for _ in decoder.blocks),
        values=tuple(torch.zeros(rows, heads, columns, size) for _ in decoder.blocks),
        hidden=_hidden_after(starts, columns)[:, None].repeat(1, heads, 1),
        starts=starts,
        width=width,
    )


def _hidden_after(lengths: torch.Tensor, columns: int) -> torch.Tensor:
    """-inf from each row's length on, 0 before: [rows, columns]."""
    is_hidden = torch.arange(columns) >= lengths[:, None]
    return torch.zeros(is_hidden.shape).masked_fill_(is_hidden, -torch.inf)


def _advance(decoder: Decoder, tokens: torch.Tensor, cache: Cache, step: int) -> torch.Tensor:
    """Append one token to every row, the one of `step`; the logits of the next: [rows, words]."""
    rows, heads, head_size = len(tokens), decoder.head_count, decoder.head_size
    column = cache.width + step
    turns = _turns(heads, head_size).index_select(0, cache.starts + step)
    cache.hidden.select(2, column).zero_()
    reach = min(cache.hidden.shape[-1], max(LEAST, -(-(column + 1) // WIDE) * WIDE))
    hidden = cache.hidden[:, :, :reach].view(rows * heads, 1, reach)
    stream = decoder.embedding.index_select(0, tokens)
    for block, keys, values in zip(decoder.blocks, cache.keys, cache.values, strict=True):
        fused = _turned(_normalised(stream).mm(block.into_attention), turns)
        query, key, value = fused.view(rows, 3, heads, head_size).unbind(1)
        keys.select(3, column).copy_(key)
        values.select(2, column).copy_(value)
        query = query.reshape(rows * heads, 1, head_size)
        scores = torch.baddbmm(hidden, query, keys.flatten(0, 1)[:, :, :reach])
        mixed = scores.softmax(-1).bmm(values.flatten(0, 1)[:, :reach])
        stream = _finish_block(stream, mixed.view(rows, -1), block)
    return _normalised(stream).mm(decoder.head)


def _turned(fused: torch.Tensor, turns: torch.Tensor) -> torch.Tensor:
    """What `into_attention` makes, queries and keys turned in place: [tokens, 3 * model].

    turns: [tokens, model] complex, from `_turns`.
    """
    pairs = torch.view_as_complex(fused.view(len(fused), -1, 2))
    pairs[:, : turns.shape[1]].mul_(turns)
    return fused


@functools.cache
def _turns(head_count: int, head_size: int) -> torch.Tensor:
    """How each position turns its pairs, of queries and of keys: [CONTEXT, model] complex."""
    cosine, sine = rotations(head_size)[:, :, 0, 0].unbind(1)
    pairs = torch.complex(cosine[:, : head_size // 2], sine[:, head_size // 2 :])
    return pairs.repeat(1, 2 * head_count)


def _finish_block(stream: torch.Tensor, mixed: torch.Tensor, block: Block) -> torch.Tensor:
    """Add what attention gathered, then what the gated unit makes of it; changes `stream`."""
    stream.addmm_(mixed, block.attention_out)
    fused = _normalised(stream).mm(block.into_mlp)
    gate, up = fused.chunk(2, 1)
    return stream.addmm_(F.silu(gate).mul_(up), block.mlp_out)


def _normalised(stream: torch.Tensor) -> torch.Tensor:
    """The root-mean-square norm, but for the root of the width, which is in the weights."""
    length = torch.linalg.vector_norm(stream, dim=1, keepdim=True)
    return stream / torch.hypot(length, _shortest(stream.shape[1]))


@functools.cache
def _shortest(width: int) -> torch.Tensor:
    """The length that the norm's epsilon adds at a right angle to every vector: []."""
    return torch.tensor((NORM_EPSILON * width) ** 0.5)


def _choose(logits: torch.Tensor, noise: torch.Tensor | None) -> torch.Tensor:
    """One token a row: the likeliest, or the one in whose slice of probability the noise falls."""
    if noise is None:
        return logits.argmax(-1)
    reached = logits.softmax(-1).cumsum(-1)
    # Scaled by the last sum, which rounding leaves beside one; the clamp is for the same reason.
    aims = noise[:, None] * reached[:, -1:]
    return torch.searchsorted(reached, aims, right=True)[:, 0].clamp_(max=logits.shape[1] - 1)


def _up_to(end: int, tokens: list[int]) -> list[int]:
    return tokens[: tokens.index(end) + 1] if end in tokens else tokens
