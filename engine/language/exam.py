"""An exam: how often a policy answers rightly, asked the same questions with the same luck."""

from __future__ import annotations

import random

from engine.language.decoding import draw_noise
from engine.language.grammar import REPLY_LIMIT
from engine.language.lean import Policy
from engine.language.luck import generator
from engine.language.questions import QuestionKind, draw_question
from engine.language.said import Asked, say
from engine.language.verifiers import grade_batch

QUESTIONS = 32
REPLIES = 8  # to each question


def share_right(policy: Policy, kind: QuestionKind) -> float:
    """The share of right replies to questions of one kind.

    Whoever is asked hears the same questions, none of which belongs to a run's own luck.
    """
    shares: dict[QuestionKind, float] = {kind: 1.0}
    luck = random.Random(f"exam {kind}")
    questions = [draw_question(luck, shares) for _ in range(QUESTIONS)]
    noise = draw_noise(generator("exam", 0), REPLY_LIMIT, QUESTIONS * REPLIES)
    (said,) = say(policy, Asked(questions, REPLIES, noise))
    return float(grade_batch(said.questions, said.texts)["correct"].mean())
