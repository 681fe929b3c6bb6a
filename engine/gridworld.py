"""The maths of a grid of cells: where a move ends, and how far every cell is from a goal.

Cells are numbered row by row; the four actions are up, down, left, right.
"""

from collections import deque
from dataclasses import dataclass
from functools import cached_property

import numpy as np

ACTIONS = "udlr"
ARROWS = "^v<>"  # tiles that point in the direction of each action
NOWHERE = -1  # the cell of a sign that a map does not have
_DIRECTIONS = ((-1, 0), (1, 0), (0, -1), (0, 1))  # row and column change, in the order of ACTIONS


@dataclass(frozen=True)
class Grid:
    """A map: '#' is a wall, every other sign is floor; beyond the edge is wall too.

    Whoever drives onto a spill, 'C', is carried back to the start, 'S', within the same step.
    """

    rows: tuple[str, ...]

    @property
    def columns(self) -> int:
        """Cells in a row."""
        return len(self.rows[0])

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.rows), self.columns

    @property
    def cell_count(self) -> int:
        """Cells of the map, walls included."""
        return len(self.rows) * self.columns

    @property
    def signs(self) -> str:
        """The sign of every cell."""
        return "".join(self.rows)

    def find(self, sign: str) -> int:
        """The first cell with this sign, or NOWHERE."""
        return self.signs.find(sign)

    def having(self, sign: str) -> np.ndarray:
        """[cells] bool: the cells with this sign."""
        return np.array([found == sign for found in self.signs])

    @cached_property
    def is_wall(self) -> np.ndarray:
        """[cells] bool."""
        return self.having("#")

    @cached_property
    def entered(self) -> np.ndarray:
        """[cells, actions] int: the cell that a move drives onto; a wall keeps it where it is."""
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
    def next_cell(self) -> np.ndarray:
        """[cells, actions] int: the cell from which the next move sets out."""
        return np.where(self.having("C")[self.entered], self.find("S"), self.entered)

    @cached_property
    def is_bump(self) -> np.ndarray:
        """[cells, actions] bool: whether the move meets a wall."""
        return self.entered == np.arange(self.cell_count)[:, None]

    @cached_property
    def is_beside_spill(self) -> np.ndarray:
        """[cells] bool: whether one move from the cell ends in a spill."""
        return np.asarray(self.having("C")[self.entered].any(axis=1))

    @cached_property
    def follows_arrow(self) -> np.ndarray:
        """[cells, actions] bool: whether the move drives onto an arrow in its direction."""
        along = np.stack([self.having(arrow) for arrow in ARROWS], axis=1)
        return np.where(self.is_bump, False, along[self.entered, np.arange(len(ACTIONS))])

    @cached_property
    def clockwise(self) -> np.ndarray:
        """[cells, actions]: 1 for a move clockwise about the middle of the map, -1 for one back."""
        rows, columns = np.divmod(np.arange(self.cell_count), self.columns)
        below, right = rows - (len(self.rows) - 1) / 2, columns - (self.columns - 1) / 2
        down_by, right_by = np.array(_DIRECTIONS).T
        turn = right[:, None] * down_by - below[:, None] * right_by
        return np.where(self.is_bump, 0.0, np.sign(turn))

    def distances_to(self, goal: int) -> np.ndarray:
        """[cells] int: steps of the shortest way to `goal` past every spill; -1 if there is none.

        Also -1 everywhere if the goal is NOWHERE.
        """
        distances = np.full(self.cell_count, -1)
        frontier = deque([goal] if goal != NOWHERE else [])
        distances[list(frontier)] = 0
        is_spill = self.having("C")
        while frontier:
            cell = frontier.popleft()
            for neighbour in self.entered[cell]:
                if distances[neighbour] < 0 and not is_spill[neighbour]:
                    distances[neighbour] = distances[cell] + 1
                    frontier.append(int(neighbour))
        return distances

    def shortest_way(self, start: int, goal: int) -> list[tuple[int, int]]:
        """The (cell, action) pairs of a shortest way, the first action winning a tie.

        Raises ValueError if there is no way.
        """
        distances = self.distances_to(goal)
        if distances[start] < 0:
            raise ValueError(f"no way leads from cell {start} to cell {goal}")
        way: list[tuple[int, int]] = []
        cell = start
        while cell != goal:
            closer = distances[self.entered[cell]] == distances[cell] - 1
            action = int(np.argmax(closer))
            way.append((cell, action))
            cell = int(self.entered[cell, action])
        return way
