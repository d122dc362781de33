"""Scenarios: kept by name, opened, changed, renamed, deleted and restored, compared; no figure is
touched by any of it."""

import datetime as dt
import re
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from portfolio.audit.models import AuditEntry
from portfolio.companies import merge_operations as merging
from portfolio.companies.merging import Choices
from portfolio.companies.models import Company, Figure
from portfolio.extensions import db, unit_of_work
from portfolio.journal import operations as journal
from portfolio.journal.models import Act
from portfolio.kernel.errors import InputError
from portfolio.readiness import scenario_operations as operations
from portfolio.readiness.models import Scenario
from portfolio.readiness.scenarios import MOST_SCENARIOS, told
from tests import factories
from tests.readiness.test_what_if import FIGURES, YEAR, panel, path_of, state, words

CASH = f"y.operating_cash_flow.{YEAR}"
ASKED = f"{CASH}=1+%E4%B8%87&g.revenue=30"
HELD = {CASH: "1 万"}


@pytest.fixture
def company(cast):
    found = factories.company(cast["manager"], name_zh="青岛情景科技股份有限公司")
    state(found, FIGURES)
    return found


def kept_path(company, row=None, act: str = "") -> str:
    end = f"/{row.id}{act}" if row is not None else ""
    return f"/companies/{company.id}/readiness/scenarios{end}"


def rows() -> list[Scenario]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(Scenario).order_by(Scenario.id)))


def save(client, company, name: str = "扩产", asked: str = ASKED):
    return client.post(kept_path(company), data={"name": name, "asked": asked})


def facts() -> list[tuple]:
    db.session.rollback()
    return [tuple(row) for row in db.session.execute(sa.select(Figure.__table__))]


def undo_last(client) -> int:
    """Take back what the latest message offers."""
    page = client.get("/companies").text
    path = re.findall(r'data-act="([^"]+)"', page)[-1]
    return client.post(path).status_code


def test_a_scenario_is_kept_opened_and_counts_as_typed_without_touching_a_figure(
    as_user, company, cast
) -> None:
    client, before = as_user("manager"), facts()
    answer = save(client, company)
    (row,) = rows()
    assert (row.name, told(row.changes), told(row.growth)) == ("扩产", HELD, {"g.revenue": "30"})
    assert row.created_by_id == cast["manager"].id
    assert answer.status_code == 302
    asked = parse_qs(urlsplit(answer.location).query)
    assert asked == {"scenario": [str(row.id)], CASH: ["1 万"], "g.revenue": ["30"]}
    page = client.get(answer.location)
    assert "北交所标准二 不满足 变为 满足" in panel(page) and "扩产" in page.text
    opened = client.get(kept_path(company, row))
    assert opened.location == answer.location
    assert "已改动，未保存" not in page.text
    other = client.get(path_of(company), query_string={"scenario": row.id, CASH: "2"})
    assert "已改动，未保存" in other.text
    assert facts() == before


@pytest.mark.parametrize(
    ("name", "asked", "said"),
    [
        ("", ASKED, "请填写名称"),
        ("  ", ASKED, "请填写名称"),
        ("扩产", ASKED, "已有名为"),
        ("长" * 61, ASKED, "61"),
        ("空", "", "尚无改动可保存"),
        ("错", f"{CASH}=x1", "不是有效金额"),
        ("错", "g.revenue=2000", "1000"),
    ],
)
def test_what_cannot_be_kept_is_told_and_what_was_typed_stays(
    as_user, company, name, asked, said
) -> None:
    client = as_user("manager")
    save(client, company)
    answer = save(client, company, name, asked)
    assert answer.status_code == 422 and said in answer.text and len(rows()) == 1
    if asked == ASKED:
        assert f'value="{name}"' in answer.text and 'value="1 万"' in answer.text


def test_one_that_only_says_how_figures_go_on_opens_where_that_is_seen(as_user, company) -> None:
    client = as_user("manager")
    answer = save(client, company, asked="g.expected_market_cap=40&e.ip_class1=9")
    assert urlsplit(answer.location).path.endswith("/readiness/when")
    assert "预计市值：每年增长 40%" in client.get(answer.location).text
    listed = client.get(kept_path(company)).text
    assert "预计市值：每年增长 40%；Ⅰ类知识产权数：预计自下一财年起为9项" in listed
    page = client.get(path_of(company), query_string={"g.revenue": "30"}).text
    assert (
        "1 项有增长假设" in page and f"/companies/{company.id}/readiness/when?g.revenue=30" in page
    )


def test_the_same_name_in_another_company_is_free(as_user, cast, company) -> None:
    client = as_user("manager")
    other = factories.company(cast["manager"])
    assert save(client, company).status_code == save(client, other).status_code == 302
    assert len(rows()) == 2
    assert client.get(kept_path(other, rows()[0])).status_code == 404, "it is not its own"


def test_it_is_changed_by_who_has_seen_it_and_undone(as_user, company) -> None:
    client = as_user("manager")
    save(client, company)
    (row,) = rows()
    sent = {"asked": f"scenario={row.id}&{CASH}=5", "version": row.version}
    assert client.post(kept_path(company, row), data=sent).status_code == 302
    assert told(rows()[0].changes) == {CASH: "5"} and told(rows()[0].growth) == {}
    assert undo_last(client) == 302
    assert told(rows()[0].changes) == HELD and told(rows()[0].growth) == {"g.revenue": "30"}
    stale = client.post(kept_path(company, row), data=sent | {"asked": f"{CASH}=9"})
    assert stale.status_code == 409 and told(rows()[0].changes) == HELD
    assert 'value="9"' in stale.text and "已有他人保存了这条记录" in stale.text


def test_it_is_renamed_and_deleted_and_both_are_undone(as_user, company) -> None:
    client = as_user("manager")
    save(client, company)
    save(client, company, "减员")
    first, second = rows()
    taken = client.post(kept_path(company, second, "/name"), data={"name": "扩产"})
    assert taken.status_code == 422 and "已有名为" in taken.text and 'value="扩产"' in taken.text
    client.post(kept_path(company, second, "/name"), data={"name": "提价"})
    assert [row.name for row in rows()] == ["扩产", "提价"]
    assert undo_last(client) == 302 and rows()[1].name == "减员"
    assert client.post(kept_path(company, first, "/deletion")).status_code == 302
    assert [row.name for row in rows()] == ["减员"]
    assert undo_last(client) == 302
    (back, _) = rows()
    assert (back.name, told(back.changes)) == ("扩产", HELD)


def test_saving_is_undone_as_well(as_user, company) -> None:
    client = as_user("manager")
    save(client, company)
    assert undo_last(client) == 302 and not rows()


def test_the_trail_tells_every_act_in_words(as_user, company, cast) -> None:
    client = as_user("manager")
    save(client, company)
    (row,) = rows()
    client.post(kept_path(company, row, "/name"), data={"name": "提价"})
    client.post(kept_path(company, row, "/deletion"))
    told_of = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.object_type == "scenario"))
    found = [(entry.action, entry.company_id, entry.actor_name) for entry in told_of]
    acts = ["scenario.save", "scenario.rename", "scenario.delete"]
    assert found == [(act, company.id, cast["manager"].name) for act in acts]
    history = words(client.get(f"/companies/{company.id}").text.split('id="history"')[1])
    for said in ("保存情景", "重命名情景", "删除情景", "扩产", "提价"):
        assert said in history, said


def test_what_changed_in_a_scenario_is_told_by_title_and_value(as_user, company) -> None:
    client = as_user("manager")
    save(client, company)
    (row,) = rows()
    asked = f"{CASH}=2+%E4%B8%87&f.share_capital=&s.revenue=300+%E4%B8%87&g.revenue=-5"
    sent = {"asked": asked, "version": str(row.version)}
    assert client.post(kept_path(company, row), data=sent).status_code == 302
    trail = as_user("compliance").get("/audit", query_string={"object": "scenario"}).text
    history = client.get(f"/companies/{company.id}").text.split('id="history"')[1]
    for page in (words(trail), words(history)):
        assert f"经营活动现金流净额 {YEAR}" in page or f"现金流量净额 {YEAR}" in page
        assert "1万" in page and "2万" in page and "营业收入：每年增长 30%" in page
        assert "营业收入：每年增长 -5%" in page and "每年增长 300万" in page
        assert "operating_cash_flow" not in page and "g.revenue" not in page and "{" not in page


def test_readers_open_and_compare_and_only_writers_keep(as_user, company) -> None:
    save(as_user("manager"), company)
    (row,) = rows()
    reader = as_user("reader")
    page = reader.get(kept_path(company)).text
    assert "扩产" in page and "<form method=" not in page.split("<main")[1].split("</main>")[0]
    assert reader.get(kept_path(company, row)).status_code == 302
    assert 'name="asked"' not in reader.get(path_of(company)).text
    for path in (
        kept_path(company),
        kept_path(company, row),
        kept_path(company, row, "/name"),
        kept_path(company, row, "/deletion"),
    ):
        assert reader.post(path, data={"name": "x", "asked": ASKED}).status_code == 403
    assert as_user("committee").get(kept_path(company, row)).status_code == 404
    assert len(rows()) == 1


def test_two_scenarios_stand_beside_the_figures_on_record(as_user, company) -> None:
    client = as_user("manager")
    save(client, company, "现金流转正")
    save(client, company, "市值缩水", "f.expected_market_cap=1000")
    save(client, company, "不用比")
    one, other, _ = rows()
    page = client.get(kept_path(company), query_string={"one": one.id, "other": other.id}).text
    table = page.split('class="table sides"')[1].split("</table>")[0]
    heads = [words(cell).strip() for cell in re.findall(r"<th scope=\"col\">(.*?)</th>", table)]
    said = [head.split()[0] for head in heads]
    assert said == ["目标", "已录入数据", "现金流转正", "市值缩水"]
    assert all(f"{YEAR} 年度" in head for head in heads[1:]), "of which year the verdicts are"
    figures = [words(row) for row in table.split("</tr>") if '<td class="num' in row]
    assert len(figures) == 2, "each figure that one of them changes"
    assert f"{YEAR} 年度" in figures[0] and "-5万" in figures[0] and "1万" in figures[0]
    assert "年度" not in figures[1] and "4亿" in figures[1] and "1,000万" in figures[1]
    line = next(part for part in table.split("</tr>") if "北交所标准二" in part)
    verdicts = re.findall(r"</svg>([^<]+)</span>", line)
    assert verdicts == ["不满足", "满足", "不满足"]
    assert "北交所标准三" not in table or "更" not in table
    odd = client.get(kept_path(company), query_string={"one": "x", "other": 10**20})
    assert odd.status_code == 200 and "side" in odd.text


def test_growth_alone_is_compared_by_the_year_in_which_a_target_would_be_met(
    as_user, company
) -> None:
    client = as_user("manager")
    save(client, company, "只改数字", f"{CASH}=1+%E4%B8%87")
    assert "各目标的达标时间" not in client.get(kept_path(company)).text, "nothing grows in it"
    save(client, company, "快速增长", "g.revenue=30&s.operating_cash_flow=200%E4%B8%87")
    still, growing = rows()
    asked = {"one": still.id, "other": growing.id}
    page = client.get(kept_path(company), query_string=asked).text
    when = page.split("各目标的达标时间")[1].split("</table>")[0]
    line = next(part for part in when.split("</tr>") if "北交所标准二" in part)
    cells = [words(cell).strip() for cell in line.split("</td>")[:3]]
    assert "不满足" in cells[0], "on record it is not met within the years looked at"
    assert cells[1] == f"{YEAR}财年已满足"
    assert cells[2].startswith(f"{YEAR + 1}财年")


def test_there_is_an_end_to_how_many_a_company_has(as_user, company, cast) -> None:
    now = dt.datetime.now(dt.UTC)
    with unit_of_work("seed"):
        for number in range(MOST_SCENARIOS):
            db.session.add(
                Scenario(
                    company_id=company.id,
                    name=f"第{number}",
                    changes="{}",
                    growth="{}",
                    created_at=now,
                    updated_at=now,
                )
            )
    answer = save(as_user("manager"), company)
    assert answer.status_code == 422 and str(MOST_SCENARIOS) in answer.text


def test_the_page_of_scenarios_asks_as_many_queries_for_ten_as_for_two(
    as_user, company, queries
) -> None:
    client = as_user("manager")
    save(client, company, "甲")
    save(client, company, "乙")
    client.get(kept_path(company))
    queries.clear()
    client.get(kept_path(company))
    few = len(queries)
    for number in range(8):
        save(client, company, f"丙{number}")
    client.get(kept_path(company))
    queries.clear()
    client.get(kept_path(company))
    assert len(queries) == few < 12


def test_scenarios_go_over_with_a_merge_and_back_with_its_undoing(as_user, company, cast) -> None:
    client = as_user("manager")
    other = factories.company(cast["manager"])
    save(client, company)
    save(client, company, "只此一家")
    save(client, other)
    with unit_of_work("company.merge", cast["partner"]):
        act = merging.merge(
            other,
            company,
            Choices(),
            (other.version, company.version),
            cast["partner"],
            dt.datetime.now(dt.UTC),
        ).act
    assert {(row.company_id, row.name) for row in rows()} == {
        (other.id, "扩产"),
        (other.id, "扩产 (2)"),
        (other.id, "只此一家"),
    }
    with unit_of_work("act.undo", cast["partner"]):
        journal.undo(db.session.get_one(Act, act.id), cast["partner"], dt.datetime.now(dt.UTC))
    assert {(row.company_id, row.name) for row in rows()} == {
        (company.id, "扩产"),
        (company.id, "只此一家"),
        (other.id, "扩产"),
    }


def test_a_deleted_scenario_comes_back_to_the_company_that_its_own_became(
    as_user, company, cast
) -> None:
    client = as_user("partner")
    other = factories.company(cast["manager"])
    save(client, company)
    (row,) = rows()
    client.post(kept_path(company, row, "/deletion"))
    act = db.session.scalars(sa.select(Act).where(Act.action == "scenario.delete")).one()
    with unit_of_work("company.merge", cast["partner"]):
        merging.merge(
            other,
            company,
            Choices(),
            (other.version, company.version),
            cast["partner"],
            dt.datetime.now(dt.UTC),
        )
    assert client.post(f"/acts/{act.id}/undo").status_code == 302
    assert [row.company_id for row in rows()] == [other.id]


def test_scenarios_go_with_a_deleted_company_and_come_back(as_user, company) -> None:
    client, number = as_user("manager"), company.id
    save(client, company)
    page = client.get(f"/records/company/{number}/deletion").text
    assert "情景" in words(page)
    assert client.post(f"/records/company/{number}/deletion").status_code == 302
    assert not rows() and not db.session.scalar(sa.select(Company.id).where(Company.id == number))
    assert undo_last(client) == 302 and [row.name for row in rows()] == ["扩产"]


def test_a_name_is_one_of_its_own_in_the_database_too(app, company, cast) -> None:
    now = dt.datetime.now(dt.UTC)
    with unit_of_work("scenario.save", cast["manager"]):
        operations.save(company, "甲", HELD, {}, cast["manager"], now)
    with pytest.raises(InputError, match=r"scenario\.taken"):
        operations.save(company, " 甲 ", HELD, {}, cast["manager"], now)
    same = {"name": "甲", "changes": "{}", "growth": "{}", "created_at": now, "updated_at": now}
    with pytest.raises(sa.exc.IntegrityError), unit_of_work("seed"):
        db.session.add(Scenario(company_id=company.id, **same))
        db.session.flush()
