"""Digests: schedules, subscriptions, runs, messages, attempts and the scheduler's tick."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0003"
branch_labels = None
depends_on = None


def _key(table: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))


def _foreign(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}")
    )


def upgrade() -> None:
    schedule = op.create_table(
        "digest_schedule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("weekday", sa.Text(), nullable=False),
        sa.Column("local_time", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        _key("digest_schedule"),
        sa.UniqueConstraint("key", name=op.f("uq_digest_schedule_key")),
    )
    op.bulk_insert(
        schedule,
        [
            {
                "key": "weekly",
                "weekday": "mon",
                "local_time": "08:30",
                "zone": "Asia/Shanghai",
                "enabled": True,
            }
        ],
    )
    op.create_table(
        "digest_subscription",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("schedule_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=True),
        sa.Column("skip_empty", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        _key("digest_subscription"),
        _foreign("digest_subscription", "schedule_id", "digest_schedule"),
        _foreign("digest_subscription", "user_id", "user"),
        sa.UniqueConstraint(
            "schedule_id", "user_id", name=op.f("uq_digest_subscription_schedule_id_user_id")
        ),
    )
    op.create_index(op.f("ix_digest_subscription_user_id"), "digest_subscription", ["user_id"])
    op.create_table(
        "digest_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("schedule_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("planned_at", sa.DateTime(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("claim_token", sa.Text(), nullable=False),
        sa.Column("lease_until", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        _key("digest_run"),
        _foreign("digest_run", "schedule_id", "digest_schedule"),
        sa.UniqueConstraint("schedule_id", "period", name=op.f("uq_digest_run_schedule_id_period")),
    )
    op.create_table(
        "digest_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("mentions", sa.Text(), nullable=False),
        sa.Column("window_from", sa.DateTime(), nullable=False),
        sa.Column("window_to", sa.DateTime(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("deferrals", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(), nullable=False),
        sa.Column("claim_token", sa.Text(), nullable=False),
        sa.Column("lease_until", sa.DateTime(), nullable=True),
        sa.Column("data_started_at", sa.DateTime(), nullable=True),
        sa.Column("maybe_duplicate", sa.Boolean(), nullable=False),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("last_code", sa.Integer(), nullable=True),
        sa.Column("last_text", sa.Text(), nullable=False),
        sa.Column("mime", sa.LargeBinary(), nullable=False),
        _key("digest_message"),
        _foreign("digest_message", "run_id", "digest_run"),
        _foreign("digest_message", "recipient_id", "user"),
        sa.UniqueConstraint("message_id", name=op.f("uq_digest_message_message_id")),
        sa.UniqueConstraint(
            "run_id", "recipient_id", name=op.f("uq_digest_message_run_id_recipient_id")
        ),
    )
    op.create_index(op.f("ix_digest_message_recipient_id"), "digest_message", ["recipient_id"])
    op.create_index(
        "ix_digest_message_state_next_attempt_at", "digest_message", ["state", "next_attempt_at"]
    )
    op.create_table(
        "delivery_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        _key("delivery_attempt"),
        _foreign("delivery_attempt", "message_id", "digest_message"),
        sa.UniqueConstraint(
            "message_id", "number", name=op.f("uq_delivery_attempt_message_id_number")
        ),
    )
    op.create_table(
        "scheduler_tick",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        _key("scheduler_tick"),
    )


def downgrade() -> None:
    for table in (
        "scheduler_tick",
        "delivery_attempt",
        "digest_message",
        "digest_run",
        "digest_subscription",
        "digest_schedule",
    ):
        op.drop_table(table)
