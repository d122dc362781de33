"""Chokepoint tags of companies."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chokepoint_tag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("technology", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("confidence_micro", sa.Integer(), nullable=True),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("superseded_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_chokepoint_tag_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user.id"], name=op.f("fk_chokepoint_tag_recorded_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chokepoint_tag")),
    )
    current = sa.text("superseded_at IS NULL")
    op.create_index(
        "uq_chokepoint_tag_current",
        "chokepoint_tag",
        ["company_id", "technology"],
        unique=True,
        sqlite_where=current,
        postgresql_where=current,
    )
    op.create_index(
        "ix_chokepoint_tag_technology", "chokepoint_tag", ["technology", "state", "company_id"]
    )


def downgrade() -> None:
    op.drop_table("chokepoint_tag")
