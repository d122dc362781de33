"""The arrangement of working days of a year, as an administrator enters it."""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "holiday_year",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("off", sa.Text(), nullable=False),
        sa.Column("made_up", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(), nullable=False),
        sa.Column("entered_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entered_by_id"], ["user.id"], name="fk_holiday_year_entered_by_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_holiday_year"),
        sa.UniqueConstraint("year", name="uq_holiday_year_year"),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("holiday_year")
