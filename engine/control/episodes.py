"""Episodes across updates: what each added up to, and the one that is watched."""

from collections import deque
from collections.abc import Mapping

import numpy as np

from engine.control.carts import Drive
from engine.control.fields import Measures
from engine.control.plays import means
from engine.metrics import MetricName as M
from engine.scenes import CartScene, ShiftEnd
from engine.worlds.cart import CORRIDOR_END

MOST_FRAMES = 125
CART = Measures(
    {
        M.PROXY_RETURN: "proxy",
        M.TRUE_RETURN: "true",
        M.LENGTH: "step",
        M.FELL: "fell",
        M.STRAIGHTENED: "straightened",
    },
    {M.TILT: "tilt", M.OFFSET: "offset", M.SWITCHES: "switched"},
)


class Tally:
    """Adds up episodes, which may begin in one update and end in a later one."""

    def __init__(self, count: int, measures: Measures = CART) -> None:
        """Nothing has happened yet. count: how many episodes are on at once."""
        self._measures = measures
        self.ended: list[np.ndarray] = []  # in the last update, in order of time: [names] each
        self._running = np.zeros((len(measures.names), count))
        self._latest: deque[np.ndarray] = deque(maxlen=count)

    def add(self, values: Mapping[str, np.ndarray], is_last: np.ndarray) -> None:
        """Take in the steps of an update: name -> [time, count]; is_last: [time, count]."""
        sums = np.cumsum([values[name] for name in self._measures.names], axis=1)
        sums += self._running[:, None]
        taken = np.zeros(self._running.T.shape)  # [count, names]
        self.ended = []
        times, places = np.nonzero(is_last)
        for place, total in zip(places.tolist(), sums[:, times, places].T, strict=True):
            self.ended.append(total - taken[place])
            taken[place] = total
        self._running = sums[:, -1] - taken.T
        self._latest.extend(self.ended)

    def metrics(self) -> dict[M, float]:
        """Means over the episodes that ended in the last update.

        If fewer ended than are on at once, over as many of the latest that did; before any has
        ended, over those that are on, and without shares of episodes.
        """
        enough = len(self.ended) >= self._running.shape[1]
        counted = self.ended if enough else list(self._latest)
        totals = np.array(counted) if counted else self._running.T
        sums = dict(zip(self._measures.names, totals.sum(axis=0), strict=True))
        found = means(self._measures, sums, len(totals))
        unknown = frozenset[M]() if counted else self._measures.shares
        return {metric: value for metric, value in found.items() if metric not in unknown}


class Watched:
    """The first cart, whose episodes are shown."""

    def __init__(self) -> None:
        """It has not set out yet."""
        self._kept = np.empty((0, 4))  # position, tilt, push, gust of the episode that is on

    def follow(self, drive: Drive) -> CartScene:
        """The first episode that ended in this update, or else the one that is on."""
        steps = drive.steps
        columns = (steps.after[0], steps.after[2], steps.push, drive.gust)
        new = np.stack([column[:, 0] for column in columns], axis=1)
        ends = np.flatnonzero(drive.is_last[:, 0])
        if not len(ends):
            self._kept = np.concatenate((self._kept, new))
            return film(self._kept, "on")
        shown = np.concatenate((self._kept, new[: ends[0] + 1]))
        self._kept = new[ends[-1] + 1 :]
        end: ShiftEnd = "stood"
        if steps.ends[ends[0], 0]:
            end = "left" if abs(steps.after[0, ends[0], 0]) > CORRIDOR_END else "fell"
        return film(shown, end)


def film(episode: np.ndarray, end: ShiftEnd) -> CartScene:
    """An episode as it is recorded: every so many steps, counted back from the last one.

    episode: [steps, 4]: position, tilt, push and bump of each step.
    """
    stride = max(1, -(-len(episode) // MOST_FRAMES))
    count = -(-len(episode) // stride)
    whole = np.zeros((count * stride, 4))
    whole[len(whole) - len(episode) :] = episode
    groups = whole.reshape(count, stride, 4)
    positions, tilts, pushes, _ = groups[:, -1].T
    bumps = np.where(groups[..., 3].max(1) > 0, groups[..., 3].max(1), groups[..., 3].min(1))
    return CartScene(
        steps=len(episode),
        end=end,
        frame_steps=stride,
        positions=tuple((positions.round(3) + 0.0).tolist()),  # no minus zero
        tilts=tuple((np.degrees(tilts).round(2) + 0.0).tolist()),
        pushes="".join("r" if push > 0 else "l" for push in pushes),
        bumps=tuple(bumps.tolist()) if bumps.any() else (),
    )
