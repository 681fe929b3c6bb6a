"""Events are kept packed from here on. No table changes, but an older version could not read them.

It says so instead, as of every database that is newer than itself.
"""

import sqlalchemy as sa
from alembic import op

from backend.packed import MARK, unpack

revision = "0006"
down_revision = "0005"

EVENT = sa.table("event", sa.column("address"), sa.column("seq"), sa.column("payload", sa.Text()))


def upgrade() -> None:
    """Rows of before are read as they are."""


def downgrade() -> None:
    """Every event is written as older versions read it, run by run."""
    database, is_packed = op.get_bind(), EVENT.c.payload.startswith(MARK)
    runs = sa.select(EVENT.c.address).where(is_packed).distinct()
    for address in database.scalars(runs).all():
        events = sa.select(EVENT.c.seq, EVENT.c.payload).where(EVENT.c.address == address)
        for seq, payload in database.execute(events).all():
            own = sa.and_(EVENT.c.address == address, EVENT.c.seq == seq)
            database.execute(sa.update(EVENT).where(own).values(payload=unpack(payload)))
