"""Publishing an edition of the taxonomy as something that goes on in the background."""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "taxonomy_publication",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("draft_version", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("edition_id", sa.Integer(), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["user.id"], name="fk_taxonomy_publication_asked_by_id"
        ),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["taxonomy_edition.id"], name="fk_taxonomy_publication_edition_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_taxonomy_publication"),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("taxonomy_publication")
