"""A database of every older version is brought up to date, and everything in it can be read."""

import hashlib
import json

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, Table, text

from backend import learners, runs
from backend.database import REVISION, Database
from backend.migrate import alembic_config
from curriculum import state as moves
from curriculum.loader import load_catalogue
from engine.config import config_json, content_address, parse_config
from engine.events import RunFinished
from engine.train import train

SCRIPTS = ScriptDirectory.from_config(alembic_config())
OLDER = sorted(one.revision for one in SCRIPTS.walk_revisions() if one.revision != REVISION)
PAD = load_catalogue().chapter("the_charging_pad")
CONTENT = {"algorithm": "q_learning", "world": {"world": "corridor"}, "episodes": 2}
CONFIG = parse_config({**CONTENT, "episodes_per_update": 1})
ADDRESS = content_address(CONFIG)


def made_by(database: Database, revision: str) -> None:
    """An empty database as the version of that revision left it."""
    config = alembic_config()
    with database.engine.execution_options(writes=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        write(connection)


def write(connection: Connection) -> None:
    """A learner with a chapter, something on the ledger, and a finished run."""
    tables = MetaData()
    tables.reflect(connection)

    def insert(name: str, **values: object) -> None:
        table: Table = tables.tables[name]
        connection.execute(table.insert().values(**values))

    token = hashlib.sha256(b"ada's token").hexdigest()
    state = moves.press(moves.skip_prediction(moves.begin(PAD)), "press").model_dump_json()
    insert(
        "learner", id="ada", token_hash=token, created_at=1, place="{}", preferences='{"calm": 1}'
    )
    insert("chapter_state", learner_id="ada", chapter_id=PAD.id, state=state, updated_at=1)
    happened = {"kind": "outcome", "source": "circles", "facts": json.dumps(["f"]), "reason": "."}
    moved = {"trust": 1, "safety": -2, "budget": 0, "recorded_at": 1}
    insert("ledger", learner_id="ada", chapter_id=PAD.id, **happened, **moved)
    insert(
        "run",
        address=ADDRESS,
        config=config_json(CONFIG),
        algorithm="q_learning",
        engine_version="0",
        status="finished",
        planned=2,
        updates=2,
        next_seq=4,
        work=20,
        seconds=1,
        attempt=1,
        created_at=1,
    )
    for seq, event in enumerate(train(CONFIG)):
        insert("event", address=ADDRESS, seq=seq, payload=event.model_dump_json())
    insert(
        "press",
        id="press",
        learner_id="ada",
        address=ADDRESS,
        chapter_id=PAD.id,
        pressed_at=1,
        attempt=1,
        is_replay=False,
        behind=False,
        paused=False,
        anchor=0,
        anchored_at=1,
    )


def test_there_are_older_ones() -> None:
    assert OLDER[0] == "0001" and len(OLDER) == int(REVISION) - 1


@pytest.mark.parametrize("revision", OLDER)
def test_what_an_older_version_wrote_is_there(database: Database, revision: str) -> None:
    made_by(database, revision)
    assert learners.learner_for("ada's token") == "ada"
    with database.reading() as session:
        assert session.scalar(text("SELECT version_num FROM alembic_version")) == REVISION
    assert learners.preferences_of("ada") == {"calm": 1}
    assert learners.load_progress("ada")[PAD.id].press_ids == ("press",)
    (entry,) = learners.entries("ada")
    assert (entry.trust, entry.safety, entry.facts) == (1, -2, ("f",))
    seen = runs.look("press")
    assert (seen.state, seen.updates_done, seen.config) == ("finished", 2, CONFIG)
    assert isinstance(list(runs.events_of(ADDRESS))[-1], RunFinished)
    assert [row.press_id for row in runs.runs_of("ada")] == ["press"]
    assert runs.press_train("ada", CONFIG, PAD.id)  # and it goes on from there
    learners.erase("ada", revoke=True)
    assert learners.load_progress(learners.learner_for("ada's token")) == {}
