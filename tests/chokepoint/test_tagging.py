"""Tags from suggestion to claim to proof: appended, evidenced, read twice, and read back as they stood."""

import datetime as dt
from dataclasses import fields

import pytest

from portfolio.chokepoint import evidence_operations, operations, queries
from portfolio.chokepoint.claims import INCUMBENT_COLUMNS, Card, Piece, Unfit
from portfolio.chokepoint.ladder import ladder
from portfolio.chokepoint.models import Tag, TagEvidence
from portfolio.companies import operations as companies
from portfolio.companies.operations import Conflict
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.dates import local_date
from portfolio.kernel.errors import InputError
from portfolio.web.formatting import today
from tests import factories

TEXT = "公司自主研发深紫外LED外延芯片，已量产。"
DAY = dt.timedelta(days=1)


def states(company, known_at=None) -> dict[str, str]:
    return {
        t.technology: t.state for t in queries.tags_of([company.id], known_at).get(company.id, [])
    }


def sent(level: str = "E2", **more: str) -> dict[str, str]:
    """What the form of a claim sends that lacks nothing."""
    return {
        "technology": "uv-led",
        "level": level,
        "seen": "0",
        "choked_kind": "part",
        "choked": "深紫外芯片",
        "basis_kind": "market",
        "basis": "进口占比高",
        "substitute": "sample",
        "counter_evidence": "检索三家同业，未见批量",
        "recheck_on": (today() + 300 * DAY).isoformat(),
        "piece_kind": "link",
        "piece_level": level,
        "piece_link": "https://example.com/report",
        "piece_issuer": "国家检测中心",
        "piece_dated_on": today().isoformat(),
        **more,
    }


def counted(company) -> bool:
    query = db.select(Tag.id).where(
        Tag.company_id == company.id, queries.counts_in_statistics(today())
    )
    return db.session.scalar(query) is not None


def test_a_suggestion_is_claimed_with_evidence_and_counts_once_it_was_read_twice(
    as_user, cast
) -> None:
    company = factories.company(cast["manager"], description=TEXT)
    client = as_user("manager")
    base = f"/companies/{company.id}"
    client.post(f"{base}/suggestions")
    page = client.get(base).text
    assert "<mark>深紫外LED</mark>" in page
    asked = client.get(f"{base}/tags?technology=uv-led").text
    row = queries.current(company.id, "uv-led")
    assert (
        "业务描述中写明：“深紫外LED”" in asked
        and f'name="seen" type="hidden" value="{row.id}"' in asked
    )
    answer = client.post(f"{base}/tags", data=sent(seen=str(row.id)))
    assert answer.status_code == 302 and answer.location.endswith("/technologies/uv-led")
    page = client.get(base).text
    assert "E2 有第三方证据" in page and "待第二人复核" in page and not counted(company)
    page = client.get(answer.location).text
    assert "深紫外芯片" in page and "https://example.com/report" in page
    row = queries.current(company.id, "uv-led")
    path = f"{base}/tags/{row.id}/second-reading"
    assert path not in page, "who read it first does not read it again"
    client.post(path)
    assert not counted(company)
    assert "技术标签</span> <span>紫外与特种光源" in client.get(base).text, "in the history"
    other = as_user("partner")
    assert path in other.get(answer.location).text
    for _ in range(2):  # the second time another row stands
        other.post(path)
    assert db.session.query(Tag).count() == 3
    assert counted(company) and "Partner" in client.get(answer.location).text
    assert company.name_zh in client.get("/companies?technology=uv-led").text
    assert "/chokepoints/technologies/uv-led" in client.get("/chokepoints").text
    reader = as_user("reader")
    assert reader.post(f"{base}/tags", data=sent()).status_code == 403
    assert reader.post(path).status_code == 403
    assert "second-reading" not in reader.get(answer.location).text


def test_what_is_wrong_is_said_at_the_field_and_nothing_typed_is_lost(as_user, cast) -> None:
    company = factories.company(cast["manager"], description=TEXT)
    client = as_user("manager")
    path = f"/companies/{company.id}/tags"
    late = today().replace(year=today().year + 1) + 2 * DAY
    wrong = {
        ("counter_evidence", ""): "此项必填",
        ("recheck_on", ""): "此项必填",
        ("recheck_on", late.isoformat()): "最长 12 个月",
        ("recheck_on", today().isoformat()): "请选择今天之后的日期",
        ("choked", ""): "此项必填",
        ("basis", ""): "E2 及以上必填",
        ("level", "E3"): "证据不支持 E3（下游用户验证），目前只到 E2",
        ("piece_issuer", ""): "须填写出具方",
        ("piece_link", "example.com"): "以 https:// 或 http:// 开头",
        ("foreign_micro", "120"): "份额应在 0 到 100 之间",
        ("foreign_micro", "很多"): "很多",
    }
    for (name, value), words in wrong.items():
        answer = client.post(path, data=sent(impact="停产三个月") | {name: value})
        assert answer.status_code == 422, (name, value)
        assert f'id="{name}-err"' in answer.text and words in answer.text, (name, value)
        assert "停产三个月" in answer.text, "nothing typed is lost"
    answer = client.post(path, data=sent() | {"piece_kind": "text", "piece_text": "口头"})
    assert 'id="piece_level-err"' in answer.text and "须提供：链接、企业文件、专利号" in answer.text
    rows = {"incumbents-name": ["日亚", ""], "incumbents-country": ["日本", ""]}
    rows |= {"incumbents-share_micro": ["60", ""], "incumbents-year": ["", ""]}
    answer = client.post(path, data=sent() | rows | {"incumbents-source": ["年报", ""]})
    assert answer.status_code == 422 and "第 1 行" in answer.text and "日亚" in answer.text
    rows |= {"incumbents-year": [str(today().year), ""], "incumbents-source": ["年报", ""]}
    shares = {"foreign_micro": "82.5", "domestic_micro": "17.5%", "share_year": "2025"}
    answer = client.post(path, data=sent() | rows | shares | {"share_source": "协会"})
    assert answer.status_code == 302
    card = queries.current(company.id, "uv-led").card
    assert (card.foreign_micro, card.domestic_micro) == (82_500_000, 17_500_000)
    assert [(one.name, one.share_micro) for one in card.incumbents] == [("日亚", 60_000_000)]
    assert card.suppliers is None, "what is not known is not none"


def test_who_saved_meanwhile_is_told_and_what_was_typed_stays(as_user, cast) -> None:
    company = factories.company(cast["manager"], description=TEXT)
    mine, other = as_user("manager"), as_user("partner")
    path = f"/companies/{company.id}/tags"
    assert other.post(path, data=sent(choked="外延片")).status_code == 302
    answer = mine.post(path, data=sent(choked="晶圆"))
    assert answer.status_code == 409 and "Partner" in answer.text and "晶圆" in answer.text
    row = queries.current(company.id, "uv-led")
    assert row.card.choked == "外延片"
    assert mine.post(path, data=sent(choked="晶圆", seen=str(row.id))).status_code == 302
    db.session.expire_all()
    assert queries.current(company.id, "uv-led").card.choked == "晶圆"


def test_a_claim_that_counts_goes_on_counting_while_new_words_are_read(as_user, cast) -> None:
    """A correction moves no figure for two weeks; what is more than words is read first."""
    company = factories.company(cast["manager"], description=TEXT)
    manager, partner = as_user("manager"), as_user("partner")
    path = f"/companies/{company.id}/tags"
    manager.post(path, data=sent("E3", validator="中芯"))
    row = queries.current(company.id, "uv-led")
    partner.post(f"{path}/{row.id}/second-reading")
    assert counted(company)

    def stated(client, level: str = "E3", **more: str) -> Tag:
        row = queries.current(company.id, "uv-led")
        kept = {k: v for k, v in sent(level, validator="中芯").items() if "piece" not in k}
        answer = client.post(path, data=kept | {"seen": str(row.id)} | more)
        assert answer.status_code == 302, answer.text
        db.session.expire_all()
        return queries.current(company.id, "uv-led")

    same = stated(partner)
    assert (same.reread_by, same.first_reader_id) == (None, cast["manager"].id), "nothing is new"
    assert "只改文字" in manager.get(f"{path}?technology=uv-led").text
    row = stated(manager, choked="深紫外 LED 芯片")
    readers = (row.first_reader_id, row.second_reader_id)
    assert readers == (cast["manager"].id, cast["partner"].id)
    until = today() + ladder().reread_days * DAY
    assert row.reread_by == until and counted(company)
    page = manager.get(f"/companies/{company.id}/technologies/uv-led").text
    assert "改写待复核" in page and until.isoformat() in page
    assert "second-reading" not in page, "who wrote it does not read it again"
    listed = partner.get("/chokepoints/claims?standing=reread").text
    assert (
        f"/companies/{company.id}/technologies/uv-led" in listed
        and "1 条判断中 1 条计入统计" in listed
    )
    with unit_of_work("seed"):
        db.session.get_one(Tag, row.id).reread_by = until - 5 * DAY
    row = stated(partner, "E2", counter_evidence="再查四家，未见批量")
    readers = (row.first_reader_id, row.second_reader_id)
    assert readers == (cast["partner"].id, cast["manager"].id), "two people still stand behind it"
    assert row.reread_by == until - 5 * DAY, "no chain of corrections stretches the days"
    late = db.select(Tag.id).where(queries.counts_in_statistics(until - 4 * DAY))
    assert db.session.scalars(late).all() == [], "then it drops out until it was read"
    manager.post(f"{path}/{row.id}/second-reading")
    row = queries.current(company.id, "uv-led")
    assert (row.reread_by, row.second_reader_id) == (None, cast["manager"].id) and counted(company)
    rows = {f"incumbents-{name}": "" for name in INCUMBENT_COLUMNS} | {"incumbents-name": "日亚"}
    more = [{"level": "E3"}, {"choked_kind": "material"}, {"basis_number": "3B001"}]
    more += [{"foreign_micro": "80", "share_year": "2025", "share_source": "协会"}]
    more += [{"recheck_on": (today() + 301 * DAY).isoformat()}, rows]
    more += [{"piece_kind": "link", "piece_level": "E2", "piece_link": "https://example.com/2"}]
    more[-1] |= {"piece_issuer": "甲", "piece_dated_on": today().isoformat()}
    for change in more:
        row = stated(partner, **{"level": "E2", **change})
        assert not counted(company) and row.reread_by is None, change
        manager.post(f"{path}/{row.id}/second-reading")
        assert counted(company)
        stated(partner, "E2")
        row = queries.current(company.id, "uv-led")
        manager.post(f"{path}/{row.id}/second-reading")


def test_what_is_called_wording_are_texts_of_the_card() -> None:
    texts = {field.name for field in fields(Card) if field.type is str}
    assert texts > ladder().wording


def test_of_two_at_once_one_is_told(app, cast) -> None:
    company = factories.company(cast["manager"], description=TEXT)
    now = dt.datetime.now(dt.UTC)
    with unit_of_work("tag.confirm", cast["manager"]):
        row = factories.claimed(company.id, "uv-led", "E2", cast["manager"], now)
    with unit_of_work("tag.reject", cast["partner"]):
        operations.reject(row, "不符", cast["partner"], now)
    for late in (operations.read_again, lambda *a: operations.reject(a[0], "同上", *a[1:])):
        with pytest.raises(Conflict), unit_of_work("tag.reject", cast["partner"]):
            late(row, cast["partner"], now)
    assert states(company) == {"uv-led": "rejected"}


def test_a_rejected_suggestion_returns_only_when_the_text_changed(as_user, cast) -> None:
    company = factories.company(cast["manager"], description=TEXT)
    client = as_user("manager")
    base = f"/companies/{company.id}"
    client.post(f"{base}/suggestions")
    tag = db.session.query(Tag).one()
    listed = factories.company(
        cast["manager"], description="光刻机、光刻胶、大硅片、存储芯片、掩模版、激光雷达"
    )
    but_keywords = "疑似关键词堆砌"
    assert but_keywords in client.get(f"/companies/{listed.id}").text
    assert but_keywords not in client.get(base).text
    path = f"{base}/tags/{tag.id}/rejection"
    assert client.post(path, data={"reason": ""}).status_code == 422
    assert client.post(path, data={"because": "x", "reason": "使用"}).status_code == 422
    assert client.post(path, data={"because": "use"}).status_code == 302
    assert client.post(path, data={"reason": "再来"}).status_code == 404
    client.post(f"{base}/suggestions")
    assert states(company) == {"uv-led": "rejected"}
    db.session.expire_all()
    with unit_of_work("company.change"):
        company.description = TEXT + "新增产线。"
        operations.refresh_suggestions(company, dt.datetime.now(dt.UTC))
    assert states(company) == {"uv-led": "suggested"}
    with unit_of_work("tag.accept"):
        operations.accept(queries.current(company.id, "uv-led"), cast["manager"], factories.NOW)
    assert "缺反证检索或复核日期" in client.get(base).text and not counted(company)
    with unit_of_work("tag.reject"):
        company.description = TEXT + "新增两条产线。"
        row = queries.current(company.id, "uv-led")
        operations.reject(row, "证据失效", cast["manager"], factories.NOW)
        operations.refresh_suggestions(company, factories.NOW)
    assert states(company) == {"uv-led": "rejected"}, "rejected by the text as it stood then"
    with unit_of_work("tag.suggest"):
        company.description = TEXT + "新增三条产线。"
        operations.refresh_suggestions(company, factories.NOW)
    assert states(company) == {"uv-led": "suggested"}, "a claim that was rejected too"


def test_evidence_carries_a_level_and_a_claim_falls_with_it(as_user, cast) -> None:
    company = factories.company(cast["manager"], description=TEXT)
    manager, partner = cast["manager"], cast["partner"]
    now = dt.datetime.now(dt.UTC)
    with unit_of_work("tag.confirm", manager):
        factories.claimed(company.id, "uv-led", "E2", manager, now - DAY, partner)
    client = as_user("manager")
    path = f"/companies/{company.id}/technologies/uv-led"
    piece = {k: v for k, v in sent("E3").items() if k.startswith("piece_")}
    wrong = client.post(f"{path}/evidence", data=piece | {"piece_kind": "patent"})
    assert wrong.status_code == 422 and 'id="piece_level-err"' in wrong.text
    assert client.post(f"{path}/evidence", data=piece).status_code == 302
    assert queries.current(company.id, "uv-led").level == "E2" and counted(company)
    paper = {"piece_kind": "document", "piece_document_id": "1", "piece_link": ""}
    assert client.post(f"{path}/evidence", data=piece | paper).status_code == 422
    with unit_of_work("document.keep", manager):
        kept = companies.keep_document(b"x", "验证.pdf", "", manager, now, company_id=company.id)
    paper |= {"piece_document_id": str(kept.document_id), "piece_text": "用户验证"}
    assert client.post(f"{path}/evidence", data=piece | paper).status_code == 302
    assert "验证.pdf" in client.get(path).text
    rows = {row.level: row for row in queries.evidence_of([company.id])[company.id]}
    gone = f"{path}/evidence/{rows['E2'].id}/withdrawal"
    assert client.post(gone, data={"reason": ""}).status_code == 422
    assert client.post(gone, data={"reason": "报告过期"}).status_code == 302
    row = queries.current(company.id, "uv-led")
    assert (row.level, row.second_reader_id) == ("E2", None), "nobody else has read what is left"
    assert "报告过期" in client.get(path).text
    with unit_of_work("tag.withdraw_evidence", manager):
        left = queries.evidence_of([company.id])[company.id]
        evidence_operations.withdraw(left[0], "重复", manager, now)
        with pytest.raises(InputError, match=r"evidence\.last"):
            evidence_operations.withdraw(left[1], "全撤", manager, now)
    with pytest.raises(Unfit), unit_of_work("tag.evidence", manager):
        evidence_operations.add(row, Piece("patent", "E2", patent="x"), manager, now)
    assert as_user("reader").post(f"{path}/evidence", data=piece).status_code == 403


def test_each_step_is_taken_back_by_saying_again_what_stood(as_user, cast) -> None:
    company = factories.company(cast["manager"], description=TEXT)
    manager, client = cast["manager"], as_user("manager")
    base = f"/companies/{company.id}"
    client.post(f"{base}/tags", data=sent())
    act = db.session.scalars(db.text("SELECT max(id) FROM act")).one()
    client.post(f"/acts/{act}/undo")
    assert states(company) == {} and queries.evidence_of([company.id]) == {}
    client.post(f"{base}/tags", data=sent())
    row = queries.current(company.id, "uv-led")
    client.post(f"{base}/tags/{row.id}/rejection", data={"reason": "误判"})
    act = db.session.scalars(db.text("SELECT max(id) FROM act")).one()
    assert as_user("reader").post(f"/acts/{act}/undo").status_code == 404
    client.post(f"/acts/{act}/undo")
    again = queries.current(company.id, "uv-led")
    assert (again.state, again.level, again.card_id) == ("confirmed", "E2", row.card_id)
    piece = db.session.query(TagEvidence).filter_by(superseded_at=None).one()
    more = {k: v for k, v in sent("E1").items() if k.startswith("piece_")}
    client.post(f"{base}/technologies/uv-led/evidence", data=more)
    withdrawal = f"{base}/technologies/uv-led/evidence/{piece.id}/withdrawal"
    client.post(withdrawal, data={"reason": "存疑"})
    assert queries.current(company.id, "uv-led").level == "E1"
    act = db.session.scalars(db.text("SELECT max(id) FROM act")).one()
    client.post(f"/acts/{act}/undo")
    assert queries.current(company.id, "uv-led").level == "E2"
    levels = sorted(row.level for row in queries.evidence_of([company.id])[company.id])
    assert levels == ["E1", "E2"]
    with unit_of_work("tag.reject", cast["partner"]):
        operations.reject(
            queries.current(company.id, "uv-led"), "不符", cast["partner"], dt.datetime.now(dt.UTC)
        )
    stale = client.post(f"/acts/{act - 1}/undo", headers={"Accept": "application/json"})
    assert stale.status_code == 409 and "Partner" in stale.json["message"]
    assert manager.id == row.first_reader_id


def test_tags_and_evidence_read_back_as_they_stood(as_user, cast) -> None:
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    company = factories.company(cast["manager"], start, description=TEXT)
    steps = [start + n * DAY for n in (1, 2, 3, 4)]
    with unit_of_work("tag.suggest"):
        operations.refresh_suggestions(company, steps[0])
    with unit_of_work("tag.confirm"):
        factories.claimed(company.id, "uv-led", "E2", cast["manager"], steps[1])
    with unit_of_work("tag.read_again"):
        tag = queries.current(company.id, "uv-led")
        operations.read_again(tag, cast["partner"], steps[2])
    with unit_of_work("tag.reject"):
        tag = queries.current(company.id, "uv-led")
        operations.reject(tag, "证据失效", cast["partner"], steps[3])
    hour = dt.timedelta(hours=1)
    assert states(company, start) == {}
    assert [states(company, step + hour)["uv-led"] for step in steps] == [
        *("suggested", "confirmed", "confirmed", "rejected"),
    ]
    found = [
        bool(
            db.session.scalar(
                db.select(Tag.id).where(queries.counts_in_statistics(local_date(step), step + hour))
            )
        )
        for step in steps
    ]
    assert found == [False, False, True, False]
    path = f"/companies/{company.id}/technologies/uv-led"
    client = as_user("manager")
    then = client.get(f"{path}?as_of=2026-01-03").text
    assert "待第二人复核" in then and "证据失效" not in then and "second-reading" not in then
    now = client.get(path).text
    assert "证据失效" in now and "深紫外芯片" in now
    assert client.get(f"{path}?as_of=soon").status_code == 422
    assert client.get(f"{path}?as_of=2026-01-01").status_code == 404


def test_claims_are_listed_by_how_they_stand_and_named_with_their_word(as_user, cast) -> None:
    manager, partner = cast["manager"], cast["partner"]
    now = dt.datetime.now(dt.UTC)
    company = factories.company(manager, short_name="海纳")
    factories.deal(manager, now, company=company)
    told = {"uv-led": ("E3", partner), "lidar": ("E2", None), "lasers": ("E1", None)}
    soon = local_date(now) + 20 * DAY
    with unit_of_work("tag.confirm", manager):
        for technology, (level, second) in told.items():
            factories.claimed(company.id, technology, level, manager, now, second)
        day = {"recheck_on": soon}
        factories.claimed(company.id, "mems", "E4", manager, now, partner, **day)
    client = as_user("manager")
    for standing, names in {
        "": {*told, "mems"},
        "counted": {"uv-led", "mems"},
        "waiting": {"lidar"},
        "claimed": {"lasers"},
        "due": {"mems"},
        "expired": set(),
    }.items():
        page = client.get(f"/chokepoints/claims?standing={standing}").text
        found = {name for name in (*told, "mems") if f"/technologies/{name}" in page}
        assert found == names, standing
    assert "standing=waiting" in client.get("/chokepoints").text
    outsider = as_user("committee")
    assert "海纳" not in outsider.get("/chokepoints/claims").text
    path = f"/companies/{company.id}/technologies/uv-led"
    assert outsider.get(path).status_code == 404
    file = as_user("partner").get("/deals.csv").text
    assert "(E3 已验证)" in file and "(E2 有第三方证据)" in file and "(E1 声称)" in file
    assert "E4 已验证" in file
    row = client.get("/companies").text.split("<tbody>")[1]
    assert "E4 已验证" in row and "+2" in row
    board = client.get("/board").text
    assert "E3 已验证" in board and "<small>E4</small>" in board


def test_the_evidence_of_both_companies_stands_after_a_merge_and_parts_again(as_user, cast) -> None:
    manager, partner = cast["manager"], cast["partner"]
    now = dt.datetime.now(dt.UTC)
    one, other = factories.company(manager), factories.company(manager)
    with unit_of_work("tag.confirm", manager):
        factories.claimed(one.id, "uv-led", "E2", manager, now - DAY, partner)
        factories.claimed(other.id, "uv-led", "E3", manager, now - DAY, partner)
    client = as_user("partner")
    asked = {"version": str(one.version), "other_version": str(other.version), "meant": "1"}
    assert client.post(f"/companies/{one.id}/merge/{other.id}", data=asked).status_code == 302
    pieces = queries.evidence_of([one.id])[one.id]
    assert sorted(piece.level for piece in pieces) == ["E2", "E3"]
    for company, level in ((one, "E2"), (other, "E3")):
        then = queries.evidence_of([company.id], now - DAY / 2)[company.id]
        assert [piece.level for piece in then] == [level], "as they were before"
    page = client.get(f"/companies/{one.id}/technologies/uv-led").text
    assert "E3 下游用户验证" in page and "E2 有第三方证据" in page
    act = db.session.scalars(db.text("SELECT max(id) FROM act")).one()
    client.post(f"/acts/{act}/undo")
    db.session.expire_all()
    now_again = queries.evidence_of([one.id, other.id])
    assert [[p.level for p in now_again[i]] for i in (one.id, other.id)] == [["E2"], ["E3"]]
    assert queries.current(other.id, "uv-led").card.choked == "深紫外芯片"
