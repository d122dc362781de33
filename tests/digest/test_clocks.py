"""Nothing is lost between two digests, neither what was being written at the moment nor what a clock that
was ahead let pass."""

import datetime as dt

import sqlalchemy as sa
from flask import Flask

from portfolio.companies.models import Company
from portfolio.digest.slots import SETTLE
from portfolio.extensions import db, unit_of_work
from portfolio.people.models import User
from tests import factories
from tests.digest.rows import messages_of
from tests.digest.test_delivering import BEFORE, MONDAY, WEEK, mail_to, work

SECOND = dt.timedelta(seconds=1)


def test_what_was_being_written_when_a_digest_was_made_is_in_the_next_one(
    app: Flask, cast: dict[str, User]
) -> None:
    company = factories.company(cast["manager"], BEFORE, name_zh="青岛模板科技有限公司")
    row = db.session.execute(sa.select(Company.__table__).where(Company.id == company.id)).one()
    work(MONDAY)
    late = {**row._mapping, "name_zh": "青岛在途科技有限公司", "created_at": MONDAY - SECOND}
    late |= {"uscc": None, "uscc_missing_reason": "foreign"}
    del late["id"]
    with unit_of_work("seed"):  # stamped before the moment, and there only behind it
        db.session.execute(sa.insert(Company).values(**late))
    work(MONDAY + WEEK)
    work(MONDAY + 2 * WEEK)
    for period, told in (("2026-W49", 0), ("2026-W50", 1), ("2026-W51", 0)):
        assert ("青岛在途" in mail_to(app, "partner", period)) is bool(told), period
        assert ("青岛模板" in mail_to(app, "partner", period)) is (period == "2026-W49")
    first, second, third = messages_of(cast["partner"])
    assert first.run.planned_at - first.window_to == SETTLE
    assert (first.window_to, second.window_to) == (second.window_from, third.window_from)
