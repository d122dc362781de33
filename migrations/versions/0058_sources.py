"""A suggestion says in which texts of the company it stands; until now that was the description."""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    sources = sa.Column("sources", sa.Text(), nullable=False, server_default="")
    op.add_column("chokepoint_tag", sources)
    op.execute("UPDATE chokepoint_tag SET sources = 'description' WHERE words <> ''")


def downgrade() -> None:
    op.drop_column("chokepoint_tag", "sources")
