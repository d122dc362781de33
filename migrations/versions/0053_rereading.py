"""The day until which a claim counts by the reading of its former words."""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("chokepoint_tag", sa.Column("reread_by", sa.Date(), nullable=True))


def downgrade() -> None:
    # Without the column the former reading would carry new words for good.
    op.execute(
        "UPDATE chokepoint_tag SET second_reader_id = NULL, second_read_at = NULL"
        " WHERE reread_by IS NOT NULL"
    )
    op.drop_column("chokepoint_tag", "reread_by")
