"""A hospital corridor at night: a courier robot, a pharmacy, ward nine, charging pads and spills.

The robot starts at the pharmacy and drives one cell a step. An episode ends on the ward, or after
`step_limit` steps; a spill sends the robot back to the pharmacy. Maps are files in `engine/maps`,
or drawn by whoever trains. Every reward term is a table [cells, actions], so a reward expression
becomes a reward table in one evaluation.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from pydantic import Field, ValidationInfo, field_validator, model_validator

from engine.drawn_maps import LONGEST_PAINT, drawn_grid, paint_text, painted_amounts
from engine.frozen import Frozen
from engine.gridworld import ACTIONS, NOWHERE, Grid
from engine.map_files import DEFAULT_MAP, MAP_FILES, MAP_PROBLEMS, MapFile
from engine.metrics import MetricName as M
from engine.reward_expression import RewardExpression
from engine.spec import RewardTerm, World, WorldConfig
from engine.value_iteration import DecisionProcess

STEP_COST = 0.002  # of the true reward, which pays 1 for a delivery
SPILL_COST = 0.2
FORMER_REWARD = "10*delivered - 0.1*step"  # what an experienced robot was paid until now
MOST_CHANGES = 20

MAPS: dict[str, Grid] = {name: found.grid for name, found in MAP_FILES.items()}


class MapChange(Frozen):
    """Another map from some update on: the robot drives on it with what it has learnt."""

    after: int = Field(
        ge=0, le=3000, title="After", description="How many updates are made before the change."
    )
    drawn: str = Field(
        title="Map",
        description="The new map, as large as the one before it.",
    )
    paint: str = Field(
        default="",
        max_length=LONGEST_PAINT,
        title="Paint",
        description="Amounts on the cells of the new map.",
    )

    @field_validator("drawn")
    @classmethod
    def _map_is_whole(cls, drawn: str) -> str:
        return "/".join(drawn_grid("".join(drawn.split())).rows)

    @field_validator("paint")
    @classmethod
    def _paint_fits(cls, paint: str, info: ValidationInfo) -> str:
        if "drawn" not in info.data:
            return paint
        return paint_text(painted_amounts(paint, drawn_grid(info.data["drawn"]).cell_count))


def _told_by_map(setting: str) -> Any:
    """A default that the file of the chosen map gives."""
    return lambda before: getattr(MAP_FILES[before.get("map", DEFAULT_MAP)], setting)


class CorridorConfig(WorldConfig):
    """The corridor: which map, how long a shift lasts, how slippery the floor is."""

    world: Literal["corridor"] = "corridor"
    map: Literal[tuple(MAP_FILES)] = Field(  # pyright: ignore[reportInvalidTypeForm]
        default=DEFAULT_MAP, title="Map", description="The floor plan that the robot drives on."
    )
    step_limit: int = Field(
        default_factory=_told_by_map("step_limit"),
        ge=10,
        le=500,
        title="Steps in an episode",
        description="An episode that has not reached the ward is cut off after this many steps.",
    )
    slip: float = Field(
        default_factory=_told_by_map("slip"),
        ge=0,
        le=0.5,
        title="Slip",
        description="Probability that a move goes in a direction drawn at random.",
    )
    drawn: str = Field(
        default="",
        title="Drawn map",
        description="A map of your own instead: its rows with / between them; # wall, . floor, "
        "S start, G ward, P pad, C spill, ^ v < > arrow tiles.",
    )
    paint: str = Field(
        default="",
        max_length=LONGEST_PAINT,
        title="Paint",
        description="What the term painted pays on single cells: cell:amount with spaces between "
        "them, cells numbered row by row from 0.",
    )
    changes: tuple[MapChange, ...] = Field(
        default=(),
        max_length=MOST_CHANGES,
        title="Changes",
        description="Other maps of the same size, each from some update on.",
    )

    @model_validator(mode="before")
    @classmethod
    def _one_map(cls, data: Any) -> Any:
        """A drawn map replaces the chosen one, so that equal runs are written in one way."""
        if isinstance(data, dict) and data.get("drawn"):
            chosen = data.get("map")
            return {**data, "map": DEFAULT_MAP} if chosen in tuple(MAPS) else data
        return data

    @field_validator("map", mode="before")
    @classmethod
    def _map_could_be_read(cls, name: Any) -> Any:
        if isinstance(name, str) and name in MAP_PROBLEMS:
            raise ValueError(f"that map cannot be used: {MAP_PROBLEMS[name]}")
        return name

    @field_validator("drawn")
    @classmethod
    def _map_is_whole(cls, drawn: str) -> str:
        text = "".join(drawn.split())
        return "/".join(drawn_grid(text).rows) if text else ""

    @field_validator("paint")
    @classmethod
    def _paint_fits(cls, paint: str, info: ValidationInfo) -> str:
        grid = _first_grid(info.data)
        return paint_text(painted_amounts(paint, grid.cell_count)) if grid else paint

    @field_validator("changes")
    @classmethod
    def _changes_fit(
        cls, changes: tuple[MapChange, ...], info: ValidationInfo
    ) -> tuple[MapChange, ...]:
        """In the order of their updates; of two after the same update, the later in the list."""
        grid = _first_grid(info.data)
        for change in changes:
            size = drawn_grid(change.drawn).size
            if grid and size != grid.size:
                raise ValueError(
                    f"the map after update {change.after} has {size[0]} rows of {size[1]} "
                    f"cells and the first one {len(grid.rows)} of {grid.columns}; keep its size"
                )
        last = {change.after: change for change in changes}
        return tuple(last[after] for after in sorted(last))


def _first_grid(checked: dict[str, Any]) -> Grid | None:
    """The map that a run begins on; None if what says so is itself wrong."""
    if "drawn" not in checked or "map" not in checked:
        return None
    return drawn_grid(checked["drawn"]) if checked["drawn"] else MAPS[checked["map"]]


@dataclass(frozen=True)
class Floor:
    """What the robot drives on: a map, amounts painted on its cells, and what is wanted there."""

    grid: Grid
    paint: str = ""
    wanted: Literal["delivery", "laps"] = "delivery"

    @property
    def goal(self) -> int:
        """The ward, or NOWHERE."""
        return self.grid.find("G")

    @property
    def has_way(self) -> bool:
        """Whether the ward can be reached, or there is none to reach."""
        start = self.grid.find("S")
        return self.goal == NOWHERE or bool(self.grid.distances_to(self.goal)[start] >= 0)

    @property
    def lacks_ward(self) -> bool:
        """Whether deliveries are wanted, and there is no ward to deliver to."""
        return self.wanted == "delivery" and self.goal == NOWHERE


def floor_of(config: CorridorConfig, updates: int = 0) -> Floor:
    """What the robot drives on once so many updates are made.

    On a drawn map deliveries are wanted, unless it is one of the list, with whatever amounts.
    """
    named: MapFile = MAP_FILES[config.map]
    made = [change for change in config.changes if change.after <= updates]
    if not made and not config.drawn:
        return Floor(named.grid, config.paint or named.paint, named.wanted)
    drawn, paint = (made[-1].drawn, made[-1].paint) if made else (config.drawn, config.paint)
    grid = drawn_grid(drawn)
    listed = next((known for known in MAP_FILES.values() if known.rows == grid.rows), None)
    return Floor(grid, paint, listed.wanted if listed else "delivery")


def grid_of(config: CorridorConfig, updates: int = 0) -> Grid:
    """The map once so many updates are made."""
    return floor_of(config, updates).grid


def process_of(config: CorridorConfig, updates: int = 0) -> DecisionProcess:
    """The corridor as a table of moves; only the ward ends an episode."""
    grid = grid_of(config, updates)
    return DecisionProcess(grid.next_cell, grid.having("G"), config.slip)


@lru_cache(maxsize=32)
def term_tables(floor: Floor, gamma: float) -> dict[str, np.ndarray]:
    """Every reward term for every move: [cells, actions] float64, of the direction really taken.

    gamma: the learner's discount, which `progress` needs to leave the best policy as it is.
    """
    grid = floor.grid
    distance = np.maximum(grid.distances_to(floor.goal), 0).astype(np.float64)
    here, there = distance[:, None], distance[grid.next_cell]
    moved, pad = ~grid.is_bump, grid.having("P")
    paint = np.zeros(grid.cell_count)
    for cell, amount in painted_amounts(floor.paint, grid.cell_count).items():
        paint[cell] = amount
    return {
        "delivered": (moved & grid.having("G")[grid.entered]).astype(np.float64),
        "on_pad": (moved & pad[grid.entered]).astype(np.float64),
        "off_pad": (moved & pad[:, None]).astype(np.float64),
        "step": np.ones((grid.cell_count, len(ACTIONS))),
        "bump": grid.is_bump.astype(np.float64),
        "closer": (there < here).astype(np.float64),
        "progress": here - gamma * there,  # gamma phi(s') - phi(s) with phi = -distance
        "spill": (moved & grid.having("C")[grid.entered]).astype(np.float64),
        "beside": grid.is_beside_spill[grid.next_cell].astype(np.float64),
        "painted": np.where(moved, paint[grid.entered], 0.0),
        "arrow": grid.follows_arrow.astype(np.float64),
        "clockwise": grid.clockwise,
    }


def reward_table(floor: Floor, reward: RewardExpression, gamma: float) -> np.ndarray:
    """What the learner's reward pays for every move: [cells, actions] float64.

    Raises RewardValueError if it is not a finite number somewhere on the floor.
    """
    is_floor = ~floor.grid.is_wall
    tables = term_tables(floor, gamma)
    table = np.zeros_like(tables["step"])
    table[is_floor] = reward.evaluate({name: term[is_floor] for name, term in tables.items()})
    return table


def true_reward_table(floor: Floor, gamma: float) -> np.ndarray:
    """What the designer wanted, for every move: [cells, actions] float64."""
    tables = term_tables(floor, gamma)
    if floor.wanted == "laps":
        return tables["clockwise"]
    return tables["delivered"] - STEP_COST * tables["step"] - SPILL_COST * tables["spill"]


TERMS = (
    RewardTerm(
        name="delivered",
        label="Medicine delivered",
        meaning="1 for the step that reaches the ward, which also ends the episode.",
        most=1,
    ),
    RewardTerm(
        name="on_pad",
        label="Visit to the charging pad",
        meaning="1 for every step that drives onto the charging pad; waiting there pays nothing.",
        exploit="Step off the pad and on again, for ever.",
        most=1,
    ),
    RewardTerm(
        name="off_pad",
        label="Leaving the charging pad",
        meaning="1 for every step that drives off the charging pad. 0.99*on_pad - off_pad, with "
        "gamma at 0.99, is potential-based: it leaves the best policy as it is.",
        most=1,
    ),
    RewardTerm(
        name="step",
        label="Each step",
        meaning="1 for every step; give it a negative weight and time costs something.",
        exploit="With a positive weight the robot never arrives, since arriving ends the pay.",
        most=1,
    ),
    RewardTerm(
        name="bump",
        label="Bump",
        meaning="1 for every step that meets a wall.",
        exploit="With a positive weight the robot leans against a wall for ever.",
        most=1,
    ),
    RewardTerm(
        name="closer",
        label="Step towards the ward",
        meaning="1 for every step that shortens the way to the ward; a step back costs nothing.",
        exploit="Walk one step back and one step forth, for ever.",
        most=1,
    ),
    RewardTerm(
        name="progress",
        label="Progress, potential-based",
        meaning="Way to the ward before the step, minus gamma times the way after it, in steps: "
        "a step back takes away what a step forth gave.",
        least=None,
    ),
    RewardTerm(
        name="spill",
        label="Spill",
        meaning="1 for a step that drives onto a spill, from where the robot is carried back to "
        "its start.",
        exploit="With a positive weight the robot drives into it again and again.",
        most=1,
    ),
    RewardTerm(
        name="beside",
        label="Beside a spill",
        meaning="1 for a step that ends on a cell from which one more step could end in a spill.",
        exploit="With a positive weight the robot stays beside the spill for ever.",
        most=1,
    ),
    RewardTerm(
        name="painted",
        label="Painted amount",
        meaning="The amount that is painted on the cell driven onto; 0 where nothing is painted.",
        exploit="Step off a painted cell and on again, for ever.",
        least=None,
    ),
    RewardTerm(
        name="arrow",
        label="Along an arrow",
        meaning="1 for a step that drives onto an arrow tile in the direction of its arrow.",
        exploit="Step back off the arrow and on again, for ever.",
        most=1,
    ),
    RewardTerm(
        name="clockwise",
        label="Clockwise",
        meaning="1 for a step clockwise about the middle of the map, -1 for a step the other way.",
        least=-1,
        most=1,
    ),
)

TERM_NAMES = tuple(term.name for term in TERMS)

WORLD = World(
    name="corridor",
    title="The corridor",
    config=CorridorConfig,
    terms=TERMS,
    true_reward=f"1 for a delivery, less {STEP_COST} a step and {SPILL_COST} a spill; where laps "
    "are wanted, 1 for a step clockwise, less 1 for a step back.",
    metrics=(
        *(M.PROXY_RETURN, M.TRUE_RETURN, M.DELIVERED, M.PAD_VISITS, M.LENGTH, M.BUMPS),
        *(M.SPILLS, M.BESIDE),
    ),
    rollout="step",
    work_unit="steps",
)
