"""Claims are found by their state among many more suggestions."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

FORMER = "ix_chokepoint_tag_recheck", ["recheck_on", "state"]
INDEX = "ix_chokepoint_tag_claims", ["state", "recheck_on"]


def upgrade() -> None:
    op.drop_index(FORMER[0], "chokepoint_tag")
    _create(*INDEX)


def downgrade() -> None:
    op.drop_index(INDEX[0], "chokepoint_tag")
    _create(*FORMER)


def _create(name: str, columns: list[str]) -> None:
    current = sa.text("superseded_at IS NULL")
    op.create_index(name, "chokepoint_tag", columns, sqlite_where=current, postgresql_where=current)
