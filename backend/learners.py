"""Who learns here, how far they are, and every effect on their meters."""

import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import Row, Select, delete, select, update
from sqlalchemy.orm import Session

from backend import snapshots
from backend.database import current, insert_new
from backend.errors import BackendError
from backend.fair_queue import settle
from backend.tables import (
    CertificateRow,
    ChapterRow,
    Learner,
    LedgerRow,
    PressRow,
    RevocationRow,
    RunRow,
)
from curriculum.ledger import LedgerEntry
from curriculum.state import ChapterState, read_state


def new_token() -> str:
    """A secret for a visitor's cookie: 256 random bits."""
    return secrets.token_urlsafe(32)


class Visit(NamedTuple):
    """Who opens a page, and what was kept of them until then."""

    learner: str
    place: dict[str, Any]
    preferences: dict[str, Any]


def visit(token: str) -> Visit:
    """The learner who holds this token, created on first sight; only a hash of it is kept."""
    token_hash = hashlib.sha256(token.encode()).hexdigest()
    by_token = select(Learner.id, Learner.place, Learner.preferences).where(
        Learner.token_hash == token_hash
    )
    with current().reading() as session:
        found = session.execute(by_token).one_or_none()
    if found is None:
        found = _newcomer(token_hash, by_token)
    return Visit(found[0], json.loads(found[1]), json.loads(found[2]))


def _newcomer(token_hash: str, by_token: Select[str, str, str]) -> Row[str, str, str]:
    with current().writing() as session:
        insert_new(
            session,
            Learner,
            id=uuid4().hex,
            token_hash=token_hash,
            created_at=time.time(),
            place="{}",
            preferences="{}",
        )
        return session.execute(by_token).one()


def learner_for(token: str) -> str:
    """The id of the learner who holds this token, created on first sight."""
    return visit(token).learner


def place_of(learner_id: str) -> dict[str, Any]:
    """Where the learner was last; empty for a newcomer."""
    with current().reading() as session:
        return json.loads(_learner(session, learner_id).place)


def remember_place(learner_id: str, place: Mapping[str, Any]) -> None:
    """Remember the page that the learner is on, as JSON."""
    _keep(learner_id, "place", place)


def preferences_of(learner_id: str) -> dict[str, Any]:
    """What the learner chose for themselves, such as less motion."""
    with current().reading() as session:
        return json.loads(_learner(session, learner_id).preferences)


def save_preferences(learner_id: str, preferences: Mapping[str, Any]) -> None:
    """Replace the learner's preferences."""
    _keep(learner_id, "preferences", preferences)


def load_progress(learner_id: str) -> dict[str, ChapterState]:
    """The learner's state in every chapter that they have opened, by chapter id."""
    with current().reading() as session:
        rows = session.execute(
            select(ChapterRow.chapter_id, ChapterRow.state).where(
                ChapterRow.learner_id == learner_id
            )
        )
        return {chapter: read_state(chapter, state) for chapter, state in rows}


def load_chapter(learner_id: str, chapter_id: str) -> ChapterState | None:
    """The learner's state in one chapter; None if they have not opened it.

    Raises BackendError for a learner who was deleted, maybe in another tab.
    """
    with current().reading() as session:
        row = session.get(ChapterRow, (learner_id, chapter_id))
        if row is None:
            _learner(session, learner_id)
        return read_state(chapter_id, row.state) if row else None


def save_chapter(learner_id: str, state: ChapterState) -> None:
    """Keep the learner's state in the chapter that it names; the last one saved stands."""
    key = {"learner_id": learner_id, "chapter_id": state.chapter}
    kept = {"state": state.model_dump_json(), "updated_at": time.time()}
    with current().writing() as session:
        changed = session.execute(update(ChapterRow).filter_by(**key).values(kept))
        if changed.rowcount == 0:  # pyright: ignore[reportAttributeAccessIssue]
            _learner(session, learner_id)
            session.add(ChapterRow(**key, **kept))


def record(learner_id: str, entry: LedgerEntry) -> bool:
    """Record an effect on the meters, once; False if the same one was recorded before."""
    key = (
        LedgerRow.learner_id == learner_id,
        LedgerRow.chapter_id == entry.chapter,
        LedgerRow.kind == entry.kind,
        LedgerRow.source == entry.source,
    )
    with current().writing() as session:
        _learner(session, learner_id)
        if session.scalar(select(LedgerRow.id).where(*key)) is not None:
            return False
        insert_new(
            session,
            LedgerRow,
            learner_id=learner_id,
            chapter_id=entry.chapter,
            kind=entry.kind,
            source=entry.source,
            trust=entry.trust,
            safety=entry.safety,
            budget=entry.budget,
            facts=json.dumps(entry.facts),
            reason=entry.reason,
            recorded_at=time.time(),
        )
        return True


def entries(learner_id: str) -> list[LedgerEntry]:
    """Every effect on the learner's meters, in the order in which they happened."""
    with current().reading() as session:
        rows = session.scalars(
            select(LedgerRow).where(LedgerRow.learner_id == learner_id).order_by(LedgerRow.id)
        ).all()
    return [
        LedgerEntry.model_validate(
            {
                "chapter": row.chapter_id,
                "kind": row.kind,
                "source": row.source,
                "trust": row.trust,
                "safety": row.safety,
                "budget": row.budget,
                "facts": json.loads(row.facts),
                "reason": row.reason,
            }
        )
        for row in rows
    ]


def erase(learner_id: str, revoke: bool = False) -> None:
    """Forget a learner: progress, meters, presses, and the runs that nobody else has pressed.

    revoke: their certificates are not to be relied on any more. Otherwise those stay valid, and
    nothing here says whose they were.
    """
    with current().writing() as session:
        current().overwrite_deleted(session)
        if revoke:
            owned = select(CertificateRow.id).where(CertificateRow.learner_id == learner_id)
            for certificate in session.scalars(owned).all():
                insert_new(session, RevocationRow, id=certificate, revoked_at=time.time())
        pressed = session.scalars(
            select(PressRow.address).where(PressRow.learner_id == learner_id).distinct()
        ).all()
        session.execute(delete(Learner).where(Learner.id == learner_id))
        for address in pressed:
            run = session.get_one(RunRow, address, with_for_update=True)
            others = select(PressRow.id).where(PressRow.address == address).limit(1)
            if session.scalar(others) is None:
                session.delete(run)
                snapshots.drop(address)
            else:
                settle(session, run)
    current().forget_log()


def _learner(session: Session, learner_id: str) -> Learner:
    learner = session.get(Learner, learner_id)
    if learner is None:
        raise BackendError("This visitor is not known here.", "Reload the page.")
    return learner


def _keep(learner_id: str, column: str, content: Mapping[str, Any]) -> None:
    text = json.dumps(dict(content), sort_keys=True)
    with current().reading() as session:
        if getattr(_learner(session, learner_id), column) == text:
            return
    with current().writing() as session:
        setattr(_learner(session, learner_id), column, text)
