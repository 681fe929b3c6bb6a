"""How long a run had computed at each event."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("event", sa.Column("seconds", sa.Double(), nullable=True))
