"""The maths of a grid of cells: where a move ends, and how far every cell is from a goal.

Cells are numbered row by row; the four actions are up, down, left, right.
"""

from collections import deque
from dataclasses import dataclass
from functools import cached_property

import numpy as np

ACTIONS = "udlr"
_DIRECTIONS = ((-1, 0), (1, 0), (0, -1), (0, 1))  # row and column change, in the order of ACTIONS


@dataclass(frozen=True)
class Grid:
    """A map: '#' is a wall, every other sign is floor; beyond the edge is wall too."""

    rows: tuple[str, ...]

    @property
    def columns(self) -> int:
        """Cells in a row."""
        return len(self.rows[0])

    @property
    def cell_count(self) -> int:
        """Cells of the map, walls included."""
        return len(self.rows) * self.columns

    def find(self, sign: str) -> int:
        """The one cell with this sign. Raises ValueError if there is none."""
        return "".join(self.rows).index(sign)

    @cached_property
    def is_wall(self) -> np.ndarray:
        """[cells] bool."""
        return np.array([sign == "#" for row in self.rows for sign in row])

    @cached_property
    def next_cell(self) -> np.ndarray:
        """[cells, actions] int: the cell after a move; a move into a wall stays where it is."""
        moves = np.empty((self.cell_count, len(ACTIONS)), dtype=np.int64)
        for cell in range(self.cell_count):
            row, column = divmod(cell, self.columns)
            for action, (down, right) in enumerate(_DIRECTIONS):
                moves[cell, action] = self._cell_at(row + down, column + right, cell)
        return moves

    def _cell_at(self, row: int, column: int, otherwise: int) -> int:
        inside = 0 <= row < len(self.rows) and 0 <= column < self.columns
        is_open = inside and self.rows[row][column] != "#"
        return row * self.columns + column if is_open else otherwise

    @cached_property
    def is_bump(self) -> np.ndarray:
        """[cells, actions] bool: whether the move meets a wall."""
        return self.next_cell == np.arange(self.cell_count)[:, None]

    def distances_to(self, goal: int) -> np.ndarray:
        """[cells] int: steps of the shortest way to `goal`; -1 where there is no way."""
        distances = np.full(self.cell_count, -1)
        distances[goal] = 0
        frontier = deque([goal])
        while frontier:
            cell = frontier.popleft()
            for neighbour in self.next_cell[cell]:
                if distances[neighbour] < 0:
                    distances[neighbour] = distances[cell] + 1
                    frontier.append(int(neighbour))
        return distances

    def shortest_way(self, start: int, goal: int) -> list[tuple[int, int]]:
        """The (cell, action) pairs of a shortest way, the first action winning a tie."""
        distances = self.distances_to(goal)
        way: list[tuple[int, int]] = []
        cell = start
        while cell != goal:
            closer = distances[self.next_cell[cell]] < distances[cell]
            action = int(np.argmax(closer))
            way.append((cell, action))
            cell = int(self.next_cell[cell, action])
        return way
