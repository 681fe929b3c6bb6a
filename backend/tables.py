"""The tables. Times are seconds since 1970, JSON is text, and every id is opaque."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from backend.packed import Packed

RUN_STATUSES = ("queued", "running", "parked", "stopped", "finished", "failed")


class Table(DeclarativeBase):
    """The base of all tables; constraints have names so that migrations can change them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Learner(Table):
    """Somebody who came back with the same token; we keep its hash only."""

    __tablename__ = "learner"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[float]
    place: Mapped[str] = mapped_column(Text, default="{}")
    preferences: Mapped[str] = mapped_column(Text, default="{}")


class ChapterRow(Table):
    """How far a learner is in a chapter, in the curriculum's own JSON."""

    __tablename__ = "chapter_state"

    learner_id: Mapped[str] = mapped_column(
        ForeignKey("learner.id", ondelete="CASCADE"), primary_key=True
    )
    chapter_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    state: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[float]


class LedgerRow(Table):
    """One effect on a learner's meters; the unique key makes recording it twice harmless."""

    __tablename__ = "ledger"
    __table_args__ = (UniqueConstraint("learner_id", "chapter_id", "kind", "source"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    learner_id: Mapped[str] = mapped_column(ForeignKey("learner.id", ondelete="CASCADE"))
    chapter_id: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(160))
    trust: Mapped[int]
    safety: Mapped[int]
    budget: Mapped[int]
    facts: Mapped[str] = mapped_column(Text, default="[]")
    reason: Mapped[str] = mapped_column(Text, default="")
    recorded_at: Mapped[float]


class ReviewRow(Table):
    """One answer to a question asked again; its number makes a second click on it harmless."""

    __tablename__ = "review"

    learner_id: Mapped[str] = mapped_column(
        ForeignKey("learner.id", ondelete="CASCADE"), primary_key=True
    )
    chapter_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    question_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    option: Mapped[str] = mapped_column(String(80))
    is_right: Mapped[bool]
    answered_at: Mapped[float]


class RunRow(Table):
    """A training run, shared by everybody who asks for the same config.

    `lease` names the one worker process that may write; a worker whose lease is gone falls silent.
    """

    __tablename__ = "run"
    __table_args__ = (
        CheckConstraint(f"status IN {RUN_STATUSES}", name="status"),
        Index(None, "status"),
    )

    address: Mapped[str] = mapped_column(String(64), primary_key=True)
    config: Mapped[str] = mapped_column(Text)
    algorithm: Mapped[str] = mapped_column(String(40))
    engine_version: Mapped[str] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(10), default="queued")
    planned: Mapped[int | None]
    updates: Mapped[int] = mapped_column(default=0)  # recorded so far
    next_seq: Mapped[int] = mapped_column(default=0)  # the first event not yet recorded
    work: Mapped[int] = mapped_column(default=0)
    seconds: Mapped[float] = mapped_column(default=0.0)  # spent on new updates, waiting excluded
    attempt: Mapped[int] = mapped_column(default=1)
    lease: Mapped[str | None] = mapped_column(String(32))
    worker: Mapped[str | None] = mapped_column(String(120))
    heartbeat: Mapped[float | None]
    created_at: Mapped[float]
    started_at: Mapped[float | None]
    finished_at: Mapped[float | None]
    problem: Mapped[str | None] = mapped_column(Text)  # of the machinery, not of the reward
    remedy: Mapped[str | None] = mapped_column(Text)


class EventRow(Table):
    """One event of a run; `seq` is 0 for the start, then the number of the update."""

    __tablename__ = "event"

    address: Mapped[str] = mapped_column(
        ForeignKey("run.address", ondelete="CASCADE"), primary_key=True
    )
    seq: Mapped[int] = mapped_column(primary_key=True)
    payload: Mapped[str] = mapped_column(Packed)
    seconds: Mapped[float | None]  # of computing, up to this event; not known of the oldest runs


class PressRow(Table):
    """One learner's click on Train: what they watch, and how they wish it to go.

    While the press goes, its playhead starts from `anchor` (an update) at `anchored_at` and moves
    at `pace` updates a second. While it is paused or stopped the playhead stands at `anchor`.
    """

    __tablename__ = "press"
    __table_args__ = (Index(None, "address"), Index(None, "learner_id", "pressed_at"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    learner_id: Mapped[str] = mapped_column(ForeignKey("learner.id", ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(ForeignKey("run.address", ondelete="CASCADE"))
    chapter_id: Mapped[str | None] = mapped_column(String(80))
    pressed_at: Mapped[float]
    attempt: Mapped[int]  # of the run, when it was pressed: a later one means a restart was seen
    is_replay: Mapped[bool]
    behind: Mapped[bool]  # events existed ahead of the playhead: catch up at a watching pace
    pace: Mapped[float | None]  # updates a second; None = as fast as it goes
    paused: Mapped[bool] = mapped_column(default=False)
    anchor: Mapped[float] = mapped_column(default=0.0)
    anchored_at: Mapped[float]
    stopped_at: Mapped[float | None]
    budget: Mapped[int | None]  # of work, after which it wants no more; None = the whole run


class ExamRow(Table):
    """The share of right answers in the exam, of a policy as it was at an update of a run."""

    __tablename__ = "exam"

    address: Mapped[str] = mapped_column(
        ForeignKey("run.address", ondelete="CASCADE"), primary_key=True
    )
    seq: Mapped[int] = mapped_column(primary_key=True)  # the number of the update
    share: Mapped[float]


class ComparisonRow(Table):
    """A comparison that a learner has begun, in the curriculum's own JSON."""

    __tablename__ = "comparison"

    learner_id: Mapped[str] = mapped_column(
        ForeignKey("learner.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(64), primary_key=True)  # a hash of what it compares
    content: Mapped[str] = mapped_column(Text)
    begun_at: Mapped[float]


class CertificateRow(Table):
    """A certificate that a learner was given. Its content is kept by nobody but the learner."""

    __tablename__ = "certificate"
    __table_args__ = (Index(None, "learner_id"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    learner_id: Mapped[str] = mapped_column(ForeignKey("learner.id", ondelete="CASCADE"))
    issued_at: Mapped[float]


class RevocationRow(Table):
    """A certificate that is not to be relied on any more. It names nobody, and outlives all."""

    __tablename__ = "revocation"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    revoked_at: Mapped[float]
