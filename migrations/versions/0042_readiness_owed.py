"""Companies whose outcomes are still to be stored after very many figures at once."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "readiness_owed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name="fk_readiness_owed_company_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_readiness_owed"),
    )
    op.create_index("ix_readiness_owed_company_id", "readiness_owed", ["company_id"])


def downgrade() -> None:
    op.drop_table("readiness_owed")
