"""Tags from suggestion to claim: appended, evidenced, and read back as of a past day."""

import datetime as dt

from portfolio.chokepoint import operations, queries
from portfolio.chokepoint.models import Tag
from portfolio.extensions import db, unit_of_work
from tests import factories

TEXT = "公司自主研发深紫外LED外延芯片，已量产。"


def states(company, known_at=None) -> dict[str, str]:
    return {
        t.technology: t.state for t in queries.tags_of([company.id], known_at).get(company.id, [])
    }


def test_a_suggestion_is_confirmed_with_evidence_in_the_browser(as_user, cast) -> None:
    company = factories.company(cast["manager"], description=TEXT)
    client = as_user("manager")
    base = f"/companies/{company.id}"
    client.post(f"{base}/suggestions")
    page = client.get(base).text
    assert "<mark>深紫外LED</mark>" in page
    sent = {"technology": "uv-led", "level": "E3", "evidence": ""}
    assert client.post(f"{base}/tags", data=sent).status_code == 422
    assert client.post(f"{base}/tags", data=sent | {"evidence": "链主验证报告"}).status_code == 302
    page = client.get(base).text
    assert "E3 已验证" in page and "链主验证报告" in page
    assert company.name_zh in client.get("/companies?technology=uv-led").text
    assert "technology=uv-led" in client.get("/chokepoints").text
    assert as_user("reader").post(f"{base}/tags", data=sent).status_code == 403


def test_a_rejected_suggestion_returns_only_when_the_text_changed(as_user, cast) -> None:
    company = factories.company(cast["manager"], description=TEXT)
    client = as_user("manager")
    base = f"/companies/{company.id}"
    client.post(f"{base}/suggestions")
    tag = db.session.query(Tag).one()
    path = f"{base}/tags/{tag.id}/rejection"
    assert client.post(path, data={"reason": ""}).status_code == 422
    assert client.post(path, data={"reason": "只是使用"}).status_code == 302
    assert client.post(path, data={"reason": "再来"}).status_code == 404
    client.post(f"{base}/suggestions")
    assert states(company) == {"uv-led": "rejected"}
    db.session.expire_all()
    with unit_of_work("company.change"):
        company.description = TEXT + "新增产线。"
        operations.refresh_suggestions(company, dt.datetime.now(dt.UTC))
    assert states(company) == {"uv-led": "suggested"}


def test_tags_read_back_as_they_stood(cast) -> None:
    company = factories.company(cast["manager"], description=TEXT)
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    steps = [start + dt.timedelta(days=n) for n in (1, 2, 3)]
    with unit_of_work("tag.suggest"):
        operations.refresh_suggestions(company, steps[0])
    with unit_of_work("tag.confirm"):
        operations.confirm(company.id, "uv-led", "E2", "检测报告", cast["manager"], steps[1])
    with unit_of_work("tag.reject"):
        tag = queries.current(company.id, "uv-led")
        operations.reject(tag, "证据失效", cast["partner"], steps[2])
    hour = dt.timedelta(hours=1)
    assert states(company, start) == {}
    assert [states(company, step + hour)["uv-led"] for step in steps] == [
        "suggested",
        "confirmed",
        "rejected",
    ]
