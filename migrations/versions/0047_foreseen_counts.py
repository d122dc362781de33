"""How many companies a rulebook concerns is counted from what is foreseen of them: a number stored
beside it told of companies that were merged since."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("foresight", "companies")


def downgrade() -> None:
    op.add_column(
        "foresight", sa.Column("companies", sa.Integer(), nullable=False, server_default="0")
    )
