"""The gridworlds that ship: one TOML file each in `engine/maps`, read and checked once.

To add a gridworld, add a file. Its name without `.toml` is the name of the map. A file that cannot
be used is left out, and `MAP_PROBLEMS` says why; the others are there all the same.
"""

import re
import tomllib
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails

from engine.drawn_maps import MOST_ROWS, grid_of_rows, painted_amounts
from engine.frozen import Frozen
from engine.gridworld import Grid

FOLDER = Path(__file__).with_name("maps")
FIRST = "night_ward"  # what the list of maps begins with
_FILE_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\.toml")
_TOML_PLACE = re.compile(r"(.*) \(at line (\d+), column (\d+)\)")


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

    @field_validator("rows")
    @classmethod
    def _rows_are_a_map(cls, rows: tuple[str, ...]) -> tuple[str, ...]:
        return grid_of_rows(rows).rows

    @field_validator("paint")
    @classmethod
    def _paint_fits(cls, paint: str, info: ValidationInfo) -> str:
        if "rows" in info.data:
            painted_amounts(paint, len("".join(info.data["rows"])))
        return paint

    @property
    def grid(self) -> Grid:
        """The map itself."""
        return Grid(self.rows)


class MapFileError(ValueError):
    """A map file that cannot be used: which file, where, what is wrong with it, and what to do."""


def read_map(path: Path) -> MapFile:
    """The map of one file. Raises MapFileError, one sentence."""
    text = _text_of(path)
    try:
        return MapFile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        place = _TOML_PLACE.fullmatch(str(error))
        where = f"line {place[2]}, column {place[3]}" if place else "its end"
        what = place[1] if place else str(error).removesuffix(" (at end of document)")
        raise MapFileError(
            f"{path}, {where}: {what}, so it is no TOML; correct it there."
        ) from None
    except ValidationError as error:
        raise MapFileError(f"{path}{_refusal(error.errors()[0], text)}.") from None


def _text_of(path: Path) -> str:
    if not _FILE_NAME.fullmatch(path.name):
        raise MapFileError(
            f"{path}: the name of a map is at most 40 of a-z, 0-9 and _, a letter first; rename "
            "the file, as in `my_map.toml`."
        )
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise MapFileError(
            f"{path}: it cannot be read ({error.strerror}); let it be read, or take it away."
        ) from None
    except UnicodeDecodeError:
        raise MapFileError(f"{path}: it is not a text in UTF-8; save it as one.") from None


def _refusal(error: ErrorDetails, text: str) -> str:
    """The line of a wrong setting, what is wrong with it, and what to do."""
    place = ".".join(map(str, error["loc"]))
    if error["type"] == "missing":
        return f": `{place}` is missing; add a line `{place} = ...`"
    lines = text.splitlines()
    key = re.compile(rf"\s*[\"']?{re.escape(str(error['loc'][0]))}[\"']?\s*=")
    line = next((number for number, one in enumerate(lines, 1) if key.match(one)), 0)
    where = f", line {line}" if line else ""
    if error["type"] == "extra_forbidden":
        known = ", ".join(MapFile.model_fields)
        return f"{where}: `{place}` is no setting of a map; take it out, or use one of {known}"
    what = error["msg"].removeprefix("Value error, ")
    remedy = "" if error["type"] == "value_error" else "; correct it there"
    return f"{where}: `{place}`: {what}{remedy}"


def read_maps(folder: Path) -> tuple[dict[str, MapFile], dict[str, str]]:
    """The maps of a folder, the usual one first and the others by name, and what is wrong.

    The second names every map that is left out, with one sentence. Raises MapFileError if no map
    is left.
    """
    maps, problems = dict[str, MapFile](), dict[str, str]()
    paths = [path for path in folder.glob("*") if path.suffix.lower() == ".toml"]
    for path in sorted(paths, key=lambda one: (one.stem != FIRST, one.stem)):
        try:
            maps[path.stem] = read_map(path)
        except MapFileError as error:
            problems[path.stem] = str(error)
    if not maps:
        raise MapFileError(" ".join([f"{folder} holds no map; add one.", *problems.values()]))
    return maps, problems


MAP_FILES, MAP_PROBLEMS = read_maps(FOLDER)
DEFAULT_MAP = next(iter(MAP_FILES))
