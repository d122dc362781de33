"""Committee meetings, who is invited, and the deals on their agendas."""

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "meeting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
        sa.Column("ends_at", sa.DateTime(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("online_link", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name="fk_meeting_created_by_id_user"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_meeting"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_meeting_starts_at", "meeting", ["starts_at"])
    op.create_index("ix_meeting_ends_at", "meeting", ["ends_at"])
    op.create_table(
        "meeting_person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name="fk_meeting_person_meeting_id_meeting"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_meeting_person_user_id_user"),
        sa.PrimaryKeyConstraint("id", name="pk_meeting_person"),
        sa.UniqueConstraint("meeting_id", "user_id", name="uq_meeting_person_meeting_id_user_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_meeting_person_user_id_meeting_id", "meeting_person", ["user_id", "meeting_id"]
    )
    op.create_table(
        "agenda_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("deal_id", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("ask", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("presenter_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name="fk_agenda_item_meeting_id_meeting"
        ),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name="fk_agenda_item_deal_id_deal"),
        sa.ForeignKeyConstraint(
            ["presenter_id"], ["user.id"], name="fk_agenda_item_presenter_id_user"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_agenda_item"),
        sa.UniqueConstraint("meeting_id", "deal_id", name="uq_agenda_item_meeting_id_deal_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_agenda_item_deal_id", "agenda_item", ["deal_id"])
    op.create_index("ix_agenda_item_presenter_id", "agenda_item", ["presenter_id"])


def downgrade() -> None:
    op.drop_table("agenda_item")
    op.drop_table("meeting_person")
    op.drop_table("meeting")
