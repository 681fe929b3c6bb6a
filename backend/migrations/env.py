"""Run by Alembic: migrates over the connection that backend.migrate hands in."""

from alembic import context

from backend.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
