"""One update from the inside: how numbers of a token, a pair, a step or a press lead to its end.

Every number is the run's own. Those that follow from others are combined again here, from the very
digits that are shown, so that a learner can check each of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev
from typing import Any

import numpy as np

from curriculum.figures import with_minus
from curriculum.methods import Follow, Method, combined
from curriculum.summary import numbers_in
from engine.algorithms import ALGORITHMS
from engine.events import UpdateCompleted
from engine.numerics import Quantity
from engine.reward_expression import RewardValueError
from engine.reward_tree import Call, Node, Term, canonical_text, children, evaluate, rebuilt
from engine.scenes import (
    ArmsScene,
    CartScene,
    LettersScene,
    NoughtsScene,
    OpenScene,
    Reply,
    SpeechScene,
)
from engine.spec import Algorithm, TrainConfig

Numbers = Mapping[str, float]
END = "(end)"  # the token that ends a reply, which is not a word
WHOLE = "the whole reply"
WEIGHT_STEP = "engine/language/learner.py#gradient_step"
OfReplies = SpeechScene | LettersScene | NoughtsScene  # whose update learnt from replies


@dataclass(frozen=True)
class Piece:
    """What an update learns from at once: a token, a whole reply, a step, or a press."""

    name: str
    numbers: Numbers  # by quantity
    # What formulas may use besides: sums over the reply, means over the group, the next token's.
    around: Numbers


@dataclass(frozen=True)
class Whole:
    """What is chosen first: a reply with its tokens, or an episode with its steps."""

    name: str  # of a reply; or what a piece of an episode is called where one is chosen
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Link:
    """One number on the way to the loss, or to a new guess."""

    quantity: Quantity
    value: float
    equation: str = ""  # LaTeX, as it stands for these settings
    filled: str = ""  # the same with its numbers; empty where the number is given
    combined: float | None = None  # what those numbers come to
    number: int | None = None  # of the equation in the algorithm's file
    needs: tuple[str, ...] = ()  # the names of what is combined
    code: str = ""  # a function that computes it, where no equation's lines do


def is_open(update: UpdateCompleted) -> bool:
    """Whether an update emitted numbers that can be opened."""
    scene = update.scene
    if isinstance(scene, OpenScene):
        return bool(scene.numbers)
    if isinstance(scene, OfReplies) and scene.group:
        first = scene.group[0]
        return bool(first.numbers or first.totals or _is_of_pairs(scene))
    return False


def wholes_of(update: UpdateCompleted, config: TrainConfig) -> tuple[Whole, ...]:
    """Everything in an update that can be opened; nothing if the run emitted no numbers."""
    scene = update.scene
    if not is_open(update):
        return ()
    given = _given(update, config)
    if isinstance(scene, OpenScene):
        return (_in_turn(scene, config, given),)
    if isinstance(scene, OfReplies):
        return tuple(_replies(scene, config, given))
    return ()


def links_of(
    piece: Piece, algorithm: Algorithm, method: Method | None, config: TrainConfig
) -> tuple[Link, ...]:
    """The numbers of a piece in the order in which they follow, down to its share of the loss.

    Of a token, also what the weight step then made of it.
    """
    known = {**piece.around, **piece.numbers}
    settings = config.model_dump()
    found = [
        _link(quantity, piece, method, settings, known)
        for quantity in algorithm.quantities
        if quantity.name in piece.numbers
    ]
    share = method.loss.share if method and method.loss else ""
    if share and set(combined(share)[1]) <= set(known):
        found.append(_share(share, known))
    return (*found, *_weight_step(known))


def loss_of(method: Method | None) -> str:
    """The name of the quantity that everything leads to; empty if there is none."""
    return method.loss.name if method and method.loss else ""


def _link(
    quantity: Quantity,
    piece: Piece,
    method: Method | None,
    settings: Mapping[str, Any],
    known: Numbers,
) -> Link:
    follow = _follow(quantity.name, method, settings, known)
    tag = quantity.tag.strip("()")
    link = Link(
        quantity, piece.numbers[quantity.name], quantity.equation, number=int(tag) if tag else None
    )
    if follow is None:
        return link
    link = replace(
        link, equation=follow.latex or link.equation, number=follow.number or link.number
    )
    return _filled(link, follow.formula, known)


def _share(formula: str, known: Numbers) -> Link:
    quantity = Quantity(
        name="share",
        label="Share of the update's loss",
        symbol="",
        meaning="What this adds to the loss of the whole update, which is the sum of all shares.",
    )
    return _filled(Link(quantity, 0.0), formula, known, is_given=False)


def _weight_step(known: Numbers) -> Iterator[Link]:
    """How likely a token was, how far the update moved it, and how likely it is from then on."""
    before = next((name for name in ("old_log_prob", "log_prob") if name in known), "")
    if not before or "credit" not in known:
        return
    symbol = r"\pi_{\mathrm{old}}" if before == "old_log_prob" else r"\pi"
    chance = Quantity(
        name="chance_before",
        label="Probability before the weight step",
        symbol="p",
        meaning="Of this token, at its place in the reply.",
        equation=rf"e^{{\log {symbol}}}",
    )
    moved = Quantity(
        name="credit",
        label="Moved by the weight step",
        symbol=r"\Delta",
        meaning="By how much the log-probability of this token changed in this update, in nats: "
        "measured afterwards, and the work of all tokens of the batch together.",
    )
    after = Quantity(
        name="chance_after",
        label="Probability after the weight step",
        symbol=r"p\prime",
        meaning="Of the same token at the same place, by the policy that the next update begins "
        "with.",
        equation=rf"e^{{\log {symbol} + \Delta}}",
    )
    for quantity, formula in ((chance, before), (after, f"{before} + credit")):
        if quantity is after:
            yield Link(moved, known["credit"], code=WEIGHT_STEP)
        link = Link(quantity, 0.0, quantity.equation)
        yield _filled(link, f"exp({formula})", known, is_given=False)


def _filled(link: Link, formula: str, known: Numbers, is_given: bool = True) -> Link:
    """The link with its formula in numbers; as it is if they cannot be combined."""
    expression, names = combined(formula)
    shown = {name: digits(known[name]) for name in names}
    try:
        value = float(expression.evaluate({name: _read(text) for name, text in shown.items()}))
    except RewardValueError:
        return link
    numbers = {name: np.array([_read(text)]) for name, text in shown.items()}
    text = canonical_text(_replaced(_decided(expression.tree, numbers), shown))
    text = text.replace("**2", "²").replace("*", " · ").replace(" - ", " \N{MINUS SIGN} ")
    return replace(
        link,
        filled=text.replace("-", "\N{MINUS SIGN}"),
        combined=value,
        needs=tuple(names),
        value=link.value if is_given else value,
    )


def _follow(
    name: str, method: Method | None, settings: Mapping[str, Any], known: Numbers
) -> Follow | None:
    """How a quantity follows from others under these settings; None if it is given."""
    for follow in method.follows if method else ():
        if follow.quantity == name and follow.holds_for(settings):
            return follow if set(combined(follow.formula)[1]) <= set(known) else None
    return None


def _decided(node: Node, numbers: Mapping[str, np.ndarray]) -> Node:
    """The tree without a condition: of each, the case that holds for these numbers."""
    if isinstance(node, Call) and node.function == "if":
        condition, yes, no = node.arguments
        return _decided(yes if evaluate(condition, numbers, 1)[0] else no, numbers)
    return rebuilt(node, [_decided(child, numbers) for child in children(node)])


def _replaced(node: Node, texts: Mapping[str, str]) -> Node:
    """The tree with its names written as numbers; one below zero stands in brackets."""
    if isinstance(node, Term):
        text = texts[node.name]
        return Term(f"({text})" if text.startswith("\N{MINUS SIGN}") else text)
    return rebuilt(node, [_replaced(child, texts) for child in children(node)])


def digits(value: float) -> str:
    """A number as it is shown: so many digits as are recorded, wherever the point stands."""
    return with_minus(f"{value:.5g}")


def _read(text: str) -> float:
    return float(text.replace("\N{MINUS SIGN}", "-"))


def _given(update: UpdateCompleted, config: TrainConfig) -> dict[str, float]:
    """What formulas may use of the settings, and of what was measured in this update."""
    return numbers_in(config.model_dump()) | {
        str(name): value for name, value in update.metrics.items()
    }


def _in_turn(scene: OpenScene, config: TrainConfig, given: Numbers) -> Whole:
    """The steps, samples or presses of a scene, under the names that they count themselves by."""
    of = ALGORITHMS[config.algorithm].quantities[0].of
    rows = [
        dict(zip(scene.numbers, values, strict=True))
        for values in zip(*scene.numbers.values(), strict=False)
    ]
    pieces = [
        Piece(f"{of.capitalize()} {int(row.get(of, place))}", row, given)
        for place, row in enumerate(rows, 1)
    ]
    return Whole(_whose(scene, of), tuple(pieces))


def _whose(scene: OpenScene, of: str) -> str:
    """Which steps, samples or presses of an update its scene keeps."""
    if of == "press":
        return "Press"
    if of == "sample":
        return "Sample of the last batch"
    if isinstance(scene, ArmsScene):
        return "Letter of the first game"
    if isinstance(scene, CartScene):
        return "Step of the first cart"
    if of in scene.numbers:
        return "Step of the first episode"
    return "Step in the first of the episodes side by side"


def _replies(scene: OfReplies, config: TrainConfig, given: Numbers) -> Iterator[Whole]:
    is_paired = _is_of_pairs(scene)
    group = _of_group(scene.group) if len(scene.group) == given.get("group_size") else {}
    for row, reply in enumerate(scene.group):
        around = {**given, **(group if not is_paired else {}), **_sums(reply, "sum")}
        around["token_count"] = float(_length(reply))
        if is_paired:
            first = row - row % 2
            around |= _sums(scene.group[first], "liked")
            around |= _sums(scene.group[first + 1], "other")
            around["side"] = -1.0 if row % 2 else 1.0
        yield Whole(_named(row, reply, is_paired), tuple(_tokens(reply, around)))


def _is_of_pairs(scene: OfReplies) -> bool:
    """Whether the replies of a scene are pairs, whose numbers may be of whole replies alone."""
    return isinstance(scene, SpeechScene) and scene.paired


def _named(row: int, reply: Reply, is_paired: bool) -> str:
    words = " ".join(reply.tokens)
    if is_paired:
        return f"Pair {row // 2 + 1}, the {'other' if row % 2 else 'liked'} reply: {words}"
    return f"{row + 1}: {words}"


def _tokens(reply: Reply, around: Numbers) -> Iterator[Piece]:
    whole = {**reply.totals, "reward": reply.reward, "advantage": reply.advantage}
    if not reply.numbers:
        yield Piece(WHOLE, whole, around)
    last = _length(reply) - 1
    for index in range(last + 1):
        name = reply.tokens[index] if index < len(reply.tokens) else END
        own = {quantity: values[index] for quantity, values in reply.numbers.items()}
        behind = {
            f"next_{quantity}": values[index + 1] if index < last else 0.0
            for quantity, values in reply.numbers.items()
        }
        behind["is_last"] = float(index == last)
        if index < len(reply.credit):
            behind["credit"] = reply.credit[index]
        yield Piece(name, {**whole, **own}, {**around, **behind})


def _length(reply: Reply) -> int:
    return min(map(len, reply.numbers.values()), default=0)


def _sums(reply: Reply, prefix: str) -> dict[str, float]:
    """Numbers of a whole reply: its own, and those of its tokens added up."""
    own = reply.totals | {name: sum(values) for name, values in reply.numbers.items()}
    return {f"{prefix}_{name}": value for name, value in own.items()}


def _of_group(group: Sequence[Reply]) -> dict[str, float]:
    """Means and deviations over a whole group, of rewards and of every total."""
    columns = {"reward": [reply.reward for reply in group]}
    columns |= {name: [reply.totals[name] for reply in group] for name in group[0].totals}
    means = {f"mean_{name}": fmean(column) for name, column in columns.items()}
    if len(group) == 1:
        return means
    return means | {f"std_{name}": stdev(column) for name, column in columns.items()}
