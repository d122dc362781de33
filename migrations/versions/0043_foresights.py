"""Who gains and who loses where one rulebook steps into the place of another, before it does."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "foresight",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("known_at", sa.DateTime(), nullable=True),
        sa.Column("newest_figure", sa.Integer(), nullable=False),
        sa.Column("companies", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_foresight"),
        sa.UniqueConstraint("key", name="uq_foresight_key"),
    )
    op.create_table(
        "foreseen_outcome",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("foresight_id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.Column("unverified", sa.Boolean(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["foresight_id"], ["foresight.id"], name="fk_foreseen_outcome_foresight_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_foreseen_outcome"),
        sa.UniqueConstraint(
            "foresight_id",
            "company_id",
            "target",
            name="uq_foreseen_outcome_foresight_id_company_id_target",
        ),
    )
    op.create_index(
        "ix_foreseen_outcome_shown",
        "foreseen_outcome",
        ["foresight_id", "effect", "target", "company_id"],
    )


def downgrade() -> None:
    op.drop_table("foreseen_outcome")
    op.drop_table("foresight")
