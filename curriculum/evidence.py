"""What stands in a brief: measured once by a real run, kept as a file, never typed in."""

from itertools import islice
from pathlib import Path

from curriculum.recipe import recorded_config, starting_config
from curriculum.schema import Chapter
from curriculum.summary import Summary, summarise
from engine.config import content_address
from engine.frozen import Frozen
from engine.language.preferences import collected
from engine.language.vocabulary import decode
from engine.spec import TrainConfig
from engine.train import train
from engine.worlds.desk import DeskConfig

FOLDER = Path(__file__).parent / "evidence"


class ShownPair(Frozen):
    """Two replies of the untrained Pip to one question, to be labelled by hand."""

    question: str
    first: str
    second: str


class Evidence(Frozen):
    """A measured summary, and the address of the run that it comes from."""

    address: str
    summary: Summary
    pairs: tuple[ShownPair, ...] = ()  # those of the chapter's labelling, in their order


def evidence_config(chapter: Chapter) -> TrainConfig:
    """The run behind the brief: a recorded setting, or the start before any update."""
    evidence = chapter.brief.evidence
    seed = chapter.experiment.seed if evidence.seed is None else evidence.seed
    if evidence.recorded is None:
        return starting_config(chapter, seed)
    recorded = {entry.id: entry for entry in chapter.recorded}[evidence.recorded]
    return recorded_config(chapter, recorded, seed)


def begins_as_measured(chapter: Chapter, config: TrainConfig) -> bool:
    """Whether a run begins in the scene of the brief: its world, its visitors, its questions."""
    measured = evidence_config(chapter)
    is_same_scene = (config.seed, config.world) == (measured.seed, measured.world)
    return is_same_scene and chapter.brief.evidence.is_first_look


def measure_evidence(chapter: Chapter) -> Evidence:
    """Run what the brief shows. Without a recorded setting nothing is trained."""
    config = evidence_config(chapter)
    is_first_look = chapter.brief.evidence.is_first_look
    events = islice(train(config), 1) if is_first_look else train(config)
    last = chapter.experiment.last_updates
    summary = summarise(events, config.model_dump(mode="json"), last)
    return Evidence(address=content_address(config), summary=summary, pairs=_pairs(chapter, config))


def _pairs(chapter: Chapter, config: TrainConfig) -> tuple[ShownPair, ...]:
    if chapter.labelling is None or not isinstance(config.world, DeskConfig):
        return ()
    world = config.world
    found = collected(world.questions.shares, chapter.labelling.count, world.preferences.collection)
    return tuple(
        ShownPair(
            question=question.text,
            first=" ".join(decode(first)),
            second=" ".join(decode(second)),
        )
        for question, (first, second) in zip(found.questions, found.replies, strict=True)
    )


def write_evidence(chapter: Chapter) -> Path:
    """Measure the brief's evidence and keep it; returns the file."""
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{chapter.id}.json"
    path.write_text(measure_evidence(chapter).model_dump_json(indent=1) + "\n", encoding="utf-8")
    return path


def load_evidence(chapter: Chapter) -> Evidence | None:
    """The kept evidence; None if there is none or if it was measured on another run."""
    path = FOLDER / f"{chapter.id}.json"
    if not path.is_file():
        return None
    evidence = Evidence.model_validate_json(path.read_text(encoding="utf-8"))
    return evidence if evidence.address == content_address(evidence_config(chapter)) else None
