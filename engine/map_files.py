"""The gridworlds that ship: one TOML file each in `engine/maps`, read and checked once.

To add a gridworld, add a file. Its name without `.toml` is the name of the map.
"""

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from engine.drawn_maps import MOST_COLUMNS, MOST_ROWS, SIGNS, painted_amounts
from engine.frozen import Frozen
from engine.gridworld import Grid

FOLDER = Path(__file__).with_name("maps")
DEFAULT_MAP = "night_ward"


class MapFile(Frozen):
    """What a file says of its map."""

    title: str = Field(min_length=1, max_length=40)
    sentence: str = Field(min_length=1, max_length=200)  # what the map is, for who chooses one
    loophole: str = Field(default="", max_length=200)  # the known cheap way to earn on it
    wanted: Literal["delivery", "laps"] = "delivery"  # what the true reward asks for
    step_limit: int = Field(default=200, ge=10, le=500)
    slip: float = Field(default=0.0, ge=0, le=0.5)
    rows: tuple[str, ...] = Field(min_length=1, max_length=MOST_ROWS)
    paint: str = ""  # amounts on cells, "cell:amount" with spaces between them

    @property
    def grid(self) -> Grid:
        """The map itself."""
        return Grid(self.rows)


class MapFileError(ValueError):
    """A map file that cannot be used: which file, what is wrong with it, and what to do."""


def read_map(path: Path) -> MapFile:
    """The map of one file. Raises MapFileError, one sentence."""
    try:
        found = MapFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        _check(found)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise MapFileError(f"{path}: `{place}`: {first['msg']}; correct it there.") from None
    except ValueError as error:  # not TOML, not UTF-8, or not a map
        raise MapFileError(f"{path}: {error}.") from None
    return found


def _check(found: MapFile) -> None:
    """Raises ValueError, one sentence without its full stop."""
    if not 1 <= len(found.rows[0]) <= MOST_COLUMNS:
        raise ValueError(f"a row has 1 to {MOST_COLUMNS} cells; change `rows`")
    if len({len(row) for row in found.rows}) != 1:
        raise ValueError("the rows differ in length; make all rows equally long")
    signs = found.grid.signs
    if unknown := sorted(set(signs) - set(SIGNS)):
        raise ValueError(f"`{unknown[0]}` is no sign of a map; use one of {' '.join(SIGNS)}")
    if signs.count("S") != 1 or signs.count("G") > 1:
        raise ValueError("a map has exactly one S and at most one G; change `rows`")
    painted_amounts(found.paint, len(signs))


def _all_maps() -> dict[str, MapFile]:
    """The default map first, the others by name."""
    names = sorted(
        (path.stem for path in FOLDER.glob("*.toml")), key=lambda n: (n != DEFAULT_MAP, n)
    )
    return {name: read_map(FOLDER / f"{name}.toml") for name in names}


MAP_FILES: dict[str, MapFile] = _all_maps()
