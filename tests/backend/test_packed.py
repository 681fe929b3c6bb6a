"""Events take little room, whatever is in them, and what stood there unpacked is read as before."""

from alembic import command
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from backend import runs, worker
from backend.database import Database, current
from backend.migrate import alembic_config
from backend.packed import MARK, pack, unpack
from backend.tables import EventRow
from tests.backend.conftest import corridor, expected

# SQLite and PostgreSQL keep no zero and no half of a surrogate pair; JSON has neither.
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(ANY_TEXT | ANY_TEXT.map(lambda text: MARK + text))
def test_a_text_comes_back_as_it_was(given_text: str) -> None:
    kept = pack(given_text)
    assert unpack(kept) == given_text
    assert len(kept) <= len(given_text) or given_text.startswith(MARK)


def test_a_run_is_kept_packed_and_read_as_it_was_made(database: Database, ada: str) -> None:
    config = corridor(seed=5, updates=3)
    press = runs.press_train(ada, config)
    worker.pull("here")
    made, address = expected(config), runs.row_of(press).address
    whole = [event.model_dump_json() for event in made]
    with current().reading() as session:
        raw = list(session.scalars(text("SELECT payload FROM event ORDER BY seq")))
        ours = select(EventRow.payload).order_by(EventRow.seq)
        assert list(session.scalars(ours)) == whole
    assert [unpack(kept) for kept in raw] == whole
    assert sum(map(len, raw)) < sum(map(len, whole)) / 2
    with current().writing() as session:  # as an older version wrote it
        session.execute(
            text("UPDATE event SET payload = :whole WHERE seq = 0"), {"whole": whole[0]}
        )
    assert list(runs.events_of(address)) == made
    with database.engine.execution_options(writes=True).begin() as connection:
        alembic = alembic_config()
        alembic.attributes["connection"] = connection
        command.downgrade(alembic, "0005")
        older = connection.execute(text("SELECT payload FROM event ORDER BY seq")).scalars()
        assert list(older) == whole
        command.upgrade(alembic, "head")
    assert list(runs.events_of(address)) == made
