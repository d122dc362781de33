"""Imports remember mappings and what they wrote, long ones run as jobs; documents without a file."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0010"
branch_labels = None
depends_on = None

BATCH_TEXTS = {"kind": "companies", "shape": "", "choices": "{}", "checked": "", "summary": "{}"}


def upgrade() -> None:
    with op.batch_alter_table("import_batch") as table:
        for name, default in BATCH_TEXTS.items():
            table.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=default))
        table.add_column(
            sa.Column("remembered", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        table.add_column(sa.Column("undone_at", sa.DateTime(), nullable=True))
    with op.batch_alter_table("import_batch") as table:
        for name in (*BATCH_TEXTS, "remembered"):
            table.alter_column(name, server_default=None)
    with op.batch_alter_table("document") as table:
        table.add_column(sa.Column("dated_on", sa.Date(), nullable=True))
        for name in ("link", "note"):
            table.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("document") as table:
        for name in ("link", "note"):
            table.alter_column(name, server_default=None)
    _summaries()
    _mapping()
    _change()
    _job()


def _summaries() -> None:
    """What the list of imports shows of each report."""
    batch = sa.table("import_batch", *(sa.column(name) for name in ("id", "report", "summary")))
    for row in op.get_bind().execute(sa.select(batch.c.id, batch.c.report)).all():
        report = json.loads(row.report)
        if "created" not in report:
            continue
        summary = {
            "created": report["created"],
            "updated": report["updated"],
            "refused": len({finding["row"] for finding in report["refused"]}),
            "warnings": len(report["warnings"]),
        }
        op.execute(sa.update(batch).where(batch.c.id == row.id).values(summary=json.dumps(summary)))


def _mapping() -> None:
    op.create_table(
        "import_mapping",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shape", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(), nullable=False),
        sa.Column("confirmed_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["confirmed_by_id"], ["user.id"], name=op.f("fk_import_mapping_confirmed_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_mapping")),
        sa.UniqueConstraint("shape", name=op.f("uq_import_mapping_shape")),
    )


def _change() -> None:
    op.create_table(
        "import_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("object_type", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Integer(), nullable=False),
        sa.Column("created", sa.Boolean(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batch.id"], name=op.f("fk_import_change_batch_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_change")),
    )
    op.create_index(op.f("ix_import_change_batch_id"), "import_change", ["batch_id"])


def _job() -> None:
    op.create_table(
        "import_job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("sound_rows_only", sa.Boolean(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("ip", sa.Text(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batch.id"], name=op.f("fk_import_job_batch_id")
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["user.id"], name=op.f("fk_import_job_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_job")),
    )
    op.create_index("ix_import_job_batch_id", "import_job", ["batch_id"])
    op.create_index("ix_import_job_state", "import_job", ["state", "lease_until"])


def downgrade() -> None:
    for name in ("import_job", "import_change", "import_mapping"):
        op.drop_table(name)
    with op.batch_alter_table("document") as table:
        for name in ("dated_on", "link", "note"):
            table.drop_column(name)
    with op.batch_alter_table("import_batch") as table:
        for name in (*BATCH_TEXTS, "remembered", "undone_at"):
            table.drop_column(name)
