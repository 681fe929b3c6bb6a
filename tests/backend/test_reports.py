"""Reports and certificates as files: what was measured stands in them, and nothing else gets in."""

import io
import re
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest
from pypdf import PdfReader

from backend import arcs, certificates, learners, runs, worker
from backend.certificate_pdf import NO_LETTERS, certificate_pdf
from backend.certificates import Certificate
from backend.database import current, open_database
from backend.report_html import POLICY, report_html
from backend.report_pdf import NO_LETTERS as NO_NAME
from backend.report_pdf import report_pdf
from curriculum import state as moves
from curriculum.catalogue import Catalogue
from curriculum.credential import credential
from curriculum.figures import number
from curriculum.ledger import (
    LedgerEntry,
    decision_entry,
    meters,
    moved,
    outcome_entry,
    run_entry,
)
from curriculum.loader import load_catalogue
from curriculum.predictions import Predicted, verdict
from curriculum.recipe import recorded_config
from curriculum.report import (
    ADDS_UP,
    COLUMNS,
    Report,
    SeenRun,
    apart,
    chapter_arc,
    retold_report,
    standings,
)
from curriculum.retelling import DEFAULT, Retelling, load_retellings, nouns_in, retold_chapter
from curriculum.rules import is_sound, outcome_of, plain, reply_to, shown
from curriculum.summary import Summary
from engine.metrics import METRICS, MetricName
from engine.worlds.corridor import CorridorConfig

CATALOGUE = load_catalogue()
PAD = CATALOGUE.chapter("the_charging_pad")
DID = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"


class Played:
    """Two runs of one chapter: as it stands, and as its reference solves it."""

    def __init__(self) -> None:
        self.learner = learners.learner_for("ada")
        self.option = PAD.predict.options[0].id
        predicted = Predicted(option=self.option, confidence="certain", reason=HOSTILE)
        state = moves.predict(PAD, moves.read_brief(moves.begin(PAD)), predicted)
        self.presses: list[str] = []
        self.summaries: list[Summary] = []
        for role in ("start", "reference"):
            entry = next(one for one in PAD.recorded if one.role == role)
            config = recorded_config(PAD, entry, PAD.experiment.seed)
            press = runs.press_train(self.learner, config, PAD.id)
            worker.pull("here")
            state = moves.press(moves.try_again(state) if state.last_press else state, press)
            learners.save_chapter(self.learner, state)
            seen = certificates.seen_run(self.learner, PAD, press)
            assert seen
            outcome = outcome_of(PAD, seen.summary)
            state = moves.reach(PAD, state, outcome.id, press)
            learners.record(self.learner, run_entry(PAD, press, seen.summary, False))
            learners.record(self.learner, outcome_entry(PAD, outcome, seen.summary))
            self.presses.append(press)
            self.summaries.append(seen.summary)
        self.choice = PAD.decide.options[0]
        state = moves.decide(PAD, moves.to_decision(state), self.choice.id)
        self.decided = decision_entry(PAD, self.choice.id, state.last_outcome, self.summaries[1])
        learners.record(self.learner, self.decided)
        learners.save_chapter(self.learner, state)
        self.state = state
        self.report = arcs.report_of(self.learner, CATALOGUE, "Łucja Đặng")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_SCHOOL_DATA", str(tmp_path_factory.mktemp("played")))
        patch.setenv("PIP_SCHOOL_SCHEDULER", "none")
        patch.delenv("DATABASE_URL", raising=False)
        yield Played()
        current().close()
        open_database.cache_clear()


def words_of(pdf: bytes) -> str:
    pages = PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_a_report_tells_predictions_runs_and_decisions_as_they_were(played: Played) -> None:
    (arc,) = played.report.chapters
    assert played.state.prediction
    tested = verdict(PAD, played.state.prediction, played.summaries[0], True)
    assert (arc.did, arc.held) == (plain(tested.did), tested.held)
    assert arc.said == f"Predicted: {PAD.predict.options[0].label} (certain)."
    assert [run.updates for run in arc.runs] == [one.updates for one in played.summaries]
    assert [run.ended for run in arc.runs] == [outcome_of(PAD, s).title for s in played.summaries]
    assert arc.runs[0].reward != arc.runs[1].reward
    assert (arc.choice, arc.after) == (played.choice.title, arc.runs[1].ended)
    reply = reply_to(PAD, played.choice.id, played.state.last_outcome)
    told = shown(reply.beats, played.summaries[1], (), played.state.last_outcome)
    assert arc.reply
    pairs = zip(arc.reply, told, strict=True)
    assert all(one.endswith(plain(beat.text)) for one, beat in pairs)
    assert arc.reply[0].startswith(f"{str(told[0].who).capitalize()}: ")
    assert arc.is_mastered == moves.mastered(PAD, played.state)
    last = played.report.standings[-1]
    now = meters(learners.entries(played.learner))
    assert (last.trust, last.safety, last.budget) == (now.trust, now.safety, now.budget)
    first = played.report.standings[0]
    assert (first.trust, first.safety, first.budget) == (60, 70, 40)


@pytest.mark.parametrize("setting", load_retellings().values(), ids=lambda one: one.id)
def test_papers_are_in_the_words_of_the_setting_with_the_same_figures(
    played: Played, setting: Retelling
) -> None:
    told = Catalogue(
        chapters=tuple(retold_chapter(setting, one) for one in CATALOGUE.chapters),
        levels=CATALOGUE.levels,
    )
    report = arcs.report_of(played.learner, told, "Ada Ward", setting)
    given = certificates.issue(played.learner, told, "Ada Ward", setting=setting)
    plain_one = certificates.issue(played.learner, CATALOGUE, "Ada Ward")
    assert (report.name, given.name) == ("Ada Ward", "Ada Ward")
    texts = report_html(report), words_of(certificate_pdf(given)), str(given.payload["evidence"])
    for text in texts:
        is_told = not set(nouns_in(text.replace("Ada Ward", "")))
        assert is_told or setting.id == DEFAULT
    figures = [re.findall(r"[0-9]+", str(one.payload["evidence"])) for one in (given, plain_one)]
    assert figures[0] == figures[1]
    (arc,), (before,) = report.chapters, played.report.chapters
    assert [run.figures for run in arc.runs] == [run.figures for run in before.runs]
    counted = before.runs[0].model_copy(update={"reward": 'correct + count("pharmacy")'})
    again = played.report.model_copy(
        update={"chapters": (before.model_copy(update={"runs": (counted,)}),)}
    )
    shown = retold_report(setting, again).chapters[0].runs[0].reward
    assert shown == setting.coded(counted.reward)
    assert ("pharmacy" in shown) == (setting.id == DEFAULT)


def test_figures_and_curves_are_those_of_the_run(played: Played) -> None:
    for run, summary in zip(played.report.chapters[0].runs, played.summaries, strict=True):
        assert run.figures
        for figure in run.figures:
            track, style = summary.metrics[figure.name], "one_decimal"
            if METRICS[figure.name].percent:
                style = "percent"
            elif max(abs(track.first), abs(track.last)) < 1:
                style = "two_decimals"
            assert figure.before == number(track.first, style)
            assert figure.after == number(track.last, style)
        track = summary.metrics[MetricName(PAD.charts[0].metrics[0])]
        assert len(run.curve) == summary.updates == 60
        assert sum(run.curve) / len(run.curve) == pytest.approx(track.mean)


def test_both_kinds_of_report_say_the_same(played: Played) -> None:
    page, paper = report_html(played.report), words_of(report_pdf(played.report))
    (arc,) = played.report.chapters
    for said in (arc.title, arc.choice, arc.runs[0].ended, arc.runs[1].address[:16], "Łucja Đặng"):
        assert said in page
        assert said in paper
    for text in (arc.did, *arc.reply, *arc.effects):
        assert " ".join(text.replace("\u202f", " ").split()) in paper.replace("\u00a0", " ")
    assert "Runs: 2" in paper
    assert "<dt>Runs</dt><dd>2</dd>" in page


def test_the_budget_adds_up_with_what_runs_cost(played: Played) -> None:
    """Row by row, and run by run beside them."""
    entries, report = learners.entries(played.learner), played.report
    for before, row in pairwise(report.standings):
        assert before.budget + row.given + row.runs + row.decided == row.budget
    spent = [one.budget for one in moved(entries) if one.kind == "run"]
    assert sum(spent) == sum(row.runs for row in report.standings) < 0
    costs = [run.cost for run in report.chapters[0].runs]
    assert costs == [f"budget \N{MINUS SIGN}{-points}" for points in spent]
    page, paper = report_html(report), words_of(report_pdf(report)).replace("\u00a0", " ")
    figures = " ".join(filter(None, report.standings[-1].figures))
    assert f"{report.standings[-1].what} {figures}" in paper
    for said in (*costs, *COLUMNS, ADDS_UP):
        assert said in page and said in paper


def test_each_cause_that_moves_the_budget_has_its_column() -> None:
    def entry(kind: str, budget: int, chapter: str = "a") -> LedgerEntry:
        fields = {"chapter": chapter, "kind": kind, "source": f"{kind}{budget}", "budget": budget}
        return LedgerEntry.model_validate(fields)

    entries = [entry("grant", 5), entry("run", -3), entry("run", -1), entry("outcome", 2)]
    entries += [entry("decision", -4), entry("run", -90, "b"), entry("grant", 7, "b")]
    first, row, last = standings(entries, {})
    assert (row.given, row.runs, row.decided, row.budget) == (5, -4, -2, 39)
    assert (last.given, last.runs, last.budget) == (7, -39, 7)  # no more than there was
    assert row.figures == ("60", "70", "+5", "\N{MINUS SIGN}4", "\N{MINUS SIGN}2", "39")
    assert first.figures == ("60", "70", "", "", "", "40")


def test_a_run_that_was_lent_or_free_says_so(played: Played) -> None:
    lent = LedgerEntry(chapter=PAD.id, kind="run", source="x", trust=-1)
    entries = [lent.model_copy(update={"source": played.presses[0]})]
    runs = [
        SeenRun(
            press_id=press,
            address="a",
            pressed_at=0.0,
            config=recorded_config(PAD, PAD.recorded[0], 1),
            summary=summary,
        )
        for press, summary in zip(played.presses, played.summaries, strict=True)
    ]
    arc = chapter_arc(PAD, played.state, runs, entries)
    assert [run.cost for run in arc.runs] == ["trust \N{MINUS SIGN}1", "without cost"]


def test_a_whole_arc_is_told_on_ten_pages(played: Played) -> None:
    """In every chapter its goal, and the start as well in each third one."""
    (arc,) = played.report.chapters
    chapters = []
    for place, chapter in enumerate(CATALOGUE.chapters):
        goal = next(one for one in chapter.outcomes if one.kind == "mastery")
        option = next(o.id for o in chapter.decide.options if is_sound(chapter, o.id, goal.id))
        reply = reply_to(chapter, option, goal.id)
        changes = {
            "title": chapter.title,
            "runs": arc.runs[place % 3 > 0 :],
            "did": "" if place % 3 else arc.did,
            "question": chapter.decide.question,
            "reply": [beat.text for beat in reply.beats if not beat.if_fact][:3],
            "effects": [" ".join(one.reasons.model_dump().values()) for one in (goal, reply)],
        }
        chapters.append(arc.model_copy(update=changes))
    whole = played.report.model_copy(
        update={
            "chapters": tuple(chapters),
            "standings": played.report.standings[:1] * (len(chapters) + 1),
        }
    )
    assert len(PdfReader(io.BytesIO(report_pdf(whole))).pages) <= 10


class Tags(HTMLParser):
    """Every tag of a page with its attributes, and the words in between."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def poisoned(value: Any) -> Any:
    """The same data with something hostile in every text that is not a date or an address."""
    if isinstance(value, dict):
        return {
            key: one if key in ("day", "address", "name") else poisoned(one)
            for key, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [poisoned(one) for one in value]
    return HOSTILE if isinstance(value, str) and value else value


def test_nothing_that_is_written_in_a_report_becomes_part_of_its_page(played: Played) -> None:
    hostile = Report.model_validate(poisoned(played.report.model_dump(mode="json")))
    hostile = hostile.model_copy(update={"name": HOSTILE})
    harmless, tags = Tags(report_html(played.report)), Tags(report_html(hostile))
    assert [tag for tag, _ in tags.found] == [tag for tag, _ in harmless.found]
    assert "script" not in {tag for tag, _ in tags.found}
    for _, attributes in tags.found:
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "href")]
    assert "".join(tags.words).count(HOSTILE) > 20
    assert ("meta", {"http-equiv": "Content-Security-Policy", "content": POLICY}) in tags.found
    assert HOSTILE in words_of(report_pdf(hostile))


def test_a_learner_who_did_nothing_gets_a_report_that_says_so(played: Played) -> None:
    empty = arcs.report_of(learners.learner_for("ben"), CATALOGUE)
    assert empty.chapters == ()
    assert "No chapter was begun yet" in report_html(empty)
    assert "No chapter was begun yet" in words_of(report_pdf(empty))


def test_a_state_of_an_older_chapter_is_told_as_one_that_begins_again(played: Played) -> None:
    """Its options and outcomes may have names that today's chapter does not know."""
    learner = learners.learner_for("of old")
    old = moves.Decision(option="gone", outcome="gone_as_well", press="x")
    changes = {"version": 0, "decision": old, "outcomes": {"gone_as_well": "x"}}
    learners.save_chapter(learner, played.state.model_copy(update=changes))
    (arc,) = arcs.report_of(learner, CATALOGUE).chapters
    assert (arc.title, arc.is_mastered, arc.runs, arc.choice) == (PAD.title, False, (), "")
    assert certificates.demonstrated(learner, CATALOGUE) == ()


def certificate_of(played: Played, count: int, name: str) -> Certificate:
    """A certificate of so many chapters, each as long as the longest that there is."""
    (one,) = certificates.demonstrated(played.learner, CATALOGUE)
    goals = [o for c in CATALOGUE.chapters for o in c.outcomes if o.kind == "mastery"]
    longest = max(len(goal.explain[0].text) for goal in goals)
    label = max(METRICS, key=lambda metric: len(METRICS[metric].label))
    figure = one.figures[0].model_copy(update={"name": label})
    why = "why so " * (longest // 7)
    shown_by = (one.model_copy(update={"why": why, "figures": (figure,) * 3}),) * count
    payload = credential(shown_by, DID, "urn:uuid:1", "urn:uuid:2", name, time.time())
    return Certificate("", name, shown_by, payload)


@pytest.mark.parametrize("count", [1, 2, 4, 7, 10, 14, 20, len(CATALOGUE.chapters)])
def test_a_certificate_has_one_page_and_names_every_run(played: Played, count: int) -> None:
    given = certificate_of(played, count, "Юлия Łucja Đặng Αθηνά")
    paper = certificate_pdf(given)
    assert len(PdfReader(io.BytesIO(paper)).pages) == 1
    said = words_of(paper).replace("\u00a0", " ")
    assert "Юлия Łucja Đặng Αθηνά" in said
    assert said.count(f"{PAD.title}: {given.shown[0].outcome}") == count
    assert said.count(given.shown[0].address[:16]) == count
    told = given.shown[0].measured if count <= 14 else f"{given.shown[0].figures[0].said}."
    assert said.count(told.replace("\u202f", " ")) == count
    assert said.count(DID) == 1


@pytest.mark.parametrize("name", ["李小龍", "علي", "🙂"])
def test_a_name_without_letters_here_is_not_written_wrongly(played: Played, name: str) -> None:
    said = words_of(certificate_pdf(certificate_of(played, 1, name)))
    assert NO_LETTERS in said
    report = played.report.model_copy(update={"name": name})
    assert name in report_html(report)
    assert NO_NAME in words_of(report_pdf(report))
    assert NO_NAME not in words_of(report_pdf(played.report))


@pytest.mark.parametrize("levels", [(67, 74, 38), (50, 50, 50), (100, 100, 99), (0, 3, 0)])
def test_labels_of_meters_that_meet_stand_apart_in_their_order(levels: tuple[float, ...]) -> None:
    placed = apart(levels, 10)
    ranked = [placed[place] for place in sorted(range(3), key=levels.__getitem__)]
    assert all(high - low >= 10 for low, high in pairwise(ranked))
    assert min(placed) >= 0
    assert max(placed) <= 100
    assert apart((90, 60, 30), 10) == [90, 60, 30]


def test_a_run_of_another_world_changes_nothing(played: Played) -> None:
    """A press of the Lab belongs to no chapter, and shows nothing of one."""
    config = {"algorithm": "q_learning", "world": CorridorConfig().model_dump(), "episodes": 5}
    press = runs.press_train(played.learner, config | {"reward": "delivered"})
    worker.pull("here")
    assert certificates.seen_run(played.learner, PAD, press) is None
    assert len(certificates.demonstrated(played.learner, CATALOGUE)) == 1


def test_a_row_of_the_meters_is_one_stay_in_a_chapter() -> None:
    """As many as there are stays that moved something, whatever happened in them."""
    happened = [("a", -2), ("a", -3), ("b", 0), ("a", -1), ("c", -4)]
    entries = [
        LedgerEntry(chapter=chapter, kind="run", source=str(number), budget=points)
        for number, (chapter, points) in enumerate(happened)
    ]
    rows = standings(entries, {"a": "First", "c": "Third"})
    found = [(row.what, row.budget) for row in rows]
    assert found == [("The beginning", 40), ("First", 35), ("First", 34), ("Third", 30)]
