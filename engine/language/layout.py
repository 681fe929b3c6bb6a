"""Which tokens a batch of completions needs: each one once, however many rows share it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.lazy import torch

WORTH_A_BLOCK = 0.25  # share of the attention that a second block of rows must spare


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
    ends: tuple[torch.Tensor, ...] = ()  # of each block: [rows] the columns of the only predictors


class _Rows(NamedTuple):
    """Where the tokens of each row are, as computed tokens: [rows] each."""

    prompt: torch.Tensor  # the first one of its prompt
    prompt_size: torch.Tensor
    own: torch.Tensor  # the first one that no other row shares
    length: torch.Tensor

    def block(self, rows: torch.Tensor) -> torch.Tensor:
        """Some rows below each other: [chosen, width] which computed token stands there."""
        prompt, prompt_size, own, length = (part[rows, None] for part in self)
        column = torch.arange(int(length.max()))
        places = torch.where(column < prompt_size, prompt, own - prompt_size) + column
        return places.masked_fill_(column >= length, 0)


def lay_out(
    prompts: Sequence[Sequence[int]], completions: Sequence[Sequence[int]], group_size: int = 1
) -> Layout:
    """The layout of `completions`, of which `group_size` in turn belong to each prompt.

    Raises ValueError if the numbers do not match, or a prompt or a completion is empty.
    """
    if len(completions) != len(prompts) * group_size or not all(map(len, (*prompts, *completions))):
        raise ValueError("Each prompt needs group_size completions, and none may be empty.")
    tokens: list[int] = []
    for index, prompt in enumerate(prompts):
        tokens += prompt
        for completion in completions[index * group_size : (index + 1) * group_size]:
            tokens += completion[:-1]  # the last token predicts nothing
    counts = torch.tensor([len(completion) for completion in completions])
    asked = torch.tensor([len(prompt) for prompt in prompts])[:, None]
    # What is computed comes in pieces: each prompt, then what each row of its group adds to it.
    sizes = torch.cat([asked, counts.view(-1, group_size) - 1], 1)  # [prompts, 1 + group_size]
    starts = (sizes.flatten().cumsum(0) - sizes.flatten()).view(sizes.shape)
    position = torch.where(torch.arange(1 + group_size) > 0, asked, 0)  # of a piece's first token
    rows = _Rows(
        prompt=starts[:, 0].repeat_interleave(group_size),
        prompt_size=asked[:, 0].repeat_interleave(group_size),
        own=starts[:, 1:].flatten(),
        length=(asked + sizes[:, 1:]).flatten(),
    )
    rows_of_blocks = _by_length(rows.length)
    begins = _begins(rows_of_blocks, rows.length).view(-1, group_size)
    origin = torch.cat([begins[:, :1], begins], 1) + position  # a prompt's is in its first row
    every = torch.arange(len(tokens))

    def of_each_token(of_pieces: torch.Tensor) -> torch.Tensor:
        return of_pieces.flatten().repeat_interleave(sizes.flatten())

    row = torch.arange(len(counts)).repeat_interleave(counts)  # of each completion token
    nth = torch.arange(len(row)) - (counts.cumsum(0) - counts)[row]
    ends_of_prompts = rows.prompt + rows.prompt_size - 1
    return Layout(
        tokens=torch.tensor(tokens),
        positions=every + of_each_token(position - starts),
        blocks=tuple(rows.block(chosen) for chosen in rows_of_blocks),
        origins=every + of_each_token(origin - starts),
        targets=torch.tensor([token for completion in completions for token in completion]),
        predictors=torch.where(nth == 0, ends_of_prompts[row], rows.own[row] + nth - 1),
    )


def at_ends(layout: Layout, target: int) -> Layout:
    """The same rows, of which only the last computed token predicts anything: `target`.

    Every completion must have two tokens at least, so that each row has an end of its own.
    """
    # What pads a row is a token whose place is another one.
    columns = tuple(
        (layout.positions[block] == torch.arange(block.shape[1])).sum(1) - 1
        for block in layout.blocks
    )
    ends = [ends_of(block, at) for block, at in zip(layout.blocks, columns, strict=True)]
    predictors = torch.cat(ends).sort().values  # rows are computed one after another
    targets = torch.full_like(predictors, target)
    return layout._replace(predictors=predictors, targets=targets, ends=columns)


def ends_of(block: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    """The computed token in one column of each row: [rows, width], [rows] -> [rows]."""
    return block.gather(1, columns[:, None])[:, 0]


def _by_length(lengths: torch.Tensor) -> list[torch.Tensor]:
    """The rows in one block, or in a short and a long one where that spares much attention."""
    rows = lengths.argsort(stable=True)
    squares = lengths[rows].square()
    spared = torch.arange(1, len(rows) + 1) * (squares[-1] - squares)
    cut = int(spared.argmax())
    if spared[cut] < WORTH_A_BLOCK * len(rows) * squares[-1]:
        return [rows]
    return [rows[: cut + 1], rows[cut + 1 :]]


def _begins(rows_of_blocks: Sequence[torch.Tensor], lengths: torch.Tensor) -> torch.Tensor:
    """Where each row begins when the blocks are written one after another: [rows]."""
    begins, offset = torch.empty_like(lengths), 0
    for rows in rows_of_blocks:
        width = int(lengths[rows].max())
        begins[rows] = offset + width * torch.arange(len(rows))
        offset += width * len(rows)
    return begins
