"""Certificates: what a learner's own runs have demonstrated, issued, checked, and taken back."""

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import func, select

from backend import learners, run_views, signing
from backend.database import current, insert_new
from backend.errors import BackendError, CertificateRefused, KeyUnusable, UnknownRun
from backend.tables import CertificateRow, PressRow, RevocationRow
from curriculum.catalogue import Catalogue
from curriculum.credential import (
    Demonstration,
    clean_name,
    credential,
    demonstration,
    name_in,
    retold_demonstration,
)
from curriculum.retelling import HOSPITAL, Retelling, retold_summary
from curriculum.schema import Chapter
from curriculum.summary import Summary, summarise
from engine.events import UpdateCompleted

LARGEST_LIST = 64 * 1024 * 1024  # bytes of the revocations of a school
LISTS = ("revokedCredential", "revokedCredentials")
NOTHING_YET = (
    "There is nothing to certify yet: no run of yours has ended in the outcome that its chapter "
    "calls mastery."
)


class Certificate(NamedTuple):
    """A certificate as it is handed over: the signed file, and what is in it."""

    signed: str
    name: str
    shown: tuple[Demonstration, ...]
    payload: dict[str, Any]


class Seen(NamedTuple):
    """A press of a learner that is over: its run as far as it was seen."""

    row: run_views.RunSummaryRow
    summary: Summary


def seen_run(learner_id: str, chapter: Chapter, press_id: str) -> Seen | None:
    """What a learner saw of a run that they pressed in a chapter.

    None if it is not theirs, not of this chapter, not over, or cannot be read any more.
    """
    with current().reading() as session:
        press = session.get(PressRow, press_id)
        if press is None or (press.learner_id, press.chapter_id) != (learner_id, chapter.id):
            return None
    try:
        row = run_views.row_of(press_id)
        if row.state not in ("finished", "failed", "stopped") or not row.updates_done:
            return None
        events = [
            event
            for event in run_views.events_of(row.address)
            if not isinstance(event, UpdateCompleted) or event.update <= row.updates_done
        ]
    except UnknownRun:
        return None
    last = chapter.experiment.last_updates
    return Seen(row, summarise(events, row.config.model_dump(mode="json"), last))


def demonstrated(
    learner_id: str, catalogue: Catalogue, setting: Retelling = HOSPITAL
) -> tuple[Demonstration, ...]:
    """What the learner's own runs show, in the order of the chapters; each chapter at most once.

    catalogue: as `setting` tells it.
    """
    states = learners.load_progress(learner_id)
    found: list[Demonstration] = []
    for chapter in catalogue.chapters:
        state = states.get(chapter.id)
        goals = {one.id for one in chapter.outcomes if one.kind == "mastery"}
        reached = state.outcomes if state else {}
        for press_id in (press for outcome, press in reached.items() if outcome in goals):
            seen = seen_run(learner_id, chapter, press_id)
            shown = seen and demonstration(
                chapter,
                retold_summary(setting, seen.summary),
                seen.row.config,
                seen.row.address,
                seen.row.pressed_at,
            )
            if shown:
                found.append(retold_demonstration(setting, shown))
                break
    return tuple(found)


def issue(
    learner_id: str,
    catalogue: Catalogue,
    typed: str = "",
    root: str = "",
    setting: Retelling = HOSPITAL,
) -> Certificate:
    """Sign what the learner has demonstrated. The name is in the file alone, and kept nowhere.

    Who asks again, with nothing new to show, is given the same certificate. catalogue: as `setting`
    tells it. root: the address of this school as the learner sees it. Raises CertificateRefused if
    nothing was demonstrated.
    """
    shown = demonstrated(learner_id, catalogue, setting)
    if not shown:
        raise CertificateRefused(NOTHING_YET, "Reach one first; the story map shows where.")
    name, issuer = clean_name(typed), signing.issuer()
    # Through a signature: who does not hold the key cannot find out a name by trying names.
    unsaid = signing.sign(credential(shown, issuer, "", learner_id, name, 0, root))
    unique = uuid5(NAMESPACE_URL, unsaid).urn
    subject = uuid5(NAMESPACE_URL, unique).urn
    with current().writing() as session:
        insert_new(session, CertificateRow, id=unique, learner_id=learner_id, issued_at=time.time())
        issued_at = session.get_one(CertificateRow, unique).issued_at
    payload = credential(shown, issuer, unique, subject, name, issued_at, root)
    return Certificate(signing.sign(payload), name, shown, payload)


def refuse_revoked(given: Certificate) -> None:
    """Raise CertificateRefused if a certificate was taken back after it was handed over."""
    with current().reading() as session:
        if session.get(RevocationRow, given.payload["jti"]):
            raise CertificateRefused(
                "This certificate was revoked when everything about its learner was deleted.",
                "It is not handed out any more.",
            )


def issued_to(learner_id: str) -> int:
    """How many certificates the learner was given."""
    owned = select(func.count()).where(CertificateRow.learner_id == learner_id)
    with current().reading() as session:
        return session.scalars(owned).one()


def revoked() -> frozenset[str]:
    """The ids of all certificates that were taken back."""
    with current().reading() as session:
        return frozenset(session.scalars(select(RevocationRow.id)))


def revocation_list(address: str) -> dict[str, Any]:
    """The list for those who check certificates elsewhere. Source: 1EdTech, VCRL 1.0.

    Its entries stand there twice: validators of 1EdTech have looked for them under both names.
    """
    entries = [{"id": unique, "revoked": True} for unique in sorted(revoked())]
    lists = dict.fromkeys(LISTS, entries)
    return {"id": address, "issuer": signing.known_issuer(), **lists}


def check(file: Path, key: str = "", list_file: Path | None = None) -> str:
    """What the verify command says of a file. Raises BackendError with the reason of a refusal.

    key: a did:key; this school's own if empty. list_file: revocations as the school published them.
    """
    trusted = key or signing.known_issuer()
    if not trusted:
        raise KeyUnusable(
            "No school's key is known here, so nothing can be checked.",
            "Pass the key of the school that issued it: --key did:key:z6Mk...",
        )
    signing.key_of(trusted)
    withdrawn = _withdrawn(trusted, list_file)
    payload = signing.verified(
        _text_of(file, signing.LARGEST), trusted, time.time(), withdrawn or frozenset()
    )
    return _told(payload, withdrawn is not None)


def _withdrawn(trusted: str, list_file: Path | None) -> frozenset[str] | None:
    """The revocations that are known here; None if there are none to look at."""
    if list_file is None:
        return revoked() if trusted == signing.known_issuer() else None
    try:
        content = json.loads(_text_of(list_file, LARGEST_LIST))
        if content["issuer"] != trusted:
            raise CertificateRefused(
                "The list of revocations is of another school.", f"Fetch that of {trusted}."
            )
        lists = [content[name] for name in LISTS if name in content]
        if not lists:
            raise ValueError("a list of revocations has one of these names")
        return frozenset(one["id"] for entries in lists for one in entries)
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise CertificateRefused(
            f"{list_file} is not a list of revocations.", "Fetch /api/revocations of the school."
        ) from problem


def _text_of(file: Path, largest: int) -> str:
    try:
        with file.open("rb") as opened:
            return opened.read(largest + 1).decode("utf-8").strip()
    except OSError as problem:
        raise CertificateRefused(
            f"{file} cannot be read.", "Check its name and whether you may read it."
        ) from problem
    except UnicodeDecodeError as problem:
        raise CertificateRefused("It is not a certificate: it is not text.") from problem


def _told(payload: Mapping[str, Any], is_list_known: bool) -> str:
    name = name_in(payload) or "nobody by name"
    lines = [
        "Verified: this is what the school signed, letter by letter.",
        f"Signed by  {payload['iss']}",
        f"Issued to  {name}, {payload['validFrom'][:10]}, {payload['id']}",
    ]
    status = payload.get("credentialStatus", {}).get("id", "/api/revocations of the school")
    lines.append(
        "Revoked    no"
        if is_list_known
        else f"Revoked    not checked: fetch {status} and pass it with --revoked"
    )
    for one in payload["evidence"]:
        lines += ["", one["name"], f"  {one['description']}", f"  {one['narrative']}"]
    return "\n".join(lines)


def main(file: str, key: str, list_file: str) -> int:
    """Run the verify command; 0 if the certificate can be relied on."""
    try:
        said = check(Path(file), key, Path(list_file) if list_file else None)
    except BackendError as refusal:
        sys.stderr.write(f"Refused. {refusal}\n")
        return 1
    sys.stdout.write(f"{said}\n")
    return 0
