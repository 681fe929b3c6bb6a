"""Answers to questions of mastered chapters that are asked again."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "review",
        sa.Column("learner_id", sa.String(32), nullable=False),
        sa.Column("chapter_id", sa.String(80), nullable=False),
        sa.Column("question_id", sa.String(80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("option", sa.String(80), nullable=False),
        sa.Column("is_right", sa.Boolean(), nullable=False),
        sa.Column("answered_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["learner_id"],
            ["learner.id"],
            name="fk_review_learner_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "learner_id", "chapter_id", "question_id", "number", name="pk_review"
        ),
    )
