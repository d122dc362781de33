"""Patents are entered by their titles, as lines of the register of documents without a file."""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa

from portfolio.companies.models import Document
from portfolio.companies.patents import Patent
from portfolio.extensions import db, one_of
from portfolio.kernel.records import PaperKind
from portfolio.people.models import User


def enter_patents(
    company_id: int, patents: Sequence[Patent], actor: User | None, now: dt.datetime
) -> int:
    """Enter those whose titles the company does not have yet; answers how many."""
    titles = [patent.title for patent in patents]
    own = sa.select(Document.title).where(
        Document.company_id == company_id,
        Document.deal_id.is_(None),
        one_of(Document.title, titles),
    )
    known = set(db.session.scalars(own))
    entered = [
        Document(
            company_id=company_id,
            title=patent.title,
            kind=PaperKind.PATENT.value,
            note=patent.note,
            created_at=now,
            created_by_id=actor.id if actor else None,
        )
        for patent in patents
        if patent.title not in known
    ]
    db.session.add_all(entered)
    db.session.flush()
    return len(entered)
