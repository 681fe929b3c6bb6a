"""What a run will cost, before it has begun, and whether what is left pays for it."""

from curriculum.figures import counted
from curriculum.rules import cost_of, planned_cost
from curriculum.schema import Chapter
from engine.spec import TrainConfig
from engine.tabular.practice import TabularConfig

LENT = "Kenji lends a machine, which costs a point of trust"


def run_cost(chapter: Chapter, config: TrainConfig) -> int:
    """Points of budget that a run will use, by what its method has used per update before."""
    return _cost(chapter, config, config.planned_updates)


def price(chapter: Chapter, config: TrainConfig, left: int) -> str:
    """What a run will cost, beside what is left, and who helps where that is not enough."""
    cost, reach = run_cost(chapter, config), affordable(chapter, config, left)
    if cost > left:
        return f"costs about {cost}, and {_remaining(left)}; {reach or LENT}"
    said = f"{cost} of {left} budget"
    dearest = _dearest(chapter, config)
    if dearest > cost:
        return f"costs about {said}, up to {dearest} if trips get lost"
    return f"costs about {said}; {reach}" if reach else f"costs {said}"


def refusal(chapter: Chapter, config: TrainConfig, left: int) -> str:
    """Why what is left does not pay for a run, and what to do; empty if it does.

    Only where a chapter is played within the budget. The shortest run there is costs what is left:
    then Kenji lends a machine, and nobody stands before a closed door.
    """
    cost = run_cost(chapter, config)
    if not chapter.experiment.within_budget or cost <= left:
        return ""
    dear = f"This run costs about {cost}, and {_remaining(left)}."
    lengths = _lengths(chapter, config)
    if not lengths:
        return f"{dear} Choose a method that costs less."
    if config.planned_updates <= lengths[0]:
        return ""
    words = counted(_longest(chapter, config, left), config.update_word)
    return f"{dear} Make it {words}."


def affordable(chapter: Chapter, config: TrainConfig, left: int) -> str:
    """How long a run may be with what is left; empty where a chapter does not ask."""
    if not chapter.experiment.within_budget or not _lengths(chapter, config):
        return ""
    longest = _longest(chapter, config, left)
    words = counted(longest, config.update_word)
    if _cost(chapter, config, longest) > left:
        return f"for {words} {LENT}"
    return f"what is left pays for {words}"


def _remaining(left: int) -> str:
    """What is left of the budget, in words."""
    if left <= 0:
        return "the budget is empty"
    return f"{left} {'is' if left == 1 else 'are'} left"


def _cost(chapter: Chapter, config: TrainConfig, updates: int) -> int:
    each = chapter.experiment.work_per_update.get(config.algorithm)
    return planned_cost(chapter) if each is None else cost_of(chapter, each * updates)


def _dearest(chapter: Chapter, config: TrainConfig) -> int:
    """What a run costs if every trip lasts to its step limit; 0 where its length is no trip's."""
    if not isinstance(config, TabularConfig):
        return 0
    return cost_of(chapter, config.episodes * config.world.step_limit)


def _lengths(chapter: Chapter, config: TrainConfig) -> list[int]:
    """How long a run of this method may be here, the shortest first."""
    field = type(config).length_field
    if field not in type(config).model_fields:
        return []
    return sorted(
        int(choice)
        for setting in chapter.settings
        if setting.place == field
        for choice in setting.choices
    )


def _longest(chapter: Chapter, config: TrainConfig, left: int) -> int:
    """The longest run that is paid for; the shortest there is, if none is."""
    lengths = _lengths(chapter, config)
    paid = [length for length in lengths if _cost(chapter, config, length) <= left]
    return max(paid, default=lengths[0])
