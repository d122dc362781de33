"""Two people decide the same at the same moment: one decision stands, the other person is told."""

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy.exc import IntegrityError

from portfolio.chokepoint import operations, queries, review_operations
from portfolio.chokepoint.models import Tag, TagEvidence
from portfolio.companies.operations import Conflict
from portfolio.extensions import db, unit_of_work
from portfolio.people.models import User
from tests import factories
from tests.chokepoint.test_tagging import TEXT
from tests.factories import NOW


def at_once(app, ids: list[int], doing: Callable[[User], object]) -> Counter[str]:
    """What became of two people's doing, each in a unit of work of their own."""
    start, told = threading.Barrier(2), Counter()

    def do(person_id: int) -> None:
        with app.app_context():
            person = db.session.get_one(User, person_id)
            start.wait(10)
            try:
                with unit_of_work("tag.review", person):
                    doing(person)
                told["done"] += 1
            except (review_operations.Gone, Conflict, IntegrityError) as error:
                told[type(error).__name__] += 1
            finally:
                db.session.remove()

    threads = [threading.Thread(target=do, args=(number,)) for number in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


@pytest.mark.parametrize("other", ["accept", "reject"])
def test_a_suggestion_is_decided_once(app, cast, other) -> None:
    companies = [factories.company(cast["manager"], description=TEXT) for _ in range(5)]
    with unit_of_work("tag.suggest"):
        for company in companies:
            operations.refresh_suggestions(company, NOW)
    tags = [queries.current(company.id, "uv-led").id for company in companies]
    ids, partner_id = [cast[name].id for name in ("manager", "partner")], cast["partner"].id
    db.session.remove()
    for tag_id in tags:

        def decide(person: User, tag_id: int = tag_id) -> None:
            tag = review_operations.waiting(tag_id, person)
            if other == "reject" and person.id == partner_id:
                review_operations.reject(tag, "use", "", person, NOW)
            else:
                review_operations.accept(tag, person, NOW)

        told = at_once(app, ids, decide)
        assert told == {"done": 1, "Gone": 1}, "who comes late is told who decided"
    rows = db.session.query(Tag).filter(Tag.superseded_at.is_(None)).all()
    assert len(rows) == 5 and {row.state for row in rows} <= {"confirmed", "rejected"}
    confirmed = sum(row.state == "confirmed" for row in rows)
    assert db.session.query(TagEvidence).count() == confirmed, "no evidence of who came late"


def test_a_claim_is_stated_once_and_read_once(app, cast) -> None:
    company = factories.company(cast["manager"], description=TEXT)
    ids = [cast[name].id for name in ("partner", "colleague")]
    with unit_of_work("tag.confirm"):
        tag_id = factories.claimed(company.id, "uv-led", "E2", cast["manager"], NOW).id
    db.session.remove()
    told = at_once(
        app,
        ids,
        lambda person: operations.read_again(db.session.get_one(Tag, tag_id), person, NOW),
    )
    assert told == {"done": 1, "Conflict": 1}
    rows = db.session.query(Tag).filter(Tag.superseded_at.is_(None)).all()
    assert [row.second_reader_id in ids for row in rows] == [True]
