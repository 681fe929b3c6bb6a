"""All chapters in their order, and the ladder of levels they stand on."""

from collections.abc import Mapping

from pydantic import Field

from curriculum.parts import Text
from curriculum.schema import Chapter
from curriculum.state import ChapterState, mastered, missing
from engine.frozen import Frozen


class Level(Frozen):
    """A floor of the building. The ground floor is 0, the finale 11."""

    number: int = Field(ge=0, le=11)
    title: Text
    line: Text  # the problem on this floor, in one sentence


class Unlock(Frozen):
    """Whether a chapter may be played, and what is missing if not."""

    is_open: bool
    missing: str = ""


class Catalogue(Frozen):
    """What there is to play."""

    chapters: tuple[Chapter, ...]
    levels: tuple[Level, ...]

    def chapter(self, chapter_id: str) -> Chapter:
        """The chapter of that id; KeyError if there is none."""
        return {chapter.id: chapter for chapter in self.chapters}[chapter_id]

    @property
    def order(self) -> tuple[str, ...]:
        """Ids of all chapters, from the ground floor up."""
        return tuple(chapter.id for chapter in self.chapters)

    def on_level(self, number: int) -> tuple[Chapter, ...]:
        """The chapters of a level; none if that level is still in preparation."""
        return tuple(chapter for chapter in self.chapters if chapter.level == number)

    def next_after(self, chapter_id: str) -> Chapter | None:
        """The next chapter on the ladder, past side stories; None after the last.

        KeyError if there is no such chapter.
        """
        place = self.chapters.index(self.chapter(chapter_id)) + 1
        return next((chapter for chapter in self.chapters[place:] if not chapter.side), None)

    def following(self, chapter_id: str, states: Mapping[str, ChapterState]) -> Chapter | None:
        """What is offered at the end of a chapter: the next, or what waits if that is mastered.

        None after the last. KeyError if there is no such chapter.
        """
        after = self.next_after(chapter_id)
        is_done = after is not None and mastered(after, states.get(after.id))
        return self.to_go_on_with(states) if is_done else after

    def to_go_on_with(self, states: Mapping[str, ChapterState]) -> Chapter | None:
        """The next above the highest that is mastered; else what was passed by, side stories last.

        states: by chapter id. None where every chapter is mastered.
        """
        waiting = [one for one in self.chapters if not mastered(one, states.get(one.id))]
        way_up = [chapter for chapter in self.chapters if not chapter.side]
        done = [place for place, one in enumerate(way_up) if one not in waiting]
        ahead = [one for one in way_up[max(done, default=-1) + 1 :] if one in waiting]
        following = ahead or [one for one in waiting if not one.side] or waiting
        return following[0] if following else None


def unlocked(
    catalogue: Catalogue,
    chapter: Chapter,
    states: Mapping[str, ChapterState],
    open_all: bool = False,
) -> Unlock:
    """Whether a learner may open a chapter; one that was begun stays open.

    states: by chapter id. open_all: free exploration, which ignores the ladder.
    """
    if open_all or chapter.id in states:
        return Unlock(is_open=True)
    lacking = [
        f"{required.title}: {' and '.join(missing(required, states.get(required.id)))}"
        for required in (catalogue.chapter(name) for name in chapter.requires)
        if not mastered(required, states.get(required.id))
    ]
    if not lacking:
        return Unlock(is_open=True)
    return Unlock(is_open=False, missing=f"Opens after {'; '.join(lacking)}.")
