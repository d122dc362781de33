"""What a company makes, as a list of its own beside the description."""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    products = sa.Column("products", sa.Text(), nullable=False, server_default="")
    op.add_column("company", products)


def downgrade() -> None:
    op.drop_column("company", "products")
