"""Sampling replies from a policy: cached keys and values, and only the rows that are unfinished."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.language.lean import NORM_EPSILON, Layer, Policy, lay_out, predicting_states, rotations
from engine.language.vocabulary import END, PAD
from engine.lazy import F, torch

# Rows are copied out of the cache when so few are left; fewer copies cost more dead rows.
KEPT_FRACTION = 0.75


class Block(NamedTuple):
    """The weights of a layer for one token a row, [in, out] each, with the norms multiplied in."""

    # Makes queries, keys, values, then queries and keys once more with their halves swapped, so
    # that a rotation is two multiplications.
    into_attention: torch.Tensor
    attention_out: torch.Tensor
    into_mlp: torch.Tensor
    mlp_out: torch.Tensor


class Decoder(NamedTuple):
    """A policy made ready to decode."""

    embedding: torch.Tensor
    blocks: list[Block]
    head: torch.Tensor  # [model, words]


class Cache(NamedTuple):
    """What unfinished rows have said so far, as attention sees it.

    All heads of a row are one small matrix product: a query stands in its own head's dimensions
    and is zero elsewhere. For one new token this is twice as fast as attention head by head. The
    products always run over all columns: a softmax over fewer than sixteen is slow on a CPU.
    """

    keys: torch.Tensor  # [layers, rows, model, columns]
    values: torch.Tensor  # [layers, rows, columns, model]
    hidden: torch.Tensor  # [rows, 1, columns] -inf on padding and on what is not yet said, else 0
    turns: torch.Tensor  # [rows, limit, 2, 1, 1, head] rotations of the tokens to come
    own_head: torch.Tensor  # [heads, model] 1 in the dimensions of each head

    def rows(self, kept: torch.Tensor) -> Cache:
        """The cache of these rows only."""
        keys, values = self.keys.index_select(1, kept), self.values.index_select(1, kept)
        return Cache(keys, values, self.hidden[kept], self.turns[kept], self.own_head)


def draw_noise(generator: torch.Generator, limit: int, row_count: int) -> torch.Tensor:
    """One uniform number for each token of each row: [limit, rows]."""
    return torch.rand(limit, row_count, generator=generator)


def sample(
    policy: Policy,
    prompts: Sequence[Sequence[int]],
    group_size: int,
    limit: int,
    noise: torch.Tensor | None,
    end: int = END,
) -> list[list[int]]:
    """`group_size` completions of each prompt, of at most `limit` tokens, `end` included.

    noise: [limit, rows] uniform numbers that choose the tokens at temperature 1 by inverting the
    cumulative distribution, so that equal noise means equal luck; None decodes greedily.
    """
    with torch.inference_mode():  # cheaper than no_grad, and nothing but lists leaves
        decoder = _decoder(policy)
        logits, cache = _prefill(policy, prompts, group_size, limit)
        rows = torch.arange(len(logits))
        is_open = torch.ones(len(rows), dtype=torch.bool)
        drawn = torch.full((limit, len(rows)), PAD)
        for step in range(limit):
            tokens = _choose(logits, None if noise is None else noise[step].index_select(0, rows))
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


def _decoder(policy: Policy) -> Decoder:
    head = _after_norm(policy.head, policy.final_norm).T.contiguous()
    blocks = [_block(layer, policy.head_count) for layer in policy.layers]
    return Decoder(policy.embedding, blocks, head)


def _after_norm(weight: torch.Tensor, norm: torch.Tensor) -> torch.Tensor:
    """A weight that takes what `_normalised` gives: [out, in]."""
    return weight * norm * len(norm) ** 0.5


def _block(layer: Layer, heads: int) -> Block:
    fused = _after_norm(layer.query_key_value, layer.attention_norm)
    size = fused.shape[1]
    query, key, value = fused.view(3, heads, size // heads, size)
    query = query / (size // heads) ** 0.5
    turned = torch.stack([query, key])
    swapped = turned.roll(size // heads // 2, 2)
    return Block(
        into_attention=torch.cat([turned, value[None], swapped]).view(-1, size).T.contiguous(),
        attention_out=layer.attention_out.T.contiguous(),
        into_mlp=_after_norm(layer.gate_up, layer.mlp_norm).T.contiguous(),
        mlp_out=layer.mlp_out.T.contiguous(),
    )


def _prefill(
    policy: Policy, prompts: Sequence[Sequence[int]], group_size: int, limit: int
) -> tuple[torch.Tensor, Cache]:
    """The logits of every row's first token, and the cache with room for `limit` columns more."""
    layout = lay_out(prompts, [[PAD]] * len(prompts))
    kept: list[torch.Tensor] = []
    states = predicting_states(policy, layout, kept)
    logits = F.linear(states, policy.head).repeat_interleave(group_size, 0)
    prompt_count, width, _, heads, head_size = kept[0].shape
    rows, size, columns = prompt_count * group_size, heads * head_size, width + limit
    keys = torch.zeros(len(kept), prompt_count, group_size, size, columns)
    values = torch.zeros(len(kept), prompt_count, group_size, columns, size)
    for index, seen in enumerate(kept):
        _, key, value = seen.flatten(3).unbind(2)
        keys[index, ..., :width] = key.transpose(1, 2)[:, None]
        values[index, :, :, :width] = value[:, None]
    lengths = torch.tensor([len(prompt) for prompt in prompts]).repeat_interleave(group_size)
    turns = rotations(head_size)[lengths[:, None] + torch.arange(limit)][:, :, :, :1]
    own_head = torch.eye(heads).repeat_interleave(head_size, 1)
    is_hidden = torch.arange(columns) >= lengths[:, None]
    hidden = torch.zeros(rows, columns).masked_fill_(is_hidden, -torch.inf)[:, None]
    return logits, Cache(keys.flatten(1, 2), values.flatten(1, 2), hidden, turns, own_head)


def _advance(decoder: Decoder, tokens: torch.Tensor, cache: Cache, step: int) -> torch.Tensor:
    """Append one token to every row, the one of `step`; the logits of the next: [rows, words]."""
    rows, heads, head_size = len(tokens), len(cache.own_head), cache.turns.shape[-1]
    column = cache.keys.shape[-1] - cache.turns.shape[1] + step
    cosine, sine = cache.turns[:, step].unbind(1)
    cache.hidden.select(2, column).zero_()
    stream = decoder.embedding.index_select(0, tokens)
    for block, keys, values in zip(decoder.blocks, cache.keys, cache.values, strict=True):
        fused = _normalised(stream).mm(block.into_attention).view(rows, 5, heads, head_size)
        fused[:, :2].mul_(cosine).addcmul_(fused[:, 3:], sine)
        query, key, value, _, _ = fused.flatten(2).unbind(1)
        keys.select(2, column).copy_(key)
        values.select(1, column).copy_(value)
        scores = (query[:, None] * cache.own_head).bmm(keys).add_(cache.hidden)
        mixed = scores.softmax(-1).bmm(values)
        mixed = mixed.view(rows, heads, heads, head_size).diagonal(dim1=1, dim2=2).transpose(1, 2)
        stream.addmm_(mixed.reshape(rows, -1), block.attention_out)
        gate, up = _normalised(stream).mm(block.into_mlp).chunk(2, 1)
        stream.addmm_(F.silu(gate).mul_(up), block.mlp_out)
    return _normalised(stream).mm(decoder.head)


def _normalised(stream: torch.Tensor) -> torch.Tensor:
    """The root-mean-square norm, but for the root of the width, which is in the weights."""
    floor = NORM_EPSILON * stream.shape[1]
    return stream * stream.square().sum(1, keepdim=True).add_(floor).rsqrt_()


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
