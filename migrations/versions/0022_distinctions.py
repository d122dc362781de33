"""Two companies that somebody said are not the same."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "company_distinction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("one_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("one_id < other_id", name=op.f("ck_company_distinction_in_order")),
        sa.ForeignKeyConstraint(
            ["one_id"], ["company.id"], name=op.f("fk_company_distinction_one_id")
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["company.id"], name=op.f("fk_company_distinction_other_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["user.id"], name=op.f("fk_company_distinction_decided_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company_distinction")),
        sa.UniqueConstraint(
            "one_id", "other_id", name=op.f("uq_company_distinction_one_id_other_id")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_company_distinction_other_id"), "company_distinction", ["other_id"])


def downgrade() -> None:
    op.drop_table("company_distinction")
