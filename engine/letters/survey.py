"""Everything about every message of a run: what it is paid and worth, and how likely it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from engine.lazy import torch
from engine.letters.alphabet import messages
from engine.letters.exact import best_policy, exact_kl, left_to_gain, mean_of
from engine.letters.table import Table
from engine.metrics import MetricName as M
from engine.scenes import Chances, LettersScene, Message, Reply, Standing

SHOWN_OF_EACH = 5  # likeliest messages of the start, of the best policy, and of now
FRONTIER_POINTS = 24
LOOSEST, TIGHTEST = 0.01, 4.0  # leashes along the frontier, in ranges of the reward


@dataclass(frozen=True)
class Survey:
    """What does not change in a run; all tensors are [messages], float64."""

    log_start: torch.Tensor
    paid: torch.Tensor
    worth: torch.Tensor
    leash: float

    @cached_property
    def log_best(self) -> torch.Tensor:
        """Log-chances of the best policy under the leash."""
        return best_policy(self.log_start, self.paid, self.leash)

    @cached_property
    def frontier(self) -> tuple[Standing, ...]:
        """Where the best policies stand, from the start to the shortest leash worth drawing."""
        span = float(self.paid.max() - self.paid.min())
        ratio = (LOOSEST / TIGHTEST) ** (1 / (FRONTIER_POINTS - 1))
        leashes = [span * TIGHTEST * ratio**point for point in range(FRONTIER_POINTS)]
        tilted = [best_policy(self.log_start, self.paid, leash) for leash in leashes]
        return tuple(self.standing(chances) for chances in (self.log_start, *tilted))

    def standing(self, log_chances: torch.Tensor) -> Standing:
        """Where a policy stands."""
        return Standing(
            drift=_short(exact_kl(log_chances, self.log_start)),
            paid=_short(mean_of(self.paid, log_chances)),
            worth=_short(mean_of(self.worth, log_chances)),
        )

    def metrics(self, log_chances: torch.Tensor) -> dict[M, float]:
        """What is measured of a policy without sampling."""
        missing = left_to_gain(log_chances, self.log_start, self.paid, self.leash)
        return {
            M.EXPECTED_PROXY: mean_of(self.paid, log_chances),
            M.EXPECTED_TRUE: mean_of(self.worth, log_chances),
            M.EXACT_KL: exact_kl(log_chances, self.log_start),
            M.SHORTFALL: missing,
        }

    def scene(self, log_chances: torch.Tensor, group: tuple[Reply, ...] = ()) -> LettersScene:
        """What there is to see of a policy."""
        policies = [one.exp() for one in (self.log_start, log_chances, self.log_best)]
        shown = self._shown(policies)
        rest = [max(0.0, 1 - float(policy[shown].sum())) for policy in policies]
        return LettersScene(
            messages=tuple(
                Message(
                    text=messages()[row],
                    chances=_chances([float(policy[row]) for policy in policies]),
                    paid=_short(float(self.paid[row])),
                    worth=_short(float(self.worth[row])),
                )
                for row in shown
            ),
            others=_chances(rest),
            other_count=len(messages()) - len(shown),
            leash=self.leash,
            here=self.standing(log_chances),
            frontier=self.frontier,
            group=group,
        )

    def _shown(self, policies: Sequence[torch.Tensor]) -> list[int]:
        """The numbers of the likeliest messages of each policy, once each.

        Those of the best policy come first, then those of the start, so that neither changes its
        row during a run; what only the policy of now prefers comes last.
        """
        start, now, best = (_likeliest(policy) for policy in policies)
        return list(dict.fromkeys([*best, *start, *now]))


def new_survey(start: Table, paid: torch.Tensor, worth: torch.Tensor, leash: float) -> Survey:
    """The survey of a run that begins at `start`; paid, worth: [messages] float64."""
    return Survey(exact_log_chances(start), paid, worth, leash)


def exact_log_chances(table: Table) -> torch.Tensor:
    """Log-probability of every message, without gradients and in double precision: [messages]."""
    return table.mapped(lambda weights: weights.detach().double()).log_chances()


def _likeliest(chances: torch.Tensor) -> list[int]:
    order = torch.argsort(chances, descending=True, stable=True)
    return order[:SHOWN_OF_EACH].tolist()


def _chances(three: Sequence[float]) -> Chances:
    start, now, best = (round(chance, 5) for chance in three)
    return Chances(start=start, now=now, best=best)


def _short(value: float) -> float:
    return round(value, 5) + 0.0  # -0.0 becomes 0.0
