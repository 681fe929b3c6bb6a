"""A field or a corridor as an environment of Gymnasium, alone or many side by side.

Gymnasium is no part of an installation, so it is imported when an environment is asked for. The
reward is a line over the world's terms, as a learner writes it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.control.all_fields import field_of
from engine.control.field_practice import FieldConfig
from engine.control.fields import Field, Passage
from engine.gridworld import ACTIONS
from engine.reward_expression import parse, within_bounds
from engine.tabular.practice import TabularConfig, ground_of
from engine.worlds.corridor import term_tables, true_reward_table


class GymnasiumMissing(RuntimeError):
    """Gymnasium is not installed: one sentence that says what to do."""


def load_gymnasium() -> Any:
    """Gymnasium itself. Raises GymnasiumMissing."""
    try:
        import gymnasium
        import gymnasium.vector
    except ImportError:
        raise GymnasiumMissing(
            "These environments need Gymnasium, which is not installed; run "
            "`pip install gymnasium` and try again."
        ) from None
    return gymnasium


def checked_actions(actions: Any, count: int, choices: int) -> np.ndarray:
    """The actions of so many episodes, [count] int64.

    Raises ValueError if they are not one whole number from 0 to choices - 1 for each.
    """
    given = np.asarray(actions)
    is_whole = given.shape == (count,) and np.issubdtype(given.dtype, np.integer)
    if not is_whole or given.min() < 0 or given.max() >= choices:
        raise ValueError(
            f"{actions!r} is no action; give each of {count} episodes one whole number from 0 to "
            f"{choices - 1}."
        )
    return given.astype(np.int64)


def row_seed(seed: Any, first: int) -> int:
    """What a row of episodes draws its luck from; `first`: if no seed is given.

    Raises ValueError if it is not one whole number from 0 on: a row has one stream of luck, which
    a seed for each episode cannot begin.
    """
    if seed is None:
        return first
    given = np.asarray(seed)
    if given.ndim or not np.issubdtype(given.dtype, np.integer) or given < 0:
        raise ValueError(
            f"{seed!r} is no seed of a row, whose episodes share their luck; give one whole number "
            "from 0 on, or an environment of its own to each seed."
        )
    return int(given)


class _Paid:
    """A field and its pay."""

    def __init__(self, config: FieldConfig, count: int, seed: int) -> None:
        self.config = config.model_copy(update={"seed": seed})
        self.field: Field = field_of(self.config, count)
        self._count = count
        self._reward = parse(config.reward, self.field.terms)

    def step(self, actions: Any) -> tuple[Passage, np.ndarray, dict[str, np.ndarray]]:
        """What happened, what it pays, [count], and every term of it."""
        allowed = checked_actions(actions, self._count, len(self.field.actions))
        passage = self.field.step(allowed)
        values = self.field.values([passage], self.config.gamma)
        terms = {name: values[name][0] for name in (*self.field.terms, "true")}
        paid = self._reward.evaluate({name: terms[name] for name in self.field.terms})
        return passage, within_bounds(paid, "step"), terms


def gymnasium_env(config: FieldConfig) -> Any:
    """A `gymnasium.Env`: one episode of the config's world, paid by the config's reward.

    The terms of a step are in its info. Raises GymnasiumMissing if Gymnasium is not installed.
    """
    gymnasium = load_gymnasium()

    class FieldEnv(gymnasium.Env):
        """One episode at a time."""

        metadata = {"render_modes": []}  # noqa: RUF012

        def __init__(self) -> None:
            self._paid = _Paid(config, 1, config.seed)
            field = self._paid.field
            self.observation_space = gymnasium.spaces.Box(
                -np.inf, np.inf, (field.inputs,), np.float32
            )
            self.action_space = gymnasium.spaces.Discrete(len(field.actions))

        def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
            """A new episode."""
            super().reset(seed=seed)
            drawn = int(self.np_random.integers(2**31))
            self._paid = _Paid(config, 1, drawn)
            return self._paid.field.observations()[0], {}

        def step(self, action: Any) -> Any:
            """One action."""
            passage, paid, terms = self._paid.step(np.array([action]))
            info = {name: float(values[0]) for name, values in terms.items()}
            is_over = bool(passage.ends[0]), bool(passage.is_cut[0])
            return passage.after[0], float(paid[0]), *is_over, info

    return FieldEnv()


def gymnasium_corridor(config: TabularConfig) -> Any:
    """A `gymnasium.Env`: one episode on the config's map, paid by the config's reward.

    What is seen is the number of the cell. Where a map changes with the updates, it is the first
    one. The terms of a step are in its info. Raises GymnasiumMissing if Gymnasium is not installed,
    and RewardValueError if a step cannot be paid.
    """
    gymnasium = load_gymnasium()
    ground, world = ground_of(config, 0), config.world
    grid = ground.floor.grid
    terms = term_tables(ground.floor, config.gamma)
    terms = terms | {"true": true_reward_table(ground.floor, config.gamma)}

    class CorridorEnv(gymnasium.Env):
        """One episode at a time."""

        metadata = {"render_modes": []}  # noqa: RUF012

        def __init__(self) -> None:
            self.observation_space = gymnasium.spaces.Discrete(grid.cell_count)
            self.action_space = gymnasium.spaces.Discrete(len(ACTIONS))
            self._cell, self._steps = grid.find("S"), 0

        def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
            """A new episode."""
            super().reset(seed=seed)
            self._cell, self._steps = grid.find("S"), 0
            return self._cell, {}

        def step(self, action: Any) -> Any:
            """One action; with a slip, the move goes where chance will have it."""
            move = self._cell, int(checked_actions([action], 1, len(ACTIONS))[0])
            if self.np_random.random() < world.slip:
                move = self._cell, int(self.np_random.integers(len(ACTIONS)))
            info = {name: float(table[move]) for name, table in terms.items()}
            self._cell, self._steps = int(grid.next_cell[move]), self._steps + 1
            is_there = self._cell == ground.floor.goal
            is_cut = self._steps >= world.step_limit and not is_there
            return self._cell, float(ground.reward[move]), is_there, is_cut, info

    return CorridorEnv()


def gymnasium_vector_corridor(config: TabularConfig, count: int) -> Any:
    """A `gymnasium.vector.VectorEnv` of so many episodes on the config's map.

    What is seen, paid and told is that of `gymnasium_corridor`, and it raises the same. An episode
    that is over begins anew in the same step; the cell it ended on is in the info, as `final_obs`.
    """
    gymnasium = load_gymnasium()
    vector, world = gymnasium.vector, config.world
    ground = ground_of(config, 0)
    grid, start = ground.floor.grid, ground.floor.grid.find("S")
    terms = term_tables(ground.floor, config.gamma)
    terms = terms | {"true": true_reward_table(ground.floor, config.gamma)}

    class CorridorVectorEnv(vector.VectorEnv):
        """Episodes side by side."""

        metadata = {  # noqa: RUF012
            "render_modes": [],
            "autoreset_mode": vector.AutoresetMode.SAME_STEP,
        }

        def __init__(self) -> None:
            self.num_envs = count
            self.single_observation_space = gymnasium.spaces.Discrete(grid.cell_count)
            self.single_action_space = gymnasium.spaces.Discrete(len(ACTIONS))
            batch = vector.utils.batch_space
            self.observation_space = batch(self.single_observation_space, count)
            self.action_space = batch(self.single_action_space, count)
            self.reset()

        def reset(self, *, seed: Any = None, options: Any = None) -> Any:
            """New episodes everywhere; without a seed, those of the config's seed."""
            self._rng = np.random.default_rng(row_seed(seed, config.seed))
            self._cells, self._steps = np.full(count, start), np.zeros(count, dtype=np.int64)
            return self._cells, {}

        def step(self, actions: Any) -> Any:
            """One action for each episode; with a slip, moves go where chance will have it."""
            chosen = checked_actions(actions, count, len(ACTIONS))
            slips = self._rng.random(count) < world.slip
            by_chance = self._rng.integers(len(ACTIONS), size=count)
            moves = self._cells, np.where(slips, by_chance, chosen)
            after, self._steps = grid.next_cell[moves], self._steps + 1
            is_there = after == ground.floor.goal
            is_cut = ~is_there & (self._steps >= world.step_limit)
            is_last = is_there | is_cut
            info = with_final({name: table[moves] for name, table in terms.items()}, after, is_last)
            self._cells = np.where(is_last, start, after)
            self._steps[is_last] = 0
            return self._cells, ground.reward[moves], is_there, is_cut, info

    return CorridorVectorEnv()


def with_final(
    told: dict[str, np.ndarray], after: np.ndarray, is_last: np.ndarray
) -> dict[str, Any]:
    """An info, and in it what was seen last of every episode that is over, if any is."""
    if not is_last.any():
        return dict(told)
    final = np.full(len(after), None, dtype=object)
    for place in np.flatnonzero(is_last):
        final[place] = after[place]
    return {**told, "final_obs": final, "_final_obs": is_last}


def gymnasium_vector_env(config: FieldConfig, count: int) -> Any:
    """A `gymnasium.vector.VectorEnv` of so many episodes, paid by the config's reward.

    An episode that is over begins anew in the same step; what was seen last of it is in the info,
    as `final_obs`. Raises GymnasiumMissing if Gymnasium is not installed.
    """
    gymnasium = load_gymnasium()
    vector = gymnasium.vector

    class FieldVectorEnv(vector.VectorEnv):
        """Episodes side by side."""

        metadata = {  # noqa: RUF012
            "render_modes": [],
            "autoreset_mode": vector.AutoresetMode.SAME_STEP,
        }

        def __init__(self) -> None:
            self.num_envs = count
            self._paid = _Paid(config, count, config.seed)
            field = self._paid.field
            self.single_observation_space = gymnasium.spaces.Box(
                -np.inf, np.inf, (field.inputs,), np.float32
            )
            self.single_action_space = gymnasium.spaces.Discrete(len(field.actions))
            batch = vector.utils.batch_space
            self.observation_space = batch(self.single_observation_space, count)
            self.action_space = batch(self.single_action_space, count)

        def reset(self, *, seed: Any = None, options: Any = None) -> Any:
            """New episodes everywhere; without a seed, those of the config's seed."""
            self._paid = _Paid(config, count, row_seed(seed, config.seed))
            return self._paid.field.observations(), {}

        def step(self, actions: Any) -> Any:
            """One action for each episode."""
            passage, paid, terms = self._paid.step(actions)
            info = with_final(terms, passage.after, passage.is_last)
            seen = self._paid.field.observations()
            return seen, paid, passage.ends, passage.is_cut, info

    return FieldVectorEnv()
