"""A leave that has ended is still known when the next one is entered."""

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None

COLUMNS = ("former_begins_at", "former_ends_at")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("digest_pause", sa.Column(name, sa.DateTime()))


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_column("digest_pause", name)
