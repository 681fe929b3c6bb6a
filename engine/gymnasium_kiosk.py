"""The kiosk as an environment of Gymnasium, alone or many side by side: a bandit with five arms.

An episode is the visitors of one run, so a lobby that changes does so within it; it is cut off and
never ends. What is seen is a visitor's hour and age, on which no button's worth depends.
"""

from typing import Any

import numpy as np

from engine.gymnasium_worlds import checked_actions, load_gymnasium, row_seed, with_final
from engine.lobby.clerks import AGES, FIRST_HOUR, HOURS, YOUNGEST, visitor_chances
from engine.lobby.practice import KioskRunConfig
from engine.reward_expression import parse
from engine.worlds.kiosk import (
    BUTTONS,
    TERM_NAMES,
    expected,
    outcomes_of,
    pay_table,
    stages_of,
    term_values,
    true_reward,
)


class Kiosks:
    """Kiosks side by side, at which as many visitors have come, each with luck of their own."""

    def __init__(self, config: KioskRunConfig, count: int) -> None:
        """Nobody has come. Raises RewardValueError if something that may happen has no pay."""
        lobby, reward = config.world.lobby, parse(config.reward, TERM_NAMES)
        stages = stages_of(lobby)
        drawn = [outcomes_of(lobby, stage) for stage in stages]
        tables = [pay_table(lobby, reward, stage) for stage in stages]
        worths = [
            expected(lobby, table, stage) for stage, table in zip(stages, tables, strict=True)
        ]
        self.count, self.presses = count, config.updates * config.world.visitors
        self._change_after = config.world.change_after
        self._cumulative = [chances.cumsum(axis=1) for _, chances in drawn]
        self._terms = [term_values(one) | {"true": true_reward(one)} for one, _ in drawn]
        self._pay = tables
        self._gaps = [one.max() - one for one in worths]
        self._comes = visitor_chances().sum(axis=0).ravel().cumsum()  # hours * AGES + ages
        self.came = 0

    @property
    def is_over(self) -> bool:
        """Whether all visitors of the run have come."""
        return self.came >= self.presses

    def visitors(self, luck: np.ndarray) -> np.ndarray:
        """Who comes: hour and age, [count, 2] float32. luck: in 0..1, [count]."""
        found = np.searchsorted(self._comes[:-1], luck * self._comes[-1], side="right")
        hours, ages = np.divmod(found, AGES)
        return np.stack([FIRST_HOUR + hours, YOUNGEST + ages], axis=1).astype(np.float32)

    def press(self, buttons: np.ndarray, luck: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
        """What a button at each kiosk pays, [count], and everything that came of it.

        `regret` is what the press gave away, exactly: the mean pay of the best button less that of
        the one pressed. luck: in 0..1, [count].
        """
        stage = int(len(self._pay) > 1 and self.came >= self._change_after)
        cumulative = self._cumulative[stage][buttons]
        drawn = luck[:, None] * cumulative[:, -1:]
        happened = buttons, np.minimum((cumulative <= drawn).sum(1), cumulative.shape[1] - 1)
        told = {name: values[happened] for name, values in self._terms[stage].items()}
        self.came += 1
        return self._pay[stage][happened], told | {"regret": self._gaps[stage][buttons]}


def _spaces(gymnasium: Any) -> tuple[Any, Any]:
    """What is seen, and what can be pressed."""
    first = np.array([FIRST_HOUR, YOUNGEST], dtype=np.float32)
    last = first + np.array([HOURS - 1, AGES - 1], dtype=np.float32)
    return gymnasium.spaces.Box(first, last), gymnasium.spaces.Discrete(len(BUTTONS))


def gymnasium_kiosk(config: KioskRunConfig) -> Any:
    """A `gymnasium.Env`: the visitors of one run, one press a step, paid by the config's reward.

    What came of a press is in its info. Raises GymnasiumMissing if Gymnasium is not installed, and
    RewardValueError if a press cannot be paid.
    """
    gymnasium = load_gymnasium()
    kiosks = Kiosks(config, 1)

    class KioskEnv(gymnasium.Env):
        """One episode at a time."""

        metadata = {"render_modes": []}  # noqa: RUF012

        def __init__(self) -> None:
            self.observation_space, self.action_space = _spaces(gymnasium)

        def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
            """Nobody has come, and somebody comes."""
            super().reset(seed=seed)
            kiosks.came = 0
            return kiosks.visitors(self.np_random.random(1))[0], {}

        def step(self, action: Any) -> Any:
            """One press."""
            comes, luck = self.np_random.random((2, 1))
            paid, told = kiosks.press(checked_actions([action], 1, len(BUTTONS)), luck)
            info = {name: float(values[0]) for name, values in told.items()}
            return kiosks.visitors(comes)[0], float(paid[0]), False, kiosks.is_over, info

    return KioskEnv()


def gymnasium_vector_kiosk(config: KioskRunConfig, count: int) -> Any:
    """A `gymnasium.vector.VectorEnv` of so many kiosks, paid by the config's reward.

    Their episodes are over together and begin anew in the same step; who would have come next is in
    the info, as `final_obs`. Raises as `gymnasium_kiosk` does.
    """
    gymnasium = load_gymnasium()
    vector, kiosks = gymnasium.vector, Kiosks(config, count)

    class KioskVectorEnv(vector.VectorEnv):
        """Kiosks side by side."""

        metadata = {  # noqa: RUF012
            "render_modes": [],
            "autoreset_mode": vector.AutoresetMode.SAME_STEP,
        }

        def __init__(self) -> None:
            self.num_envs = count
            self._rng = np.random.default_rng(config.seed)
            self.single_observation_space, self.single_action_space = _spaces(gymnasium)
            batch = vector.utils.batch_space
            self.observation_space = batch(self.single_observation_space, count)
            self.action_space = batch(self.single_action_space, count)

        def reset(self, *, seed: Any = None, options: Any = None) -> Any:
            """New episodes everywhere; without a seed, those of the config's seed."""
            self._rng = np.random.default_rng(row_seed(seed, config.seed))
            kiosks.came = 0
            return kiosks.visitors(self._rng.random(count)), {}

        def step(self, actions: Any) -> Any:
            """One press at each kiosk."""
            comes, luck = self._rng.random((2, count))
            paid, info = kiosks.press(checked_actions(actions, count, len(BUTTONS)), luck)
            seen, is_cut = kiosks.visitors(comes), np.full(count, kiosks.is_over)
            if kiosks.is_over:
                info = with_final(info, seen, is_cut)
                kiosks.came = 0
                seen = kiosks.visitors(self._rng.random(count))
            return seen, paid, np.zeros(count, dtype=bool), is_cut, info

    return KioskVectorEnv()
