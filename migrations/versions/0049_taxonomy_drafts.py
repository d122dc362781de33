"""Drafts of the taxonomy, their previews, and which tags went where by an edition."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "taxonomy_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("only", sa.Boolean(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("takes_back_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("updated_by_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["takes_back_id"], ["taxonomy_edition.id"], name="fk_taxonomy_draft_takes_back_id"
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name="fk_taxonomy_draft_created_by_id"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["user.id"], name="fk_taxonomy_draft_updated_by_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_taxonomy_draft"),
        sa.UniqueConstraint("only", name="uq_taxonomy_draft_only"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "taxonomy_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("lease_until", sa.DateTime(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("last_id", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("hits", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["taxonomy_edition.id"], name="fk_taxonomy_run_edition_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_taxonomy_run"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "taxonomy_effect",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.Column("technology", sa.Text(), nullable=False),
        sa.Column("becomes", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["taxonomy_run.id"], name="fk_taxonomy_effect_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_taxonomy_effect"),
    )
    op.create_index(
        "ix_taxonomy_effect_shown",
        "taxonomy_effect",
        ["run_id", "effect", "technology", "becomes", "company_id"],
    )
    op.create_table(
        "taxonomy_tag_move",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("technology", sa.Text(), nullable=False),
        sa.Column("becomes", sa.Text(), nullable=False),
        sa.Column("old_tag_id", sa.Integer(), nullable=False),
        sa.Column("new_tag_id", sa.Integer(), nullable=True),
        sa.Column("made", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["taxonomy_edition.id"], name="fk_taxonomy_tag_move_edition_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_taxonomy_tag_move"),
    )
    op.create_index(
        "ix_taxonomy_tag_move_edition", "taxonomy_tag_move", ["edition_id", "company_id"]
    )


def downgrade() -> None:
    op.drop_table("taxonomy_tag_move")
    op.drop_table("taxonomy_effect")
    op.drop_table("taxonomy_run")
    op.drop_table("taxonomy_draft")
