"""The places to learn in, by name."""

from engine.spec import World
from engine.worlds import (
    arms,
    board,
    cart,
    catch,
    cleaner,
    corridor,
    desk,
    drafts,
    kiosk,
    letters,
    noughts,
    readers,
    shuttle,
    trading,
    trolleys,
)

WORLDS: dict[str, World] = {
    world.name: world
    for world in (
        *(corridor.WORLD, cart.WORLD, desk.WORLD, letters.WORLD),
        *(kiosk.WORLD, trolleys.WORLD, catch.WORLD, cleaner.WORLD),
        *(board.WORLD, trading.WORLD, shuttle.WORLD, arms.WORLD, noughts.WORLD),
        *(drafts.WORLD, readers.WORLD),
    )
}
