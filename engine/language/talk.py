"""Talking with Pip in free text, as far as its words reach."""

from __future__ import annotations

import re
from difflib import get_close_matches

from engine.language.corpus import prompt
from engine.language.decoding import draw_noise, sample
from engine.language.facts import NUMBERS
from engine.language.grammar import REPLY_LIMIT
from engine.language.lean import Policy
from engine.language.questions import Question
from engine.language.vocabulary import decode, encode, vocabulary
from engine.lazy import torch

QUESTION_LIMIT = 24  # words, punctuation included; Pip never met a longer question
NEAR_ENOUGH = 0.7  # share of letters in common from which a known word is offered instead
SHORTEST_HINT = 3  # letters; shorter words resemble each other by chance
_ASKING_STARTS = frozenset(["where", "which", "when", "who", "how"])
_ASKING_ENDS = frozenset(["right", "many"])


class QuestionError(ValueError):
    """A text that Pip cannot be asked: what is wrong (`problem`), and what to do (`remedy`)."""

    def __init__(self, problem: str, remedy: str) -> None:
        """Join the two for a plain reading."""
        super().__init__(f"{problem} {remedy}")
        self.problem, self.remedy = problem, remedy


def reply(policy: Policy, question_text: str, seed: int) -> str:
    """What `policy` answers, sampled at temperature 1; the same seed gives the same luck.

    Raises QuestionError if the text is empty, too long, or has words that Pip does not know.
    """
    return reply_to_words(policy, question_words(question_text), seed)


def reply_to_words(policy: Policy, asked: list[str], seed: int) -> str:
    """What `policy` answers to words of the vocabulary."""
    tokens = encode(prompt(Question("talk", " ".join(asked))))
    noise = draw_noise(torch.Generator().manual_seed(seed), REPLY_LIMIT, 1)
    return " ".join(decode(sample(policy, [tokens], 1, REPLY_LIMIT, noise)[0]))


def question_words(text: str) -> list[str]:
    """The text as Pip reads it: small letters, numbers as words, a mark at its end.

    Raises QuestionError as `reply` does.
    """
    plain = text.lower().replace("x-ray", "xray").replace("!", ".")
    found = re.findall(r"[^\s.,?:]+|[.,?:]", plain)
    asked = [_number_as_word(word) for word in found]
    if not any(word[0].isalpha() for word in asked):
        raise QuestionError(
            "There is no word here.", "Write a question, for example: where is the pharmacy?"
        )
    if asked[-1] not in (".", "?"):
        asks = asked[0] in _ASKING_STARTS or asked[-1] in _ASKING_ENDS
        asked.append("?" if asks else ".")
    if len(asked) > QUESTION_LIMIT:
        raise QuestionError(
            f"Pip reads at most {QUESTION_LIMIT} words and marks at once, and these are "
            f"{len(asked)}.",
            "Ask in fewer words.",
        )
    unknown = [word for word in asked if word not in _askable()]
    if unknown:
        raise _about_unknown(list(dict.fromkeys(unknown)))
    return asked


def _askable() -> list[str]:
    return [word for word in vocabulary() if not word.startswith("<")]


def _number_as_word(word: str) -> str:
    is_known = word.isascii() and word.isdigit() and len(word) < 3 and 1 <= int(word) <= 12
    return NUMBERS[int(word) - 1] if is_known else word


def _about_unknown(unknown: list[str]) -> QuestionError:
    """Names the unknown words, and near ones where there are any."""
    named = [f"`{word[:30]}`" for word in unknown[:3]]
    near = list(dict.fromkeys(match for word in unknown[:3] for match in _near(word)))
    remedy = "Ask about rooms, floors, opening times, the rota or small sums."
    if near:
        are = "Near words are" if len(near) > 1 else "A near word is"
        remedy = f"{are} {', '.join(f'`{word}`' for word in near)}."
    plural = "s" if len(named) > 1 else ""
    return QuestionError(f"Pip does not know the word{plural} {', '.join(named)}.", remedy)


def _near(word: str) -> list[str]:
    """Words that were probably meant; none for a word that is too short to tell."""
    if len(word) < SHORTEST_HINT:
        return []
    known = [one for one in _askable() if len(one) >= SHORTEST_HINT]
    return get_close_matches(word, known, n=2, cutoff=NEAR_ENOUGH)
