"""Budgets of presses, exams that were held, and comparisons that were begun."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("press", sa.Column("budget", sa.Integer(), nullable=True))
    op.create_table(
        "exam",
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["address"], ["run.address"], name=op.f("fk_exam_address"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("address", "seq", name=op.f("pk_exam")),
    )
    op.create_table(
        "comparison",
        sa.Column("learner_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["learner_id"],
            ["learner.id"],
            name=op.f("fk_comparison_learner_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("learner_id", "name", name=op.f("pk_comparison")),
    )
