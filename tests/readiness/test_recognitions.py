"""What an authority granted stands apart from every pre-assessment, with its day and its end."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.companies import queries as companies
from portfolio.readiness import recognition_queries as queries
from portfolio.readiness.recognitions import Recognition, Standing, granted_targets, usual_end
from portfolio.readiness.targets import targets
from portfolio.web.formatting import today
from tests import factories

NOW = dt.datetime(2026, 11, 27, 8, 0, tzinfo=dt.UTC)
BY_KEY = {target.key: target for target in targets()}
DAYS = st.dates(dt.date(2000, 1, 1), dt.date(2090, 1, 1))
SENT = {"since": "2025-07-01", "number": "青民营发〔2025〕12号", "evidence": "公告第 17 号名单"}


def held(key: str = "srdi", **fields) -> Recognition:
    said = {"since": dt.date(2024, 7, 1), "until": dt.date(2027, 6, 30), **fields}
    return Recognition(BY_KEY[key], True, said["since"], said["until"], "号", "据", NOW, "")


@pytest.mark.parametrize(
    ("day", "standing"),
    [
        (dt.date(2024, 7, 1), Standing.VALID),
        (dt.date(2026, 12, 28), Standing.VALID),
        (dt.date(2026, 12, 29), Standing.DUE),
        (dt.date(2027, 6, 30), Standing.DUE),
        (dt.date(2027, 7, 1), Standing.EXPIRED),
    ],
)
def test_a_renewal_is_due_half_a_year_before_the_end(day: dt.date, standing: Standing) -> None:
    assert held().standing(day) is standing
    assert held(until=None).standing(day) is Standing.VALID


def test_three_years_end_on_the_day_before() -> None:
    assert usual_end(BY_KEY["srdi"], dt.date(2024, 7, 1)) == dt.date(2027, 6, 30)
    assert usual_end(BY_KEY["srdi"], dt.date(2024, 2, 29)) == dt.date(2027, 2, 28)
    assert usual_end(BY_KEY["bse"], dt.date(2024, 7, 1)) is None


@given(DAYS, DAYS, DAYS)
def test_what_is_left_shrinks_from_all_to_nothing(since, until, day) -> None:
    one = held(since=since, until=max(since, until))
    assert 0 <= one.left(day + dt.timedelta(days=1)) <= one.left(day) <= 100
    assert one.left(one.until) == 0


def test_every_rung_can_be_recognised_and_says_where_its_validity_stands() -> None:
    rungs = {target.key for target in targets() if target.rung}
    assert {target.key for target in granted_targets().values()} == rungs
    assert all(bool(t.valid_years) == bool(t.valid_source) for t in targets())


@pytest.fixture
def company(cast):
    return factories.company(cast["manager"])


@pytest.fixture
def record(as_user, company):
    client = as_user("manager")

    def sent(key: str = "srdi", path: str = "", **fields):
        address = f"/companies/{company.id}/recognitions/{key}{path}"
        return client.post(address, data={**SENT, **fields})

    return sent


def facts(company) -> dict[str, tuple[str | None, dt.date | None]]:
    rows = companies.current_rows([company.id])
    return {metric: (row.choice, row.valid_until) for (_, metric, _), row in rows.items()}


def test_a_recognition_fills_its_rung_and_the_pre_assessment_stays_beside_it(
    as_user, record, company
) -> None:
    assert record().status_code == 302
    for path in ("", "/readiness"):
        page = as_user("reader").get(f"/companies/{company.id}{path}").text
        assert 'class="rungmark valid"' in page and "有效期至 2028-06-30" in page
        assert "已认定</b> 2025-07-01" in page and "预评估: " in page
    assert facts(company) == {"title_srdi_valid": ("true", dt.date(2028, 6, 30))}


def test_a_recognition_changes_no_verdict_of_its_own_target(as_user, record, company) -> None:
    address = f"/companies/{company.id}/readiness/innovative"
    before = as_user("reader").get(address).text
    record("innovative")
    after = as_user("reader").get(address).text
    assert before.split("tree top")[1] == after.split("tree top")[1]


def test_what_follows_from_a_recognition_is_stated_with_it_and_goes_with_it(
    record, company
) -> None:
    record("innovative")
    record("tech-sme", since="2026-05-01", until="2026-12-31", number="入库 1")
    base = ("true", dt.date(2028, 6, 30))
    assert facts(company)["title_base_valid"] == base, "the longer of the two counts"
    record("innovative", "/withdrawal", reason="公告有误")
    assert facts(company)["title_base_valid"] == ("true", dt.date(2026, 12, 31))
    record("tech-sme", "/withdrawal", reason="出库")
    assert facts(company)["title_base_valid"] == (None, None)
    assert queries.current(company.id) == {}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"since": ""}, "请填写认定日期"),
        ({"since": "2030-02-30"}, "2030-02-30"),
        ({"since": "2099-01-01"}, "尚未到来"),
        ({"until": "2025-06-30"}, "到期日早于认定日"),
        ({"number": ""}, "请填写证书或公告编号"),
        ({"evidence": " "}, "请说明可查证的依据"),
    ],
)
def test_a_faulty_field_is_named_and_what_was_typed_stays(record, company, fields, words) -> None:
    page = record(**{"number": "某号", **fields})
    assert page.status_code == 422 and words in page.text
    assert "某号" in page.text or "number" in fields
    assert queries.current(company.id) == {}


def test_one_that_is_over_is_shown_as_such_and_counts_no_more(as_user, record, company) -> None:
    record(since="2020-01-01", until="2022-12-31")
    page = as_user("reader").get(f"/companies/{company.id}/readiness").text
    assert 'class="rungmark expired"' in page and "已于 2022-12-31 到期" in page
    past = as_user("reader").get(f"/companies/{company.id}/readiness?on=2022-06-01").text
    assert 'class="rungmark valid"' in past or 'class="rungmark due"' in past


def test_a_renewal_stands_in_the_history_beside_what_it_renews(as_user, record, company) -> None:
    record(since="2022-07-01", number="旧号")
    record(since="2025-07-01", number="新号")
    page = as_user("reader").get(f"/companies/{company.id}/recognitions/srdi").text
    assert page.index("新号") < page.index("旧号")
    assert queries.current(company.id)["srdi"].number == "新号"
    assert "<form" not in page.split("<main")[1], "a reader records nothing"


def test_a_page_of_a_past_day_shows_what_was_known_then(as_user, record, company) -> None:
    record()
    day = today() - dt.timedelta(days=1)
    page = as_user("reader").get(f"/companies/{company.id}/readiness?as_of={day}").text
    assert "rungmark valid" not in page


def test_only_targets_that_somebody_grants_have_a_page(as_user, company) -> None:
    client = as_user("manager")
    for key, status in (("srdi", 200), ("bse-1", 404), ("nothing", 404)):
        address = f"/companies/{company.id}/recognitions/{key}"
        assert client.get(address).status_code == status
    assert client.post(f"/companies/{company.id}/recognitions/srdi/withdrawal").status_code == 404


def test_the_form_of_facts_leads_to_the_page_with_certificate_and_validity(
    as_user, company
) -> None:
    client, base = as_user("manager"), f"/companies/{company.id}"
    assert f"{base}/recognised-by/title_giant" in client.get(f"{base}/facts").text
    led = client.get(f"{base}/recognised-by/title_giant")
    assert led.headers["Location"].endswith(f"{base}/recognitions/giant")
    assert client.get(f"{base}/recognised-by/revenue").status_code == 404
