"""Editions of the taxonomy: what the fund changes in what came with the program."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "taxonomy_edition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("takes_back_id", sa.Integer(), nullable=True),
        sa.Column("published_at", sa.DateTime(), nullable=False),
        sa.Column("published_by_id", sa.Integer(), nullable=False),
        sa.Column("settled_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["takes_back_id"],
            ["taxonomy_edition.id"],
            name="fk_taxonomy_edition_takes_back_id",
        ),
        sa.ForeignKeyConstraint(
            ["published_by_id"], ["user.id"], name="fk_taxonomy_edition_published_by_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_taxonomy_edition"),
        sa.UniqueConstraint("number", name="uq_taxonomy_edition_number"),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("taxonomy_edition")
