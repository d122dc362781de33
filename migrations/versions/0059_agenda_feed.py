"""Private calendar feeds, one a person."""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agenda_feed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_agenda_feed_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_agenda_feed"),
        sa.UniqueConstraint("user_id", name="uq_agenda_feed_user_id"),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("agenda_feed")
