"""Certificates: only what own runs show, signed by this server alone, checked without a network."""

import base64
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend import certificates, learners, runs, signing, worker
from backend.__main__ import main
from backend.certificates import check
from backend.database import Database, current, open_database
from backend.errors import BackendError, CertificateRefused, KeyUnusable
from curriculum import state as moves
from curriculum.catalogue import Catalogue
from curriculum.credential import clean_name, moment
from curriculum.loader import load_catalogue
from curriculum.recipe import recorded_config
from curriculum.schema import Chapter

CATALOGUE = load_catalogue()
OTHER = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"  # another school
PAD = CATALOGUE.chapter("the_charging_pad")  # its runs take a fraction of a second


def pressed(learner: str, role: str, chapter: Chapter = PAD, claims: str = "") -> str:
    """A run of a recorded setting, trained, and written down as having reached `claims`."""
    entry = next(one for one in chapter.recorded if one.role == role)
    config = recorded_config(chapter, entry, chapter.experiment.seed)
    press = runs.press_train(learner, config, chapter.id)
    worker.pull("here")
    state = learners.load_chapter(learner, chapter.id) or moves.begin(chapter)
    tuned = moves.skip_prediction(state) if state.stage == "brief" else state
    goal = claims or next(one.id for one in chapter.outcomes if one.kind == "mastery")
    reached = moves.reach(chapter, moves.press(tuned, press), goal, press)
    learners.save_chapter(learner, reached)
    return press


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder of its own, on SQLite: what is asked here, no database answers otherwise."""
    monkeypatch.setenv("PIP_SCHOOL_DATA", str(tmp_path))
    monkeypatch.setenv("PIP_SCHOOL_SCHEDULER", "none")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    yield tmp_path
    current().close()
    open_database.cache_clear()


def payload(**changes: Any) -> dict[str, Any]:
    """A small credential of this server."""
    now = int(time.time()) - 10
    who = signing.issuer()
    return {
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "id": "urn:uuid:1",
        "issuer": {"id": who},
        "validFrom": moment(now),
        "credentialSubject": {"id": "urn:uuid:2"},
        "evidence": [],
        "iss": who,
        "jti": "urn:uuid:1",
        "sub": "urn:uuid:2",
        "nbf": now,
    } | changes


def refusal(text: str, trusted: str = "", **more: Any) -> str:
    with pytest.raises(BackendError) as refused:
        signing.verified(text, trusted or signing.issuer(), time.time(), **more)
    return str(refused.value)


def test_a_run_that_reached_mastery_is_certified_and_can_be_checked(
    database: Database, ada: str, tmp_path: Path
) -> None:
    press = pressed(ada, "reference")
    given = certificates.issue(ada, CATALOGUE, "  Łucja 李\u202e ", "https://school.example")
    assert [one.chapter for one in given.shown] == [PAD.id]
    address = runs.look(press).address
    assert given.shown[0].address == address
    file = tmp_path / "badge.jwt"
    file.write_text(given.signed + "\n", encoding="utf-8")
    said = check(file)
    assert "Issued to  Łucja 李, " in said
    assert "Revoked    no" in said
    assert address in said
    assert given.shown[0].measured in said


def test_the_same_facts_give_the_same_certificate_and_others_give_another(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = learners.learner_for("ada")
    pressed(ada, "reference")

    def asked(name: str = "Ada", root: str = "https://school.example") -> str:
        return certificates.issue(ada, CATALOGUE, name, root).signed

    first = asked()
    monkeypatch.setattr("backend.certificates.time.time", lambda: 2_000_000_000.0)
    assert asked() == asked(" Ada ") == first
    assert certificates.issued_to(ada) == 1
    others = [asked("Ben"), asked(root=""), asked("")]
    (shown,) = certificates.demonstrated(ada, CATALOGUE)
    longer = shown.model_copy(update={"updates": shown.updates + 1})
    monkeypatch.setattr("backend.certificates.demonstrated", lambda *_: (longer,))
    others.append(asked())
    told = [json.loads(base64.urlsafe_b64decode(one.split(".")[1] + "==")) for one in others]
    assert len({one["jti"] for one in told} | {one["sub"] for one in told}) == 2 * len(told)
    assert certificates.issued_to(ada) == 1 + len(others)
    assert ada not in "".join(map(str, told))


def test_nothing_is_certified_that_no_run_of_the_learner_shows(
    database: Database, ada: str, ben: str
) -> None:
    with pytest.raises(CertificateRefused, match="nothing to certify yet"):
        certificates.issue(ada, CATALOGUE)
    pressed(ada, "start")  # its state claims mastery, and its run says otherwise
    assert certificates.demonstrated(ada, CATALOGUE) == ()
    own = pressed(ada, "reference")
    assert len(certificates.demonstrated(ada, CATALOGUE)) == 0  # the first press is what counts
    state = learners.load_chapter(ada, PAD.id)
    assert state
    goal = next(one.id for one in PAD.outcomes if one.kind == "mastery")
    learners.save_chapter(ada, state.model_copy(update={"outcomes": {goal: own}}))
    assert len(certificates.demonstrated(ada, CATALOGUE)) == 1
    learners.save_chapter(ben, state.model_copy(update={"outcomes": {goal: own}}))
    assert certificates.demonstrated(ben, CATALOGUE) == ()  # a press of somebody else
    assert certificates.demonstrated(ada, Catalogue(chapters=(), levels=())) == ()


def test_a_press_of_another_chapter_or_that_is_still_on_shows_nothing(here: Path) -> None:
    ada = learners.learner_for("ada")
    press = pressed(ada, "reference")
    other = CATALOGUE.chapter("night_delivery")
    assert certificates.seen_run(ada, PAD, press)
    assert certificates.seen_run(ada, other, press) is None
    assert certificates.seen_run(ada, PAD, "nobody's") is None
    entry = next(one for one in PAD.recorded if one.role == "start")
    waiting = runs.press_train(ada, recorded_config(PAD, entry, 77), PAD.id)
    assert certificates.seen_run(ada, PAD, waiting) is None


def test_a_state_of_an_older_version_counts_by_what_its_run_measured(here: Path) -> None:
    ada = learners.learner_for("ada")
    pressed(ada, "reference")
    state = learners.load_chapter(ada, PAD.id)
    assert state
    learners.save_chapter(ada, state.model_copy(update={"version": 0}))
    assert len(certificates.demonstrated(ada, CATALOGUE)) == 1
    gone = {"outcomes": {"an_outcome_of_old": state.press_ids[0]}}
    learners.save_chapter(ada, state.model_copy(update=gone))
    assert certificates.demonstrated(ada, CATALOGUE) == ()


def test_the_key_is_made_once_and_read_by_its_owner_alone(here: Path) -> None:
    assert signing.known_issuer() is None
    assert not (here / signing.KEY_FILE).exists()
    first = signing.issuer()
    assert first.startswith("did:key:z6Mk")
    assert signing.issuer() == signing.known_issuer() == first
    assert (here / signing.KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in here.iterdir()] == [signing.KEY_FILE]
    (here / signing.KEY_FILE).write_text("nonsense")
    with pytest.raises(KeyUnusable, match="not a key"):
        signing.issuer()


def test_a_key_that_exists_is_never_replaced(here: Path) -> None:
    first = signing.issuer()
    signing._make(here / signing.KEY_FILE)  # as a process does that looked a moment earlier
    assert signing.issuer() == first


def test_the_name_of_a_key_is_the_standard_one(here: Path) -> None:
    """The first example of the did:key method, written down by its authors."""
    raw = "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"
    assert signing.key_of(OTHER).public_bytes_raw().hex() == raw
    assert signing.did_of(signing.key_of(OTHER)) == OTHER


@pytest.mark.parametrize("wrong", ["", "did:key:z", "did:key:zO0Il", "did:web:x", "x" * 10_000])
def test_what_is_no_key_is_refused(here: Path, wrong: str) -> None:
    with pytest.raises(KeyUnusable, match="did:key:z6Mk"):
        signing.key_of(wrong)


def test_openssl_agrees_that_the_signature_is_the_keys(here: Path) -> None:
    signed = signing.sign(payload())
    head, body, signature = signed.split(".")
    (here / "message").write_bytes(f"{head}.{body}".encode())
    (here / "signature").write_bytes(base64.urlsafe_b64decode(signature + "=="))
    x = json.loads(base64.urlsafe_b64decode(head + "=="))["jwk"]["x"]
    prefix = bytes.fromhex("302a300506032b6570032100")  # RFC 8410
    (here / "key.der").write_bytes(prefix + base64.urlsafe_b64decode(x + "="))
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-rawin"]
    files = ["-inkey", "key.der", "-in", "message", "-sigfile", "signature"]
    done = subprocess.run([*command, *files], cwd=here, capture_output=True, text=True)
    assert "Verified Successfully" in done.stdout
    (here / "message").write_bytes(b"something else")
    assert subprocess.run([*command, *files], cwd=here, capture_output=True).returncode != 0


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A signed credential and who signed it, for tests that change it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_SCHOOL_DATA", str(tmp_path_factory.mktemp("school")))
        return signing.sign(payload()), signing.issuer()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_letter_that_is_changed_is_noticed(
    school: tuple[str, str], data: st.DataObject
) -> None:
    signed, who = school
    assert signing.verified(signed, who, time.time())
    place = data.draw(st.one_of(st.integers(0, len(signed) - 1), st.just(len(signed) - 1)))
    letter = data.draw(st.characters(min_codepoint=0, max_codepoint=255))
    if letter != signed[place]:
        with pytest.raises(CertificateRefused):
            signing.verified(signed[:place] + letter + signed[place + 1 :], who, time.time())


def test_every_last_letter_but_one_is_refused(school: tuple[str, str]) -> None:
    """Four letters stand for the same last bits of a signature; only one of them was written."""
    signed, who = school
    accepted = []
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_":
        try:
            signing.verified(signed[:-1] + letter, who, time.time())
            accepted.append(letter)
        except CertificateRefused:
            pass
    assert accepted == [signed[-1]]
    for more in ("==", "=", "A", "!"):
        with pytest.raises(CertificateRefused):
            signing.verified(signed + more, who, time.time())


def test_refusals_say_why(here: Path, school: tuple[str, str]) -> None:
    own = signing.sign(payload())
    head, body, signature = own.split(".")
    said = payload()
    said["evidence"] = ["more"]
    other = base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()
    assert "altered" in refusal(f"{head}.{other}.{signature}")
    assert f"signed by {school[1]}" in refusal(school[0])
    past = int(time.time()) - 5
    expired = payload(exp=past, validUntil=moment(past))
    assert f"expired on {moment(past)}" in refusal(signing.sign(expired))
    later = int(time.time()) + 3600
    assert "not valid before" in refusal(signing.sign(payload(nbf=later, validFrom=moment(later))))
    assert "revoked" in refusal(own, revoked={"urn:uuid:1"})
    assert "without a signature" in refusal(json.dumps(payload()))
    assert "too large" in refusal("a" * (signing.LARGEST + 1))
    assert "says something else" in refusal(signing.sign(payload(type=["Diary"])))
    for claim in ("jti", "sub", "nbf", "iss"):
        wrong = payload(**{claim: 5 if claim == "nbf" else "urn:other"})
        assert "contradict" in refusal(signing.sign(wrong)), claim
    assert "missing" in refusal(signing.sign({"nbf": 3}))
    unsigned = (
        base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT","jwk":{}}').rstrip(b"=").decode()
    )
    assert "another kind of signature" in refusal(f"{unsigned}.{body}.")


@pytest.mark.parametrize(
    "text", ["", "Dear school", "a.b", "..", "é.é.é", "[" * 5000, "e30.e30.e30"]
)
def test_what_is_no_certificate_is_said_to_be_none(here: Path, text: str) -> None:
    assert "not a certificate" in refusal(text)


def test_elsewhere_it_is_checked_with_the_key_and_the_list_of_the_school(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = learners.learner_for("ada")
    pressed(ada, "reference")
    given = certificates.issue(ada, CATALOGUE, "", "https://school.example")
    file, listed = here / "badge.jwt", here / "list.json"
    file.write_text(given.signed)
    who = signing.issuer()
    learners.erase(ada, revoke=True)
    with pytest.raises(CertificateRefused, match="revoked"):
        check(file)
    listed.write_text(json.dumps(certificates.revocation_list("https://school.example")))
    (here / "elsewhere").mkdir()
    monkeypatch.setenv("PIP_SCHOOL_DATA", str(here / "elsewhere"))
    with pytest.raises(KeyUnusable, match="--key"):
        check(file)
    assert "not checked: fetch https://school.example/api/revocations" in check(file, who)
    published = json.loads(listed.read_text())
    for name in ("revokedCredential", "revokedCredentials"):  # as validators of 1EdTech read it
        assert [one["id"] for one in published[name]] == [given.payload["id"]]
        listed.write_text(json.dumps({"issuer": who, name: published[name]}))
        with pytest.raises(CertificateRefused, match="revoked"):
            check(file, who, listed)
    others = [{"id": f"urn:uuid:{place:036}", "revoked": True} for place in range(10_000)]
    listed.write_text(json.dumps({"issuer": who, "revokedCredential": others}))
    assert "Revoked    no" in check(file, who, listed)
    listed.write_text(listed.read_text().replace(who, "did:key:other"))
    with pytest.raises(CertificateRefused, match="of another school"):
        check(file, who, listed)
    for nonsense in ("[]", "x", '{"issuer": 3}', json.dumps({"issuer": who})):
        listed.write_text(nonsense)
        with pytest.raises(CertificateRefused, match="list"):
            check(file, who, listed)
    assert not (here / "elsewhere" / signing.KEY_FILE).exists()


def test_the_command_answers_in_one_word_and_its_exit_code(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def verify(name: str, *more: str) -> int:
        monkeypatch.setattr(sys, "argv", ["backend", "verify", str(here / name), *more])
        return main()

    (here / "badge.jwt").write_text(signing.sign(payload()))
    assert verify("badge.jwt") == 0
    assert capsys.readouterr().out.startswith("Verified: ")
    assert verify("badge.jwt", "--key", OTHER) == 1
    assert verify("missing.jwt") == 1
    assert verify("badge.jwt", "--revoked", str(here / "missing.json")) == 1
    refused = capsys.readouterr()
    assert refused.out == ""
    assert refused.err.count("Refused. ") == refused.err.count("\n") == 3


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        (" \n\t ", ""),
        ("Ada  Lovelace\n", "Ada Lovelace"),
        ("e\u0301", "é"),
        ("\u202egnp.exe", "gnp.exe"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("<b>", "<b>"),
        ("x" * 500, "x" * 120),
    ],
)
def test_a_name_is_kept_in_any_script_and_disturbs_nothing(typed: str, kept: str) -> None:
    assert clean_name(typed) == kept
