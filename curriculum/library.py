"""The library: every term, method, equation, measurement, reward term and chapter, and a search.

A search is blind to case and accents. A word that nothing begins with may have one slip: a letter
too many, missing, wrong, or two that are swapped. Formulas are searched by their letters and words,
and a Greek letter by its name as well.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from curriculum.glossary import Term
from curriculum.methods import Method
from curriculum.schema import Chapter
from engine.algorithms import ALGORITHMS
from engine.metrics import METRICS
from engine.worlds import WORLDS

Kind = Literal["term", "method", "equation", "metric", "reward", "chapter"]
TITLE, NAMES, ALSO, TEXT = 8.0, 5.0, 2.0, 1.0  # what a word is worth, by where it stands
WHOLE, BEGINNING, SLIP = 1.0, 0.6, 0.4  # and by how it was met
WHOLE_TITLE = 20.0
LONGEST_SEARCH = 200  # characters that are read of a search
MOST_WORDS = 8
SHORTEST_WITH_SLIP = 4
_WORD = re.compile(r"[^\W_]+")
_COMMAND = re.compile(r"\\([a-zA-Z]+)")
GREEK = {
    **{"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε"},
    **{"theta": "θ", "lambda": "λ", "pi": "π", "rho": "ρ", "sigma": "σ", "varphi": "φ", "phi": "φ"},
}
_NAMED = {letter: name for name, letter in GREEK.items() if not name.startswith("var")}
FUNCTIONS = {"log", "ln", "exp", "min", "max", "arg", "sum", "sqrt"}  # of LaTeX, by their names


class Entry(NamedTuple):
    """One thing that can be found."""

    kind: Kind
    id: str
    title: str
    names: tuple[str, ...]  # what else it is called
    text: str
    chapters: tuple[str, ...] = ()  # ids of those in which it appears
    method: str = ""  # the algorithm whose page tells more
    also: tuple[str, ...] = ()  # what else it is looked for by, and is not shown
    latex: str = ""  # its formula


class Library:
    """Every entry, and where each word stands."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        self._titles = [_folded(entry.title) for entry in self.entries]
        self._places: dict[str, dict[int, float]] = {}  # word -> entry -> what it is worth there
        for place, entry in enumerate(self.entries):
            for text, worth in (
                (entry.text, TEXT),
                (" ".join((*entry.also, in_words(entry.latex))), ALSO),
                (" ".join((entry.id, *entry.names)), NAMES),
                (entry.title, TITLE),
            ):
                for word in _with_greek(_words(text)):
                    self._places.setdefault(word, {})[place] = worth

    def find(self, search: str) -> tuple[Entry, ...]:
        """What has every word of a search, the best first; nothing for a search without a word."""
        wanted = _words(search[:LONGEST_SEARCH])[:MOST_WORDS]
        scores: dict[int, float] | None = None
        for word in wanted:
            met = self._met(word)
            scores = (
                met
                if scores is None
                else {place: scores[place] + met[place] for place in scores.keys() & met.keys()}
            )
        whole = " ".join(wanted)
        ranked = sorted(
            (scores or {}).items(),
            key=lambda item: (-item[1] - WHOLE_TITLE * (self._titles[item[0]] == whole), item[0]),
        )
        return tuple(self.entries[place] for place, _ in ranked)

    def _met(self, word: str) -> dict[int, float]:
        """Entries in which a word is met, and what it is worth in each."""
        alike = [(known, WHOLE) for known in (word,) if known in self._places]
        if len(word) > 1:
            alike += [
                (known, BEGINNING)
                for known in self._places
                if known != word and known.startswith(word)
            ]
        if not alike and len(word) >= SHORTEST_WITH_SLIP:
            alike = [(known, SLIP) for known in self._places if is_one_slip(word, known)]
        best: dict[int, float] = {}
        for known, share in alike:
            for place, worth in self._places[known].items():
                best[place] = max(best.get(place, 0.0), share * worth)
        return best


def is_one_slip(word: str, other: str) -> bool:
    """Whether one letter more, less or another, or two swapped neighbours, make one the other."""
    if abs(len(word) - len(other)) > 1 or word == other:
        return False
    start = 0
    while start < min(len(word), len(other)) and word[start] == other[start]:
        start += 1
    one, two = word[start:], other[start:]
    swapped = one[:2] == two[:2][::-1] and one[2:] == two[2:]
    return swapped or one[1:] == two[1:] or one[1:] == two or one == two[1:]


def build(
    chapters: Iterable[Chapter], terms: Mapping[str, Term], methods: Mapping[str, Method]
) -> Library:
    """The library of these chapters, terms and methods, and of everything that the engine has."""
    told = tuple(chapters)
    return Library(
        (
            *_terms(told, terms),
            *_methods(told, methods),
            *_chapters(told),
            *_metrics(told),
            *_rewards(told),
            *_equations(methods),
        )
    )


def with_concept(chapters: Iterable[Chapter], term: str) -> tuple[str, ...]:
    """Ids of the chapters that teach a term."""
    return tuple(chapter.id for chapter in chapters if term in chapter.concepts)


def with_algorithm(chapters: Iterable[Chapter], algorithm: str) -> tuple[str, ...]:
    """Ids of the chapters in which an algorithm runs."""
    return tuple(chapter.id for chapter in chapters if algorithm in chapter.algorithms)


def _terms(chapters: tuple[Chapter, ...], terms: Mapping[str, Term]) -> Iterator[Entry]:
    for term in terms.values():
        names = (*term.other_names, term.symbol)
        own = term.id if term.id in ALGORITHMS else ""
        where = with_concept(chapters, term.id)
        yield Entry("term", term.id, term.name, names, term.sentence, where, own, term.also)


def _methods(chapters: tuple[Chapter, ...], methods: Mapping[str, Method]) -> Iterator[Entry]:
    for name, algorithm in ALGORITHMS.items():
        text = " ".join(methods[name].idea) if name in methods else ""
        names = (algorithm.source,)
        where = with_algorithm(chapters, name)
        yield Entry("method", name, algorithm.title, names, text, where, name)


def _chapters(chapters: tuple[Chapter, ...]) -> Iterator[Entry]:
    for one in chapters:
        names = (one.lab.title, *one.concepts, *one.algorithms)
        yield Entry("chapter", one.id, one.title, names, one.lab.question, (one.id,))


def _metrics(chapters: tuple[Chapter, ...]) -> Iterator[Entry]:
    for name, metric in METRICS.items():
        where = tuple(
            one.id for one in chapters if any(name in chart.metrics for chart in one.charts)
        )
        text = f"{metric.meaning.strip()} Counted in {metric.unit}."
        yield Entry("metric", name.value, metric.label, (), text, where)


def _rewards(chapters: tuple[Chapter, ...]) -> Iterator[Entry]:
    for world in WORLDS.values():
        where = tuple(one.id for one in chapters if one.world == world.name)
        for term in (*world.terms, *world.text_functions):
            text = f"{term.meaning} Cheap way to earn it: {term.exploit or 'none is known.'}"
            yield Entry(
                "reward", f"{world.name}/{term.name}", term.name, (world.title,), text, where
            )


def _equations(methods: Mapping[str, Method]) -> Iterator[Entry]:
    for name, method in methods.items():
        for one in method.equations:
            title = f"{ALGORITHMS[name].title}, equation ({one.number})"
            number = f"{name}/{one.number}"
            yield Entry("equation", number, title, (), one.text, (), name, latex=one.latex)


def in_words(latex: str) -> str:
    """The letters and words of a formula, without how they are set."""

    def said(command: re.Match[str]) -> str:
        name = command.group(1)
        return f" {GREEK.get(name) or (name if name in FUNCTIONS else '')} "

    one_word = latex.replace("\\arg\\max", " argmax ").replace("\\arg\\min", " argmin ")
    return " ".join(_WORD.findall(_COMMAND.sub(said, one_word)))


def _with_greek(words: Iterable[str]) -> Iterator[str]:
    """Each word, and beside a Greek letter its name, and beside a name its letter."""
    for word in words:
        yield word
        if other := _NAMED.get(word) or GREEK.get(word):
            yield other


def _folded(text: str) -> str:
    return " ".join(_words(text))


def _words(text: str) -> list[str]:
    """Every word once, in order, without case and accents."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return list(dict.fromkeys(_WORD.findall(letters)))
