"""Ways through the library for suggestions, and the orders in which these are judged."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

WAITING = sa.text("superseded_at IS NULL AND state = 'suggested'")
SURE = (sa.text("coalesce(confidence_micro, 0) DESC"), sa.text("id DESC"))
ORDERS = {"ix_chokepoint_tag_sure": SURE, "ix_chokepoint_tag_alike": ("technology", *SURE)}


def upgrade() -> None:
    op.create_table(
        "suggestion_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("lease_until", sa.DateTime(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("last_id", "done", "total", "added", "withdrawn")
        ),
        sa.ForeignKeyConstraint(["asked_by_id"], ["user.id"], name="fk_suggestion_run_asked_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_suggestion_run"),
        sqlite_autoincrement=True,
    )
    for name, columns in ORDERS.items():
        op.create_index(
            name,
            "chokepoint_tag",
            list(columns),
            sqlite_where=WAITING,
            postgresql_where=WAITING,
        )


def downgrade() -> None:
    for name in ORDERS:
        op.drop_index(name, "chokepoint_tag")
    op.drop_table("suggestion_run")
