"""A file that says otherwise: old and new side by side, and the person chooses."""

import json

import pytest
import sqlalchemy as sa

from portfolio.audit import queries as audit
from portfolio.audit.models import AuditEntry
from portfolio.companies.models import Company, CompanySearch, Figure
from portfolio.companies.queries import matching
from portfolio.extensions import db

HEAD = "证券代码,企业名称,所在地,年度,营业收入\n"
FIRST = HEAD + "430047,海纳传动,青岛,2024,100\n430047,海纳传动,青岛,2023,90\n"
OTHER = HEAD + "430047,海纳传动,济南,2024,120\n430047,海纳传动,,2023,\n"


def figures() -> list[tuple]:
    rows = db.session.scalars(sa.select(Figure).order_by(Figure.id))
    return [(f.fiscal_year, f.micro, f.disputed, f.superseded_at is None) for f in rows]


def audit_rows(action: str) -> list[tuple[dict, dict]]:
    """What the entries of an action said before and after."""
    query = sa.select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.seq)
    rows = db.session.scalars(query.where(AuditEntry.object_type == "company"))
    return [(json.loads(row.before), json.loads(row.after)) for row in rows]


def company() -> Company:
    db.session.expire_all()
    return db.session.query(Company).one()


def test_the_current_value_stays_unless_told_otherwise(run) -> None:
    run(FIRST)
    code, report, _ = run(OTHER)
    assert code == 0
    assert report["updated"] == {"companies": 0, "figures": 0} and report["disputed"] == 1
    assert company().place == "青岛"
    assert figures() == [
        (2024, 100 * 10**6, False, True),
        (2023, 90 * 10**6, False, True),
        (2024, 120 * 10**6, True, True),
    ]


def test_update_takes_the_files_values_and_keeps_the_old_ones(run) -> None:
    run(FIRST)
    run(OTHER)
    code, report, _ = run(OTHER, "--update")
    assert code == 0
    assert report["updated"] == {"companies": 1, "figures": 1}
    assert report["created"] == {"companies": 0, "figures": 0} and report["disputed"] == 0
    assert company().place == "济南" and company().latest_revenue_fen == 120 * 10**6
    assert figures() == [
        (2024, 100 * 10**6, False, False),
        (2023, 90 * 10**6, False, True),
        (2024, 120 * 10**6, True, False),
        (2024, 120 * 10**6, False, True),
    ], "the doubt is settled, nothing is deleted, a blank erases nothing"
    entry = db.session.scalar(
        sa.select(AuditEntry)
        .where(AuditEntry.action == "company.import", AuditEntry.object_type == "company")
        .order_by(AuditEntry.seq.desc())
    )
    assert '"place":"青岛"' in entry.before and '"place":"济南"' in entry.after
    assert audit.verify()[1] is None
    _, again, _ = run(OTHER, "--update")
    assert again["updated"] == {"companies": 0, "figures": 0}
    assert again["unchanged"] == {"companies": 1, "figures": 1}


def test_a_name_that_is_taken_is_found(run) -> None:
    run("证券代码,企业名称\n430047,海纳传动\n")
    run("证券代码,企业名称\n430047,海纳驱动\n", "--update")
    assert db.session.scalar(sa.select(Company.id).where(matching("海纳驱动")))
    assert db.session.query(CompanySearch).count() == 1


def test_a_fact_on_every_row_is_counted_once_however_often(run) -> None:
    text = "证券代码,企业名称,年度,营业收入,发行价\n" + "".join(
        f"430047,甲,{year},{year},9.5\n" for year in (2022, 2023, 2024)
    )
    _, first, _ = run(text)
    _, second, _ = run(text)
    assert first["created"]["figures"] == 4 == second["unchanged"]["figures"]
    other = text.replace("9.5", "9.6")
    _, third, _ = run(other)
    assert third["disputed"] == 1 and third["unchanged"]["figures"] == 3
    _, fourth, _ = run(other)
    assert fourth["disputed"] == 0 and fourth["unchanged"]["figures"] == 4


@pytest.mark.parametrize(
    ("sent", "place", "revenue"),
    [
        ({}, "青岛", 100),
        ({"whole": "take"}, "济南", 120),
        ({"whole": "keep", "column-place": "take"}, "济南", 100),
        ({"whole": "take", "column-place": "keep"}, "青岛", 120),
        ({"value-2-revenue": "take"}, "青岛", 120),
        ({"whole": "take", "value-2-revenue": "keep"}, "济南", 100),
        ({"whole": "nonsense", "column-place": "x", "value-2-revenue": ""}, "青岛", 100),
    ],
)
def test_one_chooses_for_the_file_by_column_or_by_value(run, send, sent, place, revenue) -> None:
    run(FIRST)
    client, page = send(OTHER)
    shown = client.get(page + "?kind=differences").text
    for text in ("青岛", "济南", "100万元", "120万元"):
        assert f"<span>{text}</span>" in shown
    assert client.post(page + "/choices", data=sent).status_code == 302
    assert client.post(page + "/confirmation").status_code == 302
    assert company().place == place
    current = [m for y, m, disputed, open_ in figures() if y == 2024 and open_ and not disputed]
    assert current == [revenue * 10**6]
    result = client.get(page).text
    assert "将改为" not in result
    assert ("原值：100万元，已改为：120万元。" in result) == (revenue == 120)


def test_choices_for_values_outlast_a_new_choice_for_the_file(run, send) -> None:
    run(FIRST)
    client, page = send(OTHER)
    client.post(page + "/choices", data={"value-2-place": "take"})
    client.post(page + "/choices", data={"whole": "keep"})
    client.post(page + "/confirmation")
    assert company().place == "济南"


@pytest.mark.parametrize(("answer", "kept"), [("keep", 100 * 10**6), ("take", 120 * 10**6)])
def test_a_doubt_that_was_answered_does_not_come_back_with_the_same_files(
    run, as_user, answer, kept
) -> None:
    run(FIRST)
    run(OTHER)
    row = db.session.query(Figure).filter(Figure.disputed).one()
    address = f"/companies/{row.company_id}/figures/{row.id}/answer"
    assert as_user("manager").post(address, data={"answer": answer}).status_code == 302
    for text in (OTHER, FIRST):
        code, report, said = run(text)
        assert code == 0, said
        assert report["disputed"] == 0
        assert not [w for w in report["warnings"] if w["code"].startswith("figure.")]
        assert report["created"]["figures"] == report["updated"]["figures"] == 0
    now = [m for y, m, disputed, open_ in figures() if y == 2024 and open_]
    assert now == [kept]
    other = OTHER if answer == "keep" else FIRST
    _, report, _ = run(other, "--update")
    assert report["updated"]["figures"] == 1, "one may still choose the other value"


def test_a_doubt_that_was_taken_back_is_no_answer(run, send) -> None:
    run(FIRST)
    client, page = send(OTHER)
    client.post(page + "/confirmation")
    client.post(page + "/undo")
    _, report, _ = run(OTHER)
    assert report["disputed"] == 1


NAMED = "证券代码,企业名称,曾用名\n"


def test_former_names_and_codes_are_added_to_a_company_that_is_known(run, as_user) -> None:
    run(NAMED + "430047,海纳传动,老海纳\n")
    version = company().version
    _, report, _ = run(NAMED + "430047；920047,海纳传动,老海纳；东海机械、海纳传动\n")
    assert report["updated"]["companies"] == 1
    found = company()
    assert [n.name for n in found.names] == ["老海纳", "东海机械"]
    assert sorted(c.code for c in found.stock_codes) == ["430047", "920047"]
    assert found.version == version + 1
    for wanted in ("东海", "dhjx", "老海纳", "920047", "海纳传动"):
        assert db.session.scalar(sa.select(Company.id).where(matching(wanted))) == found.id, wanted
    entry = audit_rows("company.import")[-1]
    assert entry[0]["former_names"] == "老海纳"
    assert entry[1]["former_names"] == "老海纳; 东海机械"
    assert entry[0]["stock_codes"] == "430047"
    assert entry[1]["stock_codes"] == "430047; 920047"
    shown = as_user("manager").get(f"/companies/{found.id}").text
    assert "曾用名" in shown and "东海机械" in shown
    _, again, _ = run(NAMED + "430047,海纳传动,东海机械\n")
    assert again["updated"]["companies"] == 0 and again["unchanged"]["companies"] == 1


def test_former_names_stay_findable_when_an_import_completes_a_company(run) -> None:
    run(NAMED + "430047,海纳传动,东海机械\n")
    run("证券代码,企业名称,简称\n430047,海纳传动,海纳\n")
    assert db.session.scalar(sa.select(Company.id).where(matching("东海")))


def test_names_and_codes_that_were_added_are_taken_back(run, send) -> None:
    run(NAMED + "430047,海纳传动,老海纳\n")
    client, page = send(NAMED + "430047;920047,海纳传动,东海机械\n")
    client.post(page + "/confirmation")
    assert client.post(page + "/undo").status_code == 302
    db.session.expire_all()
    found = company()
    assert [n.name for n in found.names] == ["老海纳"]
    assert [c.code for c in found.stock_codes] == ["430047"]
    assert db.session.scalar(sa.select(Company.id).where(matching("东海"))) is None


def test_a_source_of_a_lead_is_read_by_its_key_and_by_its_title(run) -> None:
    rows = ["甲公司,推荐", "乙公司,Referral", "丙公司,referral", "丁公司,展会"]
    assert run("企业名称,线索来源\n" + "\n".join(rows) + "\n")[0] == 0
    found = dict(db.session.execute(sa.select(Company.name_zh, Company.lead_source)).all())
    assert found == {
        "甲公司": "referral",
        "乙公司": "referral",
        "丙公司": "referral",
        "丁公司": "展会",
    }


def test_a_place_with_or_without_what_it_is_is_the_same_place(run) -> None:
    run(FIRST)  # 青岛
    for said, differs in (("青岛市", 0), ("青岛区县", 1)):
        _, report, _ = run(OTHER.replace("济南", said))
        assert [w["field"] for w in report["warnings"]].count("place") == differs
    assert company().place == "青岛"
    _, report, _ = run("企业全称,所在地\n新来的公司,济南\n新来的公司,济南市\n")
    assert not report["refused"] and report["created"]["companies"] == 1
