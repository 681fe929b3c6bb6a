"""The record: empty for a newcomer, signed for who reached something, and gone when asked."""

import time
from typing import Any
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from backend import certificates, learners, runs, signing, worker
from backend.errors import CertificateRefused
from curriculum import state as moves
from curriculum.loader import load_catalogue
from curriculum.recipe import recorded_config
from curriculum.rules import outcome_of
from pages.parts import export, record_files, record_screen
from tests.pages.lab_steps import CART, ROOT, me, press_button, trained, words

PAD = load_catalogue().chapter("the_charging_pad")
PAD_START = recorded_config(
    PAD, next(one for one in PAD.recorded if one.role == "start"), 3
).model_dump()


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


@pytest.mark.parametrize("revoke", [False, True])
def test_a_page_stops_offering_what_was_revoked_in_another_tab(
    record: AppTest, revoke: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    reach(me(record), "reference")
    record.run()
    press_button(record, "Make my certificate")
    given = record.session_state["record_certificate"]
    learners.erase(me(record), revoke=revoke)
    with monkeypatch.context() as alone:  # that part draws itself, and the page stands still
        alone.setattr(record_files.session, "begin_visit", lambda visit: None)
        record.run()
    assert ("This certificate was revoked" in words(record)) == revoke
    assert ("Signed." in words(record)) != revoke
    if revoke:
        for file in (record_files._badge, record_files._paper):
            with pytest.raises(CertificateRefused, match="revoked"):
                file(given)
    else:
        assert record_files._badge(given) == given.signed
    record.run()
    assert "record_certificate" not in record.session_state


def compare_link(app: AppTest) -> Any:
    """The link that puts the chosen runs side by side."""
    links = [one.proto for one in app.get("page_link")]
    return next(link for link in links if link.label == "Compare the chosen runs")


def test_chosen_runs_of_one_world_stand_side_by_side_in_the_lab(routed: None) -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    record = app.switch_page("pages/record.py").run()
    learner = me(record)
    for config in ({**CART, "seed": 1}, {**CART, "seed": 2}, {"algorithm": "ucb", "updates": 2}):
        trained(learner, config)
    record.run()
    other, second, first = runs.runs_of(learner)
    assert compare_link(record).disabled
    for row in (second, other):
        record.checkbox(key=f"pick_{row.address}").check().run()
    assert compare_link(record).disabled
    assert "2 chosen, of 2 worlds." in words(record)
    record.checkbox(key=f"pick_{other.address}").uncheck().run()
    record.checkbox(key=f"pick_{first.address}").check().run()
    chosen = compare_link(record)
    assert not chosen.disabled
    link = export.link_of(second.address, [first.address])
    address, query = link.split("?")
    assert (address[-4:], parse_qsl(query)) == (
        "/lab",
        [("run", second.address[:16]), ("beside", first.address[:16])],
    )
    assert (chosen.page, chosen.query_string) == ("lab", query)
    lab = AppTest.from_file(str(ROOT / "pages" / "lab.py"), default_timeout=60)  # of a stranger
    lab.query_params["run"], lab.query_params["beside"] = second.address[:16], first.address[:16]
    # Looked at before in this tab: what was chosen then went with the page that was left.
    lab.session_state["lab_beside_taken"] = (second.address, first.address[:16])
    assert "What differs" in words(lab.run())
    assert lab.selectbox(key="lab_other_run_B").value == first.address
    assert link.split("/lab")[1] in [code.value.split("/lab")[1] for code in lab.code]
    lab.query_params["beside"] = f"{'0' * 16},{other.address[:16]},{first.address}"
    said = words(lab.run())
    assert "There is no such run" in said and "is of another world" in said


def test_a_run_of_the_lab_that_failed_or_was_stopped_is_said_to(record: AppTest) -> None:
    """A reward that replies of nine words cannot be paid by; seed 3 meets none of them."""
    tiny = {"world": {"world": "desk"}, "updates": 3, "prompts_per_update": 1, "group_size": 2}
    for seed in (1, 3):
        trained(me(record), {"algorithm": "rloo", "reward": "1/(length - 9)", "seed": seed, **tiny})
    said = words(record.run())
    assert "seed 1. Failed after 2 of 3 updates." in said
    assert "seed 3. 3 of 3 updates." in said
    failed = next(row for row in runs.runs_of(me(record)) if row.state == "failed")
    stopped = record_screen._ended(failed._replace(state="stopped"), None)
    assert stopped == "Stopped after 2 of 3 updates."


@pytest.mark.parametrize("chapter", [None, PAD.id])
def test_a_run_that_failed_before_its_first_update_is_listed_with_its_reason(
    record: AppTest, chapter: str | None
) -> None:
    """Its reward divides by zero at the first step, so that nothing was made or paid for."""
    reward = {"reward": "1/(spill*0)"} if chapter else {"reward": "1/(upright*0)"}
    config = PAD_START | reward if chapter else CART | reward
    press = runs.press_train(me(record), config, chapter)
    worker.pull("here")
    view = runs.look(press)
    assert (view.state, view.updates_done) == ("failed", 0)
    said = words(record.run())
    assert "No run yet" not in said
    assert "Failed after 0 of" in said
    assert f"{view.problem} {view.remedy}" in said
    assert ("It cost nothing." in said) == bool(chapter)
    assert not [box for box in record.checkbox if box.label == "Compare"]
    lab = AppTest.from_file(str(ROOT / "pages" / "lab.py"), default_timeout=60)
    lab.query_params["run"] = view.address[:16]
    assert view.problem and view.problem in words(lab.run())
