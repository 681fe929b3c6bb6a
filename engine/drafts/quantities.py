"""The numbers of one letter in words from which Pip learns, in the order in which they follow."""

from engine.numerics import Quantity, of_step

WATCHED_LETTERS = 12  # the first ones of the first game that Pip wrote itself


def of_word(word: str, sign: str) -> tuple[Quantity, ...]:
    """What becomes of one word; `sign` stands for it in formulas."""
    return (
        of_step(
            f"old_{word}",
            f"Log-probability of the {word}",
            rf"\log \pi_{{\mathrm{{old}}}}({sign})",
            "In nats, by the Pip that wrote it.",
            tag="(1)",
        ),
        of_step(
            f"new_{word}",
            f"The same of the {word} at the last gradient step",
            rf"\log \pi({sign})",
            "In nats, just before the last gradient step of the update.",
            tag="(1)",
        ),
        of_step(
            f"ratio_{word}",
            f"Probability ratio of the {word}",
            rf"\rho_{{{sign}}}",
            "How much likelier the word became since it was written.",
            rf"\exp(\log \pi({sign}) - \log \pi_{{\mathrm{{old}}}}({sign}))",
            "(4)",
        ),
    )


WRITTEN = (
    of_step("step", "Letter", "", "Of the game, counted from 1."),
    of_step("reason", "Reason", "b", "The draft that its first word names; 0 if it names none."),
    of_step("action", "Draft", "a", "The one that its second word names; 0 if it names none."),
    of_step("reward", "Pay", "r", "What the learner's reward paid the letter."),
    of_step("return", "Return", "G", "What the game paid from this letter on.", tag="(2)"),
    of_step(
        "mean_return",
        "Mean return",
        r"\operatorname{mean} G",
        "Of the games that it is compared with, from the same letter on.",
    ),
    of_step("spread", "Spread", r"\sigma", "Of all returns of the update about their means."),
    of_step(
        "advantage",
        "Advantage",
        "A",
        "How much better the game went on than the others, in spreads; both words have it.",
        r"\frac{G - \operatorname{mean} G}{\sigma}",
        "(3)",
    ),
    *of_word("reason", "b"),
    *of_word("letter", "a"),
    of_step(
        "leash",
        "Leash",
        "k_3",
        "Drift of the two words from the untrained Pip, added up, as an estimate in nats.",
    ),
    of_step(
        "step_loss",
        "Loss of the two words",
        r"\ell",
        "What they add to the mean over all words: the leash, less what the letter was worth.",
        r"\begin{aligned} &\beta\, k_3 - \min\bigl(\rho_{b} A, \\"
        r" &\quad \operatorname{clip}(\rho_{b}, 1-c, 1+c)\, A\bigr) \\"
        r" &{} - \min\bigl(\rho_{a} A, \\"
        r" &\quad \operatorname{clip}(\rho_{a}, 1-c, 1+c)\, A\bigr) \end{aligned}",
        "(5)",
    ),
    of_step(
        "weight",
        "Weight in the loss",
        "1/n",
        "One over all words of the update that Pip wrote itself.",
        tag="(5)",
    ),
)
