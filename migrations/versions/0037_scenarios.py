"""Scenarios: figures of a company changed in thought, and how they go on, by name."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "readiness_scenario",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("growth", sa.Text(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name="fk_readiness_scenario_company_id"
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name="fk_readiness_scenario_created_by_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_readiness_scenario"),
        sa.UniqueConstraint("company_id", "name", name="uq_readiness_scenario_company_id_name"),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("readiness_scenario")
