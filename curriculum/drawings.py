"""What a setting draws in its own way: signs, clothes, and what stands and rolls about.

A sign is a line that the setting's file draws itself; the other parts are named, and drawn in
`pages/parts/components/js/furnishings.js`. What a file leaves out is the hospital's.
"""

from collections.abc import Iterator
from typing import Annotated, Literal, get_args

from pydantic import Field

from curriculum.findings import Finding
from engine.frozen import Frozen

Line = Annotated[
    str, Field(pattern=r"^M[MmLlHhVvCcSsQqTtAaZz0-9 .,-]+$", min_length=4, max_length=300)
]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]
Outfit = Literal["white_coat", "tunic", "suit", "waistcoat", "hoodie", "vest", "overall"]
Rest = Literal["bed", "couch", "bunk"]
Trolley = Literal["shelves", "strongbox", "case", "pallet"]
Falling = Literal["pill", "coin", "badge", "bolt"]
Load = Literal["dish", "tureen", "bowl", "flask"]
Vehicle = Literal["minibus", "saloon", "camper", "truck"]

OUTFITS, RESTS, TROLLEYS, FALLING = map(get_args, (Outfit, Rest, Trolley, Falling))
LOADS, VEHICLES = get_args(Load), get_args(Vehicle)
DARK = 0.18  # the brightest plate on which white letters are read: a contrast of 4.5 to 1


class Drawings(Frozen):
    """The drawing parts of a setting. A line stands about the middle of 28 x 24, that of a parcel
    of 14 x 10, as the path of an SVG."""

    start: Line = "M0 -10 v20 M-10 0 h20"  # where couriers set out
    goal: Line = "M-12 9 v-16 M-12 4 h24 v5 M12 4 q0 -7 -7 -7 h-11 v7"  # where they deliver
    house: Line = "M-12 9 v-16 M-12 4 h24 v5 M12 4 q0 -7 -7 -7 h-11 v7"  # over the main door
    parcel: Line = "M0 -4 v8 M-4 0 h8"  # on what is delivered
    plate: Colour = "#0b5a63"  # behind signs
    safety: Outfit = "white_coat"  # what Dr. Adeyemi wears
    night: Outfit = "tunic"  # what is worn behind the counter at night
    rest: Rest = "bed"  # on what somebody sleeps there
    trolley: Trolley = "shelves"  # what crosses the corridor by day
    falling: Falling = "pill"  # what drops out of the chute
    load: Load = "dish"  # what stands on the tray of the cart
    vehicle: Vehicle = "minibus"  # the shuttle, from above


PARTS = tuple(Drawings.model_fields)


def lacking(drawings: Drawings) -> tuple[str, ...]:
    """The parts that a setting's file does not name, so that the hospital's are drawn."""
    return tuple(part for part in PARTS if part not in drawings.model_fields_set)


def of_plate(drawings: Drawings) -> Iterator[Finding]:
    """White letters stand on a plate."""
    if _brightness(drawings.plate) > DARK:
        message, remedy = "White letters cannot be read on this colour.", "Choose a darker one."
        yield Finding(("drawings", "plate"), drawings.plate, message, remedy)


def _brightness(colour: str) -> float:
    """The relative luminance of WCAG 2."""
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
