"""Which terms a reward pays for and which it puts a price on, read off the reward itself.

A reward pays for a term if it rises with it somewhere, all else equal, and prices it if it falls
with it somewhere. `min(1, polite)` pays for polite words, `-0.1*length` prices words, and
`polite - 30*(polite > 4)` does both. A term that is named and cancels out has neither sign.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from engine.language.verifiers import FLATTERING_WORDS, POLITE_WORDS
from engine.reward_expression import RewardExpression, RewardSyntaxError, RewardValueError, parse
from engine.spec import RewardTerm
from engine.worlds import WORLDS

COUNTS = (0.0, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 16.0, 20.0, 26.0)  # a reply has 26 words at most
EITHER_WAY = (-2.0, -1.0, 0.0, 1.0, 2.0)  # of a term without a lower bound
MOST_POINTS = 2**13
ROUNDING = 1e-13  # as a share of the largest reward: a smaller step is no step
NOTHING = 1e-12  # and neither is this one, whatever the reward
_TERMS = {term.name: term for world in WORLDS.values() for term in world.terms}
_COUNT = RewardTerm(name="count", label="", meaning="")  # how often a word occurs
_FUNCTIONS = {function.name for world in WORLDS.values() for function in world.text_functions}
_KINDS = {"polite": POLITE_WORDS, "flattery": FLATTERING_WORDS}  # of words, which `count` may count


class Signs(NamedTuple):
    """What a reward does with its terms, each in alphabetical order."""

    named: tuple[str, ...] = ()
    paid: tuple[str, ...] = ()
    priced: tuple[str, ...] = ()


@lru_cache(maxsize=256)
def signs_of(reward: str) -> Signs:
    """The terms that a reward names, pays for and prices; nothing, if it cannot be read."""
    try:
        expression = parse(reward, list(_TERMS), _FUNCTIONS)
    except RewardSyntaxError:
        return Signs()
    terms = {name: frozenset([name]) for name in expression.terms}
    words = {f'{function}("{word}")': _kinds_of(word) for function, word in expression.calls}
    stands_for = terms | words
    if not stands_for:
        return Signs()
    up, down = _moves(expression, _levels(list(stands_for)))
    return Signs(
        named=tuple(sorted(expression.terms)),
        paid=tuple(sorted(frozenset().union(*(stands_for[axis] for axis in up)))),
        priced=tuple(sorted(frozenset().union(*(stands_for[axis] for axis in down)))),
    )


def _kinds_of(word: str) -> frozenset[str]:
    """The terms that count a word among others: whoever pays for thanks pays for politeness."""
    return frozenset(term for term, words in _KINDS.items() if word in words)


def _levels(axes: list[str]) -> dict[str, list[float]]:
    """The values at which each term is tried: few enough to try all of them together."""
    levels = {axis: list(_range_of(axis)) for axis in sorted(axes)}
    while np.prod([float(len(values)) for values in levels.values()]) > MOST_POINTS:
        longest = max(levels.values(), key=len)
        del longest[(len(longest) - 1) // 2]
    return levels


def _range_of(axis: str) -> tuple[float, ...]:
    term = _TERMS.get(axis, _COUNT)
    if term.least is None:
        return EITHER_WAY
    if term.most is None:
        return COUNTS
    between = [count for count in COUNTS if term.least < count < term.most]
    return (term.least, *between, term.most)


def _moves(
    expression: RewardExpression, levels: Mapping[str, list[float]]
) -> tuple[set[str], set[str]]:
    """The axes along which the reward rises somewhere, and those along which it falls."""
    pay = _pay(expression, levels)
    if pay is None:
        return set(), set()
    least = max(NOTHING, ROUNDING * np.abs(pay).max())
    steps = {axis: np.diff(pay, axis=place) for place, axis in enumerate(levels)}
    up = {axis for axis, step in steps.items() if (step > least).any()}
    return up, {axis for axis, step in steps.items() if (step < -least).any()}


def _pay(expression: RewardExpression, levels: Mapping[str, list[float]]) -> np.ndarray | None:
    """The reward at every combination of the levels, one dimension a term.

    A term that may not be 0, such as the length in 1/length, is tried without it. None if the
    reward has no value somewhere all the same.
    """
    for spared in ("", *levels):
        tried = [[v for v in values if v or axis != spared] for axis, values in levels.items()]
        points = np.meshgrid(*tried, indexing="ij")
        try:
            return expression.evaluate(dict(zip(levels, points, strict=True)))
        except RewardValueError:
            continue
    return None
