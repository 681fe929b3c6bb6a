"""Deleting a learner leaves nothing of theirs, in any table and in any byte of the file."""

import sqlite3
import time
from pathlib import Path

import pytest
from sqlalchemy import inspect, select, text

from backend import certificates, learners, reviews, runs, signing, snapshots, worker
from backend.database import Database
from backend.errors import CertificateRefused
from backend.tables import CertificateRow, ComparisonRow, Table
from curriculum.ledger import LedgerEntry
from curriculum.memory import Reviewed
from curriculum.state import ChapterState
from tests.backend.conftest import counting_config

OWNED = sorted(
    table.name
    for table in Table.metadata.tables.values()
    if any(key.column.table.name == "learner" for key in table.foreign_keys)
)


def leave_traces(database: Database, learner: str) -> str:
    """A row in every table that can belong to a learner; returns the id of a certificate."""
    runs.press_train(learner, counting_config(seed=41))
    worker.pull("here")
    learners.save_chapter(learner, ChapterState(chapter="the-diary-of-ada", version=1))
    learners.record(learner, LedgerEntry(chapter="c", kind="run", source="s", budget=-1))
    learners.remember_place(learner, {"page": "the-place-of-ada"})
    reviews.keep(
        learner,
        Reviewed(chapter="c", question="q", number=1, option="a", right=True, at=time.time()),
    )
    certificate = f"urn:uuid:of-{learner}"
    with database.writing() as session:
        session.add(CertificateRow(id=certificate, learner_id=learner, issued_at=time.time()))
        named = {"name": f"the-comparison-of-{learner}", "content": "{}", "begun_at": time.time()}
        session.add(ComparisonRow(learner_id=learner, **named))
    return certificate


def counts(database: Database, learner: str) -> dict[str, int]:
    """Rows of a learner, by table, as the foreign keys tell."""
    with database.reading() as session:
        return {
            name: session.execute(
                text(f"SELECT count(*) FROM {name} WHERE learner_id = :id"), {"id": learner}
            ).scalar_one()
            for name in OWNED
        }


def everything(database: Database) -> str:
    """Every value of every table of the database, whatever its name."""
    with database.reading() as session:
        names = inspect(session.connection()).get_table_names()
        return "\n".join(
            str(tuple(row))
            for name in names
            for row in session.execute(text(f"SELECT * FROM {name}"))
        )


@pytest.mark.parametrize("revoke", [False, True])
def test_no_table_holds_anything_of_a_deleted_learner(
    database: Database, ada: str, ben: str, revoke: bool
) -> None:
    certificate, other = leave_traces(database, ada), leave_traces(database, ben)
    own = runs.look(runs.press_train(ada, counting_config(seed=42))).address
    worker.pull("here")
    assert "press" in OWNED
    # A table that is new in the schema has no row here: let `leave_traces` make one.
    assert min(counts(database, ada).values()) > 0
    assert ada in everything(database)
    learners.erase(ada, revoke)
    assert set(counts(database, ada).values()) == {0}
    assert min(counts(database, ben).values()) > 0
    left = everything(database).replace(certificate, "" if revoke else certificate)
    assert ada not in left
    assert own not in left
    assert certificates.revoked() == ({certificate} if revoke else frozenset())
    assert other not in certificates.revoked()
    with database.reading() as session:
        assert session.scalars(select(CertificateRow.id)).all() == [other]


def test_no_byte_of_the_file_tells_of_a_deleted_learner(
    database: Database, ada: str, tmp_path: Path
) -> None:
    if not database.is_sqlite:
        pytest.skip("what PostgreSQL leaves on its disk is for its own vacuum")
    leave_traces(database, ada)
    traces = (ada, "the-diary-of-ada", "the-place-of-ada")

    def on_disk() -> list[str]:
        content = b"".join(path.read_bytes() for path in tmp_path.glob("school.sqlite*"))
        return [trace for trace in traces if trace.encode() in content]

    press = runs.press_train(ada, counting_config(seed=41))
    policies = snapshots.folder() / runs.look(press).address
    policies.mkdir(parents=True)
    with database.writing() as session:  # the builds of SQLite differ in what they begin with
        session.connection().exec_driver_sql("PRAGMA secure_delete = OFF")
    assert on_disk() == list(traces)
    learners.erase(ada)
    assert on_disk() == []
    assert not policies.exists()
    assert sqlite3.connect(tmp_path / "school.sqlite").execute("PRAGMA integrity_check").fetchone()


def test_a_certificate_outlives_its_learner_or_not_as_they_chose(
    database: Database, ada: str, ben: str
) -> None:
    for learner, revoke in ((ada, False), (ben, True)):
        unique, who = leave_traces(database, learner), signing.issuer()
        now = int(time.time())
        said = signing.moment(now)
        signed = signing.sign(
            {
                "type": ["VerifiableCredential", "OpenBadgeCredential"],
                "id": unique,
                "issuer": {"id": who},
                "validFrom": said,
                "credentialSubject": {"id": "urn:uuid:2"},
                "iss": who,
                "jti": unique,
                "sub": "urn:uuid:2",
                "nbf": now,
            }
        )
        learners.erase(learner, revoke)
        if revoke:
            with pytest.raises(CertificateRefused, match="withdrew"):
                signing.verified(signed, who, time.time(), certificates.revoked())
        else:
            assert signing.verified(signed, who, time.time(), certificates.revoked())
