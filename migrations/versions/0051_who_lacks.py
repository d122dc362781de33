"""Who lacks an input is found along indexes, without the wide rows of what companies came to."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

CURRENT = sa.text("superseded_at IS NULL")


def upgrade() -> None:
    op.create_index(
        "ix_readiness_state_year",
        "readiness_state",
        ["company_id", "latest_year", "superseded_at"],
        sqlite_where=CURRENT,
        postgresql_where=CURRENT,
    )
    op.create_index(
        "ix_assessment_status", "assessment", ["target", "status", "distance", "company_id"]
    )


def downgrade() -> None:
    op.drop_index("ix_assessment_status", table_name="assessment")
    op.drop_index("ix_readiness_state_year", table_name="readiness_state")
