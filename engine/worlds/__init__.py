"""The places to learn in, by name."""

from engine.spec import World
from engine.worlds import cart, catch, corridor, desk, kiosk, letters, shuttle, trolleys

WORLDS: dict[str, World] = {
    world.name: world
    for world in (
        *(corridor.WORLD, cart.WORLD, desk.WORLD, letters.WORLD),
        *(kiosk.WORLD, trolleys.WORLD, catch.WORLD),
        shuttle.WORLD,
    )
}
