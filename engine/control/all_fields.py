"""Every world that is a field, whoever learns there: a new one is a line here."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from engine.control.board_field import BoardField
from engine.control.cart_field import CartField
from engine.control.catch_field import CatchField
from engine.control.cleaner_field import CleanerField
from engine.control.fields import Field
from engine.control.shuttle_field import ShuttleField
from engine.control.trading_field import TradingField
from engine.control.trolley_field import TrolleyField
from engine.spec import TrainConfig, WorldConfig
from engine.worlds.board import BoardConfig
from engine.worlds.cart import CartConfig
from engine.worlds.catch import CatchConfig
from engine.worlds.cleaner import CleanerConfig
from engine.worlds.shuttle import ShuttleConfig
from engine.worlds.trading import TradingConfig
from engine.worlds.trolleys import TrolleysConfig

FIELDS = {
    TrolleysConfig: TrolleyField,
    CartConfig: CartField,
    CatchConfig: CatchField,
    CleanerConfig: CleanerField,
    BoardConfig: BoardField,
    TradingConfig: TradingField,
    ShuttleConfig: ShuttleField,
}
if TYPE_CHECKING:
    FieldWorld = WorldConfig
else:
    FieldWorld = reduce(or_, FIELDS)


def field_of(config: TrainConfig, count: int, purpose: str = "") -> Field:
    """The field of a config's world; purpose: for which its random numbers are drawn."""
    return field_in(config.world, count, config.seed, purpose)


def field_in(world: WorldConfig, count: int, seed: int, purpose: str = "") -> Field:
    """The field of a world; purpose: for which its random numbers are drawn."""
    return FIELDS[type(world)](world, count, seed, purpose)  # type: ignore[index]
