"""The worlds that are drawn as pictures: a scene, and what is said beside it.

Another world is another function, and its line in `Picture` and in `DRAWN`.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from curriculum.arms_narration import deed_in_words, reason_in_words
from curriculum.arms_narration import game_in_words as bandit_in_words
from curriculum.board_narration import OPPONENTS, game_in_words
from curriculum.cleaner_narration import night_in_words
from curriculum.kiosk_narration import kiosk_signs, kiosk_visits
from curriculum.narration import moving_in_words, shift_in_words
from curriculum.noughts_narration import NOUGHTS_OPPONENTS, written_game_in_words
from curriculum.shuttle_narration import ride_in_words
from curriculum.trading_narration import days_in_words
from engine.drawn_maps import painted_amounts
from engine.metrics import MetricName
from engine.pawns import COLUMNS
from engine.scenes import (
    ArmsScene,
    BoardScene,
    CartScene,
    GridScene,
    KioskScene,
    NoughtsScene,
    ShuttleScene,
    TradingScene,
)
from engine.spec import TrainConfig
from engine.worlds.arms import PIPS, ArmsConfig
from engine.worlds.board import BoardConfig
from engine.worlds.cart import (
    CORRIDOR_END,
    LANE,
    LARGEST_TILT,
    LEVEL,
    STEP_SECONDS,
    CartConfig,
)
from engine.worlds.corridor import CorridorConfig, MapChange, floor_of
from engine.worlds.drafts import DraftsConfig
from engine.worlds.kiosk import BUTTONS
from engine.worlds.noughts import NoughtsConfig
from engine.worlds.readers import ReadersConfig
from engine.worlds.shuttle import STEP_SECONDS as SHUTTLE_SECONDS
from engine.worlds.shuttle import TOP_SPEED, ShuttleConfig
from engine.worlds.trading import HOURS, LEVELS, MOST_BLOCKS
from pages.parts import components as draw
from pages.parts.tape import Tape

Picture = (
    GridScene
    | CartScene
    | KioskScene
    | BoardScene
    | TradingScene
    | ShuttleScene
    | ArmsScene
    | NoughtsScene
)
SHIFT_ENDS = {
    "on": "still standing after",
    "fell": "the tray fell after",
    "left": "it ran against the end after",
    "stood": "it stood for all",
}


def picture(tape: Tape, scene: Picture, key: str = "picture") -> None:
    """The world as it is drawn."""
    for kind, drawn in DRAWN:
        if isinstance(scene, kind):
            drawn(tape, scene, key)


def changes_of(config: TrainConfig) -> tuple[MapChange, ...]:
    """The other maps that a run is put on while it is on, in their order."""
    return config.world.changes if isinstance(config.world, CorridorConfig) else ()


def _of_update(tape: Tape, said: str, sign: str = ":") -> str:
    """What is said of an update, behind its number; before the first there is none."""
    return f"Update {tape.done}{sign} {said}" if tape.done else said


def cart(tape: Tape, scene: CartScene, key: str) -> None:
    """The tray cart: one episode of the first cart, played."""
    world, update = tape.config.world, tape.update
    assert isinstance(world, CartConfig)
    alt, note = shift_in_words(scene), "It has not set out yet."
    if update:
        note = f"Update {update.update}: {SHIFT_ENDS[scene.end]} {scene.steps} steps"
        alt += _fallen(update.metrics)
    draw.cart_stage(
        draw.Shift(
            positions=scene.positions,
            tilts=scene.tilts,
            pushes=scene.pushes,
            bumps=scene.bumps,
            frame_seconds=scene.frame_steps * STEP_SECONDS,
            seconds=scene.steps * STEP_SECONDS,
            end=scene.end,
        ),
        draw.ShiftLimits(
            limit_seconds=world.step_limit * STEP_SECONDS,
            lane=LANE,
            corridor=CORRIDOR_END,
            level=math.degrees(LEVEL),
            largest_tilt=math.degrees(LARGEST_TILT),
        ),
        update=tape.done,
        live=tape.is_live,
        note=note,
        alt=alt,
        key=key,
    )


def _fallen(metrics: Mapping[MetricName, float]) -> str:
    """How the episodes of an update went, once one has ended."""
    if MetricName.FELL not in metrics:
        return ""
    falls, length = metrics[MetricName.FELL], metrics[MetricName.LENGTH]
    return f" {falls:.0%} of the episodes ended early; they took {length:.0f} steps on average."


def _amounts(tape: Tape, scene: GridScene) -> dict[int, float]:
    """What is painted on the cells of the map that is shown."""
    world = tape.config.world
    if not isinstance(world, CorridorConfig):
        return {}
    floor = floor_of(world, max(0, tape.done - 1))
    return painted_amounts(floor.paint, sum(map(len, scene.rows)))


def _shown_of(tape: Tape) -> str:
    """Whose first episode is shown: that of an update, or of its test, which only some have."""
    update = tape.update
    return "test" if not update or MetricName.PREDICTED_VALUE in update.metrics else "update"


def moving(tape: Tape, scene: GridScene, key: str) -> None:
    """A map on which more than the robot moves: the first episode of an update, or of its test."""
    is_chute = tape.config.world.world == "catch"
    alt = moving_in_words(scene)
    draw.grid_stage(
        scene.rows,
        trail=scene.trail,
        values=scene.values,
        movers=scene.movers,
        mover_kind="pill" if is_chute else "trolley",
        end=scene.end,
        update=tape.done,
        trail_label=f"first {'pill' if is_chute else 'trip'} of the {_shown_of(tape)}",
        note=_of_update(tape, alt, sign=".") if tape.done else "",
        alt=alt,
        key=key,
    )


def cleaning(tape: Tape, scene: GridScene, key: str) -> None:
    """The corridor before six: the robot on its round, the dirt, and what is in its bin."""
    alt = night_in_words(scene)
    draw.grid_stage(
        scene.rows,
        trail=scene.trail,
        values=scene.values,
        dirt=scene.dirt,
        loads=scene.loads,
        update=tape.done,
        places={"S": "Dock"},
        trail_label=f"first night of the {_shown_of(tape)}",
        note=_of_update(tape, alt, sign=".") if tape.done else "",
        alt=f"Map of the corridor with the dock. {alt}",
        key=key,
    )


def grid(tape: Tape, scene: GridScene, key: str) -> None:
    """The corridor: where the robot goes and what it believes."""
    if scene.movers or scene.loads:
        (moving if scene.movers else cleaning)(tape, scene, key)
        return
    update = tape.update
    metrics = update.metrics if update else {}
    delivered = metrics.get(MetricName.DELIVERED, 0.0)
    counts, signs = [], "".join(scene.rows)
    if "P" in signs:
        visits = metrics.get(MetricName.PAD_VISITS, 0.0)
        counts.append(f"{visits:.0f} {'visit' if round(visits) == 1 else 'visits'} to the pad")
    if "C" in signs:
        counts.append(f"{metrics.get(MetricName.SPILLS, 0.0):.1f} spills")
    note = f"{', '.join(counts)} in an episode" if update and counts else ""
    alt = (
        f"Map of the corridor. Deliveries in {delivered:.0%} of this update's episodes. {note}"
        if update
        else "Map of the corridor before training: the robot stands at the pharmacy."
    )
    draw.grid_stage(
        scene.rows,
        trail=scene.trail,
        values=scene.values,
        actions=scene.actions,
        visits=scene.visits,
        amounts=_amounts(tape, scene),
        update=tape.done,
        note=note,
        alt=alt,
        key=key,
    )


def kiosk(tape: Tape, scene: KioskScene, key: str) -> None:
    """The lobby: who was sent which way in this update, and what the kiosk makes of the ways."""
    update = tape.update
    said = " ".join(filter(None, (kiosk_visits(scene), kiosk_signs(scene))))
    # What is thought before anybody has come may be another learner's than the chosen one.
    thoughts = scene if update else KioskScene()
    draw.kiosk_stage(
        [button.label for button in BUTTONS],
        draw.Round(
            pressed=scene.pressed,
            settled=scene.settled,
            waits=scene.waits,
            counts=scene.counts,
            beliefs=thoughts.beliefs,
            doubts=thoughts.doubts,
            chances=thoughts.chances,
            worths=thoughts.worths,
            signs=scene.signs,
        ),
        update=tape.done,
        live=tape.is_live,
        note=_of_update(tape, said),
        alt=f"The lobby with the kiosk and five ways from it. {said}",
        key=key,
    )


def board(tape: Tape, scene: BoardScene, key: str) -> None:
    """The pawn game: the first game of an update, or of its test."""
    world = tape.config.world
    assert isinstance(world, BoardConfig)
    said = game_in_words(scene)
    draw.board_stage(
        draw.Game(scene.boards, scene.replaced, scene.expected, scene.end),
        columns=COLUMNS,
        opponent=OPPONENTS[world.opponent],
        update=tape.done,
        note=_of_update(tape, said, sign="."),
        alt=f"The tablet with the pawn game. {said}",
        key=key,
    )


def trading(tape: Tape, scene: TradingScene, key: str) -> None:
    """The energy desk: a day of practice beside a fresh one."""
    said = days_in_words(scene)
    practised, fresh = (
        draw.Day(prices=day.prices, held=day.held, earned=day.earned)
        for day in (scene.practised, scene.fresh)
    )
    draw.trading_stage(
        practised,
        fresh,
        hours=HOURS,
        levels=LEVELS,
        most_blocks=MOST_BLOCKS,
        update=tape.done,
        live=tape.is_live,
        note=_of_update(tape, said),
        alt=f"Prices, trades and blocks held on two days. {said}",
        key=key,
    )


def shuttle(tape: Tape, scene: ShuttleScene, key: str) -> None:
    """The road to the hospital: the first trip of an update, or of its test, played."""
    world, said = tape.config.world, ride_in_words(scene)
    assert isinstance(world, ShuttleConfig)
    draw.shuttle_stage(
        draw.Trip(
            places=scene.places,
            offsets=scene.offsets,
            headings=scene.headings,
            speeds=scene.speeds,
            pulls=scene.pulls,
            end=scene.end,
        ),
        draw.Road(
            bends=scene.bends,
            half_lane=scene.half_lane,
            gentle=scene.gentle,
            top_speed=TOP_SPEED,
            due_seconds=scene.due * SHUTTLE_SECONDS,
            limit_seconds=world.step_limit * SHUTTLE_SECONDS,
            step_seconds=SHUTTLE_SECONDS,
        ),
        update=tape.done,
        live=tape.is_live,
        note=_of_update(tape, said),
        alt=f"The road from the car park to the hospital, from above. {said}",
        key=key,
    )


def arms(tape: Tape, scene: ArmsScene, key: str) -> None:
    """The drafts of one game, what Pip wrote and sent, its weights, and what is counted of all."""
    world, said = tape.config.world, bandit_in_words(scene)
    assert isinstance(world, ArmsConfig | DraftsConfig | ReadersConfig)
    first_weights = PIPS[world.pip] if scene.weights else ()
    draw.arms_stage(
        draw.Bandit(scene.worths, scene.counts, scene.weights, first_weights, scene.reader),
        [
            draw.Letter(
                moment.pull,
                reason_in_words(moment),
                moment.is_right,
                deed_in_words(moment),
                moment.reader,
            )
            for moment in scene.moments
        ],
        knowing=scene.knowing,
        habit=scene.habit,
        first_habit=scene.first_habit,
        note=_of_update(tape, said if tape.done else f"Before training. {said}", "."),
        alt=f"Drafts, and what Pip sent in one game. {said}",
        key=key,
    )


def noughts(tape: Tape, scene: NoughtsScene, key: str) -> None:
    """Noughts and crosses: the first game of an update."""
    world, said = tape.config.world, written_game_in_words(scene)
    assert isinstance(world, NoughtsConfig)
    draw.noughts_stage(
        draw.WrittenGame(scene.boards, scene.said, scene.right, scene.replaced, scene.end),
        opponent=NOUGHTS_OPPONENTS[world.opponent],
        update=tape.done,
        note=_of_update(tape, said, "."),
        alt=f"The tablet with noughts and crosses. {said}",
        key=key,
    )


DRAWN: tuple[tuple[type, Callable[[Tape, Any, str], None]], ...] = (
    (GridScene, grid),
    (CartScene, cart),
    (KioskScene, kiosk),
    (BoardScene, board),
    (TradingScene, trading),
    (ShuttleScene, shuttle),
    (ArmsScene, arms),
    (NoughtsScene, noughts),
)
