"""A company's outcomes under all targets are one row, written anew when one of them changes; beside it
a narrow row for each target to filter and sort by.

What was stored before is carried over as history; the next refresh assesses everybody under all
targets.
"""

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

CURRENT = sa.text("superseded_at IS NULL")
LETTERS = {"pass": "p", "fail": "f", "unknown": "u", "manual": "m", "info": "i"}
OLD_PLAN = 2
WHOLE = 1_000_000
AT_ONCE = 500


def upgrade() -> None:
    op.create_table(
        "readiness_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("plan", sa.Integer(), nullable=False),
        sa.Column("verdicts", sa.Text(), nullable=False),
        sa.Column("outcomes", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("latest_year", sa.Integer(), nullable=True),
        sa.Column("inputs", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("computed_at", sa.DateTime(), nullable=False),
        sa.Column("superseded_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_readiness_state_company_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readiness_state")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "readiness_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("plan", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=False),
        sa.Column("companies", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readiness_run")),
        sqlite_autoincrement=True,
    )
    _carry_over()
    op.create_index(
        "uq_readiness_state_current",
        "readiness_state",
        ["company_id"],
        unique=True,
        sqlite_where=CURRENT,
        postgresql_where=CURRENT,
    )
    op.create_index("ix_readiness_state_company", "readiness_state", ["company_id", "computed_at"])
    op.drop_table("assessment")
    op.create_table(
        "assessment",
        *_first_columns(),
        sa.Column("open_tests", sa.Integer(), nullable=False),
        sa.Column("distance", sa.BigInteger(), nullable=False),
        *_keys(),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_assessment_company_target", "assessment", ["company_id", "target"], unique=True
    )
    op.create_index(
        "ix_assessment_nearest", "assessment", ["target", "distance", "status", "company_id"]
    )


def downgrade() -> None:
    """What was stored is computed anew by a refresh of the earlier release."""
    for name in ("readiness_run", "readiness_state", "assessment"):
        op.drop_table(name)
    op.create_table(
        "assessment",
        *_first_columns(),
        sa.Column("book", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("distance", sa.BigInteger(), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("computed_at", sa.DateTime(), nullable=False),
        sa.Column("superseded_at", sa.DateTime(), nullable=True),
        *_keys(),
        sqlite_autoincrement=True,
    )
    _name_the_key()
    for name, columns, unique in (
        ("uq_assessment_current", ["company_id", "target"], True),
        ("ix_assessment_nearest", ["target", "distance", "company_id"], False),
    ):
        op.create_index(
            name,
            "assessment",
            columns,
            unique=unique,
            sqlite_where=CURRENT,
            postgresql_where=CURRENT,
        )
    op.create_index("ix_assessment_target_status", "assessment", ["target", "status", "company_id"])


def _name_the_key() -> None:
    """On SQLite, whose key gets no name where it counts: an earlier step back looks for it."""
    bind = op.get_bind()
    if bind.dialect.name != "sqlite":
        return
    made = sa.text("SELECT sql FROM sqlite_master WHERE name = 'assessment'")
    sql = bind.scalar(made)
    op.drop_table("assessment")
    key = "id INTEGER NOT NULL CONSTRAINT pk_assessment PRIMARY KEY AUTOINCREMENT"
    op.execute(sql.replace("id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT", key))


def _first_columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
    )


def _keys() -> tuple[sa.Constraint, ...]:
    return (
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_assessment_company_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment")),
    )


def _carry_over() -> None:
    """Row by row of each company what was known of its targets from then on."""
    bind = op.get_bind()
    old = sa.Table("assessment", sa.MetaData(), autoload_with=bind)
    new = sa.Table("readiness_state", sa.MetaData(), autoload_with=bind)
    last = 0
    while True:
        companies = sa.select(old.c.company_id).where(old.c.company_id > last).distinct()
        ids = bind.scalars(companies.order_by(old.c.company_id).limit(AT_ONCE)).all()
        if not ids:
            return
        chosen = sa.select(old).where(old.c.company_id.in_(ids))
        rows = bind.execute(
            chosen.order_by(old.c.company_id, old.c.computed_at, old.c.id)
        ).mappings()
        for _, own in groupby(rows.all(), key=lambda row: row["company_id"]):
            bind.execute(sa.insert(new), [*_states(list(own))])
        last = ids[-1]


def _states(rows: list[Any]) -> Iterator[dict[str, Any]]:
    instants = sorted({row["computed_at"] for row in rows})
    for place, instant in enumerate(instants):
        then = [
            row
            for row in rows
            if row["computed_at"] <= instant
            and (row["superseded_at"] is None or row["superseded_at"] > instant)
        ]
        ended = [row["superseded_at"] for row in rows if row["superseded_at"]]
        later = instants[place + 1] if place + 1 < len(instants) else None
        yield {
            "company_id": rows[0]["company_id"],
            "plan": OLD_PLAN,
            "verdicts": "",
            "outcomes": json.dumps([_told(row) for row in then], separators=(",", ":")),
            "mark": "",
            "inputs": "",
            "as_of": max((row["as_of"] for row in then), default=rows[0]["as_of"]),
            "computed_at": instant,
            "superseded_at": later or (None if then else max(ended)),
        }


def _told(row: Any) -> list[Any]:
    """Target, book, status, open tests, distance, unverified, hardest, gap, letters."""
    clauses = "".join(LETTERS[clause["status"]] for clause in json.loads(row["outcome"]))
    met = row["status"] == "pass"
    count = 0 if met else max(1, sum(clauses.count(letter) for letter in "fum"))
    far = row["distance"]
    if far is None:
        far = 0 if met else WHOLE
    return [row["target"], row["book"], row["status"], count, far, False, None, None, clauses]
