"""How the whole story ends: endings over what a learner decided, remembered and has left."""

from pydantic import Field

from curriculum.parts import Art, Beat, Id, Meter, Op, RobotPlace, Text
from engine.frozen import Frozen


class MeterCondition(Frozen):
    """A claim about a meter, as it stands once the decision has been paid for."""

    meter: Meter
    op: Op
    value: int = Field(ge=0, le=100)


class Played(Frozen):
    """A chapter on the way to an ending: a recorded setting that was run, and what was decided."""

    chapter: Id
    setting: Id
    decides: Id
    times: int = Field(default=1, ge=1, le=40)  # runs of it, each with another seed


class Play(Frozen):
    """A way to an ending by settings that are proved: the check follows it, a test plays it."""

    setting: Id
    decides: Id
    before: tuple[Played, ...] = Field(default=(), max_length=40)


class Recollection(Beat):
    """What a colleague remembers at the end, but for endings after which it would be wrong."""

    unless_ending: tuple[Id, ...] = ()


class StoryEnding(Frozen):
    """What becomes of Lumen. Endings are tried in order; the last has no condition."""

    id: Id
    title: Text
    line: Text  # the same in one sentence, for the story map
    if_decided: tuple[Id, ...] = ()  # one of these choices of the chapter
    if_outcome: tuple[Id, ...] = ()  # after a run that ended in one of these
    all_facts: tuple[Id, ...] = ()
    any_facts: tuple[Id, ...] = ()
    no_facts: tuple[Id, ...] = ()
    meters: tuple[MeterCondition, ...] = ()
    art: Art
    alt: Text
    robot_at: RobotPlace | None = None  # on the corridor's pad, and not on the ward, if None
    beats: tuple[Beat, ...] = Field(min_length=2, max_length=8)
    play: Play

    @property
    def is_free(self) -> bool:
        """Whether any arc at all may end so."""
        facts = self.all_facts or self.any_facts or self.no_facts
        return not (self.if_decided or self.if_outcome or facts or self.meters)
