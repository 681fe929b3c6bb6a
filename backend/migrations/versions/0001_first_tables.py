"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "learner",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("preferences", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learner")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_learner_token_hash")),
    )
    op.create_table(
        "run",
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("config", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.String(length=40), nullable=False),
        sa.Column("engine_version", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("planned", sa.Integer(), nullable=True),
        sa.Column("updates", sa.Integer(), nullable=False),
        sa.Column("next_seq", sa.Integer(), nullable=False),
        sa.Column("work", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lease", sa.String(length=32), nullable=True),
        sa.Column("worker", sa.String(length=120), nullable=True),
        sa.Column("heartbeat", sa.Double(), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=True),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("remedy", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'parked', 'stopped', 'finished', 'failed')",
            name=op.f("ck_run_status"),
        ),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_run")),
    )
    op.create_index(op.f("ix_run_status"), "run", ["status"], unique=False)
    op.create_table(
        "chapter_state",
        sa.Column("learner_id", sa.String(length=32), nullable=False),
        sa.Column("chapter_id", sa.String(length=80), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["learner_id"],
            ["learner.id"],
            name=op.f("fk_chapter_state_learner_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("learner_id", "chapter_id", name=op.f("pk_chapter_state")),
    )
    op.create_table(
        "event",
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["address"], ["run.address"], name=op.f("fk_event_address"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("address", "seq", name=op.f("pk_event")),
    )
    op.create_table(
        "ledger",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("learner_id", sa.String(length=32), nullable=False),
        sa.Column("chapter_id", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=160), nullable=False),
        sa.Column("trust", sa.Integer(), nullable=False),
        sa.Column("safety", sa.Integer(), nullable=False),
        sa.Column("budget", sa.Integer(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["learner_id"], ["learner.id"], name=op.f("fk_ledger_learner_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger")),
        sa.UniqueConstraint(
            "learner_id",
            "chapter_id",
            "kind",
            "source",
            name=op.f("uq_ledger_learner_id_chapter_id_kind_source"),
        ),
    )
    op.create_table(
        "press",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("learner_id", sa.String(length=32), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("chapter_id", sa.String(length=80), nullable=True),
        sa.Column("pressed_at", sa.Double(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("is_replay", sa.Boolean(), nullable=False),
        sa.Column("behind", sa.Boolean(), nullable=False),
        sa.Column("pace", sa.Double(), nullable=True),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("anchor", sa.Double(), nullable=False),
        sa.Column("anchored_at", sa.Double(), nullable=False),
        sa.Column("stopped_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["address"], ["run.address"], name=op.f("fk_press_address"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["learner_id"], ["learner.id"], name=op.f("fk_press_learner_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_press")),
    )
    op.create_index(op.f("ix_press_address"), "press", ["address"], unique=False)
    op.create_index(
        op.f("ix_press_learner_id_pressed_at"), "press", ["learner_id", "pressed_at"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_press_learner_id_pressed_at"), table_name="press")
    op.drop_index(op.f("ix_press_address"), table_name="press")
    op.drop_table("press")
    op.drop_table("ledger")
    op.drop_table("event")
    op.drop_table("chapter_state")
    op.drop_index(op.f("ix_run_status"), table_name="run")
    op.drop_table("run")
    op.drop_table("learner")
