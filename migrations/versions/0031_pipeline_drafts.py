"""Drafts of pipelines, and who published a version when; one version of a pipeline is in force."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0023"
branch_labels = None
depends_on = None

CURRENT = sa.text("current")


def upgrade() -> None:
    op.create_table(
        "pipeline_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("based_on_id", sa.Integer(), nullable=True),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("updated_by_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["based_on_id"], ["pipeline_version.id"], name=op.f("fk_pipeline_draft_based_on_id")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name=op.f("fk_pipeline_draft_created_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["user.id"], name=op.f("fk_pipeline_draft_updated_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pipeline_draft")),
        sa.UniqueConstraint("key", name=op.f("uq_pipeline_draft_key")),
        sqlite_autoincrement=True,
    )
    op.add_column("pipeline_version", sa.Column("published_at", sa.DateTime(), nullable=True))
    op.add_column("pipeline_version", sa.Column("published_by_id", sa.Integer(), nullable=True))
    op.create_index(
        "uq_pipeline_version_current",
        "pipeline_version",
        ["key"],
        unique=True,
        sqlite_where=CURRENT,
        postgresql_where=CURRENT,
    )


def downgrade() -> None:
    op.drop_index("uq_pipeline_version_current", "pipeline_version")
    op.drop_column("pipeline_version", "published_by_id")
    op.drop_column("pipeline_version", "published_at")
    op.drop_table("pipeline_draft")
