"""Where a policy practises: carts on their own, or a field of any other world.

Both say what their steps were worth, what is measured of them, and what is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from engine.control.actor_critic import OF_A_CART, ActorCritic, Sizes
from engine.control.carts import Carts, Drive, joined
from engine.control.episodes import CART, Watched
from engine.control.fields import Field, Measures, Passage
from engine.control.walks import Walk, Walks, numbered
from engine.lazy import torch
from engine.scenes import CartScene, Scene
from engine.worlds.cart import TERM_NAMES, CartConfig, term_values, true_reward


class Grounds(Protocol):
    """Episodes of one world, side by side; they take again the `Rollout`s that they give."""

    sizes: Sizes
    terms: tuple[str, ...]
    measures: Measures

    def roll(self, policy: ActorCritic, time: int) -> Any:
        """Take `time` steps with everybody."""
        ...

    def roll_episodes(self, policy: ActorCritic) -> Any:
        """One whole episode of everybody, laid one behind the other: [steps, 1]."""
        ...

    def values(self, rollout: Any) -> Mapping[str, np.ndarray]:
        """Every reward term, `true` and what is measured: [time, count]."""
        ...

    def begin(self) -> Scene:
        """What there is to be seen before anybody has moved."""
        ...

    def follow(self, rollouts: Sequence[Any]) -> Scene:
        """An episode of the first place, after an update with these rollouts."""
        ...

    def seen(self, observations: torch.Tensor, taken: torch.Tensor) -> dict[str, torch.Tensor]:
        """What was seen and done, as numbers to show: name -> [steps]."""
        ...


class CartGrounds:
    """Carts side by side."""

    sizes, terms, measures = OF_A_CART, TERM_NAMES, CART

    def __init__(self, world: CartConfig, count: int, seed: int) -> None:
        """Nobody drives yet."""
        self._world, self._carts, self._watched = world, Carts(world, count, seed), Watched()

    def roll(self, policy: ActorCritic, time: int) -> Drive:
        """Take `time` steps with every cart."""
        return self._carts.drive(policy, time)

    def roll_episodes(self, policy: ActorCritic) -> Drive:
        """One whole episode of every cart."""
        return self._carts.drive_episodes(policy)

    def values(self, rollout: Drive) -> dict[str, np.ndarray]:
        """Every reward term, and `true`."""
        wanted = true_reward(rollout.steps, self._world)
        return term_values(rollout.steps) | {"true": wanted}

    def begin(self) -> CartScene:
        """The carts as they stand."""
        return CartScene()

    def follow(self, rollouts: Sequence[Drive]) -> CartScene:
        """The first cart's first episode that ended in this update, or else the one that is on."""
        return self._watched.follow(joined(rollouts))

    def seen(self, observations: torch.Tensor, taken: torch.Tensor) -> dict[str, torch.Tensor]:
        """Where the cart was, and how it was pushed."""
        position, speed, tilt, tilt_rate = observations.T
        return {
            "position": position,
            "speed": speed,
            "tilt": tilt,
            "tilt_rate": tilt_rate,
            "push": taken,
        }


class FieldGrounds:
    """A field."""

    def __init__(self, new_field: Callable[[str], Field], seed: int, gamma: float) -> None:
        """new_field: makes a field whose random numbers are those of a purpose."""
        self._walks = Walks(new_field, seed, gamma)
        self._field = self._walks.field
        self.sizes = Sizes(self._field.inputs, len(self._field.actions))
        self.terms, self.measures = self._field.terms, self._field.measures
        self._on: list[Passage] = []  # of the first place's episode

    def roll(self, policy: ActorCritic, time: int) -> Walk:
        """Take `time` steps with everybody."""
        return self._walks.walk(policy, time)

    def roll_episodes(self, policy: ActorCritic) -> Walk:
        """One whole episode of everybody."""
        return self._walks.walk_episodes(policy)

    def values(self, rollout: Walk) -> Mapping[str, np.ndarray]:
        """Every reward term, `true` and what is measured."""
        return rollout.values

    def begin(self) -> Scene:
        """The field as it stands."""
        return self._field.film((), None)

    def follow(self, rollouts: Sequence[Walk]) -> Scene:
        """The first place's first episode that ended in this update, or else the one that is on."""
        shown: Scene | None = None
        for passage in (passage for walk in rollouts for passage in walk.first):
            self._on.append(passage)
            if passage.is_last[0]:
                shown = shown or self._field.film(self._on, None)
                self._on = []
        return shown or _still_on(self._field.film(self._on, None))

    def seen(self, observations: torch.Tensor, taken: torch.Tensor) -> dict[str, torch.Tensor]:
        """The action alone: what is seen has another meaning on every field."""
        return {"action": numbered(taken, self.sizes.actions)}


def _still_on(scene: Scene) -> Scene:
    """The scene of an episode that has not ended, which a film takes for its last step's end."""
    fields = type(scene).model_fields
    return scene.model_copy(update={"end": fields["end"].default}) if "end" in fields else scene
