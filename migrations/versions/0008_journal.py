"""Acts that can be taken back."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_type", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Integer(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=True),
        sa.Column("deal_id", sa.Integer(), nullable=True),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("purge_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["user.id"], name="fk_act_actor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_act"),
    )
    op.create_index("ix_act_object", "act", ["object_type", "object_id", "id"])
    op.create_index("ix_act_actor_id_id", "act", ["actor_id", "id"])
    op.create_index("ix_act_action_id", "act", ["action", "id"])
    op.create_index("ix_act_purge_on", "act", ["purge_on"])


def downgrade() -> None:
    op.drop_table("act")
