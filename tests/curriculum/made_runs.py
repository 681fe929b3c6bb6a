"""Runs made by hand, whose every figure is known."""

from collections.abc import Callable, Mapping

from curriculum.summary import Event, Summary, summarise
from engine.events import RunFinished, RunStarted, UpdateCompleted
from engine.language.probes import SHOWN_AXES
from engine.language.questions import Question, fact_question
from engine.language.verifiers import grade
from engine.metrics import MetricName
from engine.scenes import GridScene, Reply, SpeechScene

GRID = GridScene(rows=("S.P", "..G"))
Run = Callable[..., Summary]
WHERE = fact_question("floor", "lab")


def made(
    reward: str = "1", start: Mapping[str, float] | None = None, **metrics: tuple[float, float]
) -> Summary:
    """A run of twenty updates in which each metric goes from one value to another at update 11."""
    events: list[Event] = [RunStarted(planned_updates=20, scene=GRID, metrics=named(start or {}))]
    for update in range(1, 21):
        now = {name: pair[update > 10] for name, pair in metrics.items()}
        events.append(
            UpdateCompleted(update=update, metrics=named(now), scene=GRID, work=100 * update)
        )
    events.append(RunFinished(updates=20, work=2000))
    return summarise(events, {"reward": reward, "gamma": 0.99, "seed": 1})


def named(values: Mapping[str, float]) -> dict[MetricName, float]:
    return {MetricName(name): value for name, value in values.items()}


def reply(
    words: str,
    credit: tuple[float, ...] = (),
    reward: float = 0,
    advantage: float = 0,
    question: Question = WHERE,
) -> Reply:
    grades = grade(question, words)
    return Reply(
        question=question.text,
        tokens=tuple(words.split()),
        credit=credit,
        axes={axis: grades[axis] for axis in SHOWN_AXES},
        reward=reward,
        advantage=advantage,
    )


def speech(*replies: Reply) -> SpeechScene:
    return SpeechScene(probes=replies, group=replies)
