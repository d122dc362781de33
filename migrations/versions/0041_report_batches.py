"""Reports of many companies, made one after the other in the background."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "report_batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name="fk_report_batch_created_by_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_report_batch"),
    )
    op.create_index("ix_report_batch_created_by_id", "report_batch", ["created_by_id"])
    op.create_table(
        "report_paper",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("lease_until", sa.DateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["report_batch.id"], name="fk_report_paper_batch_id"),
        sa.PrimaryKeyConstraint("id", name="pk_report_paper"),
    )
    op.create_index("ix_report_paper_batch_id", "report_paper", ["batch_id"])
    op.create_index("ix_report_paper_state", "report_paper", ["state", "lease_until"])


def downgrade() -> None:
    op.drop_table("report_paper")
    op.drop_table("report_batch")
