"""Entry conditions and checklists: the second versions of the pipelines, and what is checked."""

import json
import tomllib
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0012"
branch_labels = None
depends_on = None

DEFINITIONS = Path(__file__).resolve().parents[2] / "portfolio" / "pipeline" / "definitions"
KEYS = ("direct", "subfund")
CURRENT = sa.text("superseded_at IS NULL")
FIXED = "deal_id, item, state, note, link, document_version_id, recorded_at, recorded_by_id"
VERSIONS = sa.table(
    "pipeline_version",
    *(sa.column(name) for name in ("id", "key", "version", "definition")),
    sa.column("current", sa.Boolean()),
)
DEALS = sa.table("deal", sa.column("id"), sa.column("pipeline_id"))


def upgrade() -> None:
    op.create_table(
        "deal_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("deal_id", sa.Integer(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("document_version_id", sa.Integer(), nullable=True),
        sa.Column("verified_by_id", sa.Integer(), nullable=True),
        sa.Column("verified_at", sa.DateTime(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("superseded_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_deal_check_deal_id")),
        sa.ForeignKeyConstraint(
            ["document_version_id"],
            ["document_version.id"],
            name=op.f("fk_deal_check_document_version_id"),
        ),
        sa.ForeignKeyConstraint(
            ["verified_by_id"], ["user.id"], name=op.f("fk_deal_check_verified_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user.id"], name=op.f("fk_deal_check_recorded_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_check")),
    )
    op.create_index(
        "uq_deal_check_current",
        "deal_check",
        ["deal_id", "item"],
        unique=True,
        sqlite_where=CURRENT,
        postgresql_where=CURRENT,
    )
    op.create_index("ix_deal_check_deal_id", "deal_check", ["deal_id", "id"])
    with op.batch_alter_table("stage_event") as batch:
        batch.add_column(sa.Column("overridden", sa.Text(), server_default="", nullable=False))
        batch.add_column(sa.Column("evidence", sa.Text(), server_default="", nullable=False))
        batch.add_column(sa.Column("evidence_version_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_stage_event_evidence_version_id"),
            "document_version",
            ["evidence_version_id"],
            ["id"],
        )
    with op.batch_alter_table("stage_event") as batch:
        batch.alter_column("overridden", existing_type=sa.Text(), server_default=None)
        batch.alter_column("evidence", existing_type=sa.Text(), server_default=None)
    _guard_events()
    _guard_checks()
    _install("2")


def downgrade() -> None:
    """Deals of the second versions go back to the first ones: their stages are the same."""
    _back_to_first()
    with op.batch_alter_table("stage_event") as batch:
        batch.drop_constraint(op.f("fk_stage_event_evidence_version_id"), type_="foreignkey")
        batch.drop_column("evidence_version_id")
        batch.drop_column("evidence")
        batch.drop_column("overridden")
    _guard_events()
    op.drop_table("deal_check")


def _install(version: str) -> None:
    for key in KEYS:
        text = (DEFINITIONS / f"{key}-{version}.toml").read_text(encoding="utf-8")
        definition = tomllib.loads(text)
        op.execute(VERSIONS.update().where(VERSIONS.c.key == key).values(current=False))
        op.execute(
            VERSIONS.insert().values(
                key=key,
                version=definition["version"],
                definition=json.dumps(definition, ensure_ascii=False),
                current=True,
            )
        )


def _back_to_first() -> None:
    later = VERSIONS.alias("later")
    first = (
        sa.select(VERSIONS.c.id)
        .where(VERSIONS.c.key == later.c.key, VERSIONS.c.version == 1)
        .where(later.c.id == DEALS.c.pipeline_id)
        .scalar_subquery()
    )
    second = sa.select(VERSIONS.c.id).where(VERSIONS.c.key.in_(KEYS), VERSIONS.c.version > 1)
    op.execute(DEALS.update().where(DEALS.c.pipeline_id.in_(second)).values(pipeline_id=first))
    op.execute(VERSIONS.delete().where(VERSIONS.c.key.in_(KEYS), VERSIONS.c.version > 1))
    first_ones = sa.and_(VERSIONS.c.key.in_(KEYS), VERSIONS.c.version == 1)
    op.execute(VERSIONS.update().where(first_ones).values(current=True))


def _guard_events() -> None:
    """On SQLite the table was made anew, without the triggers that keep it from being rewritten."""
    if op.get_bind().dialect.name == "postgresql":
        return
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER IF NOT EXISTS stage_event_no_{event.lower()} "
            f"BEFORE {event} ON stage_event "
            "BEGIN SELECT RAISE(ABORT, 'stage_event is append-only'); END"
        )


def _guard_checks() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER deal_check_guard BEFORE UPDATE OF {FIXED} ON deal_check "
            "FOR EACH ROW EXECUTE FUNCTION refuse_rewrite()"
        )
        return
    op.execute(
        f"CREATE TRIGGER deal_check_no_update BEFORE UPDATE OF {FIXED} ON deal_check "
        "BEGIN SELECT RAISE(ABORT, 'deal_check is append-only'); END"
    )
