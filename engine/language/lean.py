"""The lean forward: a small Llama's own computation, with every token computed once.

The weights are those of a `transformers` LlamaForCausalLM, with query/key/value and gate/up fused;
log-probabilities, gradients and greedy decoding equal the model's own. It is fast because it does
less: a prompt is computed once for its whole group, and neither padding nor the last token of a
completion, which predicts nothing, is computed at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache
from typing import ClassVar, Protocol, Self, TypeVar

from engine.language.layout import Layout, ends_of
from engine.lazy import F, torch

NORM_EPSILON = 1e-6
ROTARY_BASE = 10_000.0
CONTEXT = 96  # tokens of the longest conversation


class LanguageModel(Protocol):
    """What a run may train: weights, and a hidden state before each token of a batch.

    pace: how many times the learning rate of a run its weights move.
    """

    pace: ClassVar[float]

    @property
    def head(self) -> torch.Tensor:
        """What turns a hidden state into the logits of the next token: [vocabulary, model]."""
        ...

    @property
    def parameters(self) -> list[torch.Tensor]:
        """Every weight tensor once, in a fixed order."""
        ...

    def mapped(self, change: Callable[[torch.Tensor], torch.Tensor]) -> Self:
        """A model of the same form whose weights are what `change` makes of these."""
        ...

    def predicting_states(self, layout: Layout) -> torch.Tensor:
        """The hidden states from which each completion token is predicted: [tokens, model]."""
        ...


Model = TypeVar("Model", bound=LanguageModel)


@dataclass(frozen=True)
class Layer:
    """The weights of one block, [out, in] each."""

    attention_norm: torch.Tensor
    query_key_value: torch.Tensor
    attention_out: torch.Tensor
    mlp_norm: torch.Tensor
    gate_up: torch.Tensor
    mlp_out: torch.Tensor


@dataclass(frozen=True)
class Policy:
    """The weights of a language model. `head` is `embedding` itself if the two are tied."""

    embedding: torch.Tensor
    layers: tuple[Layer, ...]
    final_norm: torch.Tensor
    head: torch.Tensor
    head_count: int

    pace: ClassVar[float] = 1.0

    @property
    def parameters(self) -> list[torch.Tensor]:
        """Every weight tensor once, in a fixed order."""
        tensors = [self.embedding, *(t for layer in self.layers for t in vars(layer).values())]
        tensors.append(self.final_norm)
        return tensors if self.head is self.embedding else [*tensors, self.head]

    def mapped(self, change: Callable[[torch.Tensor], torch.Tensor]) -> Policy:
        """A policy whose weights are what `change` makes of these; a tied head stays tied."""
        embedding = change(self.embedding)
        layers = tuple(
            Layer(*(change(getattr(layer, field.name)) for field in fields(layer)))
            for layer in self.layers
        )
        head = embedding if self.head is self.embedding else change(self.head)
        return Policy(embedding, layers, change(self.final_norm), head, self.head_count)

    def predicting_states(self, layout: Layout) -> torch.Tensor:
        """Last hidden states, normalised, that predict each completion token: [tokens, model]."""
        heads = self.head_count
        stream = F.embedding(layout.tokens, self.embedding)
        size = stream.shape[-1]
        turns = rotations(size // heads)[layout.positions].to(stream.dtype)
        origins = layout.origins
        for layer in self.layers:
            fused = F.linear(normalised(stream, layer.attention_norm), layer.query_key_value)
            fused = rotated(fused.view(-1, 3, heads, size // heads), turns).view(-1, 3 * size)
            if layer is not self.layers[-1]:
                mixed = torch.cat([_attended(fused, block, heads) for block in layout.blocks])
            else:  # From here on only what predicts something is needed.
                mixed, origins = _attended_at_last(fused, layout, heads)
                stream = F.embedding(layout.predictors, stream)
            stream = finish_block(stream, F.embedding(origins, mixed), layer)
        return normalised(stream, self.final_norm)


def next_token_logits(policy: LanguageModel, layout: Layout) -> torch.Tensor:
    """Logits from which each completion token was drawn: [completion tokens, vocabulary]."""
    return F.linear(policy.predicting_states(layout), policy.head)


def log_probs(policy: LanguageModel, layout: Layout) -> torch.Tensor:
    """Log-probability of each completion token, row after row: [completion tokens], in nats."""
    logits = next_token_logits(policy, layout)
    return -F.cross_entropy(logits, layout.targets, reduction="none")


def _attended(fused: torch.Tensor, block: torch.Tensor, heads: int) -> torch.Tensor:
    """What the tokens of a block of rows gather from those before them: [rows * width, model].

    fused: [computed, 3 * model] queries, keys and values; block: [rows, width].
    """
    # An embedding look-up is an index_select whose backward is fast on a CPU.
    rows = F.embedding(block, fused).view(*block.shape, 3, heads, -1)
    query, key, value = rows.permute(2, 0, 3, 1, 4)
    mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True)
    return mixed.transpose(1, 2).reshape(-1, fused.shape[1] // 3)


def _attended_at_last(
    fused: torch.Tensor, layout: Layout, heads: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """What predictors gather, among others perhaps, and where each one's share stands there."""
    if not layout.ends:
        mixed = torch.cat([_attended(fused, block, heads) for block in layout.blocks])
        return mixed, layout.origins[layout.predictors]
    pairs = list(zip(layout.blocks, layout.ends, strict=True))
    mixed = torch.cat([_attended_by_ends(fused, block, ends, heads) for block, ends in pairs])
    return mixed, torch.cat([ends_of(block, ends) for block, ends in pairs]).argsort()


def _attended_by_ends(
    fused: torch.Tensor, block: torch.Tensor, ends: torch.Tensor, heads: int
) -> torch.Tensor:
    """What one token of each row gathers from itself and those before it: [rows, model].

    ends: [rows] its column; the rest as for `_attended`.
    """
    size = fused.shape[1] // 3
    query = F.embedding(ends_of(block, ends), fused)[:, :size].view(len(block), heads, 1, -1)
    rows = F.embedding(block, fused).view(*block.shape, 3, heads, -1)
    _, key, value = rows.permute(2, 0, 3, 1, 4)
    is_seen = (torch.arange(block.shape[1]) <= ends[:, None])[:, None, None]
    mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=is_seen)
    return mixed.reshape(-1, size)


def normalised(stream: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Root-mean-square norm over the last dimension, times `weight`."""
    return F.rms_norm(stream, weight.shape, weight, NORM_EPSILON)


def finish_block(stream: torch.Tensor, mixed: torch.Tensor, layer: Layer) -> torch.Tensor:
    """Add what attention gathered, then what the gated unit makes of it."""
    stream = stream + F.linear(mixed, layer.attention_out)
    inner = normalised(stream, layer.mlp_norm)
    # Cut the weights, not what they make: that is far larger, and its gradients would be copied.
    gate, up = (F.linear(inner, weight) for weight in layer.gate_up.chunk(2))
    return stream + F.linear(F.silu(gate) * up, layer.mlp_out)


@cache
def rotations(head_size: int) -> torch.Tensor:
    """Cosine and signed sine of every position: [CONTEXT, 2, 3, 1, head_size].

    The third dimension is query, key and value; a value is turned by nothing.
    """
    with torch.inference_mode(False):  # The first caller may be sampling; gradients need it too.
        exponents = torch.arange(0, head_size, 2).float() / head_size
        angles = torch.outer(torch.arange(CONTEXT).float(), 1.0 / ROTARY_BASE**exponents)
        cosine = torch.cat([angles.cos(), angles.cos()], 1)
        sine = torch.cat([-angles.sin(), angles.sin()], 1)
        still = torch.ones_like(cosine)
        cosines = torch.stack([cosine, cosine, still], 1)
        sines = torch.stack([sine, sine, torch.zeros_like(sine)], 1)
        return torch.stack([cosines, sines], 1)[:, :, :, None]


def rotated(fused: torch.Tensor, turns: torch.Tensor) -> torch.Tensor:
    """Turn queries and keys by their positions; fused: [tokens, 3, heads, head_size]."""
    swapped = fused.roll(fused.shape[-1] // 2, -1)
    return torch.addcmul(fused * turns[:, 0], swapped, turns[:, 1])
