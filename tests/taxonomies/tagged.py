"""Tags as they would have come about."""

from portfolio.chokepoint import row_operations
from portfolio.chokepoint.claims import Piece
from portfolio.chokepoint.models import Tag
from portfolio.companies.models import Company
from portfolio.extensions import db, unit_of_work
from portfolio.people.models import User
from tests.conftest import NOW


def tag(company: Company, technology: str, state: str, actor: User, level: str = "E0") -> Tag:
    """A tag as it would have come about."""
    with unit_of_work("tag.review", actor):
        row = Tag(
            company_id=company.id,
            technology=technology,
            state=state,
            level=level,
            words="激光雷达",
            confidence_micro=900_000,
            recorded_at=NOW,
            recorded_by_id=actor.id,
        )
        db.session.add(row)
        if state == "confirmed":
            piece = Piece("text", level, "验收报告")
            row_operations.add_piece(company.id, technology, piece, actor, NOW)
    return row
