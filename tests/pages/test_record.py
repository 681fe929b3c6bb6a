"""The record: empty for a newcomer, signed for who reached something, and gone when asked."""

import time

import pytest
from streamlit.testing.v1 import AppTest

from backend import certificates, learners, runs, signing, worker
from curriculum import state as moves
from curriculum.loader import load_catalogue
from curriculum.recipe import recorded_config
from curriculum.rules import outcome_of
from tests.pages.lab_steps import ROOT, me, press_button, words

PAD = load_catalogue().chapter("the_charging_pad")


@pytest.fixture
def record(routed: None) -> AppTest:
    """The page as a newcomer finds it."""
    return AppTest.from_file(str(ROOT / "pages" / "record.py"), default_timeout=60).run()


def reach(learner: str, role: str) -> None:
    """Train a recorded setting of the chapter, and see where it ends."""
    entry = next(one for one in PAD.recorded if one.role == role)
    press = runs.press_train(learner, recorded_config(PAD, entry, 3), PAD.id)
    worker.pull("here")
    seen = certificates.seen_run(learner, PAD, press)
    assert seen
    outcome = outcome_of(PAD, seen.summary).id
    state = moves.press(moves.skip_prediction(moves.begin(PAD)), press)
    learners.save_chapter(learner, moves.reach(PAD, state, outcome, press))


def test_a_newcomer_reads_what_is_missing_and_can_sign_nothing(record: AppTest) -> None:
    said = words(record)
    assert "No chapter was begun yet" in said
    assert "What is missing: a run that ends in" in said
    assert "No run yet" in said
    assert record.button(key="go_certificate").disabled
    assert signing.known_issuer() is None


def test_a_run_that_is_no_mastery_is_listed_and_not_certified(record: AppTest) -> None:
    reach(me(record), "start")
    record.run()
    assert PAD.title in words(record)
    assert "Ended in “" in words(record)
    assert record.button(key="go_certificate").disabled


def test_a_certificate_is_signed_with_the_name_that_was_typed(record: AppTest) -> None:
    reach(me(record), "reference")
    record.run()
    record.text_input(key="record_name").set_value("Ada *L*").run()
    press_button(record, "Make my certificate")
    assert "Signed for Ada \\*L\\*." in words(record)
    given = record.session_state["record_certificate"]
    payload = signing.verified(given.signed, signing.issuer(), time.time())
    assert certificates.name_in(payload) == "Ada *L*"
    assert [one["name"].partition(":")[0] for one in payload["evidence"]] == [PAD.title]
    assert any(signing.issuer() in code.value for code in record.code)
    assert certificates.issued_to(me(record)) == 1
    press_button(record, "Make my certificate")  # a double click
    assert record.session_state["record_certificate"] == given
    assert certificates.issued_to(me(record)) == 1
    record.text_input(key="record_name").set_value("Ben").run()
    press_button(record, "Make my certificate")
    assert record.session_state["record_certificate"].name == "Ben"
    assert certificates.issued_to(me(record)) == 2


@pytest.mark.parametrize("revoke", [False, True])
def test_deleting_asks_once_more_and_leaves_a_newcomer(record: AppTest, revoke: bool) -> None:
    learner = me(record)
    reach(learner, "reference")
    record.run()
    press_button(record, "Make my certificate")
    unique = record.session_state["record_certificate"].payload["jti"]
    press_button(record, "Delete everything about me")
    assert learners.load_progress(learner)
    press_button(record, "Keep everything")
    assert "delete_for_good" not in [button.key for button in record.button]
    press_button(record, "Delete everything about me")
    if revoke:
        record.radio(key="delete_how").set_value("Revoke my certificates as well").run()
    record.button(key="delete_for_good").click().run()
    assert learners.load_progress(me(record)) == {}
    assert me(record) != learner
    assert certificates.revoked() == ({unique} if revoke else set())
    assert "record_certificate" not in record.session_state
