"""The numbers of one letter from which Pip learns what to do with its reason, in their order."""

from engine.numerics import of_step

WATCHED_LETTERS = 12  # the first ones of the first game that Pip chose itself
PARTS = (
    ("mean", "mean score so far"),
    ("share", "share of the letters"),
    ("last", "being the last one sent"),
    ("best", "being the best one tried"),
    ("untried", "never having been sent"),
    ("reason", "being named by the reason"),
)

CHOSEN = (
    of_step("step", "Letter", "", "Of the game, counted from 1."),
    of_step("action", "Draft", "a", "The one that was sent, counted from 1."),
    *(
        of_step(
            f"part_{name}",
            f"For its {said}" if name in ("mean", "share") else f"For {said}",
            rf"w_{place} \varphi_{place}",
            "A weight times what Pip saw of this draft, in log-odds.",
        )
        for place, (name, said) in enumerate(PARTS, 1)
    ),
    of_step(
        "preference",
        "Preference",
        "z(a)",
        "Of the six weights for this draft, in log-odds.",
        r"\textstyle\sum_i w_i \varphi_i",
        "(1)",
    ),
    of_step(
        "log_sum",
        "All preferences together",
        r"\log \textstyle\sum_b e^{z(b)}",
        "The logarithm of the sum over all drafts.",
    ),
    of_step(
        "preferred",
        "How much it is preferred",
        r"\pi(a)",
        "As a chance among all drafts.",
        r"\exp(z(a) - \log \textstyle\sum_b e^{z(b)})",
        "(2)",
    ),
    of_step("named", "Named", r"\mathbb{1}[a \in S]", "1 if the reason names the draft, else 0."),
    of_step(
        "named_chance",
        "Preference for what is named",
        r"\pi(S)",
        "How likely a draft that the reason names is preferred.",
    ),
    of_step(
        "considered",
        "After a second thought",
        "q(a)",
        "The same as the preference where there is no second thought.",
        r"\pi(a)",
        "(3)",
    ),
    of_step(
        "chance",
        "Chance of the letter",
        "p(a)",
        "With the letters that are drawn by lot.",
        r"(1 - \varepsilon)\, q(a) + \varepsilon / k",
        "(4)",
    ),
    of_step("reward", "Pay", "r", "What the learner's reward paid the letter."),
    of_step("return", "Return", "G", "What the game paid from this letter on.", tag="(5)"),
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
        "How much better the game went on than the others, in spreads.",
        r"\frac{G - \operatorname{mean} G}{\sigma}",
        "(6)",
    ),
    of_step(
        "new_chance",
        "Chance at the last gradient step",
        r"p_{\mathrm{new}}(a)",
        "Just before the last gradient step of the update.",
    ),
    of_step(
        "ratio",
        "Probability ratio",
        r"\rho",
        "How much likelier the letter became since it was sent.",
        r"p_{\mathrm{new}}(a) / p(a)",
        "(7)",
    ),
    of_step(
        "drift",
        "Drift",
        r"\mathrm{KL}",
        "From the untrained Pip at this letter, over all drafts, in nats.",
    ),
    of_step(
        "step_loss",
        "Loss of the letter",
        r"\ell",
        "What it adds to the mean: the leash, less what the letter was worth.",
        r"\beta\, \mathrm{KL} - \min(\rho A,\ \operatorname{clip}(\rho, 1-c, 1+c) A)",
        "(8)",
    ),
    of_step(
        "weight",
        "Weight in the loss",
        "1/n",
        "One over all letters of the update that Pip chose itself.",
        tag="(8)",
    ),
)
