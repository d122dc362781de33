"""Confidential deals whose company was deleted by somebody who cannot know of them."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

EXACTLY_ONE = "(company_id IS NULL) <> (target_vehicle_id IS NULL)"
AT_MOST_ONE = "company_id IS NULL OR target_vehicle_id IS NULL"
TABLES = ("deal", "holding")


def upgrade() -> None:
    op.create_table(
        "deal_detachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("deal_id", sa.Integer(), nullable=False),
        sa.Column("former_number", sa.Integer(), nullable=False),
        sa.Column("former_name", sa.Text(), nullable=False),
        sa.Column("tasks", sa.Text(), nullable=False),
        sa.Column("detached_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name="fk_deal_detachment_deal_id"),
        sa.PrimaryKeyConstraint("id", name="pk_deal_detachment"),
        sa.UniqueConstraint("deal_id", name="uq_deal_detachment_deal_id"),
    )
    op.create_index("ix_deal_detachment_former_number", "deal_detachment", ["former_number"])
    for name in TABLES:
        _target(name, "at_most_one_target", AT_MOST_ONE, "one_target")


def downgrade() -> None:
    detached = op.get_bind().execute(
        sa.text("SELECT count(*) FROM deal WHERE company_id IS NULL AND target_vehicle_id IS NULL")
    )
    if number := detached.scalar():
        raise RuntimeError(f"{number} deals have no company: give them one first")
    for name in TABLES:
        _target(name, "one_target", EXACTLY_ONE, "at_most_one_target")
    op.drop_table("deal_detachment")


def _target(table: str, name: str, condition: str, former: str) -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(op.f(f"ck_{table}_{former}"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)
        return
    _remake(table, rf"ck_{table}_{former} CHECK \(.*\)", f"ck_{table}_{name} CHECK ({condition})")


def _remake(table: str, former: str, constraint: str) -> None:
    """Make a table of SQLite anew with another constraint: with its rows, key and indexes, which the
    batch mode would not leave as they are."""
    connection = op.get_bind()
    parts = connection.execute(
        sa.text("SELECT type, sql FROM sqlite_master WHERE tbl_name = :t AND sql IS NOT NULL"),
        {"t": table},
    ).all()
    sql = next(part.sql for part in parts if part.type == "table")
    made, found = re.subn(former, constraint, sql)
    if found != 1:
        raise RuntimeError(f"the constraint to change is not in {sql}")
    op.execute(re.sub(rf'CREATE TABLE "?{table}"?', f"CREATE TABLE new_{table}", made, count=1))
    op.execute(f"INSERT INTO new_{table} SELECT * FROM {table}")
    op.execute(f"DROP TABLE {table}")
    op.execute(f"ALTER TABLE new_{table} RENAME TO {table}")
    for part in parts:
        if part.type != "table":
            op.execute(part.sql)
