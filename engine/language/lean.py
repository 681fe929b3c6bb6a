"""The lean forward: a small Llama's own computation, with every token computed once.

The weights are those of a `transformers` LlamaForCausalLM, with query/key/value and gate/up fused;
log-probabilities, gradients and greedy decoding equal the model's own. It is fast because it does
less: a prompt is computed once for its whole group, and neither padding nor the last token of a
completion, which predicts nothing, is computed at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import ClassVar, NamedTuple, Protocol, Self, TypeVar

from engine.lazy import F, torch

NORM_EPSILON = 1e-6
ROTARY_BASE = 10_000.0
CONTEXT = 96  # tokens of the longest conversation
WORTH_A_BLOCK = 0.25  # share of the attention that a second block of rows must spare


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
            mixed = torch.cat([_attended(fused, block, heads) for block in layout.blocks])
            if layer is self.layers[-1]:  # From here on only what predicts something is needed.
                origins = origins[layout.predictors]
                stream = F.embedding(layout.predictors, stream)
            stream = finish_block(stream, F.embedding(origins, mixed), layer)
        return normalised(stream, self.final_norm)


class Layout(NamedTuple):
    """Which tokens a batch of completions needs, each once.

    A row is one completion after its prompt; the prompt's tokens are shared by its group. Rows of
    about one length stand in one block, padded on the right, where causal attention never looks.
    """

    tokens: torch.Tensor  # [computed] ids
    positions: torch.Tensor  # [computed] place within the row
    blocks: tuple[torch.Tensor, ...]  # [rows, width] which computed token stands there; 0: padding
    origins: torch.Tensor  # [computed] one place in the blocks at which each token stands
    targets: torch.Tensor  # [completion tokens] ids to be predicted, row after row
    predictors: torch.Tensor  # [completion tokens] which computed token predicts each


def lay_out(
    prompts: Sequence[Sequence[int]], completions: Sequence[Sequence[int]], group_size: int = 1
) -> Layout:
    """The layout of `completions`, of which `group_size` in turn belong to each prompt.

    Raises ValueError if the numbers do not match, or a prompt or a completion is empty.
    """
    if len(completions) != len(prompts) * group_size or not all(map(len, (*prompts, *completions))):
        raise ValueError("Each prompt needs group_size completions, and none may be empty.")
    lengths = [
        len(prompts[row // group_size]) + len(completion) - 1
        for row, completion in enumerate(completions)
    ]
    rows_of_blocks = _by_length(lengths)
    starts = _starts(rows_of_blocks, lengths)
    places: list[list[int]] = []
    tokens: list[int] = []
    positions: list[int] = []
    origins: list[int] = []
    targets: list[int] = []
    predictors: list[int] = []
    prompt_start = 0
    for row, completion in enumerate(completions):
        prompt, origin = prompts[row // group_size], starts[row]
        if row % group_size == 0:
            prompt_start = len(tokens)
            tokens += prompt
            positions += range(len(prompt))
            origins += range(origin, origin + len(prompt))
        start, computed, last = len(tokens), len(completion) - 1, prompt_start + len(prompt) - 1
        predictors.append(last)
        targets += completion
        tokens += completion[:computed]
        positions += range(len(prompt), len(prompt) + computed)
        origins += range(origin + len(prompt), origin + len(prompt) + computed)
        places.append([*range(prompt_start, last + 1), *range(start, start + computed)])
        predictors += range(start, start + computed)
    return Layout(
        tokens=torch.tensor(tokens),
        positions=torch.tensor(positions),
        blocks=tuple(_padded([places[row] for row in rows]) for rows in rows_of_blocks),
        origins=torch.tensor(origins),
        targets=torch.tensor(targets),
        predictors=torch.tensor(predictors),
    )


def _by_length(lengths: Sequence[int]) -> list[list[int]]:
    """The rows in one block, or in a short and a long one where that spares much attention."""
    rows = sorted(range(len(lengths)), key=lengths.__getitem__)
    widest = lengths[rows[-1]]
    spared = [
        (count + 1) * (widest**2 - lengths[row] ** 2) for count, row in enumerate(rows[:-1])
    ] or [0]
    cut = max(range(len(spared)), key=spared.__getitem__) + 1
    if spared[cut - 1] < WORTH_A_BLOCK * len(rows) * widest**2:
        return [rows]
    return [rows[:cut], rows[cut:]]


def _starts(rows_of_blocks: Sequence[Sequence[int]], lengths: Sequence[int]) -> dict[int, int]:
    """Where each row begins when the blocks are written one after another."""
    starts: dict[int, int] = {}
    offset = 0
    for rows in rows_of_blocks:
        width = max(lengths[row] for row in rows)
        for row in rows:
            starts[row] = offset
            offset += width
    return starts


def _padded(rows: Sequence[Sequence[int]]) -> torch.Tensor:
    width = max(map(len, rows))
    return torch.tensor([[*row, *[0] * (width - len(row))] for row in rows])


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
