"""Fifty reports at once: ordered from a list, made in the background, taken home as one file."""

import datetime as dt
import io
import zipfile

import pytest
import sqlalchemy as sa

from portfolio.audit.models import AuditEntry
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.dates import local_date
from portfolio.people import operations as people
from portfolio.reports import jobs, operations, queries
from portfolio.reports.models import PaperState, ReportPaper
from tests import factories


@pytest.fixture
def firms(cast):
    return [factories.company(cast["manager"], name_zh=f"青岛第{n}号新材料公司") for n in range(5)]


@pytest.fixture
def order(as_user, firms):
    """Order as the partner, from the list with this query."""

    def ordered(query: str = "", kind: str = "srdi"):
        return as_user("partner").post(f"/reports?{query}", data={"kind": kind})

    return ordered


def states() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(ReportPaper.state).order_by(ReportPaper.id)))


def test_a_paper_for_each_company_of_the_list_is_made_and_taken_as_one_file(
    app, as_user, order, firms
) -> None:
    address = order().headers["Location"]
    client = as_user("partner")
    assert "0 / 5" in client.get(address).text and "生成中" in client.get(address).text
    assert client.get(f"{address}/progress").status_code == 200
    assert jobs.work(app) == 5
    assert set(states()) == {PaperState.MADE.value}
    assert client.get(f"{address}/progress").headers["HX-Refresh"] == "true"
    made = zipfile.ZipFile(io.BytesIO(client.get(f"{address}.zip").data))
    assert {name.split("_")[1] for name in made.namelist()} == {firm.name_zh for firm in firms}
    assert all(made.read(name).startswith(b"%PDF-") for name in made.namelist())
    taken = db.session.scalar(sa.select(AuditEntry).where(AuditEntry.action == "report.take"))
    assert taken is not None and '"rows":5' in taken.after


def test_the_list_as_it_is_filtered_counts(order) -> None:
    order("q=第3号")
    assert len(states()) == 1


def test_what_stopped_half_way_goes_on_and_nothing_is_made_twice(app, order) -> None:
    order()
    begun = dt.datetime.now(dt.UTC)
    first = operations.claim(begun)
    operations.make(first)
    stopped = operations.claim(begun)  # its maker is gone
    assert jobs.work(app) == 3, "what somebody holds is left alone until its lease is over"
    assert states().count(PaperState.MAKING.value) == 1
    later = begun + operations.LEASE + dt.timedelta(seconds=1)
    assert operations.claim(later) == stopped
    operations.make(stopped)
    assert set(states()) == {PaperState.MADE.value}


def test_one_that_fails_each_time_is_given_up(app, order) -> None:
    order("q=第3号")
    at = dt.datetime.now(dt.UTC)
    for _ in range(operations.MOST_ATTEMPTS):
        assert operations.claim(at) is not None
        at += operations.LEASE + dt.timedelta(seconds=1)
    assert operations.claim(at) is None and states() == [PaperState.FAILED.value]
    assert not queries.waiting(at + dt.timedelta(days=1))


def test_a_right_that_was_lost_meanwhile_keeps_the_paper_in(app, cast, as_user, order) -> None:
    address = order("q=第3号").headers["Location"]
    with unit_of_work("user.roles", cast["partner"]):
        people.set_roles(cast["partner"], ["reader"])
    jobs.work(app)
    assert states() == [PaperState.HIDDEN.value]
    assert as_user("partner").get(f"{address}.zip").status_code == 403


def test_batches_are_ones_own(app, as_user, order) -> None:
    address = order().headers["Location"]
    for path in (address, f"{address}/progress", f"{address}.zip"):
        assert as_user("manager").get(path).status_code == 404
    assert address not in as_user("manager").get("/reports").text
    assert address in as_user("partner").get("/reports").text


@pytest.mark.parametrize(
    ("query", "kind", "status"), [("q=没有这家", "srdi", 422), ("", "none", 400)]
)
def test_nothing_to_report_on_is_said(order, query, kind, status) -> None:
    answer = order(query, kind)
    assert answer.status_code == status and states() == []
    assert status == 400 or "没有您可导出数据的企业" in answer.text


def test_too_many_are_refused_and_none_is_begun(order, monkeypatch) -> None:
    monkeypatch.setattr(operations, "MOST", 4)
    assert "超过 4 家" in order().text and states() == []


def test_papers_are_forgotten_by_the_clock_after_their_time_and_the_page_says_so(
    app, as_user, order
) -> None:
    address = order("q=第3号").headers["Location"]
    jobs.work(app)
    db.session.rollback()
    (paper,) = db.session.scalars(sa.select(ReportPaper))
    path, begun = operations.paper_path(paper), dt.datetime.now(dt.UTC)
    client = as_user("partner")
    assert "30 天" in client.get("/reports").text
    last = local_date(begun + dt.timedelta(days=30)).isoformat()
    assert last in client.get(address).text and path.exists()
    jobs.forget_old(app, begun + dt.timedelta(days=29))
    assert path.exists() and client.get(address).status_code == 200
    jobs.forget_old(app, begun + dt.timedelta(days=30, minutes=1))
    assert not path.parent.exists() and states() == []
    assert client.get(address).status_code == 404 and address not in client.get("/reports").text
