"""Companies that are one clause away are found by an index of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0038"
branch_labels = None
depends_on = None

ONE_AWAY = sa.text("open_tests = 1")


def upgrade() -> None:
    op.create_index(
        "ix_assessment_near",
        "assessment",
        ["distance", "company_id", "target"],
        sqlite_where=ONE_AWAY,
        postgresql_where=ONE_AWAY,
    )


def downgrade() -> None:
    op.drop_index("ix_assessment_near", table_name="assessment")
