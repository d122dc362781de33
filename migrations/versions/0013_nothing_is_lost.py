"""Deleted deals are marked and left out of every index-only read; moves say which they undo.

On SQLite the ids of rows that can be deleted and restored are never given out a second time:
PostgreSQL's sequences never do, SQLite does so only with AUTOINCREMENT, for which a table is made
anew.
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0015"
branch_labels = None
depends_on = None

BEFORE = {
    "ix_deal_board": ["pipeline_id", "status", "stage", "stage_entered_at", "id", "walled"],
    "ix_deal_sums": ["pipeline_id", "status", "walled", "stage", "amount_fen"],
    "ix_deal_stage": ["stage", "status", "walled"],
    "ix_deal_owner": ["owner_id", "status", "stage_entered_at", "id", "walled"],
    "ix_deal_walled": ["walled", "id"],
}
RESTORABLE = (
    "company",
    "company_name",
    "stock_code",
    "contact",
    "figure",
    "equity_round",
    "document",
    "document_version",
    "activity",
    "task",
    "chokepoint_tag",
    "assessment",
    "deal_member",
    "deal",
)
PLAIN_KEY = re.compile(r",\s*CONSTRAINT (pk_\w+) PRIMARY KEY \(id\)")
COUNTED_KEY = re.compile(r"id INTEGER NOT NULL CONSTRAINT (pk_\w+) PRIMARY KEY AUTOINCREMENT")


def upgrade() -> None:
    op.add_column("deal", sa.Column("deleted_at", sa.DateTime(), nullable=True))
    op.add_column("stage_event", sa.Column("undoes_id", sa.Integer(), nullable=True))
    op.create_index("ix_stage_event_undoes_id", "stage_event", ["undoes_id"], unique=True)
    for name, columns in BEFORE.items():
        op.drop_index(name, "deal")
        op.create_index(name, "deal", [*columns, "deleted_at"])
    _remake(_counted)


def downgrade() -> None:
    _remake(_plain)
    for name, columns in BEFORE.items():
        op.drop_index(name, "deal")
        op.create_index(name, "deal", columns)
    op.drop_index("ix_stage_event_undoes_id", "stage_event")
    op.drop_column("stage_event", "undoes_id")
    op.drop_column("deal", "deleted_at")


def _counted(sql: str) -> str:
    found = PLAIN_KEY.search(sql)
    if found is None:
        raise RuntimeError(f"no plain key in {sql}")
    key = f"id INTEGER NOT NULL CONSTRAINT {found[1]} PRIMARY KEY AUTOINCREMENT"
    return PLAIN_KEY.sub("", sql).replace("id INTEGER NOT NULL", key, 1)


def _plain(sql: str) -> str:
    found = COUNTED_KEY.search(sql)
    if found is None:
        raise RuntimeError(f"no counted key in {sql}")
    bare = COUNTED_KEY.sub("id INTEGER NOT NULL", sql).rstrip()
    return bare[: bare.rindex(")")] + f", CONSTRAINT {found[1]} PRIMARY KEY (id))"


def _remake(changed) -> None:  # type: ignore[no-untyped-def]
    """Make the tables anew with another key, with their rows, indexes and triggers (SQLite)."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    for table in RESTORABLE:
        parts = connection.execute(
            sa.text("SELECT type, sql FROM sqlite_master WHERE tbl_name = :t AND sql IS NOT NULL"),
            {"t": table},
        ).all()
        sql = next(part.sql for part in parts if part.type == "table")
        made = re.sub(
            rf'CREATE TABLE "?{table}"?', f"CREATE TABLE new_{table}", changed(sql), count=1
        )
        op.execute(sa.text(made.replace(":", r"\:")))
        op.execute(f"INSERT INTO new_{table} SELECT * FROM {table}")
        op.execute(f"DROP TABLE {table}")
        op.execute(f"ALTER TABLE new_{table} RENAME TO {table}")
        for part in parts:
            if part.type != "table":
                op.execute(sa.text(part.sql.replace(":", r"\:")))
