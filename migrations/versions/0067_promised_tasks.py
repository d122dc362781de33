"""A task may be what was promised to a founder."""

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("promised", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("task", column)


def downgrade() -> None:
    op.drop_column("task", "promised")
