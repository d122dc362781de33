"""What likely duplicates are told by, kept beside each company."""

import sqlalchemy as sa
from alembic import op

from portfolio.companies.likeness import keys_of

revision = "0021"
down_revision = "0017"
branch_labels = None
depends_on = None

CHUNK = 2_000


def upgrade() -> None:
    op.create_table(
        "company_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_company_key_company_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company_key")),
        sqlite_autoincrement=True,
    )
    _fill()
    op.create_index(op.f("ix_company_key_company_id"), "company_key", ["company_id"])
    op.create_index("ix_company_key_kind_value", "company_key", ["kind", "value", "company_id"])


def _fill() -> None:
    columns = ("id", "company_id", "name", "name_zh", "uscc", "kind", "value")
    company, name, key = (
        sa.table(table, *map(sa.column, columns))
        for table in ("company", "company_name", "company_key")
    )
    others: dict[int, list[str]] = {}
    bind = op.get_bind()
    for row in bind.execute(sa.select(name.c.company_id, name.c.name)):
        others.setdefault(row.company_id, []).append(row.name)
    rows = bind.execute(sa.select(company.c.id, company.c.name_zh, company.c.uscc)).all()
    for start in range(0, len(rows), CHUNK):
        found = [
            {"company_id": row.id, "kind": kind, "value": value}
            for row in rows[start : start + CHUNK]
            for kind, value in sorted(keys_of(row.name_zh, row.uscc, others.get(row.id, ())))
        ]
        if found:
            bind.execute(sa.insert(key), found)


def downgrade() -> None:
    op.drop_table("company_key")
