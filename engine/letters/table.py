"""A language model that is a table: a logit for each letter after each beginning of a message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from engine.language.layout import Layout
from engine.lazy import F, torch
from engine.letters.alphabet import beginnings, every_message, starting_chances


@dataclass(frozen=True)
class Table:
    """The logits, as the last layer of a model whose hidden state is 1 at the beginning so far."""

    head: torch.Tensor  # [letters, beginnings]

    # A logit here has one weight to move it, where a transformer's has thousands.
    pace: ClassVar[float] = 100.0

    @property
    def parameters(self) -> list[torch.Tensor]:
        """Every weight tensor: the one table."""
        return [self.head]

    def mapped(self, change: Callable[[torch.Tensor], torch.Tensor]) -> Table:
        """A table whose logits are what `change` makes of these."""
        return Table(change(self.head))

    def predicting_states(self, layout: Layout) -> torch.Tensor:
        """1 at the beginning before each letter of a batch, else 0: [letters, beginnings].

        Every row of the batch is a message after a prompt of one token.
        """
        # The prompt goes to the end of its row, where it is before nothing.
        rows = [layout.tokens[block].roll(-1, 1) for block in layout.blocks]
        before = torch.cat([beginnings(row, len(self.head)).view(-1) for row in rows])
        places = before[layout.origins][layout.predictors]
        return F.one_hot(places, self.head.shape[1]).to(self.head.dtype)

    def log_chances(self) -> torch.Tensor:
        """Log-probability of every message there is: [messages], in nats."""
        letters, before = every_message(len(self.head), self.length)
        return F.log_softmax(self.head, 0)[letters, before].sum(1)

    @property
    def length(self) -> int:
        """Letters of a message."""
        count, beginning_count = self.head.shape
        length = 0
        while beginning_count > 0:
            beginning_count -= count**length
            length += 1
        return length


@cache
def first_table() -> Table:
    """The untrained Pip at its pager, made once; never train it, train a copy."""
    return Table(starting_chances().log().T.contiguous())
