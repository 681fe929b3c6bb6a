"""The best plan in the corridor by day, worked out over all of its states."""

from itertools import product
from typing import NamedTuple

import numpy as np

from engine.control.trolley_field import _numbers
from engine.reward_expression import parse
from engine.worlds.trolleys import (
    LANES,
    MAP,
    MOVES,
    PHASES,
    START,
    STATES,
    TERM_NAMES,
    TrolleysConfig,
    advance,
    term_values,
)


class Plan(NamedTuple):
    values: np.ndarray  # [states, moves]: exact, of the best policy
    worth: float  # of a trip, mean over where the trolleys may be as it begins
    delivered: float  # share of trips of 60 steps
    collided: float


def best_plan(reward: str, gamma: float) -> Plan:
    """Value iteration over every state, every move and every way in which trolleys may pause."""
    pause, count = TrolleysConfig().pause, len(LANES)
    all_phases = np.array(list(product(range(PHASES), repeat=count)))
    cells = np.repeat(np.flatnonzero(~MAP.is_wall), len(all_phases))
    phases = np.tile(all_phases, (STATES // len(all_phases), 1))
    order = np.argsort(_numbers(cells, phases))
    cells, phases = cells[order], phases[order]
    pay = parse(reward, TERM_NAMES)
    ways = []
    for move, goes in product(range(len(MOVES)), product((0, 1), repeat=count)):
        step = advance(cells, phases, np.full(STATES, move), np.array(goes))
        chance = float(np.prod(np.where(goes, 1 - pause, pause)))
        rewards = pay.evaluate(term_values(step, gamma))
        onward = _numbers(step.after, step.phases), ~(step.collides | step.arrives)
        ways.append((move, chance, rewards, *onward, step.arrives, step.collides))
    values = np.zeros((STATES, len(MOVES)))
    for _ in range(400):
        best, improved = values.max(axis=1), np.zeros_like(values)
        for move, chance, rewards, following, goes_on, _, _ in ways:
            improved[:, move] += chance * (rewards + gamma * goes_on * best[following])
        change = np.abs(improved - values).max()
        values = improved
        if change < 1e-5:
            break
    chosen = values.argmax(axis=1)
    delivered, collided = np.zeros(STATES), np.zeros(STATES)
    for _ in range(60):
        came, hit = np.zeros(STATES), np.zeros(STATES)
        for move, chance, _, following, goes_on, arrives, collides in ways:
            is_here = chosen == move
            came += is_here * chance * (arrives + goes_on * delivered[following])
            hit += is_here * chance * (collides + goes_on * collided[following])
        delivered, collided = came, hit
    begun = _numbers(np.full(len(all_phases), START), all_phases)
    worth = float(values[begun].max(axis=1).mean())
    return Plan(values, worth, float(delivered[begun].mean()), float(collided[begun].mean()))
