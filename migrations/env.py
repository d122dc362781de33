"""How Alembic runs: on the application's own engine, with batch mode for SQLite."""

from alembic import context
from flask import current_app
from sqlalchemy.engine import Connection

FULL_TEXT = "company_search_fts"


def included(thing: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
    """Leave the full-text index alone: it is written by hand for each database."""
    return not (name or "").startswith((FULL_TEXT, "ix_company_search_tokens"))


def rendered(kind: str, thing: object, context: object) -> str | bool:
    """Write our own instant type as the plain column type it is: migrations import nothing."""
    return "sa.DateTime()" if type(thing).__name__ == "UtcDateTime" else False


def foreign_keys(connection: Connection, state: str) -> None:
    """SQLite changes a table by making it anew, which must not cascade to what refers to it."""
    if connection.dialect.name == "sqlite":
        # Past SQLAlchemy, which would open a transaction first: inside one this does nothing.
        connection.connection.dbapi_connection.execute(f"PRAGMA foreign_keys={state}")


def run() -> None:
    """Run the migrations, each in a transaction of its own."""
    migrate = current_app.extensions["migrate"]
    with migrate.db.engine.connect() as connection:
        connection = connection.execution_options(write=True)
        foreign_keys(connection, "OFF")
        context.configure(
            connection=connection,
            target_metadata=migrate.db.metadata,
            include_object=included,
            render_item=rendered,
            transaction_per_migration=True,
            **migrate.configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
        foreign_keys(connection, "ON")


run()
