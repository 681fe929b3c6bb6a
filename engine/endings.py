"""How a run ends, by name: what chapters tell stories about."""

from typing import Literal, NamedTuple

Ending = Literal[
    "done",
    "no_signal",
    "collapsed",
    "out_of_reach",
    "bad_reward",
    "diverged",
    "no_pairs",
    "no_way",
    "no_ward",
    "no_feedback",
    "all_right",
    "no_teacher",
    "nobody_heard",
    "no_verdict",
    "agreed",
    "no_choice",
    "contradictory",
]

MEANINGS: dict[Ending, str] = {
    "done": "All planned updates were made.",
    "no_signal": "All planned updates were made, and none had anything to learn from: whatever was "
    "compared earned the same.",
    "collapsed": "All planned updates were made, and the policy ended far from its start: worse at "
    "what it was trained on, or hardly able to say a whole sentence.",
    "out_of_reach": "All planned updates were made, and what the reward pays is so large that at "
    "the end the values which the learner works with were still far below it.",
    "bad_reward": "The reward of a rollout was not a finite number, or far too large.",
    "diverged": "A gradient or a weight was no longer a finite number.",
    "no_pairs": "There were no preferences to learn from.",
    "no_way": "All planned updates were made, and on the last map no way leads to the ward, G.",
    "no_ward": "All planned updates were made. The last map has no ward, G, so every episode on it "
    "lasted until its step limit.",
    "no_feedback": "All planned updates were made, and no reply that was to be corrected had "
    "anything beside it for the teacher to read, so nothing was learnt.",
    "all_right": "All planned updates were made, and every reply counted as right, so there was "
    "nothing to correct.",
    "no_teacher": "The teacher's file was missing or damaged, or its words were not Pip's.",
    "nobody_heard": "All planned updates were made, and nobody who is heard said anything after a "
    "reply, so nothing was learnt.",
    "no_verdict": "All planned updates were made, and nothing that was said after a reply held a "
    "verdict or a hint that counts, so nothing was learnt.",
    "agreed": "All planned updates were made, and Pip already replied as it was to, so its teacher "
    "had nothing to change.",
    "no_choice": "All planned updates were made, and no letter was Pip's own choice, so nothing "
    "was learnt.",
    "contradictory": "All planned updates were made, but the labels contradict each other: taken "
    "together they favour the truth, length, flattery, courtesy or agreement no more than tosses "
    "of a coin would.",
}


class Note(NamedTuple):
    """What else is said of a run that made all its updates."""

    brief: str  # where there is room for a few words
    advice: str  # one sentence


NOTES: dict[Ending, Note] = {
    "no_signal": Note(
        "nothing to learn from",
        "Pay for something in which they differ, or compare more of them.",
    ),
    "collapsed": Note(
        "worse than its start",
        "Steps that are too large ruin more than they teach: lower the learning rate, or make "
        "fewer passes over a batch.",
    ),
    "out_of_reach": Note(
        "values far below the pay",
        "Values grow by small steps and are of no help at such pay: pay less for a step.",
    ),
    "no_way": Note(
        "no way leads to the ward",
        "Open a wall between the start, S, and the ward, G, or pay for something else.",
    ),
    "no_ward": Note(
        "there was no ward to reach",
        "If something is to be delivered, draw a ward, G.",
    ),
    "no_feedback": Note(
        "no feedback to learn from",
        "Choose feedback that does not wait for a right reply, or sample more replies to each "
        "question.",
    ),
    "all_right": Note(
        "every reply counted as right",
        "Raise what a reply must be paid to count as right, or ask what Pip does not know.",
    ),
    "nobody_heard": Note(
        "nobody was heard",
        "Hear somebody who comes to the desk and does not leave without a word.",
    ),
    "no_verdict": Note(
        "no verdict and no hint",
        "Give verdicts or hints a weight, and hear somebody who says whether a reply is right.",
    ),
    "agreed": Note(
        "nothing to change",
        "Ask about what the teacher learnt, and ask for some of it.",
    ),
    "no_choice": Note(
        "no choice of its own",
        "Send fewer letters by chance, or play more letters than are sent for Pip.",
    ),
    "contradictory": Note(
        "labels that contradict each other",
        "What is learnt from such labels holds for no other pair: ask a crowd that is less "
        "careless or likes something, or collect more pairs.",
    ),
}


class RunEnded(Exception):
    """A run cannot go on: why, by name and in a sentence, and what to do, in another."""

    def __init__(self, ending: Ending, problem: str, remedy: str) -> None:
        """Keep the parts for the event that tells of it."""
        super().__init__(f"{problem} {remedy}")
        self.ending: Ending = ending
        self.problem, self.remedy = problem, remedy


def diverged() -> RunEnded:
    """The end of a run whose numbers ran away."""
    return RunEnded(
        "diverged",
        "The weights ran away: a gradient or a weight is no longer a finite number.",
        "Lower the learning rate or make the reward smaller, then train again.",
    )
