"""What only a person can judge: recorded with day, evidence and until when, taken back, and counted."""

import datetime as dt
import re

import flask_migrate
import pytest
import sqlalchemy as sa

from portfolio.audit.models import AuditEntry
from portfolio.companies import operations as companies
from portfolio.companies.models import Figure
from portfolio.companies.operations import Statement
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.dates import local_date
from portfolio.readiness.inputs import Stated, figures_from
from portfolio.readiness.judgements import judged
from tests import factories
from tests.pages import sent_form

TODAY = local_date(dt.datetime.now(dt.UTC))
ITEM = "product_field_2026"
ASKED_BY = "giant"
SAID = {
    "verdict": "true",
    "judged_on": TODAY.isoformat(),
    "source": "专家评审会",
    "evidence": "见 https://example.org/opinion.pdf 第3页",
}


@pytest.fixture
def company(cast):
    return factories.company(cast["manager"], name_zh="青岛判断科技股份有限公司")


def path_of(company, item: str = ITEM) -> str:
    return f"/companies/{company.id}/judgements/{item}"


def row_of(client, company, **asked) -> str:
    """The clause of the tree that hangs on the item."""
    query = {"target": ASKED_BY, **asked}
    page = client.get(f"/companies/{company.id}/readiness", query_string=query).text
    rows = page.split(f'id="t-{ASKED_BY}"')[1].split('<li class="node ')
    return next(row for row in rows if "主导产品属六基或相应产业" in row and 'class="leaf"' in row)


def rows() -> list[Figure]:
    return list(db.session.scalars(sa.select(Figure).where(Figure.metric == ITEM)))


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_an_item_waits_for_a_person_and_their_answer_decides_it(as_user, company) -> None:
    client = as_user("manager")
    before = row_of(client, company)
    assert before.startswith("manual") and "待人工判断" in before
    assert f'href="{path_of(company)}"' in before and "作出判断" in before
    sent = sent_form(client.get(path_of(company)).text) | SAID | {"valid_until": "2099-12-31"}
    assert client.post(path_of(company), data=sent).status_code == 302
    after = row_of(client, company)
    assert after.startswith("pass")
    told = words(after)
    assert f"判断： 是 · {TODAY} · 有效期至 2099-12-31".replace("： ", "：") in told
    page = client.get(f"/companies/{company.id}/readiness").text
    assert "1 项由人判断" in page


def test_a_no_is_a_no_and_a_later_judgement_takes_its_place(as_user, company) -> None:
    client = as_user("manager")
    client.post(path_of(company), data=SAID | {"verdict": "false"})
    assert row_of(client, company).startswith("fail")
    client.post(path_of(company), data=SAID | {"source": "复核"})
    assert row_of(client, company).startswith("pass")
    page = client.get(path_of(company)).text
    history = words(page.split('id="judgement-history"')[1])
    assert history.index("复核") < history.index("专家评审会"), "the newest first, the old one kept"
    assert [row.superseded_at is None for row in rows()] == [False, True]


def test_what_it_rests_on_is_a_link_and_escaped(as_user, company) -> None:
    client = as_user("manager")
    client.post(path_of(company), data=SAID | {"evidence": "<b>x</b> https://example.org/a?b=1"})
    page = client.get(path_of(company)).text
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    assert '<a href="https://example.org/a?b=1" rel="noopener noreferrer' in page


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("verdict", "", "请选择判断结果"),
        ("verdict", "perhaps", "verdict-err"),
        ("judged_on", "", "judged_on-err"),
        ("judged_on", "2999-01-01", "尚未到来"),
        ("judged_on", "soon", "judged_on-err"),
        ("valid_until", "2020-01-01", "该日期已过"),
        ("source", " ", "source-err"),
        ("evidence", "", "请说明依据"),
    ],
)
def test_a_judgement_without_day_or_evidence_is_refused_and_keeps_the_words(
    as_user, company, field: str, value: str, said: str
) -> None:
    client = as_user("manager")
    answer = client.post(path_of(company), data=SAID | {field: value})
    assert answer.status_code == 422 and said in answer.text and not rows()
    back = sent_form(answer.text)
    for name in {"source", "evidence", "judged_on"} - {field}:
        assert back[name] == SAID[name], name


def test_a_judgement_is_withdrawn_with_the_reason_and_that_is_undone(as_user, company) -> None:
    client = as_user("manager")
    assert client.post(f"{path_of(company)}/withdrawal", data={"reason": "x"}).status_code == 404
    client.post(path_of(company), data=SAID)
    client.get("/companies")  # shows and forgets the message
    refused = client.post(f"{path_of(company)}/withdrawal", data={"reason": ""})
    assert refused.status_code == 422 and row_of(client, company).startswith("pass")
    gone = client.post(f"{path_of(company)}/withdrawal", data={"reason": "专家撤回意见"})
    assert gone.status_code == 302
    page = client.get(f"/companies/{company.id}").text
    undo = re.findall(r"/acts/\d+/undo", page)
    assert row_of(client, company).startswith("manual")
    assert "专家撤回意见" in client.get(path_of(company)).text
    assert client.post(undo[0]).status_code == 302
    assert row_of(client, company).startswith("pass")
    (current,) = (row for row in rows() if row.superseded_at is None)
    assert (current.choice, current.as_of, current.evidence) == ("true", TODAY, SAID["evidence"])


def test_undoing_brings_the_former_judgement_back_with_its_days(as_user, company) -> None:
    client = as_user("manager")
    client.post(path_of(company), data=SAID | {"valid_until": "2099-12-31"})
    client.get("/companies")
    client.post(path_of(company), data=SAID | {"verdict": "false"})
    undo = re.findall(r"/acts/\d+/undo", client.get("/companies").text)
    assert client.post(undo[0]).status_code == 302
    (current,) = (row for row in rows() if row.superseded_at is None)
    assert (current.choice, current.valid_until) == ("true", dt.date(2099, 12, 31))


def test_an_expired_judgement_counts_no_more_and_says_so(as_user, cast, company) -> None:
    yesterday = TODAY - dt.timedelta(days=1)
    said = Statement(
        company.id, ITEM, None, choice="true", as_of=yesterday, valid_until=yesterday, source="会议"
    )
    with unit_of_work("judgement.record", cast["manager"]):
        companies.state_figures([said], cast["manager"], dt.datetime.now(dt.UTC))
    row = row_of(as_user("manager"), company)
    assert row.startswith("manual") and f"已于 {yesterday} 到期" in words(row)
    assert row_of(as_user("manager"), company, on=yesterday.isoformat()).startswith("pass")


@pytest.mark.parametrize(("until", "known"), [(None, True), (0, True), (1, True), (-1, False)])
def test_a_judgement_holds_up_to_and_on_its_last_day(until: int | None, known: bool) -> None:
    last = None if until is None else TODAY + dt.timedelta(days=until)
    figures, _ = figures_from([Stated(ITEM, None, None, "true", None, last)], TODAY)
    assert (ITEM in figures.facts) == known


def test_what_was_judged_later_is_not_known_on_a_past_day(as_user, cast) -> None:
    long_ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=40)
    then = local_date(long_ago + dt.timedelta(days=10)).isoformat()
    with unit_of_work("company.register", cast["manager"], at=long_ago):
        company = companies.register({"name_zh": "青岛往日公司"}, cast["manager"], long_ago)
    client = as_user("manager")
    client.post(path_of(company), data=SAID)
    assert row_of(client, company).startswith("pass")
    past = row_of(client, company, as_of=then)
    assert past.startswith("manual") and "专家评审会" not in past and "fillin" not in past


def test_readers_see_the_evidence_and_only_writers_judge(as_user, company) -> None:
    as_user("manager").post(path_of(company), data=SAID)
    reader = as_user("reader")
    page = reader.get(path_of(company)).text
    assert "专家评审会" in page and 'name="verdict"' not in page and "withdrawal" not in page
    for path in (path_of(company), f"{path_of(company)}/withdrawal"):
        assert reader.post(path, data=SAID | {"reason": "x"}).status_code == 403
    assert as_user("committee").get(path_of(company)).status_code == 404
    assert len(rows()) == 1


def test_only_what_a_person_judges_has_such_a_page(as_user, company) -> None:
    client = as_user("manager")
    assert client.get(path_of(company, "revenue")).status_code == 404
    assert client.get(path_of(company, "nothing")).status_code == 404
    for item in judged():
        page = client.get(path_of(company, item))
        assert page.status_code == 200 and judged()[item].zh in page.text


def test_the_page_names_the_standards_that_ask(as_user, company) -> None:
    page = as_user("manager").get(path_of(company)).text
    assert f"target={ASKED_BY}#t-{ASKED_BY}" in page and "北交所标准一" not in page


def test_the_trail_tells_who_judged_and_who_withdrew(as_user, company, cast) -> None:
    client = as_user("manager")
    client.post(path_of(company), data=SAID)
    client.post(f"{path_of(company)}/withdrawal", data={"reason": "误录"})
    told = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.object_type == "figure")).all()
    actions = [entry.action for entry in told]
    assert actions[0] == "judgement.record" and "judgement.withdraw" in actions
    assert {entry.actor_name for entry in told} == {cast["manager"].name}
    history = client.get(f"/companies/{company.id}").text.split('id="history"')[1]
    assert "记录人工判断" in history and "撤回人工判断" in history


def test_the_form_of_facts_leads_to_the_page_and_takes_no_judgement(as_user, company) -> None:
    client = as_user("manager")
    path = f"/companies/{company.id}/facts"
    page = client.get(path).text
    assert f'href="{path_of(company)}"' in page and f'name="f-{ITEM}"' not in page
    fact = {"as_of": "2026-03-31", "source": "x", "evidence": "", f"f-{ITEM}": "true"}
    client.post(path, data=fact)
    assert not rows(), "without its evidence nothing is judged"


def test_a_judgement_outlives_the_way_down_and_up(app, cast, company, as_user) -> None:
    as_user("manager").post(path_of(company), data=SAID | {"valid_until": "2099-12-31"})
    db.session.remove()
    flask_migrate.downgrade(revision="0035")
    assert "valid_until" not in {c["name"] for c in sa.inspect(db.engine).get_columns("figure")}
    flask_migrate.upgrade()
    (row,) = rows()
    assert (row.choice, row.evidence, row.valid_until) == ("true", SAID["evidence"], None)
