"""The review of suggestions: judged one after the other, told when somebody was there before, taken back."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from portfolio.audit.models import AuditEntry
from portfolio.chokepoint import jobs, queries, review_queries
from portfolio.chokepoint.models import Tag
from portfolio.chokepoint.review_queries import Asked
from portfolio.chokepoint.reviewing import (
    FILE,
    WHOLE,
    FaultyReview,
    places_of,
    read_terms,
    stretches,
)
from portfolio.chokepoint.taxonomy_queries import taxonomy
from portfolio.extensions import db, unit_of_work
from portfolio.web.i18n import speaking
from tests import factories

LED = "公司自主研发<b>深紫外LED</b>外延芯片，已量产。"
LIDAR = "公司自主研发激光雷达，已量产。"
JSON = {"Accept": "application/json"}


def current(company) -> dict[str, Tag]:
    db.session.rollback()  # as of now
    return {tag.technology: tag for tag in queries.tags_of([company.id]).get(company.id, [])}


def numbers(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'id="s(\d+)"', page)]


@pytest.fixture
def library(app, cast, as_user) -> dict[str, object]:
    """Four companies, and suggestions for all of them by way of the page."""
    manager = cast["manager"]
    texts = {"led": LED, "twin": LED, "lidar": LIDAR, "none": "一家餐饮企业。"}
    found = {name: factories.company(manager, description=text) for name, text in texts.items()}
    factories.deal(manager, dt.datetime.now(dt.UTC), company=found["lidar"])
    client = as_user("manager")
    assert "尚未对全库生成过建议" in client.get("/chokepoints/review").text
    client.post("/chokepoints/review/run")
    page = client.get("/chokepoints/review").text
    assert "正在读取企业库" in page and "0 / 4" in page, "it is told while it waits"
    jobs.suggest_waiting(app)
    db.session.rollback()  # as of now
    assert "新增 3 条，撤下 0 条" in client.get("/chokepoints/review/progress").text
    return found


def test_suggestions_are_judged_and_taken_back(library, as_user, cast) -> None:
    client = as_user("manager")
    page = client.get("/chokepoints/review").text
    assert "&lt;b&gt;" in page and "<mark>深紫外LED" in page, "marked and escaped"
    assert "文中称研发或生产" in page and "只是销售或代理" in page
    led, twin = (current(library[name])["uv-led"] for name in ("led", "twin"))
    assert [n for n in numbers(page) if n in {led.id, twin.id}] == [twin.id, led.id]
    path = f"/chokepoints/review/{led.id}"
    assert client.post(path, data={"doing": "reject"}, headers=JSON).status_code == 422
    answer = client.post(path, data={"because": "use", "reason": "年报"}, headers=JSON)
    assert answer.json["message"].startswith("已否定") and answer.json["today"] == 1
    row = current(library["led"])["uv-led"]
    assert (row.state, row.reason_code, row.reason) == ("rejected", "use", "年报")
    told = f"/companies/{row.company_id}/technologies/uv-led"
    assert "只是使用或采购，并非研发 · 年报" in client.get(told).text
    with speaking("en"):
        assert "Uses or buys it, does not develop it · 年报" in client.get(told).text
    assert row.recorded_by_id == cast["manager"].id
    client.post(f"/chokepoints/review/{twin.id}", data={"doing": "accept"})
    row = current(library["twin"])["uv-led"]
    assert (row.state, row.level, row.recheck_on) == ("confirmed", "E0", None), (
        "claimed, not counted"
    )
    other = as_user("partner").post(path, data={"doing": "accept"}, headers=JSON)
    assert other.status_code == 409 and "Manager" in other.json["message"]
    assert (
        "已否定" in other.json["message"] and current(library["led"])["uv-led"].state == "rejected"
    )
    done = db.session.scalars(
        sa.select(AuditEntry.action).where(AuditEntry.actor_id == cast["manager"].id)
    ).all()
    assert {"tag.accept", "tag.reject"} <= set(done)
    assert as_user("partner").post("/chokepoints/review/undo", headers=JSON).status_code == 409
    for name in ("twin", "led"):  # the last one first
        answer = client.post("/chokepoints/review/undo", headers=JSON)
        row = current(library[name])["uv-led"]
        assert row.state == "suggested" and numbers(answer.json["card"]) == [row.id]
    assert answer.json["today"] == 0
    assert not queries.evidence_of([library["twin"].id])
    assert client.post("/chokepoints/review/undo", headers=JSON).status_code == 409


def test_filters_orders_and_what_is_not_for_this_reader(library, as_user, cast) -> None:
    client = as_user("manager")

    def shown(query: str = "", part: str = "") -> list[str]:
        found = numbers(client.get(f"/chokepoints/review{part}?{query}").text)
        return [db.session.get_one(Tag, number).technology for number in found]

    assert shown() == ["lidar", "uv-led", "uv-led"], "like with like"
    assert shown("unsure=1") == ["uv-led", "uv-led", "lidar"]
    assert shown("technology=lidar") == shown("mine=1") == ["lidar"]
    assert shown("band=low") == [] and len(shown("band=high&mixed=1")) == 3
    domain = taxonomy().technologies["lidar"].domain
    assert shown(f"domain={domain}&after=x.y") == ["lidar"]
    assert shown("domain=x&technology=y&band=z") == ["lidar", "uv-led", "uv-led"]
    with unit_of_work("seed"):
        rows = sa.select(Tag).where(Tag.superseded_at.is_(None)).order_by(Tag.id)
        for number, tag in enumerate(db.session.scalars(rows)):
            tag.confidence_micro = (None, 800_000, 800_000)[number]
    for asked in (Asked(), Asked(unsure=True), Asked(mixed=True), Asked(unsure=True, mixed=True)):
        whole = [c.tag.id for c in review_queries.next_ones(cast["manager"], asked, None)]
        one_by_one, place = [], None
        while found := review_queries.next_ones(cast["manager"], asked, place, 1):
            place = review_queries.place_from(str(found[0].place))
            one_by_one.append(found[0].tag.id)
        assert one_by_one == whole and len(whole) == 3, asked
    assert as_user("reader").get("/chokepoints/review").status_code == 403
    assert client.post("/chokepoints/review/999999", data={"doing": "accept"}).status_code == 404


TEXTS = st.text("光刻机 a<\n", max_size=1200)


@given(TEXTS, st.lists(st.tuples(st.integers(0, 1200), st.integers(0, 40)), max_size=12))
def test_what_is_shown_of_a_text_stands_in_it(text, given) -> None:
    places = [(a, min(len(text), a + n)) for a, n in given if a < len(text)]
    found = stretches(text, places)
    if len(text) <= WHOLE:
        assert "".join(part.text for part in found) == text
    for part in found:
        assert part.text in text or part.text in {"… ", " …"}
    marked = "".join(part.text for part in found if part.marked)
    covered = {n for a, b in sorted(places)[:8] for n in range(a, b)}
    assert len(marked) == len(covered)


def test_words_are_found_again_and_terms_are_checked() -> None:
    assert places_of("光刻胶与光刻胶", "光刻胶") == [(0, 3), (4, 7)] and places_of("光", "") == []
    text = FILE.read_text(encoding="utf-8")
    assert len(read_terms(text).reasons) == 9
    kept = read_terms(text + '[[reason]]\nkey="x"\nzh="甲"\nen="x"\nretired=true\n')
    assert "x" in kept.reasons and "x" not in [one.value for one in kept.offered()]
    for wrong in (
        text + '[[reason]]\nkey="x"\nzh="甲"\nen="x"\n',
        text.replace('en = "Uses', 'en = "用'),
    ):
        with pytest.raises(FaultyReview):
            read_terms(wrong)
