"""A tag is a claim with a card, evidence in rows of its own, two readers and a day of re-check.

What tags said of their evidence so far becomes rows of evidence: each text for as long as it stood.
"""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

CURRENT = sa.text("superseded_at IS NULL")
TEXTS = (
    *("choked_kind", "choked", "node", "basis_kind", "basis", "basis_number", "share_source"),
    *("substitute", "validator", "validation", "impact", "official"),
)
NUMBERS = ("foreign_micro", "domestic_micro", "share_year", "suppliers")
READERS = ("first", "second")
EVIDENCE = sa.table(
    "chokepoint_evidence",
    *(sa.column(n) for n in ("company_id", "technology", "kind", "level", "text", "link")),
    *(sa.column(n) for n in ("patent", "issuer", "recorded_by_id", "reason")),
    *(sa.column(n, sa.DateTime()) for n in ("recorded_at", "superseded_at")),
)
TAG = sa.table(
    "chokepoint_tag",
    *(sa.column(n) for n in ("id", "company_id", "technology", "state", "level", "evidence")),
    *(sa.column(n) for n in ("recorded_by_id", "first_reader_id")),
    *(sa.column(n, sa.DateTime()) for n in ("recorded_at", "first_read_at")),
)


def upgrade() -> None:
    op.create_table(
        "chokepoint_card",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in TEXTS),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in NUMBERS),
        sa.Column("basis_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name="fk_chokepoint_card_company_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_chokepoint_card"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_chokepoint_card_company_id", "chokepoint_card", ["company_id"])
    op.create_table(
        "chokepoint_incumbent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("card_id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("share_micro", sa.Integer(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["card_id"], ["chokepoint_card.id"], name="fk_chokepoint_incumbent_card_id"
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name="fk_chokepoint_incumbent_company_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_chokepoint_incumbent"),
        sqlite_autoincrement=True,
    )
    for name in ("card_id", "company_id"):
        op.create_index(f"ix_chokepoint_incumbent_{name}", "chokepoint_incumbent", [name])
    op.create_table(
        "chokepoint_evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        *(sa.Column(n, sa.Text(), nullable=False) for n in ("technology", "kind", "level")),
        *(sa.Column(n, sa.Text(), nullable=False) for n in ("text", "link", "patent", "issuer")),
        sa.Column("document_id", sa.Integer(), nullable=True),
        sa.Column("dated_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("superseded_at", sa.DateTime(), nullable=True),
        sa.Column("withdrawn_by_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name="fk_chokepoint_evidence_company_id"
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user.id"], name="fk_chokepoint_evidence_recorded_by_id"
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by_id"], ["user.id"], name="fk_chokepoint_evidence_withdrawn_by_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_chokepoint_evidence"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_chokepoint_evidence_company", "chokepoint_evidence", ["company_id", "technology"]
    )
    _widen_tags()
    _part_evidence()


def _widen_tags() -> None:
    """By plain statements: made anew, the table would lose the key that gives no number twice."""
    for name, table in (
        ("card_id", "chokepoint_card"),
        *((f"{r}_reader_id", "user") for r in READERS),
    ):
        op.execute(
            f"ALTER TABLE chokepoint_tag ADD COLUMN {name} INTEGER "
            f'CONSTRAINT fk_chokepoint_tag_{name} REFERENCES "{table}" (id)'
        )
    for reader in READERS:
        column = sa.Column(f"{reader}_read_at", sa.DateTime(), nullable=True)
        op.add_column("chokepoint_tag", column)
    op.add_column("chokepoint_tag", sa.Column("recheck_on", sa.Date(), nullable=True))
    op.add_column(
        "chokepoint_tag",
        sa.Column("counter_evidence", sa.Text(), nullable=False, server_default=""),
    )
    op.create_index(
        "ix_chokepoint_tag_recheck",
        "chokepoint_tag",
        ["recheck_on", "state"],
        sqlite_where=CURRENT,
        postgresql_where=CURRENT,
    )


def _part_evidence() -> None:
    connection = op.get_bind()
    confirmed = TAG.c.state == "confirmed"
    read = {"first_reader_id": TAG.c.recorded_by_id, "first_read_at": TAG.c.recorded_at}
    op.execute(TAG.update().where(confirmed).values(read))
    rows = connection.execute(
        sa.select(TAG).order_by(TAG.c.company_id, TAG.c.technology, TAG.c.recorded_at, TAG.c.id)
    )
    said: list[dict] = []
    for row in rows:
        last = said[-1] if said else None
        about = (row.company_id, row.technology)
        if (
            last
            and last["superseded_at"] is None
            and (last["company_id"], last["technology"]) == about
        ):
            if (last["level"], last["text"]) == (row.level, row.evidence):
                continue
            last["superseded_at"] = row.recorded_at
        if row.evidence:
            said.append(
                {
                    "company_id": about[0],
                    "technology": about[1],
                    "kind": "text",
                    "level": row.level,
                    "text": row.evidence,
                    "link": "",
                    "patent": "",
                    "issuer": "",
                    "reason": "",
                    "recorded_by_id": row.recorded_by_id,
                    "recorded_at": row.recorded_at,
                    "superseded_at": None,
                }
            )
    if said:
        op.bulk_insert(EVIDENCE, said)


def downgrade() -> None:
    op.execute(TAG.update().where(TAG.c.state == "expired").values(state="confirmed"))
    op.drop_index("ix_chokepoint_tag_recheck", "chokepoint_tag")
    for name in ("counter_evidence", "recheck_on", *(f"{r}_read_at" for r in READERS)):
        op.drop_column("chokepoint_tag", name)
    for name in (*(f"{r}_reader_id" for r in READERS), "card_id"):
        if op.get_bind().dialect.name == "postgresql":
            op.drop_constraint(f"fk_chokepoint_tag_{name}", "chokepoint_tag", type_="foreignkey")
        op.drop_column("chokepoint_tag", name)
    op.drop_table("chokepoint_evidence")
    op.drop_table("chokepoint_incumbent")
    op.drop_table("chokepoint_card")
