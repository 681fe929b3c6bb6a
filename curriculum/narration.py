"""The update that was just made, as a plain sentence or two: computed from its scene."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from statistics import mean
from typing import Any

from curriculum.arms_narration import game_in_words
from curriculum.board_narration import board_in_words
from curriculum.cleaner_narration import night_in_words
from curriculum.figures import counted, number, quoted, with_minus
from curriculum.follow_ups_narration import follow_ups_in_words, is_followed_up
from curriculum.kiosk_narration import kiosk_in_words
from curriculum.noughts_narration import noughts_in_words
from curriculum.second_reading_narration import is_second_reading, second_reading_in_words
from curriculum.shuttle_narration import ride_in_words
from curriculum.teacher_narration import is_of_a_teacher, teacher_in_words
from curriculum.trading_narration import trading_in_words
from engine.events import UpdateCompleted
from engine.gridworld import Grid
from engine.metrics import MetricName
from engine.scenes import (
    ArmsScene,
    BoardScene,
    CartScene,
    GridScene,
    KioskScene,
    LettersScene,
    NoughtsScene,
    Reply,
    ShuttleScene,
    SpeechScene,
    TradingScene,
)

QUIET = 0.005  # nats: a smaller change of a word is not worth a sentence
SMALLEST_STEP = 0.0001  # nats: a smaller update is not worth its digits
RARE = 0.005  # a chance that would be written as 0 %
ROUNDING = 1e-3  # by which the advantages of a group, or that share of them, may miss a sum of 0


def update_in_words(event: UpdateCompleted) -> str:
    """What this update did."""
    in_words = next(words for kind, words in SCENES if isinstance(event.scene, kind))
    return in_words(event.scene, event.metrics)


def _at_the_desk(scene: SpeechScene, metrics: Mapping[MetricName, float]) -> str:
    if is_second_reading(scene.group):
        return f"{second_reading_in_words(scene.group)} {_words_moved(scene.group)}"
    if is_of_a_teacher(scene.group):
        return f"{teacher_in_words(scene.group)} {_words_moved(scene.group)}"
    if is_followed_up(scene.group):
        return f"{follow_ups_in_words(scene.group)} {_words_moved(scene.group)}"
    words = pair_in_words if scene.paired else speech_in_words
    return words(scene.group)


def _of_a_shift(scene: CartScene, metrics: Mapping[MetricName, float]) -> str:
    return f"{shift_in_words(scene)} {_moved(metrics)}".strip()


def _of_a_ride(scene: ShuttleScene, metrics: Mapping[MetricName, float]) -> str:
    return f"{ride_in_words(scene)} {_expected(metrics, 'As it set out it')}".strip()


def _on_a_grid(scene: GridScene, metrics: Mapping[MetricName, float]) -> str:
    if scene.loads:
        began = "In the evening, not knowing of the bell, it"
        return f"{night_in_words(scene)} {_expected(metrics, began)}".strip()
    if scene.movers:
        is_pill = scene.end in ("caught", "dropped")
        began = "As a pill began to fall, the basket" if is_pill else "As it set out it"
        told = f"{moving_in_words(scene)} {_expected(metrics, began)}".strip()
        return f"{told} {_moved(metrics)}".strip()
    return trip_in_words(scene)


def speech_in_words(group: Sequence[Reply]) -> str:
    """Which replies beat their group, and which words rose and fell most because of it."""
    if not group:
        return "No group of replies was kept of this update."
    rewards = [reply.reward for reply in group]
    if max(rewards) == min(rewards):
        first = f"All {len(group)} replies to “{group[0].question}” earned {_figure(rewards[0])}."
        if is_held_against_itself(group):
            return f"{first} Nobody beat the group, so this group had nothing to teach."
        return f"{first} {_words_moved(group)}"
    best = max(group, key=lambda reply: reply.reward)
    first = (
        f"Asked “{group[0].question}”, {_above_mean(rewards)} of {len(group)} replies earned more "
        f"than the group's {_figure(mean(rewards))}; the best earned {_figure(best.reward)}."
    )
    return f"{first} {_words_moved(group)}"


def is_held_against_itself(group: Sequence[Reply]) -> bool:
    """Whether a group's advantages sum to 0, but for rounding; those of a value head do not."""
    advantages = [reply.advantage for reply in group]
    return abs(sum(advantages)) <= ROUNDING * max(1.0, sum(map(abs, advantages)))


def _above_mean(rewards: Sequence[float]) -> int:
    """How many earned more than the group did on average, whatever an advantage is held against."""
    return sum(reward > mean(rewards) for reward in rewards)


def pair_in_words(group: Sequence[Reply]) -> str:
    """Which reply of the first pair was liked, and what the update made of the two."""
    if len(group) < 2:
        return "No pair of replies was kept of this update."
    liked, other = group[:2]
    if liked.tokens == other.tokens:
        return f"Both replies to “{liked.question}” were the same, so this pair taught nothing."
    up, down = (number(sum(reply.credit), "two_decimals") for reply in (liked, other))
    return (
        f"Asked “{liked.question}”, “{quoted(liked.tokens)}” was liked better than "
        f"“{quoted(other.tokens)}”. The update changed the log-probability of the first by {up} "
        f"nats and that of the second by {down}."
    )


def letters_in_words(scene: LettersScene) -> str:
    """Which messages beat their group, and what Pip now writes most often."""
    rewards = [message.reward for message in scene.group]
    if max(rewards) == min(rewards):
        first = f"All {len(rewards)} messages of the first group earned {_figure(rewards[0])}."
    else:
        best = max(scene.group, key=lambda message: message.reward)
        first = (
            f"{_above_mean(rewards)} of {len(rewards)} messages of the first group earned more "
            f"than its {_figure(mean(rewards))}; the best, {''.join(best.tokens)}, earned "
            f"{_figure(best.reward)}."
        )
    favourite = max(scene.messages, key=lambda message: message.chances.now)
    now, start = favourite.chances.now, favourite.chances.start
    before = "hardly ever did" if start < RARE else f"did {number(start, 'percent')} of the time"
    return (
        f"{first} Pip now writes {favourite.text} most often, {number(now, 'percent')} of the "
        f"time; at the start it {before}."
    )


def trip_in_words(scene: GridScene) -> str:
    """Where the robot went on the first trip of the update, and how it ended."""
    if len(scene.trail) < 2:
        return "The robot has not set out yet."
    cells = "".join(scene.rows)
    steps = len(scene.trail) - 1
    arrived = cells[scene.trail[-1]] == "G"
    on_board = ", with its box still on board" if "G" in cells else ""
    end = (
        f"reached ward nine after {counted(steps, 'step')}"
        if arrived
        else f"was cut off after {counted(steps, 'step')}{on_board}"
    )
    told = [*_pad_in_words(scene.trail, cells), *_spills_in_words(scene.trail, cells), end]
    sentence = f"The robot {_listed(told)}."
    direct = _direct_way(scene)
    if arrived and direct and steps == direct:
        return f"{sentence} There is no shorter way."
    loop = _favourite_pair(scene.trail, cells)
    if not arrived and loop >= steps / 2:
        share = number(loop / steps, "percent")
        return f"{sentence} {share} of its steps went back and forth between the same two cells."
    return sentence


def moving_in_words(scene: GridScene) -> str:
    """How an episode went on a map on which more than the robot moves."""
    steps = counted(len(scene.trail) - 1, "step")
    ends = {
        "arrived": f"The robot reached ward nine after {steps}.",
        "collided": f"The robot and a trolley collided after {steps}.",
        "cut": f"The robot was cut off after {steps}, with its box still on board.",
        "caught": "The pill fell into the basket.",
        "dropped": "The pill fell beside the basket.",
        "": f"Still on the way after {steps}."
        if len(scene.trail) > 1
        else "Nobody has set out yet.",
    }
    stood = sum(here == there for here, there in pairwise(scene.trail))
    if scene.end in ("", "caught", "dropped") or not stood:
        return ends[scene.end]
    return f"{ends[scene.end]} It stood still for {stood} of them."


def _expected(metrics: Mapping[MetricName, float], began: str) -> str:
    """What the learner thought its episodes worth, beside what came; `began`: when, and who."""
    if MetricName.PREDICTED_VALUE not in metrics:
        return ""
    thought, came = (
        _figure(metrics[name]) for name in (MetricName.PREDICTED_VALUE, MetricName.REALISED_VALUE)
    )
    return f"{began} expected {thought} on average; {came} came."


def shift_in_words(scene: CartScene) -> str:
    """How the first cart's shift went, as far as it is over."""
    if not scene.steps:
        return "The cart has not set out yet."
    steps = counted(scene.steps, "step")
    if scene.end == "fell":
        side = "right" if scene.tilts[-1] > 0 else "left"
        return f"The first cart's tray fell to the {side} after {steps}."
    if scene.end == "left":
        side = "right" if scene.positions[-1] > 0 else "left"
        return f"The first cart ran against the {side} end of the corridor after {steps}."
    lean, way = (
        number(max(map(abs, values)), "one_decimal") for values in (scene.tilts, scene.positions)
    )
    far = f"the tray leaned by up to {lean} degrees, and the cart was up to {way} m off the middle"
    if scene.end == "stood":
        return f"The first cart's tray stood for its whole shift of {steps}: {far}."
    return f"The first cart's tray has stood for {steps} so far: {far}."


def _moved(metrics: Mapping[MetricName, float]) -> str:
    """How far the update went, and how much of it was held back."""
    if MetricName.STEP_KL not in metrics:
        return ""
    far = metrics[MetricName.STEP_KL]
    nats = (
        "less than 0.0001" if far < SMALLEST_STEP else f"{far:.2g}" if far < 100 else f"{far:.0f}"
    )
    step = f"The update moved the policy by {nats} nats an action"
    clipped = metrics.get(MetricName.CLIP_FRACTION, 0.0)
    if not clipped:
        return f"{step}."
    return f"{step}; the clip held back {number(clipped, 'percent')} of the steps."


def _words_moved(group: Sequence[Reply]) -> str:
    """The words and marks whose log-probability moved most, on average over their uses."""
    moved: dict[str, list[float]] = defaultdict(list)
    for reply in group:
        for token, credit in zip(reply.tokens, reply.credit, strict=False):
            if not token.startswith("<"):
                moved[token].append(credit)
    if not moved:
        return "No word was credited."
    means = {token: mean(credits) for token, credits in moved.items()}
    risen = max(means, key=lambda token: means[token])
    fallen = min(means, key=lambda token: means[token])
    parts = []
    if means[risen] > QUIET:
        parts.append(f"“{risen}” rose most ({with_minus(f'{means[risen]:+.2f}')} nats)")
    if means[fallen] < -QUIET:
        parts.append(f"“{fallen}” fell most ({with_minus(f'{means[fallen]:+.2f}')})")
    if not parts:
        return "No word moved noticeably."
    return f"Of its words and marks, averaged over their uses, {' and '.join(parts)}."


def _visits(trail: Sequence[int], cells: str) -> int:
    """How often the robot drove onto the pad: standing still on it does not count again."""
    moves = pairwise(trail)
    return sum(cells[there] == "P" and there != here for here, there in moves)


def _pad_in_words(trail: Sequence[int], cells: str) -> list[str]:
    visits = _visits(trail, cells)
    if visits:
        return [f"drove onto the charging pad {_times(visits)}"]
    return ["left the pad alone"] if "P" in cells else []


def _spills_in_words(trail: Sequence[int], cells: str) -> list[str]:
    spills = sum(cells[cell] == "C" for cell in trail)
    return [f"drove into the spill {_times(spills)}"] if spills else []


def _favourite_pair(trail: Sequence[int], cells: str) -> int:
    """How many steps went between the two cells that were travelled between most."""
    on_foot = (move for move in pairwise(trail) if "C" not in (cells[move[0]], cells[move[1]]))
    pairs = Counter(frozenset(move) for move in on_foot if move[0] != move[1])
    return max(pairs.values(), default=0)


def _direct_way(scene: GridScene) -> int:
    """Steps of the shortest way from start to ward."""
    grid = Grid(scene.rows)
    return int(grid.distances_to(grid.find("G"))[grid.find("S")])


def _listed(parts: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def _figure(value: float) -> str:
    return number(value, "two_decimals")


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


# A new scene is one line here.
SCENES: tuple[tuple[type, Callable[[Any, Mapping[MetricName, float]], str]], ...] = (
    (SpeechScene, _at_the_desk),
    (LettersScene, lambda scene, metrics: letters_in_words(scene)),
    (GridScene, _on_a_grid),
    (CartScene, _of_a_shift),
    (KioskScene, lambda scene, metrics: kiosk_in_words(scene)),
    (BoardScene, board_in_words),
    (TradingScene, trading_in_words),
    (ShuttleScene, _of_a_ride),
    (ArmsScene, lambda scene, metrics: game_in_words(scene)),
    (NoughtsScene, noughts_in_words),
)
