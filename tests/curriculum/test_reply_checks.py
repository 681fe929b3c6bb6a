"""What stands beside a quoted reply fits it, whatever Pip said."""

from pathlib import Path
from typing import Any

import pytest

from curriculum.__main__ import main
from curriculum.catalogue import Catalogue
from curriculum.evidence import load_evidence
from curriculum.figures import quoted
from curriculum.loader import CHAPTERS, load_chapter
from curriculum.outcomes import Outcome
from curriculum.parts import Beat, ReplyCondition
from curriculum.prove import run_recorded
from curriculum.reply_checks import misfits, reply_findings
from curriculum.rules import COMPARE, outcome_of, plain, shown
from curriculum.schema import Chapter
from curriculum.summary import Summary
from engine.language.grammar import REPLY_LIMIT
from engine.language.probes import SHOWN_AXES
from engine.language.questions import fact_question
from engine.language.verifiers import grade
from engine.scenes import Reply, SpeechScene
from engine.worlds.desk import TERMS
from tests.curriculum.made_runs import reply, speech

QUOTE = "“[[reply.last]]”"
SAID = {  # of one visitor, who asked where the lab is
    "right": "the lab is on floor two .",
    "right and kind": "hello friend . the lab is on floor two . please take care .",
    "right, with a compliment": "what a wise question . the lab is on floor two .",
    "wrong": "the lab is on floor five .",
    "both": "the lab is on floor two . the lab is on floor five .",
    "turned away": "i am not sure .",
    "cut": "please please the lab is on",
    "one word": "thank",
    "nothing": "",
    "long": "the lab is on floor two . " + "there is so much to see . " * 2 + "i like",
}


def claims(said: str) -> list[dict[str, Any]]:
    """Claims as one line: "correct >= 1, first polite < 1"."""
    found = []
    for claim in filter(None, said.split(", ")):
        *which, axis, op, value = claim.split()
        found.append({"of": which[0] if which else "last", "axis": axis, "op": op, "value": value})
    return found


def wordings(*asked: str, text: str = QUOTE) -> list[dict[str, Any]]:
    return [
        {"who": "ruth", "text": f"{text} {place}", "if_reply": claims(one)}
        for place, one in enumerate(asked)
    ]


def found_in(chapter: Chapter, beats: list[dict[str, Any]]) -> list[str]:
    """What is found wrong with an outcome that is told in these beats."""
    told = tuple(Beat.model_validate(beat) for beat in beats)
    outcome = chapter.outcomes[0].model_copy(update={"beats": told})
    changed = chapter.model_copy(update={"outcomes": (outcome, *chapter.outcomes[1:])})
    found = list(reply_findings(changed)) or list(misfits(changed))
    return [f"{one.value} {one.message}" for one in found]


MISTAKES = {
    "no other wording": (wordings("correct >= 1"), "correct 0", "not quoted at all"),
    "a gap between two": (wordings("polite < 1", "polite > 1"), "polite 1", "not quoted at all"),
    "a corner": (
        wordings("correct >= 1, polite >= 1", "correct < 1"),
        "correct 1, polite 0",
        "not quoted at all",
    ),
    "two at once": (wordings("length < 9", "length <= 9"), "length 0", "quoted 2 times"),
    "beside one for all": (wordings("correct < 1", ""), "correct 0", "quoted 2 times"),
    "another person answers": (
        [wordings("correct < 1")[0], {**wordings("correct >= 1")[0], "who": "noor"}],
        "correct 1",
        "not quoted at all",
    ),
    "another condition": (
        [wordings("correct < 1")[0], {**wordings("correct >= 1")[0], "if_term": ["polite"]}],
        "correct 1",
        "not quoted at all",
    ),
    "of the other reply": (
        wordings("first correct < 1", "first correct >= 1"),
        "",
        "nobody here quotes `[[reply.first]]`",
    ),
    "no quotation": (wordings("correct < 1", text="So."), "", "nobody here quotes"),
    "always": (wordings("fluent <= 1", "fluent > 1"), "fluent <= 1", "decides nothing"),
    "never": (wordings("polite < 0", "polite >= 0"), "polite < 0", "decides nothing"),
    "no axis": (wordings("right < 1", "right >= 1"), "right", "No reply is graded"),
    "not shown": (wordings("habit < 1", "habit >= 1"), "habit", "No reply is graded"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_reply_without_one_wording_is_found(polite: Chapter, name: str) -> None:
    beats, value, message = MISTAKES[name]
    found = found_in(polite, beats)
    assert any(value in said and message in said for said in found), found


SOUND = {
    "none": wordings(""),
    "two sides": wordings("correct < 1", "correct >= 1"),
    "three counts": wordings("polite < 1", "polite >= 1, polite < 3", "polite >= 3"),
    "a comment of somebody else": [
        *wordings(""),
        {"who": "adeyemi", "text": "So.", "if_reply": claims("correct < 1")},
    ],
    "both replies": wordings(
        "first correct < 1, last correct < 1",
        "first correct < 1, last correct >= 1",
        "first correct >= 1",
        text="[[reply.first]] [[reply.last]]",
    ),
}


@pytest.mark.parametrize("name", SOUND)
def test_what_fits_every_reply_once_is_let_pass(polite: Chapter, name: str) -> None:
    assert found_in(polite, SOUND[name]) == []


def test_check_names_file_line_value_and_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (CHAPTERS / "00_the_polite_assistant.toml").read_text(encoding="utf-8")
    lines = text.splitlines()
    gone = next(place for place, line in enumerate(lines) if 'axis = "flattery", op = "<"' in line)
    file = tmp_path / "one_wording.toml"
    file.write_text("\n".join(lines[:gone] + lines[gone + 1 :]), encoding="utf-8")
    assert load_chapter(file)  # it harms no learner, so it closes no chapter
    assert main(["check", str(file)]) == 1
    said = capsys.readouterr().err
    assert f"{file}:{gone}: outcomes[1].beats[1] (“[[reply.last]]”, it told me." in said
    assert "A reply with flattery 0 is not quoted at all." in said
    assert "Add a beat for it" in said


def test_the_axes_have_bounds_and_a_quotation_is_whole() -> None:
    assert set(SHOWN_AXES) <= {term.name for term in TERMS}
    assert quoted(("a",) * REPLY_LIMIT) == " ".join("a" * REPLY_LIMIT)


def replies_of(chapter: Chapter) -> list[Reply]:
    """What the brief's run recorded, and some that were written for this."""
    evidence = load_evidence(chapter)
    assert evidence is not None
    scenes = (evidence.summary.first_scene, evidence.summary.last_scene)
    recorded = [one for scene in scenes if isinstance(scene, SpeechScene) for one in scene.probes]
    return recorded + [reply(words) for words in SAID.values()]


def told(outcome: Outcome, summary: Summary, occasion: str) -> list[str]:
    """What of an occasion is told, and not kept back for its figures or the reward."""
    beats = [beat for beat in outcome.beats if beat.occasion == occasion]
    free = [
        beat.model_copy(update={"when": (), "if_term": (), "unless_term": ()}) for beat in beats
    ]
    return [plain(beat.text) for beat in shown(free, summary)]


def test_no_chapter_has_a_reply_without_one_wording(catalogue: Catalogue) -> None:
    found = {one.id: [f.message for f in misfits(one)] for one in catalogue.chapters}
    assert {name: messages for name, messages in found.items() if messages} == {}


def test_every_reply_is_quoted_in_one_wording(catalogue: Catalogue) -> None:
    asked = 0
    for chapter in catalogue.chapters:
        evidence = load_evidence(chapter)
        assert evidence is not None
        for outcome in chapter.outcomes:
            for occasion in {beat.occasion for beat in outcome.beats if beat.if_reply}:
                for one in replies_of(chapter):
                    scene = speech(one)
                    run = evidence.summary.model_copy(update={"last_scene": scene})
                    assert len(told(outcome, run, occasion)) == 1, (outcome.id, one.tokens)
                    asked += 1
    assert asked > 500


def is_so(claim: ReplyCondition, words: str) -> bool:
    """The same claim about a quotation, judged by the verifier anew."""
    graded = grade(fact_question("floor", "pharmacy"), words)
    return COMPARE[claim.op](graded[claim.axis], claim.value)


@pytest.mark.parametrize("setting", ["answer_only", "a_turned_sign", "compliments"])
def test_what_stands_beside_the_quotation_of_a_real_run_is_true(
    polite: Chapter, setting: str
) -> None:
    recorded = {one.id: one for one in polite.recorded}[setting]
    summary = run_recorded(polite, recorded, 1)
    assert isinstance(summary.last_scene, SpeechScene)
    words = " ".join(summary.last_scene.probes[0].tokens)
    for beat in outcome_of(polite, summary).beats:
        if "[[reply.last]]" in beat.text:
            fits = all(is_so(claim, words) for claim in beat.if_reply)
            said = [plain(one.text) for one in shown([beat], summary)]
            assert len(said) == fits
            assert all(words in one for one in said)
