"""Companies that were merged into another one."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "company_merge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("merged_id", sa.Integer(), nullable=False),
        sa.Column("survivor_id", sa.Integer(), nullable=False),
        sa.Column("uscc", sa.Text(), nullable=True),
        sa.Column("moved", sa.Text(), nullable=False),
        sa.Column("merged_at", sa.DateTime(), nullable=False),
        sa.Column("merged_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["merged_id"], ["company.id"], name=op.f("fk_company_merge_merged_id")
        ),
        sa.ForeignKeyConstraint(
            ["survivor_id"], ["company.id"], name=op.f("fk_company_merge_survivor_id")
        ),
        sa.ForeignKeyConstraint(
            ["merged_by_id"], ["user.id"], name=op.f("fk_company_merge_merged_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company_merge")),
        sa.UniqueConstraint("merged_id", name=op.f("uq_company_merge_merged_id")),
        sa.UniqueConstraint("uscc", name=op.f("uq_company_merge_uscc")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_company_merge_survivor_id"), "company_merge", ["survivor_id"])


def downgrade() -> None:
    op.drop_table("company_merge")
