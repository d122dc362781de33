"""Schedules of several kinds, of the house and of people; pauses; runs that no clock began."""

import datetime as dt

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

# Before any account: what stood under the one schedule goes on as it was.
LONG_AGO = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - the column has no zone
OFFERED = (("daily", "08:30"), ("monthly", "08:30"))


def upgrade() -> None:
    with op.batch_alter_table("digest_schedule") as table:
        table.add_column(sa.Column("kind", sa.Text(), nullable=False, server_default="weekly"))
        table.add_column(sa.Column("owner_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("name", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("month_day", sa.Integer(), nullable=False, server_default="1"))
        table.add_column(sa.Column("roles", sa.Text(), nullable=False, server_default="*"))
        table.add_column(sa.Column("events", sa.Text(), nullable=False, server_default=""))
        table.add_column(
            sa.Column("since", sa.DateTime(), nullable=False, server_default=str(LONG_AGO))
        )
        table.add_column(sa.Column("again", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("watched_until", sa.DateTime(), nullable=True))
        table.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        table.create_foreign_key(
            op.f("fk_digest_schedule_owner_id_user"), "user", ["owner_id"], ["id"]
        )
        table.create_unique_constraint(
            op.f("uq_digest_schedule_owner_id_kind"), ["owner_id", "kind"]
        )
    with op.batch_alter_table("digest_schedule") as table:
        for name in ("kind", "name", "month_day", "roles", "events", "since", "again", "version"):
            table.alter_column(name, server_default=None)
    schedule = sa.table(
        "digest_schedule",
        *(sa.column(name) for name in ("key", "kind", "name", "weekday", "local_time", "zone")),
        *(sa.column(name) for name in ("month_day", "roles", "events", "enabled")),
        *(sa.column(name) for name in ("again", "version")),
        sa.column("since", sa.DateTime()),
    )
    op.bulk_insert(
        schedule,
        [
            {
                "key": kind,
                "kind": kind,
                "name": "",
                "weekday": "mon",
                "local_time": at,
                "zone": "Asia/Shanghai",
                "month_day": 1,
                "roles": "*",
                "events": "",
                "enabled": False,
                "again": "",
                "version": 1,
                "since": LONG_AGO,
            }
            for kind, at in OFFERED
        ],
    )
    op.create_table(
        "digest_member",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("schedule_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_member")),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["digest_schedule.id"],
            name=op.f("fk_digest_member_schedule_id_digest_schedule"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_digest_member_user_id_user")
        ),
        sa.UniqueConstraint(
            "schedule_id", "user_id", name=op.f("uq_digest_member_schedule_id_user_id")
        ),
    )
    op.create_index(op.f("ix_digest_member_user_id"), "digest_member", ["user_id"])
    op.create_table(
        "digest_pause",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("begins_at", sa.DateTime(), nullable=False),
        sa.Column("ends_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_pause")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_digest_pause_user_id_user")
        ),
        sa.UniqueConstraint("user_id", name=op.f("uq_digest_pause_user_id")),
    )
    with op.batch_alter_table("digest_run") as table:
        table.add_column(sa.Column("origin", sa.Text(), nullable=False, server_default="slot"))
        table.add_column(sa.Column("since", sa.DateTime(), nullable=True))
    with op.batch_alter_table("digest_run") as table:
        table.alter_column("origin", server_default=None)
    op.create_index(
        "ix_digest_run_schedule_id_origin_due_at",
        "digest_run",
        ["schedule_id", "origin", "due_at"],
    )
    with op.batch_alter_table("digest_message") as table:
        table.add_column(sa.Column("resend_of", sa.Integer(), nullable=True))
        table.create_foreign_key(
            op.f("fk_digest_message_resend_of_digest_message"),
            "digest_message",
            ["resend_of"],
            ["id"],
        )


def downgrade() -> None:
    """Back to the one schedule; what came of the others goes, for nothing could show it."""
    schedules = "SELECT id FROM digest_schedule WHERE key <> 'weekly'"
    runs = f"SELECT id FROM digest_run WHERE origin <> 'slot' OR schedule_id IN ({schedules})"
    messages = f"SELECT id FROM digest_message WHERE run_id IN ({runs})"
    for statement in (
        f"DELETE FROM delivery_attempt WHERE message_id IN ({messages})",
        f"DELETE FROM digest_message WHERE run_id IN ({runs})",
        f"DELETE FROM digest_run WHERE origin <> 'slot' OR schedule_id IN ({schedules})",
        f"DELETE FROM digest_subscription WHERE schedule_id IN ({schedules})",
    ):
        op.execute(statement)
    with op.batch_alter_table("digest_message") as table:
        table.drop_constraint(
            op.f("fk_digest_message_resend_of_digest_message"), type_="foreignkey"
        )
        table.drop_column("resend_of")
    op.drop_index("ix_digest_run_schedule_id_origin_due_at", table_name="digest_run")
    with op.batch_alter_table("digest_run") as table:
        table.drop_column("since")
        table.drop_column("origin")
    op.drop_table("digest_pause")
    op.drop_index(op.f("ix_digest_member_user_id"), table_name="digest_member")
    op.drop_table("digest_member")
    op.execute("DELETE FROM digest_schedule WHERE key <> 'weekly'")
    with op.batch_alter_table("digest_schedule") as table:
        table.drop_constraint(op.f("uq_digest_schedule_owner_id_kind"), type_="unique")
        table.drop_constraint(op.f("fk_digest_schedule_owner_id_user"), type_="foreignkey")
        for name in (
            *("version", "watched_until", "again", "since", "events", "roles"),
            *("month_day", "name", "owner_id", "kind"),
        ):
            table.drop_column(name)
