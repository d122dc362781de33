"""The third versions of the seeded pipelines, whose days are working days."""

import json
import tomllib
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0021"
branch_labels = None
depends_on = None

DEFINITIONS = Path(__file__).resolve().parents[2] / "portfolio" / "pipeline" / "definitions"
KEYS = ("direct", "subfund")
VERSIONS = sa.table(
    "pipeline_version",
    *(sa.column(name) for name in ("id", "key", "version", "definition")),
    sa.column("current", sa.Boolean()),
)
DEALS = sa.table("deal", *(sa.column(name) for name in ("id", "pipeline_id", "stage")))


def upgrade() -> None:
    for key in KEYS:
        text = (DEFINITIONS / f"{key}-3.toml").read_text(encoding="utf-8")
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


def downgrade() -> None:
    """Deals of the third versions go back to the second ones: their stages are the same.

    Versions published since may have others. Raises RuntimeError before anything is changed when
    a deal stands in a stage that the second version has not.
    """
    for key in KEYS:
        _require_same_stages(key)
    for key in KEYS:
        second = sa.and_(VERSIONS.c.key == key, VERSIONS.c.version == 2)
        third = sa.and_(VERSIONS.c.key == key, VERSIONS.c.version > 2)
        before = sa.select(VERSIONS.c.id).where(second).scalar_subquery()
        later = sa.select(VERSIONS.c.id).where(third)
        op.execute(DEALS.update().where(DEALS.c.pipeline_id.in_(later)).values(pipeline_id=before))
        op.execute(VERSIONS.delete().where(third))
        op.execute(VERSIONS.update().where(second).values(current=True))


def _require_same_stages(key: str) -> None:
    bind = op.get_bind()
    mine = sa.select(VERSIONS.c.id).where(VERSIONS.c.key == key, VERSIONS.c.version > 2)
    standing = set(
        bind.scalars(sa.select(DEALS.c.stage).where(DEALS.c.pipeline_id.in_(mine)).distinct())
    )
    second = sa.select(VERSIONS.c.definition).where(VERSIONS.c.key == key, VERSIONS.c.version == 2)
    known = {stage["key"] for stage in json.loads(bind.scalar(second))["stage"]}
    if standing - known:
        stages = ", ".join(sorted(standing - known))
        raise RuntimeError(f"deals of {key} stand in {stages}: carry them to other stages first")
