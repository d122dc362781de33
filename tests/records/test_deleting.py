"""What is deleted stands in the bin, comes back exactly, and is nowhere else meanwhile."""

import datetime as dt
import html
import re

import pytest
import sqlalchemy as sa

from portfolio.audit import queries as audit
from portfolio.companies import operations as companies
from portfolio.companies.models import Activity, Company, Contact, Document, Task
from portfolio.companies.operations import Statement
from portfolio.digest import jobs
from portfolio.extensions import db, unit_of_work
from portfolio.journal.models import Act
from portfolio.kernel.dates import local_date
from portfolio.kernel.errors import InputError
from portfolio.pipeline import operations, tally_queries, undo_operations
from portfolio.pipeline import queries as pipeline
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.models import Deal, GrantKind, PipelineVersion
from portfolio.pipeline.stages import Move
from portfolio.records import bin_views
from portfolio.records.queries import KINDS
from tests import factories
from tests.architecture.test_permissions import routes
from tests.journal.test_taking_back import dump
from tests.records.test_taking_back import last_act, undo, without

NOW = dt.datetime.now(dt.UTC)
WAN = 10**6


@pytest.fixture
def company(cast) -> Company:
    """A company with one of everything that goes with it."""
    owner = cast["manager"]
    made = factories.company(
        owner, name_zh="青岛海纳有限公司", stock_codes=["430047"], former_names=["海纳机械厂"]
    )
    with unit_of_work("seed", owner):
        db.session.add(Contact(company_id=made.id, name="张三"))
        companies.note_activity("拜访", "note", owner, NOW, company_id=made.id)
        companies.add_task("催材料", owner.id, owner, NOW, company_id=made.id)
        for content in (b"one", b"two"):
            known = db.session.query(Document).first()
            companies.keep_document(
                content, "a.pdf", "", owner, NOW, company_id=made.id, document=known
            )
        companies.state_figures([Statement(made.id, "revenue", 2025, micro=10**9)], owner, NOW)
        factories.claimed(made.id, "uv-led", "E1", owner, NOW)
    return made


def delete(client, kind: str, number: int):
    answer = client.post(f"/records/{kind}/{number}/deletion")
    db.session.expire_all()
    return answer


def test_a_past_day_of_a_company_in_the_bin_leads_to_the_bin_as_its_page_does(
    as_user, company
) -> None:
    number, client = company.id, as_user("manager")
    delete(client, "company", number)
    for asked in ("", f"?as_of={local_date(NOW) - dt.timedelta(days=1)}", "?as_of=2020-01-01"):
        answer = client.get(f"/companies/{number}{asked}")
        assert answer.status_code == 404 and "已在回收站：青岛海纳" in answer.text, asked


def test_a_company_goes_with_everything_and_comes_back_exactly(as_user, company) -> None:
    number = company.id
    client = as_user("manager")
    before = dump()
    asked = client.get(f"/records/company/{number}/deletion").text
    for words in (
        "人员 <b>1</b>",
        "待办 <b>1</b>",
        "文件版本 <b>2</b>",
        "数据 <b>1</b>",
        "技术标签",
    ):
        assert words in asked
    assert without(dump()) == without(before), "asking deletes nothing"
    assert delete(client, "company", number).status_code == 302
    assert client.get(f"/companies/{number}").status_code == 404
    assert "海纳有限" not in client.get("/search?q=海纳").text  # what was asked stands there
    assert "海纳" not in client.get("/companies").text
    row = client.get("/bin").text
    assert "青岛海纳有限公司" in row and "Manager" in row and ">30<" in row
    assert undo(client).status_code == 200
    assert dump() == before
    assert "海纳" in client.get("/search?q=haina").text
    assert "回收站是空的" in client.get("/bin").text
    assert audit.verify()[1] is None


def test_ids_of_deleted_rows_are_never_given_out_again(as_user, cast, company) -> None:
    number = company.id
    client = as_user("manager")
    delete(client, "company", number)
    act = last_act()
    newer = factories.company(cast["manager"])
    assert newer.id > number
    with unit_of_work("seed", cast["manager"]):
        db.session.add(Contact(company_id=newer.id, name="李四"))
        companies.state_figures(
            [Statement(newer.id, "revenue", 2025, micro=1)], cast["manager"], NOW
        )
    assert undo(client, act).status_code == 200
    assert [c.name for c in db.session.get_one(Company, number).contacts] == ["张三"]


def test_on_sqlite_every_table_that_can_be_deleted_from_counts_its_ids(app) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("sequences never give a number out twice")
    made = db.session.execute(
        sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
    ).all()
    counted = {row.name for row in made if "AUTOINCREMENT" in row.sql}
    assert {model.__table__.name for model in KINDS.values()} <= counted
    parts = app.extensions["company_parts"]
    assert {model.__table__.name for model in parts} <= counted
    assert {"figure", "document_version", "deal_member", "stock_code"} <= counted


def test_a_company_that_a_deal_refers_to_stays(as_user, cast) -> None:
    deal = factories.deal(cast["manager"], name="金丝雀一号")
    answer = delete(as_user("outsider"), "company", deal.company_id)
    assert answer.status_code == 422 and "企业仍被引用" in answer.text and "金丝雀" in answer.text
    assert db.session.query(Company).count() == 1


@pytest.mark.parametrize("what", ["uscc", "stock_code"])
def test_a_code_taken_meanwhile_is_the_reason_why_not(as_user, cast, company, what) -> None:
    number = company.id
    client, code = as_user("manager"), company.uscc
    delete(client, "company", number)
    act = last_act()
    taken = {"uscc": code} if what == "uscc" else {"stock_codes": ["430047"]}
    factories.company(cast["manager"], **taken)
    answer = undo(client, act)
    assert answer.status_code == 409
    taken = code if what == "uscc" else "430047"
    assert taken in answer.json["message"]
    client.get("/sessions")  # has the message about the deletion, with a button of its own
    offered = f"/acts/{act.id}/undo"
    for page in (client.get("/bin").text, client.get(f"/companies/{number}").text):
        assert answer.json["message"] in html.unescape(page) and offered not in page
        assert "可在" not in page
    told = as_user("reader").get("/bin").text
    assert "青岛海纳有限公司" in told and taken not in told
    assert [row.id for row in db.session.query(Company)] != [number]


@pytest.mark.parametrize("kind", ["contact", "activity", "task", "document"])
def test_each_record_goes_and_comes_back_with_what_belongs_to_it(as_user, company, kind) -> None:
    client = as_user("manager")
    model = {"contact": Contact, "activity": Activity, "task": Task, "document": Document}[kind]
    number = db.session.query(model).one().id
    before = dump()
    assert client.get(f"/records/{kind}/{number}/deletion").status_code == 200
    assert delete(client, kind, number).status_code == 302
    assert db.session.query(model).count() == 0
    assert delete(client, kind, number).status_code == 404
    assert undo(client).status_code == 200
    assert dump() == before


def test_a_record_of_a_deleted_company_waits_for_it(as_user, company) -> None:
    number = company.id
    client = as_user("manager")
    delete(client, "contact", db.session.query(Contact).one().id)
    of_contact = last_act()
    delete(client, "company", number)
    of_company = last_act()
    answer = undo(client, of_contact)
    assert answer.status_code == 409 and "请先恢复" in answer.json["message"]
    client.get("/sessions")
    page = client.get("/bin").text
    assert f"/acts/{of_contact.id}/undo" not in page and "请先恢复" in page
    assert f"/acts/{of_company.id}/undo" in page
    assert undo(client, of_company).status_code == 200
    assert undo(client, of_contact).status_code == 200


@pytest.mark.parametrize("name", ["reader", "committee", "compliance", "admin"])
def test_who_may_not_write_may_not_delete_or_restore(as_user, company, name) -> None:
    number = company.id
    assert delete(as_user(name), "company", number).status_code in (403, 404)
    delete(as_user("manager"), "company", number)
    assert undo(as_user(name)).status_code == 404
    page = as_user(name).get("/bin").text
    assert f"/acts/{last_act().id}/undo" not in page


CANARIES = ("金丝雀", "31337", "3.13亿", "kanarie")


@pytest.fixture
def gone(cast, as_user) -> Deal:
    """A deleted deal whose words must turn up nowhere."""
    owner = cast["manager"]
    deal = factories.deal(
        owner,
        NOW,
        name="金丝雀一号",
        terms={"amount_fen": 31337 * WAN, "lead_investor": "金丝雀资本"},
    )
    with unit_of_work("seed", owner):
        operations.change(deal, {"risks": "金丝雀风险", "next_step": "金丝雀下一步"}, owner, NOW)
        companies.note_activity("金丝雀记录", "note", owner, NOW, deal_id=deal.id)
        companies.add_task(
            "金丝雀待办", owner.id, owner, NOW, due_on=local_date(NOW), deal_id=deal.id
        )
        companies.keep_document(b"kanarie", "金丝雀.pdf", "", owner, NOW, deal_id=deal.id)
        operations.grant(deal, cast["committee"].id, GrantKind.AGENDA, NOW)
    factories.deal(cast["outsider"], NOW, name="寻常项目")
    assert delete(as_user("manager"), "deal", deal.id).status_code == 302
    return deal


@pytest.mark.parametrize("name", ["manager", "partner", "committee", "compliance", "reader"])
def test_a_deleted_deal_turns_up_nowhere_but_in_the_bin(app, as_user, cast, gone, name) -> None:
    client = as_user(name)
    # The message about the deletion names the deal once, to who deleted it.
    client.get("/sessions")
    paths = {path.replace("/1", f"/{gone.id}") for m, _, path in routes(app) if m == "GET"}
    paths |= {"/deals?q=金丝", "/deals?sort=-amount", f"/companies/{gone.company_id}"}
    paths |= {f"/audit?object=deal&id={gone.id}", "/deals.csv", "/deals.xlsx"}
    for path in sorted(paths - {"/bin", "/acts"}):
        with client.get(path) as answer:
            said = (answer.get_data() + str(answer.headers).encode()).decode("utf-8", "replace")
        for canary in CANARIES:
            assert canary not in said.replace("金丝”", ""), (path, canary)
    assert client.get(f"/deals/{gone.id}").status_code in (403, 404)
    assert client.get("/bin").text.count("金丝雀一号") == 1


def test_counts_sums_and_the_single_check_leave_a_deleted_deal_out(cast, gone, app) -> None:
    row = pipeline.current_pipeline("direct")
    for name, user in cast.items():
        if not user.may("deal.read"):
            continue
        tally = tally_queries.tallies(user, [row.id]).get("lead")
        assert tally is None or (tally.count == 1 and tally.sum_fen is None), name
        for permission in ("deal.read", "deal.write", "deal.terms", "export"):
            assert not sight.may(user, permission, gone)
            assert sight.ids_with(user, permission, [gone.id]) == set()
    result = app.test_cli_runner().invoke(args=["deals", "export"])
    assert "金丝雀" not in result.output


def test_a_restored_deal_is_as_it_was(as_user, cast) -> None:
    deal = factories.deal(cast["manager"], terms={"amount_fen": 5 * WAN})
    before = without(dump())
    delete(as_user("manager"), "deal", deal.id)
    assert undo(as_user("colleague")).status_code == 404
    assert undo(as_user("manager")).status_code == 200
    assert without(dump()) == before


def test_a_walled_deal_stands_in_its_teams_bin_alone(as_user, cast) -> None:
    deal = factories.deal(cast["manager"], name="金丝雀一号", walled=True)
    delete(as_user("manager"), "deal", deal.id)
    for name in ("partner", "outsider", "compliance", "reader", "admin"):
        client = as_user(name)
        assert "金丝雀" not in client.get("/bin").text, name
        assert undo(client).status_code == 404
    assert "金丝雀" in as_user("manager").get("/bin").text


def test_from_due_diligence_on_a_partner_alone_deletes(as_user, cast) -> None:
    deal = factories.deal(cast["manager"])
    with unit_of_work("deal.move", cast["partner"]):
        operations.move(
            deal, Move("skip", "dd", note="赛程很紧，先行开展尽职调查"), cast["partner"], NOW
        )
    answer = delete(as_user("manager"), "deal", deal.id)
    assert answer.status_code == 422 and "只有合伙人" in answer.text
    assert delete(as_user("outsider"), "deal", deal.id).status_code == 403
    assert delete(as_user("partner"), "deal", deal.id).status_code == 302


def test_after_thirty_days_the_tick_forgets_and_the_deal_stays_hidden(as_user, cast, app) -> None:
    deal = factories.deal(cast["manager"])
    delete(as_user("manager"), "deal", deal.id)
    jobs._forget(NOW + dt.timedelta(days=29))
    assert db.session.query(Act).count() == 1
    jobs._forget(NOW + dt.timedelta(days=31))
    assert db.session.query(Act).count() == 0
    assert as_user("partner").get(f"/deals/{deal.id}").status_code == 404


def test_the_bin_asks_the_database_a_fixed_number_of_times(
    as_user, cast, queries, monkeypatch
) -> None:
    monkeypatch.setattr(bin_views, "ACTS_PER_PAGE", 4)
    client, counts = as_user("manager"), []
    for number in (2, 6):
        for _ in range(number):
            delete(client, "deal", factories.deal(cast["manager"]).id)
            delete(client, "company", factories.company(cast["manager"]).id)
        client.get("/bin")
        queries.clear()
        client.get("/bin")
        counts.append(len(queries))
    assert counts[0] == counts[1]
    shown = [
        re.findall(r"/acts/(\d+)/undo", client.get(f"/bin?page={n}").text) for n in range(1, 5)
    ]
    assert len({act for page in shown for act in page}) == 16, "every act stands on one page"


def test_the_boards_counts_and_sums_are_read_from_an_index_alone(app, cast) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("SQLite says plainly when an index covers a query")
    row = pipeline.current_pipeline("direct")
    part = sight.visible_parts(cast["partner"])[0]
    amount, count = sa.func.sum(Deal.amount_fen), sa.func.count()
    queries = [
        sa.select(Deal.stage, count, amount)
        .where(part, Deal.pipeline_id == row.id, Deal.status == "active")
        .group_by(Deal.stage),
        sa.select(count).select_from(Deal).where(part),
        sa.select(Deal.id)
        .where(part, Deal.pipeline_id == row.id, Deal.status == "active", Deal.stage == "dd")
        .order_by(Deal.stage_entered_at, Deal.id)
        .limit(10),
    ]
    for query in queries:
        text = str(query.compile(db.engine, compile_kwargs={"literal_binds": True}))
        plan = " ".join(r[3] for r in db.session.execute(sa.text(f"EXPLAIN QUERY PLAN {text}")))
        assert "COVERING INDEX" in plan and "TEMP B-TREE FOR ORDER" not in plan, plan


def test_deleting_twice_is_refused(cast) -> None:
    deal = factories.deal(cast["manager"])
    with unit_of_work("deal.delete", cast["manager"]):
        undo_operations.delete(deal, cast["manager"], NOW)
    with pytest.raises(InputError), unit_of_work("deal.delete", cast["manager"]):
        undo_operations.delete(deal, cast["manager"], NOW)


def test_the_deals_that_keep_a_company_are_named_before_anything_is_pressed(as_user, cast) -> None:
    deal = factories.deal(cast["manager"])
    client = as_user("manager")
    page = client.get(f"/records/company/{deal.company_id}/deletion").text
    assert deal.code in page and "它还有项目，不能删除" in page and "btn-danger" not in page
    assert client.post(f"/records/company/{deal.company_id}/deletion").status_code == 422


def test_a_deal_in_a_late_stage_says_beforehand_who_may_delete_it(as_user, cast) -> None:
    deal = factories.deal(cast["manager"])
    with unit_of_work("deal.change", cast["manager"]):
        flow = pipeline.pipeline_of(db.session.get_one(PipelineVersion, deal.pipeline_id))
        row = db.session.get_one(Deal, deal.id)
        row.stage = next(stage.key for stage in flow.stages if flow.late(stage.key))
    page = as_user("manager").get(f"/records/deal/{deal.id}/deletion").text
    assert "只有合伙人可以删除" in page and "btn-danger" not in page
    assert "btn-danger" in as_user("partner").get(f"/records/deal/{deal.id}/deletion").text
    shown = as_user("reader").get(f"/deals/{deal.id}").text
    assert "全部历史" in shown and "可还原" not in shown
