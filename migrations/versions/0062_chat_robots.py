"""Robots of group chats, and accounts that no person has."""

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("user", sa.Column("kind", sa.Text(), server_default="person", nullable=False))
    op.create_table(
        "chat_robot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("token_sealed", sa.Text(), nullable=False),
        sa.Column("token_end", sa.Text(), nullable=False),
        sa.Column("secret_sealed", sa.Text(), nullable=False),
        sa.Column("secret_end", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_chat_robot_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_chat_robot"),
        sa.UniqueConstraint("user_id", name="uq_chat_robot_user_id"),
        sa.UniqueConstraint("fingerprint", name="uq_chat_robot_fingerprint"),
    )


def downgrade() -> None:
    """What robots sent stays, under accounts that are closed."""
    op.drop_table("chat_robot")
    op.execute("UPDATE \"user\" SET active = false WHERE kind = 'robot'")
    op.drop_column("user", "kind")
