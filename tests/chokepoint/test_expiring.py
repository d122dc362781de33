"""A claim counts through the day of its re-check and not a day longer, by the calendar of Shanghai."""

import dataclasses
import datetime as dt
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from portfolio.chokepoint import jobs, operations, queries
from portfolio.chokepoint.ladder import FILE, FaultyLadder, ladder, read_ladder
from portfolio.chokepoint.models import Tag
from portfolio.chokepoint.standing import COUNTING, Standing, TagState, due, standing
from portfolio.companies.models import Task
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.dates import local_date, months_later, start_of
from tests import factories

DAY = dt.timedelta(days=1)
TODAY = dt.date(2026, 11, 28)
NOW = start_of(TODAY) + dt.timedelta(hours=9)
TEXT = "公司自主研发深紫外LED外延芯片，已量产。"
DAYS = st.one_of(st.none(), st.integers(-2, 40).map(lambda n: TODAY + n * DAY))
TAGS = st.builds(
    SimpleNamespace,
    state=st.sampled_from([state.value for state in TagState]),
    level=st.sampled_from(list(ladder().levels)),
    counter_evidence=st.sampled_from(["", "查过"]),
    recheck_on=DAYS,
    second_reader_id=st.one_of(st.none(), st.just(1)),
    reread_by=DAYS,
)


@given(TAGS)
def test_what_counts_has_all_that_it_needs(tag) -> None:
    how = standing(tag, TODAY, ladder())
    needed = (
        tag.state == "confirmed",
        tag.level in {"E2", "E3", "E4"},
        bool(tag.counter_evidence),
        tag.recheck_on is not None and tag.recheck_on >= TODAY,
        tag.second_reader_id is not None,
        tag.reread_by is None or tag.reread_by >= TODAY,
    )
    assert (how in COUNTING) == all(needed)
    assert how is not Standing.COUNTED or tag.reread_by is None
    assert (how is None) == (tag.state in {"suggested", "rejected"})
    if due(tag, TODAY, ladder()):
        assert how is not Standing.EXPIRED


def test_the_query_says_what_the_rule_says(app, cast) -> None:
    """Every combination as a row, judged by the database and by the rule."""
    person = cast["manager"]
    made = []
    with unit_of_work("seed"):
        for number, technology in enumerate(f"t{n}" for n in range(4 * 5 * 2 * 4 * 2 * 3)):
            rest, state = divmod(number, 4)
            rest, level = divmod(rest, 5)
            rest, counter = divmod(rest, 2)
            rest, day = divmod(rest, 4)
            again, second = divmod(rest, 2)
            made.append(
                Tag(
                    company_id=1,
                    technology=technology,
                    state=[s.value for s in TagState][state],
                    level=list(ladder().levels)[level],
                    counter_evidence="查过" if counter else "",
                    recheck_on=(None, TODAY - DAY, TODAY, TODAY + 31 * DAY)[day],
                    second_reader_id=person.id if second else None,
                    reread_by=(None, TODAY - DAY, TODAY)[again],
                    recorded_at=NOW,
                )
            )
        company = factories.company(person)
        for tag in made:
            tag.company_id = company.id
        db.session.add_all(made)
    said = dict(db.session.execute(sa.select(Tag.id, queries.standing_of(TODAY))).all())
    ruled = {tag.id: standing(tag, TODAY, ladder()) for tag in made}
    assert said == {number: how.value if how else None for number, how in ruled.items()}
    counting = set(db.session.scalars(sa.select(Tag.id).where(queries.counts_in_statistics(TODAY))))
    assert counting == {number for number, how in ruled.items() if how in COUNTING}
    soon = set(db.session.scalars(sa.select(Tag.id).where(queries.due_until(TODAY))))
    assert soon == {tag.id for tag in made if due(tag, TODAY, ladder())}
    shown = queries.standings(sa.true(), TODAY)
    assert sum(shown.values()) == sum(how is not None for how in ruled.values())


def test_the_morning_after_its_day_a_claim_expires_and_the_manager_hears(
    app, cast, as_user
) -> None:
    manager, partner = cast["manager"], cast["partner"]
    company = factories.company(partner, description=TEXT)
    factories.deal(manager, company=company)
    claimed = NOW - 300 * DAY
    with unit_of_work("tag.confirm", partner):
        factories.claimed(company.id, "uv-led", "E2", partner, claimed, manager, recheck_on=TODAY)

    def counts(day) -> bool:
        return bool(db.session.scalar(sa.select(Tag.id).where(queries.counts_in_statistics(day))))

    assert counts(TODAY) and not counts(TODAY + DAY), "whether the job ran or not"
    last = start_of(TODAY + DAY) - dt.timedelta(seconds=1)
    jobs.expire_due(app, last)
    assert queries.current(company.id, "uv-led").state == "confirmed"
    for _ in range(2):
        jobs.expire_due(app, last + dt.timedelta(seconds=2))
    db.session.rollback()  # to see what the job wrote
    row = queries.current(company.id, "uv-led")
    assert (row.state, row.recorded_by_id, row.level) == ("expired", None, "E2")
    assert db.session.query(Tag).count() == 3
    task = db.session.query(Task).one()
    assert (task.owner_id, task.company_id, task.due_on) == (manager.id, company.id, TODAY + DAY)
    assert "紫外与特种光源" in task.title
    page = as_user("manager").get(f"/companies/{company.id}").text
    assert "已过期" in page and task.title in page


def test_an_expired_claim_is_renewed_only_with_another_look(app, cast, as_user) -> None:
    manager, partner = cast["manager"], cast["partner"]
    company = factories.company(partner, description=TEXT)
    now = dt.datetime.now(dt.UTC)
    today = local_date(now)
    with unit_of_work("tag.confirm", partner):
        at = now - 200 * DAY
        day = today - DAY
        factories.claimed(company.id, "uv-led", "E2", partner, at, manager, recheck_on=day)
    jobs.expire_due(app, now)
    db.session.rollback()
    client = as_user("manager")
    path = f"/companies/{company.id}/tags"
    page = client.get(f"{path}?technology=uv-led").text
    assert "续期" in page and "深紫外芯片" in page and "未见批量应用" not in page
    row = queries.current(company.id, "uv-led")
    card = {name: getattr(row.card, name) for name in ("choked_kind", "choked", "basis_kind")}
    said = card | {"basis": row.card.basis, "substitute": "sample", "level": "E2"}
    said |= {"technology": "uv-led", "seen": str(row.id), "recheck_on": str(today + 30 * DAY)}
    again = {"counter_evidence": row.counter_evidence}
    for answer in ({}, again, {"counter_evidence": "x", "recheck_on": str(today)}):
        assert client.post(path, data=said | answer).status_code == 422
    assert client.post(path, data=said | {"counter_evidence": "再查一年"}).status_code == 302
    row = queries.current(company.id, "uv-led")
    assert standing(row, today, ladder()) is Standing.WAITING and row.first_reader_id == manager.id
    with unit_of_work("tag.read_again"):
        row = operations.read_again(row, partner, now)
    assert standing(row, today, ladder()) is Standing.COUNTED


def test_twelve_months_end_on_the_same_day_of_the_month() -> None:
    assert months_later(dt.date(2026, 11, 28), 12) == dt.date(2027, 11, 28)
    assert months_later(dt.date(2028, 2, 29), 12) == dt.date(2029, 3, 1)
    assert months_later(dt.date(2026, 8, 31), 1) == dt.date(2026, 10, 1)
    assert months_later(dt.date(2026, 12, 31), 2) == dt.date(2027, 3, 1)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('counts_from = "E2"', 'counts_from = "E9"', "no level E9"),
        ('kinds = ["link", "document", "patent"]', 'kinds = ["gossip"]', "no kind gossip"),
        ('tone = "ok"', 'tone = "pink"', "no tone pink"),
        ("recheck_months = 12", "recheck_months = 0", "a month"),
        ('en = "Part"', 'en = ""', "no title in en"),
        ("due_days = 30", "", "due_days is missing"),
    ],
)
def test_a_ladder_that_cannot_be_used_is_refused(old, new, reason) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(FaultyLadder, match=reason):
        read_ladder(text.replace(old, new, 1))


def test_a_level_is_what_the_evidence_supports() -> None:
    terms = ladder()
    assert terms.supported([]) is None
    assert terms.supported([("text", "E3")]) == "E1", "words alone show no validation"
    assert terms.supported([("patent", "E4"), ("text", "E0")]) == "E2"
    assert terms.supported([("document", "E4"), ("link", "E1")]) == "E4"
    assert dataclasses.replace(terms, counts_from="E3").counting() == ("E3", "E4")
