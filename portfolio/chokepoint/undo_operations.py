"""How what was said of a technology is taken back: rows are appended to, so that what stood before is
said again."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from portfolio.chokepoint import queries
from portfolio.chokepoint.models import Tag, TagEvidence
from portfolio.chokepoint.row_operations import CARRIED, add_piece, begin
from portfolio.chokepoint.taxonomy_queries import TechnologiesInForce
from portfolio.companies.models import Company
from portfolio.extensions import db
from portfolio.journal import image_operations as images
from portfolio.journal import operations as journal
from portfolio.journal.models import Act
from portfolio.kernel.errors import InputError
from portfolio.people.models import User

TAKEN_BACK = "撤销"


def keep(
    action: str,
    tag: Tag,
    former: Tag | None,
    actor: User,
    now: dt.datetime,
    added: Iterable[TagEvidence] = (),
    withdrawn: Iterable[TagEvidence] = (),
) -> Act:
    """Keep what was done: the row that stands since (which may be the former one) and the evidence
    that came and went with it."""
    payload = {
        "tag": tag.id,
        "former": former.id if former else None,
        "added": [row.id for row in added],
        "withdrawn": [row.id for row in withdrawn],
    }
    company = db.session.get_one(Company, tag.company_id)
    label = f"{company.display_name} · {TechnologiesInForce()[tag.technology].zh}"
    return journal.keep(
        action, Company.__audit__, company.id, payload, actor, now, label, company_id=company.id
    )


def check(act: Act, payload: Any, actor: User) -> None:
    """Raise InputError `undo.parent_gone` when the tag went with its company, or ChangedBy with who
    has said something else since."""
    tag = db.session.get(Tag, payload["tag"])
    if tag is None:
        raise InputError("undo.parent_gone")
    if tag.superseded_at is not None:
        newest = queries.current(tag.company_id, tag.technology)
        raise _changed_by(newest, Tag.__tablename__, tag.id)
    for row_id in payload["added"]:
        row = db.session.get(TagEvidence, row_id)
        if row is None or row.superseded_at is not None:
            raise images.Changed(TagEvidence.__tablename__, row_id)


def _changed_by(newest: Tag | None, table: str, row_id: int) -> InputError:
    if newest is None:
        return images.Changed(table, row_id)
    author = db.session.get(User, newest.recorded_by_id) if newest.recorded_by_id else None
    return journal.ChangedBy(author.name if author else "", newest.recorded_at)


def undo(act: Act, payload: Any, actor: User, now: dt.datetime) -> None:
    """Say again what stood before, or nothing where nothing did; evidence goes and comes likewise."""
    tag = db.session.get_one(Tag, payload["tag"])
    for row_id in payload["added"]:
        row = db.session.get_one(TagEvidence, row_id)
        row.superseded_at, row.withdrawn_by_id, row.reason = now, actor.id, TAKEN_BACK
    db.session.flush()
    gone = sa.select(TagEvidence).where(TagEvidence.id.in_(payload["withdrawn"]))
    for row in db.session.scalars(gone).all():
        add_piece(tag.company_id, tag.technology, row.value(), actor, now)
    if payload["former"] == tag.id:
        return
    if payload["former"] is None:
        tag.superseded_at = now
        return
    former = db.session.get_one(Tag, payload["former"])
    own = ("company_id", "technology")  # the company may be part of another one since
    said = {name: getattr(former, name) for name in CARRIED if name not in own}
    again = {**said, "company_id": tag.company_id, "technology": tag.technology}
    begin(tag, actor, now, **again, reason_code=former.reason_code, reason=former.reason)
