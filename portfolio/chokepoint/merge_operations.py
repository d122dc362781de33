"""What of a merged company's tags goes over to the other one."""

import datetime as dt
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from portfolio.chokepoint.models import Tag, TagState
from portfolio.chokepoint.queries import tags_of
from portfolio.extensions import db
from portfolio.journal import image_operations as images
from portfolio.people.models import User


def move_company(merged_id: int, survivor_id: int, now: dt.datetime) -> Mapping[str, Sequence[int]]:
    """All tags; of two that stand for one technology what a person decided goes before what was
    suggested, and the survivor's before the other's."""
    current = tags_of([merged_id, survivor_id])
    mine = {tag.technology: tag for tag in current.get(survivor_id, [])}
    closed = [
        tag.id if _decided(mine[tag.technology]) or not _decided(tag) else mine[tag.technology].id
        for tag in current.get(merged_id, [])
        if tag.technology in mine
    ]
    ids = list(db.session.scalars(sa.select(Tag.id).where(Tag.company_id == merged_id)))
    images.update_where(Tag, Tag.id.in_(closed), {"superseded_at": now})
    images.update_where(Tag, Tag.company_id == merged_id, {"company_id": survivor_id})
    return {Tag.__tablename__: ids}


def _decided(tag: Tag) -> bool:
    return tag.state != TagState.SUGGESTED.value


def count_of(user: User, company_id: int) -> Mapping[str, int]:
    """How many statements about technologies of a company stand."""
    return {Tag.__audit__: len(tags_of([company_id]).get(company_id, []))}
