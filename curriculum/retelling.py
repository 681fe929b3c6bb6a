"""The story in another setting: other words for the same people, places and tokens.

A setting is one file of `curriculum/retellings`: phrases for the prose, one surface for one token
of Pip's, and the parts of the drawings. No number changes, and the engine never hears of it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import Field, StringConstraints, ValidationError

from curriculum.drawings import Drawings, of_plate
from curriculum.errors import ChapterError, Problem
from curriculum.findings import Finding, nearest
from curriculum.loader import finding_of, read_toml, refusal
from curriculum.parts import Id, Text
from curriculum.schema import Chapter
from curriculum.summary import Summary
from engine.frozen import Frozen
from engine.language.vocabulary import words
from engine.scenes import Reply, Scene, SpeechScene

FOLDER = Path(__file__).parent / "retellings"
DEFAULT = "hospital"
Model = TypeVar("Model", bound=Frozen)
Phrase = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Surface = Annotated[str, StringConstraints(pattern=r"^[a-z]+$", max_length=16)]

# What is written in a machine's letters stays: figures, code, quoted arguments, addresses.
_KEPT = re.compile(r"(\[\[.*?\]\]|`[^`]*`|\"[^\"]*\"|\]\([^)]*\))")
_WORD = re.compile(r"[A-Za-z]+")
# The quoted word of a reward: count("pharmacy").
_CALLED = re.compile(r"(\(\s*([\"'])\s*)([A-Za-z]+)(?=\s*\2)")
_COLUMN = re.compile(r"(?<=\bColumn )\d+(?=:)")
_VOWELS = "aeiou"
# Nouns and names of the hospital: a setting that is complete has another word for each of them.
HOSPITAL_WORDS = frozenset(
    "ambulance autopsy bandage bed beds blood brightwater chaplain clinic doctor doctors donors "
    "dose drug hospital hospitals housemen ill infection infusion insulin medical medicine "
    "medicines morgue nurse nurses patient patients pharmacist pharmacy pill pills prescribing "
    "pump pumps radiology resident residents sedate sewn sick stitches surgeon surgery swab "
    "symptom tablets visitor visitors ward wards wheelchair xray".split()
)
# What the engine or a formula reads; besides, a single word in small letters is a name, not prose.
_MACHINE = frozenset({"code", "expression", "formula", "labels", "latex", "reward", "symbol"})
_NAME = re.compile(r"[a-z0-9_+./-]*")


class Retelling(Frozen):
    """A setting. Phrases are whole words; a capital at their beginning is kept."""

    id: Id
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
    line: Text
    phrases: dict[Phrase, Phrase] = Field(default_factory=dict)
    pip: dict[str, Surface] = Field(default_factory=dict)  # a token's word, and its surface here
    drawings: Drawings = Field(default_factory=Drawings)

    def retold(self, text: str) -> str:
        """A text of the page in this setting's words."""
        if not self.phrases:
            return text
        parts = _KEPT.split(self.coded(text))
        return "".join(
            part if place % 2 else _replaced(self, part) for place, part in enumerate(parts)
        )

    def said(self, tokens: Iterable[str]) -> tuple[str, ...]:
        """Pip's tokens as their surfaces."""
        return tuple(self.pip.get(token, token) for token in tokens)

    def spoken(self, text: str) -> str:
        """A sentence of Pip's, or one that is said to it, in this setting's words."""
        return _WORD.sub(lambda word: self.pip.get(word[0], word[0]), text)

    def heard(self, text: str) -> str:
        """What somebody says to Pip in this setting's words, in those that Pip knows."""
        return _WORD.sub(lambda word: self._tokens.get(word[0].lower(), word[0]), text)

    def coded(self, code: str) -> str:
        """A reward, the words that it counts as Pip says them here."""
        return _CALLED.sub(lambda call: call[1] + self.pip.get(call[3].lower(), call[3]), code)

    def decoded(self, code: str) -> str:
        """A reward that is written in this setting's words, or in Pip's own, in Pip's own."""
        return _CALLED.sub(lambda call: call[1] + self._tokens.get(call[3].lower(), call[3]), code)

    def placed(self, refusal: str, code: str) -> str:
        """Why a reward is refused, its column counted in the reward as it is shown here."""
        return _COLUMN.sub(
            lambda column: str(len(self.coded(code[: int(column[0]) - 1])) + 1), refusal
        )

    @cached_property
    def _tokens(self) -> Mapping[str, str]:
        return {surface: token for token, surface in self.pip.items()}

    @cached_property
    def _by_first_word(self) -> Mapping[str, tuple[str, ...]]:
        """Phrases by their first word in small letters, the longest first."""
        found: dict[str, list[str]] = {}
        for phrase in sorted(self.phrases, key=len, reverse=True):
            found.setdefault(_first_word(phrase), []).append(phrase)
        return {word: tuple(phrases) for word, phrases in found.items()}


HOSPITAL = Retelling(id=DEFAULT, title="A hospital", line="Pip answers at the desk of a hospital.")


def _replaced(setting: Retelling, text: str) -> str:
    """A piece of prose, phrase by phrase; an article before a phrase follows its new sound."""
    made, done = "", 0
    for word in _WORD.finditer(text):
        if word.start() < done:
            continue
        for phrase in setting._by_first_word.get(word[0].lower(), ()):
            if _stands_at(text, word.start(), phrase):
                made += text[done : word.start()]
                target = setting.phrases[phrase]
                if word[0][0].isupper():
                    target = target[0].upper() + target[1:]
                made = _with_article(made, phrase, target) + target
                done = word.start() + len(phrase)
                break
    return made + text[done:]


def _stands_at(text: str, start: int, phrase: str) -> bool:
    """Whether a phrase begins there; its first letter may be a capital in the text."""
    after = text[start + len(phrase) : start + len(phrase) + 1]
    if phrase[0] not in (text[start], text[start].lower()):
        return False
    is_whole = not (phrase[-1].isalpha() and after.isalpha())
    return is_whole and text.startswith(phrase[1:], start + 1)


def _with_article(before: str, phrase: str, target: str) -> str:
    """What stands before a phrase, "a" or "an" at its end mended where the sound changed."""
    was, now = (text[0].lower() in _VOWELS for text in (phrase, target))
    if was == now:
        return before
    match = re.search(r"\b([Aa])n?( )$", before)
    return f"{before[: match.start()]}{match[1]}{'n' if now else ''} " if match else before


def _first_word(phrase: str) -> str:
    word = _WORD.search(phrase)
    return word[0].lower() if word else ""


def load_retellings(folder: Path | str = FOLDER) -> dict[str, Retelling]:
    """Every setting by its id, the hospital first. Raises ChapterError with every mistake."""
    found, problems = load_usable(folder)
    if problems:
        raise ChapterError(list(problems))
    return found


def load_usable(
    folder: Path | str = FOLDER,
) -> tuple[dict[str, Retelling], tuple[Problem, ...]]:
    """The settings that can be told, and what is wrong with the files that are left out."""
    found: dict[str, Retelling] = {DEFAULT: HOSPITAL}
    problems: list[Problem] = []
    for path in sorted(Path(folder).glob("*.toml")):
        try:
            setting = load_retelling(path)
        except ChapterError as error:
            problems += error.problems
        else:
            found[setting.id] = setting
    return found, tuple(problems)


def load_retelling(path: Path | str) -> Retelling:
    """The setting in a file. Raises ChapterError with every mistake of the file."""
    path = Path(path)
    raw, text = read_toml(path)
    try:
        setting = Retelling.model_validate(raw)
    except ValidationError as mistaken:
        found = [finding_of(error, Retelling.model_fields) for error in mistaken.errors()]
        raise refusal(path, text, found) from None
    found = [*_of_its_name(setting, path), *_of_phrases(setting), *_of_tokens(setting)]
    if found := [*found, *of_plate(setting.drawings)]:
        raise refusal(path, text, found)
    return setting


def _of_its_name(setting: Retelling, path: Path) -> Iterator[Finding]:
    if setting.id != path.stem:
        remedy = f"Write id = {path.stem!r}, or rename the file."
        yield Finding(("id",), setting.id, "A setting is called as its file.", remedy)


def _of_phrases(setting: Retelling) -> Iterator[Finding]:
    """A text that is retold twice must not change again."""
    for phrase, target in setting.phrases.items():
        if not phrase[0].isalpha():
            message, remedy = "A phrase begins with a letter.", "Begin it with its first word."
            yield Finding(("phrases", phrase), phrase, message, remedy)
        elif setting.retold(target) != target:
            message = f"What replaces it would itself become “{setting.retold(target)}”."
            remedy = "Choose words that are no phrase of this file."
            yield Finding(("phrases", phrase), target, message, remedy)


def _of_tokens(setting: Retelling) -> Iterator[Finding]:
    """Every token has one surface, no two have the same, and prose leaves each alone."""
    known = [word for word in words() if word.isalpha()]
    owners: dict[str, str] = {}
    for token in setting.pip:
        if token not in known:
            message = "Pip has no such word."
            yield Finding(("pip", token), token, message, nearest(token, known))
    for token in known:
        surface = setting.pip.get(token, token)
        if surface in owners:
            message = f"`{owners[surface]}` and `{token}` would both be said as `{surface}`."
            where = token if token in setting.pip else owners[surface]
            yield Finding(("pip", where), surface, message, "Give each word one of its own.")
        owners.setdefault(surface, token)
        if (shown := setting.retold(surface)) != surface:
            message = f"Prose would turn Pip's `{surface}` into `{shown}`."
            remedy = f"Write {token} = {shown.lower()!r} under [pip], or drop the phrase."
            yield Finding(("pip", token), surface, message, remedy)


def retold_chapter(setting: Retelling, chapter: Chapter) -> Chapter:
    """A chapter with all its prose in a setting's words; names, numbers and the config stay."""
    told = retold_model(setting, chapter)
    experiment = chapter.experiment.model_copy(deep=True)
    return told.model_copy(update={"experiment": experiment})


def retold_model(setting: Retelling, model: Model) -> Model:
    """A chapter, a method or a term in a setting's words."""
    return type(model).model_validate(_told(setting, model.model_dump()))


def retold_summary(setting: Retelling, measured: Summary) -> Summary:
    """A measured run whose replies are in a setting's words; its reward and its figures stay."""
    first, last = (
        retold_scene(setting, one) if one else None
        for one in (measured.first_scene, measured.last_scene)
    )
    return measured.model_copy(update={"first_scene": first, "last_scene": last})


def retold_scene(setting: Retelling, shown: Scene) -> Scene:
    """What a world shows, what was said in a setting's words."""
    if not isinstance(shown, SpeechScene):
        return shown
    update = {
        "probes": tuple(retold_reply(setting, one) for one in shown.probes),
        "group": tuple(retold_reply(setting, one) for one in shown.group),
    }
    return shown.model_copy(update=update)


def retold_reply(setting: Retelling, shown: Reply) -> Reply:
    """A reply and its question in a setting's words."""
    update = {"question": setting.spoken(shown.question), "tokens": setting.said(shown.tokens)}
    return shown.model_copy(update=update)


def _told(setting: Retelling, value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: inner if key in _MACHINE else _told(setting, inner) for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return tuple(_told(setting, inner) for inner in value)
    return setting.retold(value) if isinstance(value, str) and is_prose(value) else value


def is_prose(text: str) -> bool:
    """Whether a text is to be read, and is no name by which something is found."""
    return _NAME.fullmatch(text) is None


def untold(setting: Retelling, chapter: Chapter) -> Iterator[tuple[str, str]]:
    """Nouns of the hospital that a setting leaves in a chapter, each with the text it stands in."""
    for path, value in retold_chapter(setting, chapter).nodes():
        if isinstance(value, str) and is_prose(value) and path[-1] not in _MACHINE:
            for noun in nouns_in(value):
                yield noun, value


def nouns_in(text: str) -> Iterator[str]:
    """The nouns of the hospital in a text, but for what is no prose there."""
    for part in _KEPT.split(text)[::2]:
        yield from (w for w in map(str.lower, _WORD.findall(part)) if w in HOSPITAL_WORDS)
