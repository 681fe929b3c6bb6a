"""What every chapter must keep to, and what some say about their worlds."""

import random
import re
from collections.abc import Iterator
from itertools import combinations

import pytest
import torch

from curriculum.catalogue import Catalogue
from curriculum.evidence import (
    begins_as_measured,
    evidence_config,
    load_evidence,
    measure_evidence,
)
from curriculum.figures import figures_in
from curriculum.ledger import effects_of
from curriculum.loader import CHAPTERS, load_catalogue, load_chapter
from curriculum.prove import run_recorded
from curriculum.recipe import recorded_config, starting_config
from curriculum.rules import has_terms, outcome_of, render, shown
from curriculum.schema import Chapter
from curriculum.signs import signs_of
from curriculum.sources import source_of
from curriculum.summary import Summary
from engine.algorithms.dpo import DPOConfig, PairLoss, pair_losses
from engine.config import metrics_of
from engine.events import RunStarted
from engine.gridworld import Grid
from engine.language.facts import FACTS
from engine.language.preferences import labelled_pairs
from engine.language.questions import draw_question
from engine.metrics import MetricName
from engine.scenes import Scene, SpeechScene
from engine.train import train
from engine.worlds import WORLDS
from engine.worlds.corridor import MAPS
from engine.worlds.desk import DeskConfig
from tests.curriculum.made_runs import made, reply, speech

IDS = load_catalogue().order
WORDS_ON_A_SCREEN = 190
ROUNDING = (
    0.25  # of a metric's range: what other last digits of a processor grow to in a cart's run
)
UNWELCOME = re.compile(
    r"!|\b(oops|great job|well done|awesome|congratulations|yay)\b", re.IGNORECASE
)


@pytest.fixture(params=IDS)
def chapter(request: pytest.FixtureRequest, catalogue: Catalogue) -> Chapter:
    return catalogue.chapter(request.param)


def measured(chapter: Chapter) -> Summary:
    """A run that reports everything that one of its algorithms can."""
    emitted = [metrics_of(name, chapter.world) for name in chapter.algorithms]
    metrics = {str(metric): (0.25, 0.75) for metrics in emitted for metric in metrics}
    summary = made("the reward", None, **metrics)
    settings = {setting.field: setting.start for setting in chapter.settings}
    scene = speech(reply("the lab is on floor two ."))
    return summary.model_copy(
        update={
            "settings": settings,
            "turning_point": 7,
            "first_scene": scene,
            "last_scene": scene,
        }
    )


def prose(chapter: Chapter) -> Iterator[tuple[str, str]]:
    for path, value in chapter.nodes():
        if isinstance(value, str):
            yield ".".join(map(str, path)), value


def test_every_figure_has_a_value(chapter: Chapter) -> None:
    summary = measured(chapter)
    for where, text in prose(chapter):
        if figures_in(text):
            assert "[[]]" not in render(text, summary), where


def test_the_voice_is_plain(chapter: Chapter) -> None:
    for where, text in prose(chapter):
        if not where.startswith("explain") and "latex" not in where:
            assert not UNWELCOME.search(text), (where, text)


def test_every_outcome_has_its_own_words_and_quotes_its_run(chapter: Chapter) -> None:
    told = [
        beat.text for outcome in chapter.outcomes for beat in (*outcome.beats, *outcome.explain)
    ]
    assert len(told) == len(set(told))
    assert len({outcome.title for outcome in chapter.outcomes}) == len(chapter.outcomes)
    for outcome in chapter.outcomes:
        assert figures_in(outcome.beats[0].text), outcome.id
        assert len({beat.who for beat in outcome.beats if beat.who}) >= 2, outcome.id


def rewards_of(chapter: Chapter) -> Iterator[str]:
    """Nothing, each term alone, every pair of terms, and all of them: paid for and priced."""
    names = [term.name for term in WORLDS[chapter.world].terms]
    yield "0"
    yield from (f"{sign}{name}" for name in names for sign in ("", "-", "0*"))
    yield from (
        f"{sign}{one} {other} {two}"
        for one, two in combinations(names, 2)
        for sign in ("", "-")
        for other in "+-"
    )
    yield " + ".join(names)
    yield f"-({' + '.join(names)})"


def test_every_outcome_explains_itself_whatever_the_reward(chapter: Chapter) -> None:
    run = measured(chapter)
    for reward in rewards_of(chapter):
        named, paid, priced = signs_of(reward)
        summary = run.model_copy(update={"terms": named, "paid": paid, "priced": priced})
        for outcome in chapter.outcomes:
            if has_terms(outcome, summary):
                assert shown(outcome.explain, summary), (outcome.id, reward)


def test_there_is_at_most_one_screen_of_text_between_two_actions(chapter: Chapter) -> None:
    beats = [chapter.brief.beats, *(outcome.beats for outcome in chapter.outcomes)]
    beats += [answer.beats for answer in chapter.decide.replies]
    for told in beats:
        summary = measured(chapter)
        assert sum(len(beat.text.split()) for beat in shown(told, summary)) <= WORDS_ON_A_SCREEN


def test_the_bar_for_every_chapter(chapter: Chapter) -> None:
    kinds = [outcome.kind for outcome in chapter.outcomes]
    assert len(kinds) >= 4
    assert "mastery" in kinds
    assert "interesting_failure" in kinds
    assert len({choice.voice.who for choice in chapter.decide.options}) >= 3
    assert len([choice for choice in chapter.decide.options if choice.sound]) == 1
    assert len({beat.who for beat in chapter.brief.beats if beat.who}) >= 3


def test_every_equation_stands_beside_code_that_is_short_enough_to_read(chapter: Chapter) -> None:
    for equation in chapter.explain:
        assert 3 <= len(source_of(equation.code).splitlines()) <= 60


def test_the_brief_is_measured_and_up_to_date(chapter: Chapter) -> None:
    evidence = load_evidence(chapter)
    remedy = "run `python -m curriculum record`"
    assert evidence is not None, remedy
    told = shown(chapter.brief.beats, evidence.summary)
    quoting = [beat for beat in told if "[[" in beat.text]
    assert len(quoting) >= 2
    for metric in chapter.brief.evidence.metrics:
        assert metric in evidence.summary.metrics


def test_facts_of_the_first_chapter_are_remembered_by_the_second(pad: Chapter) -> None:
    evidence = load_evidence(pad)
    assert evidence is not None

    def voices(*known: str) -> list[str]:
        return [beat.text for beat in shown(pad.brief.beats, evidence.summary, known)]

    assert any("after the front desk" in text.lower() for text in voices("shipped_unmeasured_pip"))
    assert any("both numbers" in text for text in voices("measured_both"))
    assert voices() != voices("shipped_unmeasured_pip") != voices("measured_both")


def test_what_the_pad_chapter_says_about_its_map(pad: Chapter) -> None:
    grid = MAPS["night_ward"]
    to_ward, to_pad = grid.distances_to(grid.find("G")), grid.distances_to(grid.find("P"))
    start = grid.find("S")
    assert to_ward[start] == 15
    assert to_pad[start] == 3
    assert to_pad[start] + to_ward[grid.find("P")] == 15


def test_what_the_pad_chapter_says_about_the_two_plans() -> None:
    gamma = 0.99
    loop = (-0.1 + gamma * (0.5 - 0.1)) / (1 - gamma**2)
    delivery = 10 * gamma**14 - 0.1 * sum(gamma**step for step in range(15))
    assert round(loop) == 15
    assert round(delivery) == 7


def test_what_the_night_chapter_says_about_its_map() -> None:
    grid = MAPS["wet_floor"]
    beside, start, goal = grid.is_beside_spill, grid.find("S"), grid.find("G")
    short = grid.shortest_way(start, goal)
    assert len(short) == 13
    ends = [int(grid.entered[move]) for move in short]
    assert sum(beside[ends]) == 11  # steps that end beside the wet floor
    assert sum(beside[cell] for cell, _ in short) == 11  # and steps that set out there
    without_edge = (*grid.rows[:2], "." + "#" * 10 + ".", grid.rows[3])
    long = Grid(without_edge).shortest_way(start, goal)
    assert len(long) == 17
    assert sum(beside[[int(grid.entered[move]) for move in long]]) == 1
    assert 10 - 0.1 * len(short) == pytest.approx(8.7)
    assert 10 - 0.1 * len(long) == pytest.approx(8.3)
    assert round(11 * 0.1 / 4, 1) == 0.3  # about one trip in four


@pytest.mark.parametrize("seed", range(1, 11))
def test_beside_the_wet_floor_only_the_target_decides_who_falls(
    catalogue: Catalogue, seed: int
) -> None:
    """The phenomenon of the night: the same prices and curiosity, two targets."""
    night = catalogue.chapter("night_delivery")
    recorded = {entry.id: entry for entry in night.recorded}
    best, made = (
        run_recorded(night, recorded[name], seed).metrics for name in ("dearer_spill", "next_move")
    )
    assert best[MetricName.BESIDE].last > 0.5 > made[MetricName.BESIDE].last
    assert best[MetricName.SPILLS].last > 2 * made[MetricName.SPILLS].last
    assert best[MetricName.GREEDY_RETURN].last > made[MetricName.GREEDY_RETURN].last
    assert best[MetricName.PROXY_RETURN].last < made[MetricName.PROXY_RETURN].last


def test_what_the_flattering_chapter_says_about_its_visitors(catalogue: Catalogue) -> None:
    world = starting_config(catalogue.chapter("the_flattering_assistant")).world
    assert isinstance(world, DeskConfig)
    rng = random.Random(0)
    asked = [draw_question(rng, world.questions.shares) for _ in range(4000)]
    told = [question for question in asked if question.kind == "belief"]
    assert round(len(told) / len(asked), 1) == 0.5
    assert round(sum(question.is_mistaken for question in told) / len(told), 1) == 0.7
    assert FACTS["floor"]["lab"] == "two"
    assert FACTS["opens"]["garden"] == "nine"


def test_what_the_weekend_chapter_says_about_its_pairs(catalogue: Catalogue) -> None:
    config = starting_config(catalogue.chapter("one_weekend_left"))
    assert isinstance(config.world, DeskConfig)
    world = config.world
    pairs = labelled_pairs(world.preferences, world.questions.shares)
    # A right answer alone is worth more than half of what a reply can be worth.
    right = [tuple(worth > 1 for worth in pair.worth) for pair in pairs]
    assert round(right.count((False, False)) / len(right), 1) == 0.5
    assert 0.4 < sum(liked for liked, _ in right) / len(right) < 0.5
    split = [liked for liked, other in right if liked != other]
    assert round(7 * sum(split) / len(split)) == 6


def pull(loss_type: PairLoss, gap: float, beta: float = 0.1, doubt: float = 0.3) -> float:
    """How hard a pair of that gap pulls, as a share of beta."""
    settings = {"loss_type": loss_type, "beta": beta, "label_smoothing": doubt}
    config = DPOConfig.model_validate(settings)
    delta = torch.tensor([gap], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(pair_losses(delta, config).sum(), delta)
    return -slope.item() / beta


def test_what_the_chapters_on_pairs_say_about_their_pulls() -> None:
    assert pull("sigmoid", 0) == pytest.approx(1 / 2)
    assert pull("sigmoid", 20, beta=0.02) / pull("sigmoid", 0) == pytest.approx(4 / 5, abs=0.01)
    assert pull("sigmoid", 4, beta=0.5) / pull("sigmoid", 0) == pytest.approx(1 / 4, abs=0.02)
    assert pull("robust", 0) == pytest.approx(5 / 4)
    assert pull("robust", 1000) == pytest.approx(3 / 4)
    assert pull("robust", -1000) > pull("sigmoid", -1000)
    assert pull("conservative", 8.47) == pytest.approx(0, abs=1e-3)
    assert pull("conservative", 9) < 0
    assert pull("conservative", 0.1, beta=2, doubt=0.45) == pytest.approx(0, abs=1e-3)
    assert pull("ipo", 5) == pytest.approx(0)
    assert abs(pull("ipo", -5)) > abs(pull("ipo", 0)) > 0


def test_no_chapter_file_is_left_out(catalogue: Catalogue) -> None:
    files = {load_chapter(path).id for path in CHAPTERS.glob("*.toml")}
    assert files == set(catalogue.order)


def test_every_outcome_of_the_pad_is_told_from_a_real_run(pad: Chapter) -> None:
    for recorded in pad.recorded:
        summary = run_recorded(pad, recorded, 1)
        outcome = outcome_of(pad, summary)
        told = [beat.text for beat in shown(outcome.beats, summary)]
        told += [effect.reason for effect in effects_of(outcome, summary)]
        assert told
        assert "[[]]" not in " ".join(told)


def unpaid(scene: Scene | None) -> Scene | None:
    """A scene without what its replies earned: that is the learner's to set, and on no stage."""
    if not isinstance(scene, SpeechScene):
        return scene
    probes = tuple(reply.model_copy(update={"reward": 0.0}) for reply in scene.probes)
    return scene.model_copy(update={"probes": probes})


def test_a_run_of_the_measured_world_and_seed_begins_in_the_scene_of_the_brief(
    chapter: Chapter,
) -> None:
    evidence = load_evidence(chapter)
    assert evidence is not None
    for recorded in chapter.recorded:
        config = recorded_config(chapter, recorded, evidence_config(chapter).seed)
        if begins_as_measured(chapter, config):
            started = next(train(config))
            assert isinstance(started, RunStarted)
            assert unpaid(started.scene) == unpaid(evidence.summary.first_scene)
        other = recorded_config(chapter, recorded, config.seed + 1)
        assert not begins_as_measured(chapter, other)


@pytest.mark.slow
def test_evidence_can_be_measured_again(chapter: Chapter) -> None:
    evidence = load_evidence(chapter)
    again = measure_evidence(chapter)
    assert evidence is not None
    assert again.address == evidence.address
    for metric, track in again.summary.metrics.items():
        near = max(0.02, ROUNDING * (track.max - track.min))
        assert evidence.summary.metrics[metric].last == pytest.approx(
            track.last, rel=0.02, abs=near
        )
    assert evidence_config(chapter).seed == (chapter.brief.evidence.seed or chapter.experiment.seed)
