"""The orders of suggestions begin with the state, as SQLite prefers an index of which it is asked a value, and
say whose they are, so that they are counted without their rows."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

WAITING = sa.text("superseded_at IS NULL AND state = 'suggested'")
SURE = (sa.text("coalesce(confidence_micro, 0) DESC"), sa.text("id DESC"))
BEFORE = {"ix_chokepoint_tag_sure": SURE, "ix_chokepoint_tag_alike": ("technology", *SURE)}
AFTER = {
    "ix_chokepoint_tag_sure": ("state", *SURE),
    "ix_chokepoint_tag_alike": ("state", "technology", *SURE, "company_id", "superseded_at"),
}


def upgrade() -> None:
    _put(AFTER)


def downgrade() -> None:
    _put(BEFORE)


def _put(orders: dict) -> None:
    for name, columns in orders.items():
        op.drop_index(name, "chokepoint_tag")
        op.create_index(
            name, "chokepoint_tag", list(columns), sqlite_where=WAITING, postgresql_where=WAITING
        )
