"""Merging two companies: every relation goes over, and old links lead on."""

import datetime as dt
import json
import re

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from portfolio.chokepoint import operations as chokepoint
from portfolio.chokepoint.queries import tags_of
from portfolio.companies import duplicate_operations as duplicates
from portfolio.companies import merge_operations as merging
from portfolio.companies import operations, queries
from portfolio.companies.likeness import keys_of
from portfolio.companies.merging import (
    FIELDS,
    THEIRS,
    Choices,
    differing,
    merged_values,
    names_kept,
)
from portfolio.companies.models import (
    Company,
    CompanyKey,
    CompanyMerge,
    Contact,
    Figure,
)
from portfolio.companies.operations import Conflict, Statement
from portfolio.companies.portrait_queries import company_as_known, figure_table
from portfolio.extensions import db, unit_of_work
from portfolio.intake import operations as intake
from portfolio.intake.undo_operations import Entangled
from portfolio.intake.undo_operations import undo as undo_import
from portfolio.journal.models import Act
from portfolio.kernel.errors import InputError
from portfolio.pipeline.models import Deal
from portfolio.readiness.operations import every_company
from tests import factories
from tests.companies.merging import (
    DAY,
    NOW,
    STAYING,
    TECHNOLOGY,
    WAN,
    dump,
    merge,
    naming,
    referring,
)


def test_every_relation_goes_over(app, cast, pair) -> None:
    one, other, _third = pair
    before = {c: (naming(c, one.id), naming(c, other.id)) for c in referring()}
    empty = [
        str(c)
        for c, (_, theirs) in before.items()
        if not theirs and c.table.name != "company_merge"
    ]
    assert empty == ["company_distinction.other_id"], "furnish() knows nothing of these columns"
    merge(one, other, cast["partner"])
    for column in before:
        if (column.table.name, column.name) not in STAYING:
            assert naming(column, other.id) == 0, f"{column} still names the merged company"
    for column, (mine, theirs) in before.items():
        if column.table.name in {
            "deal",
            "holding",
            "contact",
            "activity",
            "task",
            "document",
            "equity_round",
            "stock_code",
            "chokepoint_tag",
            "readiness_scenario",
        }:
            assert naming(column, one.id) == mine + theirs, str(column)
    db.session.rollback()


def test_figures_are_kept_and_what_nobody_chose_stands_beside(app, cast, pair) -> None:
    one, other, _ = pair
    kept = set(db.session.scalars(sa.select(Figure.id)))
    with unit_of_work("figure.state", cast["manager"]):
        same = [Statement(c.id, "net_profit_parent", 2025, micro=9) for c in (one, other)]
        operations.state_figures(same, cast["manager"], NOW)
    merge(one, other, cast["partner"])
    assert kept <= set(db.session.scalars(sa.select(Figure.id)))
    current = {k[1:]: row.micro for k, row in queries.current_rows([one.id]).items()}
    assert current == {
        ("revenue", 2023): 5 * WAN + 1,
        ("revenue", 2024): 6 * WAN,
        ("revenue", 2025): 7 * WAN + 1,
        ("share_capital", None): 5 * WAN,
        ("net_profit_parent", 2025): 9,
    }
    beside = {(r.metric, r.fiscal_year): r.micro for r in queries.open_disputes([one.id])}
    assert beside == {("revenue", 2024): 8 * WAN, ("share_capital", None): 7 * WAN}
    db.session.refresh(one)
    assert (one.latest_revenue_fen, one.latest_revenue_year) == (7 * WAN + 1, 2025)
    db.session.rollback()


def test_the_values_chosen_count_and_names_and_codes_are_not_lost(as_user, cast, pair) -> None:
    one, other, _ = pair
    mine, theirs = one.name_zh, other.name_zh
    codes = one.uscc, other.uscc
    client = as_user("manager")
    path = f"/companies/{one.id}/merge/{other.id}"
    page = client.get(path).text
    assert mine in page and theirs in page and codes[1] in page
    asked = {
        "version": str(one.version),
        "other_version": str(other.version),
        "meant": "1",
        "field-name_zh": "theirs",
        "field-uscc": "theirs",
        "figure-revenue-2024": "theirs",
        "figure-share_capital-": "mine",
    }
    assert all(f'name="{name}"' in page for name in asked)
    answer = client.post(path, data=asked)
    assert answer.status_code == 302 and answer.location.endswith(f"/companies/{one.id}")
    db.session.expire_all()
    one, other = db.session.get_one(Company, one.id), db.session.get_one(Company, other.id)
    assert (one.name_zh, one.uscc, other.uscc) == (theirs, codes[1], None)
    assert {n.name for n in one.names} == {mine, "青岛海旧名", "海纳传旧名", "同一旧名"}
    assert len(one.names) == 4
    assert db.session.query(CompanyMerge).one().uscc == codes[0]
    rows = queries.current_rows([one.id])
    assert rows[(one.id, "revenue", 2024)].micro == 8 * WAN
    assert rows[(one.id, "share_capital", None)].micro == 5 * WAN
    assert not queries.open_disputes([one.id])
    kept = sa.select(CompanyKey.kind, CompanyKey.value).where(CompanyKey.company_id == one.id)
    keys = {tuple(row) for row in db.session.execute(kept)}
    names = [n.name for n in one.names]
    assert keys == keys_of(theirs, codes[1], names) | keys_of("", codes[0])
    db.session.rollback()


def test_an_old_link_leads_to_the_survivor_and_on_from_there(as_user, cast, pair) -> None:
    one, other, third = pair
    merge(one, other, cast["partner"])
    client = as_user("reader")
    led = client.get(f"/companies/{other.id}")
    assert led.status_code == 302 and led.location.endswith(f"/companies/{one.id}")
    assert "已并入" in client.get(led.location).text
    writer = as_user("manager")
    for page in ("edit", "figures", "deals", "tags", "merge"):
        led = writer.get(f"/companies/{other.id}/{page}")
        assert led.location.endswith(f"/companies/{one.id}/{page}"), page
    led = writer.get(f"/records/company/{other.id}/history")
    assert led.location.endswith(f"/records/company/{one.id}/history")
    posted = writer.post(f"/companies/{other.id}/edit", data={"name_zh": "改"})
    assert posted.location.endswith(f"/companies/{one.id}")
    assert db.session.get_one(Company, one.id).name_zh != "改"
    merge(third, one, cast["partner"])
    for number in (one.id, other.id):
        assert client.get(f"/companies/{number}").location.endswith(f"/companies/{third.id}")
    assert as_user("committee").get(f"/companies/{other.id}").status_code == 404


def test_a_merged_company_is_in_no_list_search_count_or_refresh(as_user, cast, pair) -> None:
    one, other, _ = pair
    name = other.name_zh
    merge(one, other, cast["partner"])
    client = as_user("partner")
    assert "共 2 家" in client.get("/companies").text
    assert f'/companies/{other.id}"' not in client.get("/companies?q=hncd").text
    assert f'/companies/{one.id}"' in client.get(f"/search?q={name}").text, "by its other name"
    assert f'/companies/{other.id}"' not in client.get(f"/search?q={name}").text
    for path in ("/readiness", "/chokepoints", "/companies.csv", "/companies/duplicates"):
        page = client.get(path)
        assert f'/companies/{other.id}"' not in page.text
    assert other.id not in every_company()
    assert other.id in {
        m for m, _ in db.session.execute(sa.select(CompanyMerge.merged_id, CompanyMerge.id))
    }
    db.session.rollback()


@pytest.mark.parametrize("case", ["itself", "again", "into_itself", "back", "stale"])
def test_what_cannot_be_merged_is_refused_and_nothing_changes(app, cast, pair, case) -> None:
    one, other, third = pair
    actor = cast["partner"]
    if case in {"again", "into_itself", "back"}:
        merge(one, other, actor)
    wanted = {
        "itself": (one, one),
        "again": (third, other),
        "into_itself": (one, other),
        "back": (other, one),
        "stale": (one, other),
    }[case]
    versions = [c.version - (case == "stale") for c in wanted]
    before = dump()
    refusal = Conflict if case == "stale" else InputError
    with pytest.raises(refusal) as refused, unit_of_work("company.merge", actor):
        merging.merge(*wanted, Choices(), tuple(versions), actor, NOW)
    expected = {"itself": "company.itself", "stale": "record.conflict"}
    assert refused.value.code == expected.get(case, "company.merged_already")
    assert dump() == before


def test_the_pages_say_why_not(as_user, cast, pair) -> None:
    one, other, third = pair
    client = as_user("manager")
    itself = f"/companies/{one.id}/merge/{one.id}"
    assert "不能与自身" in client.get(itself).text
    assert client.post(itself, data={"version": "1"}).status_code == 422
    stale = client.post(
        f"/companies/{one.id}/merge/{other.id}", data={"version": "77", "meant": "1"}
    )
    assert stale.status_code == 409 and "重新核对" in stale.text
    merge(one, other, cast["partner"])
    led = client.post(f"/companies/{third.id}/merge/{other.id}", data={})
    assert led.location.endswith(f"/companies/{one.id}")
    assert db.session.query(CompanyMerge).count() == 1
    for name in ("reader", "compliance", "committee", "admin"):
        assert as_user(name).post(f"/companies/{one.id}/merge/{third.id}").status_code == 403


def test_a_walled_deal_goes_over_and_nobody_learns_of_it(as_user, cast, pair) -> None:
    one, other, _ = pair
    walled = factories.deal(cast["colleague"], company=other, name="金丝雀", walled=True)
    client = as_user("manager")
    path = f"/companies/{one.id}/merge/{other.id}"
    page = client.get(path).text
    assert "金丝雀" not in page and re.search(r"项目 <b>1</b>", page)
    asked = {"version": str(one.version), "other_version": str(other.version), "meant": "1"}
    answer = client.post(path, data=asked)
    assert "金丝雀" not in client.get(answer.location).text
    assert db.session.get_one(Deal, walled.id).company_id == one.id
    for address in ("/acts", f"/records/company/{one.id}/history", "/bin"):
        assert "金丝雀" not in client.get(address).text
    assert "金丝雀" in as_user("colleague").get(f"/companies/{one.id}").text
    number = walled.id
    with unit_of_work("deal.change", cast["colleague"]):
        db.session.get_one(Deal, number).next_step = "金丝雀下一步"
    act = db.session.query(Act).filter_by(action="company.merge").one()
    told = client.post(f"/acts/{act.id}/undo", headers={"Accept": "application/json"})
    assert told.status_code == 200, "what became of a deal is no change of its company"
    deal = db.session.get_one(Deal, number, populate_existing=True)
    assert (deal.company_id, deal.next_step) == (other.id, "金丝雀下一步")


def test_what_was_told_apart_goes_over_once_and_ends_between_the_two(app, cast, pair) -> None:
    one, other, third = pair
    with unit_of_work("company.tell_apart", cast["manager"]):
        duplicates.tell_apart(one.id, other.id, cast["manager"], NOW)
    merge(one, other, cast["partner"])
    rows = db.session.execute(sa.text("SELECT one_id, other_id FROM company_distinction")).all()
    assert [tuple(row) for row in rows] == [(one.id, third.id)]
    db.session.rollback()


def test_a_decided_tag_goes_before_a_suggested_one(app, cast) -> None:
    said = "本公司研制高精度减速器与数控系统"
    one = factories.company(cast["manager"], description=said)
    other = factories.company(cast["manager"])
    with unit_of_work("tag.suggest", cast["manager"]):
        chokepoint.refresh_suggestions(one, NOW)
    suggested = [tag.technology for tag in tags_of([one.id]).get(one.id, [])] or [TECHNOLOGY]
    with unit_of_work("tag.confirm", cast["manager"]):
        factories.claimed(other.id, suggested[0], "E3", cast["manager"], NOW)
    merge(one, other, cast["partner"])
    tags = {tag.technology: tag.state for tag in tags_of([one.id])[one.id]}
    assert tags[suggested[0]] == "confirmed" and set(tags) >= set(suggested)
    db.session.rollback()


def test_of_two_tags_the_one_chosen_stands(as_user, cast, pair) -> None:
    one, other, _ = pair
    with unit_of_work("tag.confirm", cast["manager"]):
        factories.claimed(other.id, TECHNOLOGY, "E4", cast["manager"], NOW)
    client = as_user("manager")
    page = client.get(f"/companies/{one.id}/merge/{other.id}").text
    assert (
        f'name="tag-{TECHNOLOGY}"' in page
        and "已确认 E4 已验证" in page
        and "已确认 E2 有第三方证据" in page
    )
    merge(one, other, cast["partner"], Choices(others={f"tag-{TECHNOLOGY}": THEIRS}))
    assert [tag.level for tag in tags_of([one.id])[one.id]] == ["E4"]
    db.session.rollback()


def test_a_past_day_shows_what_each_was_known_as_then(as_user, cast, pair) -> None:
    one, other, third = pair
    client = as_user("partner")
    day = f"{NOW + DAY:%Y-%m-%d}"
    addresses = [f"/companies/{c.id}?as_of={day}" for c in pair]

    def shown() -> list[str]:
        pages = [client.get(address) for address in addresses]
        assert [page.status_code for page in pages] == [200, 200, 200]
        return [re.sub(r'<meta[^>]*>|name="csrf_token"[^>]*', "", page.text) for page in pages]

    before = shown()
    codes = [c.uscc for c in pair]
    assert all(code in page for code, page in zip(codes, before, strict=True))
    merge(one, other, cast["partner"], Choices({"uscc": THEIRS, "name_zh": THEIRS}))
    assert shown() == before
    middle = dt.datetime.now(dt.UTC)
    merge(third, one, cast["partner"])
    assert shown() == before
    assert len(figure_table(one.id, middle).disputed) == 2
    assert {f"{n.name}" for n in company_as_known(one.id, middle).names} >= {"海纳传旧名"}
    assert company_as_known(other.id, NOW + DAY).uscc == codes[1]
    for late in ("", f"?as_of={dt.datetime.now(dt.UTC) + 8 * dt.timedelta(hours=1):%Y-%m-%d}"):
        led = client.get(f"/companies/{other.id}{late}")
        assert led.location.endswith(f"/companies/{third.id}")
    db.session.rollback()


def test_an_import_finds_the_survivor_by_the_code_and_name_that_went(app, cast, pair) -> None:
    one, other, _ = pair
    code, name = other.uscc, other.name_zh
    merge(one, other, cast["partner"])
    for head, key in (("信用代码", code), ("企业名称", name)):
        content = f"{head},年度,营业收入\n{key},2022,{len(head)}\n".encode()
        prepared = intake.prepare(content)
        assert [c.known.id for c in prepared.plan.companies] == [one.id], head
    with pytest.raises(InputError, match=r"uscc\.taken"):
        factories.company(cast["manager"], uscc=code)
    with unit_of_work("company.change"):
        operations.update(db.session.get_one(Company, one.id), {"uscc": code}, NOW)


def test_the_code_that_went_is_searched_by_and_what_was_deleted_before_comes_back_here(
    as_user, cast, pair
) -> None:
    one, other, _ = pair
    client, code = as_user("manager"), other.uscc
    contact = db.session.scalars(sa.select(Contact.id).where(Contact.company_id == other.id)).one()
    db.session.rollback()
    client.post(f"/records/contact/{contact}/deletion")
    act = db.session.query(Act).filter_by(action="contact.delete").one()
    merge(one, other, cast["partner"])
    assert f"/companies/{one.id}" in client.get(f"/search?q={code}").text
    assert client.post(f"/acts/{act.id}/undo").status_code == 302
    assert db.session.get_one(Contact, contact).company_id == one.id


def test_an_import_is_not_taken_back_once_what_it_entered_was_merged(app, cast, pair) -> None:
    one, _, _ = pair
    content = "企业名称,行业\n新进企业,机械\n".encode()
    prepared = intake.prepare(content)
    with unit_of_work("company.import", cast["manager"]):
        batch = intake.keep_upload(content, "a.csv", cast["manager"], NOW)
        intake.apply(batch, prepared, cast["manager"], NOW)
    fresh = db.session.scalars(sa.select(Company).where(Company.name_zh == "新进企业")).one()
    merge(one, fresh, cast["partner"])
    with pytest.raises(Entangled), unit_of_work("import.undo", cast["manager"]):
        undo_import(batch, cast["manager"], dt.datetime.now(dt.UTC))


def test_the_trail_tells_of_it_under_both_and_is_whole(app, cast, pair) -> None:
    one, other, _ = pair
    merge(one, other, cast["partner"])
    rows = db.session.execute(
        sa.text(
            "SELECT company_id, object_type, object_id, after FROM audit_entry WHERE action = 'company.merge'"
        )
    ).all()
    assert any(r.company_id == other.id and "merged_into" in r.after for r in rows)
    assert any(
        r.object_type == "company_merge" and json.loads(r.after)["survivor_id"] == one.id
        for r in rows
    )
    assert not [
        r for r in rows if r.object_type == "figure" and r.object_id and "metric" not in r.after
    ]
    db.session.rollback()


TEXTS = st.sampled_from(["", "甲", "乙", "丙有限公司"])
COLUMNS = st.fixed_dictionaries(dict.fromkeys(FIELDS, TEXTS))
SIDES = st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(["mine", "theirs", "x"]))


@given(COLUMNS, COLUMNS, SIDES)
def test_each_value_afterwards_is_one_of_both_and_nothing_said_is_dropped(
    one, other, chosen
) -> None:
    after = merged_values(one, other, chosen)
    for name in FIELDS:
        if name == "uscc_missing_reason" and after["uscc"]:
            continue
        assert after[name] in {one[name], other[name]}
        assert bool(after[name]) == bool(one[name] or other[name])
    for name in differing(one, other):
        if name != "uscc_missing_reason":
            assert after[name] == (other if chosen.get(name) == THEIRS else one)[name]
    names = {side[n] for side in (one, other) for n in ("name_zh", "short_name", "name_en")} - {""}
    kept = {name for name, _ in names_kept(one, other, after, [])}
    assert names <= kept | {after[n] for n in ("name_zh", "short_name", "name_en")}
