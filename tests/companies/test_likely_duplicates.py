"""Likely duplicates: by what two companies meet, shown while one types and asked about on saving."""

import flask_migrate
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from portfolio.companies import operations
from portfolio.companies.likeness import Reason, keys_of, meeting, pairs, reason
from portfolio.companies.models import CompanyKey
from portfolio.companies.name_parts import LONGEST, core, probes
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.text import without_legal_form
from tests import factories

NAMES = st.text("青岛海纳传动科技恒卫威AB1 ", min_size=0, max_size=8)
FORMS = st.sampled_from(["", "有限公司", "股份有限公司", "有限责任公司", " Co., Ltd."])
COMPANIES = st.tuples(NAMES, st.sampled_from([None, "91370200MA0000001X"]), st.lists(NAMES))


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ({"name": "海纳传动有限公司"}, {"name": "海纳传动股份有限公司"}, Reason.NAME),
        ({"name": "海纳传动有限公司"}, {"name": "海衲传动有限公司"}, Reason.SOUND),
        ({"name": "Haina Chuandong"}, {"name": "海纳传动有限公司"}, Reason.SOUND),
        ({"name": "甲乙丙"}, {"name": "丁戊己", "others": ["甲乙丙有限公司"]}, Reason.FORMER),
        (
            {"name": "甲乙丙", "others": ["庚辛"]},
            {"name": "丁戊", "others": ["庚辛"]},
            Reason.FORMER,
        ),
        ({"name": "甲乙", "uscc": "91x"}, {"name": "丙丁", "uscc": "91X "}, Reason.USCC),
        ({"name": "甲有限公司"}, {"name": "甲股份有限公司"}, None),
        ({"name": "", "uscc": ""}, {"name": "", "uscc": None}, None),
        ({"name": "青岛海纳"}, {"name": "济南海纳"}, None),
        ({"name": "青岛市海纳有限公司"}, {"name": "青岛海纳"}, Reason.NAME),
        ({"name": "甲乙丙", "others": ["济南市海纳"]}, {"name": "济南海纳"}, Reason.FORMER),
        ({"name": "北京市"}, {"name": "北京"}, None),
    ],
)
def test_two_companies_meet_for_the_strongest_reason_there_is(one, other, why) -> None:
    assert reason(keys_of(**one), keys_of(**other)) is why
    assert reason(keys_of(**other), keys_of(**one)) is why


@given(NAMES, FORMS, FORMS)
def test_a_legal_form_makes_no_other_company(name, one, other) -> None:
    bare = {without_legal_form(name + form) for form in (one, other)}
    met = reason(keys_of(name + one), keys_of(name + other))
    if len(bare) == 1 and len(bare.pop()) >= 2:
        assert met is Reason.NAME


@given(st.lists(COMPANIES, max_size=5))
def test_pairs_are_those_that_have_a_reason_and_each_stands_once(told) -> None:
    fresh = {str(n): keys_of(name, code, others) for n, (name, code, others) in enumerate(told)}
    holders: dict = {}
    for label, keys in fresh.items():
        for key in keys:
            holders.setdefault(key, []).append(label)
    expected = {
        (a, b): why
        for a in fresh
        for b in fresh
        if a < b and (why := reason(fresh[a], fresh[b])) is not None
    }
    assert pairs(fresh, holders) == expected


@given(COMPANIES)
def test_a_key_meets_what_meets_it(told) -> None:
    for key in keys_of(*told):
        assert all(key in meeting(other) for other in meeting(key))


@pytest.fixture
def known(cast):
    return factories.company(
        cast["manager"], name_zh="青岛海纳传动有限公司", former_names=["青岛老齿轮厂有限公司"]
    )


def typed(client, path="/companies/alike", **fields):
    answer = client.post(path, data={"name_zh": "", "uscc": "", "former_names": ""} | fields)
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"name_zh": "青岛海纳传动"}, "名称相同（不计组织形式和交易所标记）"),
        ({"name_zh": "青岛海纳传动股份有限公司"}, "名称相同（不计组织形式和交易所标记）"),
        ({"name_zh": "青岛老齿轮厂"}, "与曾用名相同"),
        ({"name_zh": "新名字", "former_names": "无关\n青岛海纳传动有限公司"}, "与曾用名相同"),
        ({"name_zh": "青岛海娜船东"}, "读音相同"),
        ({"name_zh": "Qingdao Haina Chuandong Co., Ltd."}, "读音相同"),
    ],
)
def test_what_is_likely_the_same_is_shown_while_one_types(as_user, known, fields, why) -> None:
    page = typed(as_user("manager"), **fields)
    assert f"/companies/{known.id}" in page and why in page
    assert 'name="confirmed"' in page


def test_the_credit_code_alone_is_enough_and_half_of_one_is_not(as_user, known) -> None:
    client = as_user("manager")
    assert "信用代码相同" in typed(client, uscc=known.uscc.lower())
    assert typed(client, uscc=known.uscc[:9]).strip() == ""
    assert typed(client).strip() == ""


def test_a_change_is_asked_about_by_what_is_new_in_it(as_user, cast, known) -> None:
    twin = factories.company(cast["manager"], name_zh="青岛海纳传动股份有限公司")
    client = as_user("manager")
    path = f"/companies/{twin.id}/edit"
    said = {"name_zh": twin.name_zh, "uscc": twin.uscc, "version": str(twin.version)}
    ask = f"/companies/alike?company={twin.id}"
    assert typed(client, ask, name_zh=twin.name_zh).strip() == "", "that was answered before"
    assert client.post(path, data=said | {"place": "崂山区"}).status_code == 302
    said |= {"version": str(twin.version), "former_names": "青岛老齿轮厂"}
    assert "与曾用名相同" in typed(client, ask, **said)
    asked = client.post(path, data=said)
    assert asked.status_code == 422 and "这家企业可能已在库中" in asked.text
    assert client.post(path, data=said | {"confirmed": "y"}).status_code == 302


def test_nothing_is_said_to_those_who_may_not_enter_companies(as_user, known) -> None:
    for name in ("reader", "compliance", "committee", "admin"):
        answer = as_user(name).post("/companies/alike", data={"name_zh": "青岛海纳传动"})
        assert answer.status_code == 403 and "海纳" not in answer.text


def test_keys_follow_each_change_and_its_undoing(as_user, cast, known) -> None:
    def kept():
        rows = sa.select(CompanyKey.kind, CompanyKey.value).where(CompanyKey.company_id == known.id)
        return set(map(tuple, db.session.execute(rows)))

    before = kept()
    assert before == keys_of(known.name_zh, known.uscc, ["青岛老齿轮厂有限公司"])
    client = as_user("manager")
    said = {"name_zh": "青岛新名有限公司", "uscc": "", "version": str(known.version)}
    client.post(f"/companies/{known.id}/edit", data=said)
    assert kept() == keys_of("青岛新名有限公司")
    act = db.session.scalar(sa.text("SELECT max(id) FROM act"))
    db.session.rollback()
    assert client.post(f"/acts/{act}/undo").status_code == 302
    assert kept() == before


def test_the_migration_gives_companies_that_are_there_their_keys(app, cast, known) -> None:
    wanted = keys_of(known.name_zh, known.uscc, ["青岛老齿轮厂有限公司"])
    number = known.id
    db.session.remove()
    flask_migrate.downgrade(revision="0017")
    flask_migrate.upgrade()
    rows = sa.select(CompanyKey.kind, CompanyKey.value).where(CompanyKey.company_id == number)
    assert set(map(tuple, db.session.execute(rows))) == wanted
    db.session.rollback()
    with unit_of_work("company.change"):
        operations.reindex(db.session.get_one(type(known), number))
    assert set(map(tuple, db.session.execute(rows))) == wanted


def test_a_name_begun_shows_the_companies_that_hold_it(as_user, cast) -> None:
    factories.company(cast["manager"], name_zh="山东华凌超导科技有限公司", short_name="华凌超导")
    client = as_user("manager")
    for typed in ("华凌超导", "山东华凌", "华凌"):
        page = client.post("/companies/alike", data={"name_zh": typed}).text
        assert "山东华凌超导科技有限公司" in page and 'name="confirmed"' not in page
    whole = client.post("/companies/alike", data={"name_zh": "山东华凌超导科技股份有限公司"}).text
    assert whole.count("山东华凌超导科技有限公司") == 1 and 'name="confirmed"' in whole
    assert "华凌" not in client.post("/companies/alike", data={"name_zh": "华"}).text


NEAR = "山东华凌超导科技有限公司"


@pytest.mark.parametrize(
    "begun",
    [
        *("青岛华凌超导", "华凌超导科技", "青岛市华凌", "华凌超导（青岛）", "华凌超导材料有限公司"),
        *("华菱", "青岛华菱", "华菱超导", "桦陵超岛"),
    ],
)
def test_a_name_with_another_place_or_of_the_same_sound_shows_it(as_user, cast, begun) -> None:
    factories.company(cast["manager"], name_zh=NEAR, former_names=["老厂"])
    factories.company(cast["manager"], name_zh="青岛海纳传动科技有限公司")
    page = typed(as_user("manager"), name_zh=begun)
    assert NEAR in page and "海纳" not in page


@pytest.mark.parametrize("begun", ["科技", "青岛科技", "西安", "华令达", "胡阿玲"])
def test_a_place_a_trade_and_letters_across_syllables_find_nothing_else(
    as_user, cast, begun
) -> None:
    factories.company(cast["manager"], name_zh="山东华凌先达材料有限公司")
    assert typed(as_user("manager"), name_zh=begun).strip() == ""


def test_a_former_name_of_the_same_sound_shows_it_in_a_bounded_number_of_queries(
    as_user, cast, queries
) -> None:
    for number in range(30):
        factories.company(cast["manager"], name_zh=f"新{number}号", former_names=["华凌旧厂"])
    client = as_user("manager")
    typed(client, name_zh="华菱")
    queries.clear()
    assert typed(client, name_zh="华菱").count('target="_blank"') == 5
    assert len(queries) < 12


@given(NAMES)
def test_the_core_is_part_of_the_name_and_never_too_short(name) -> None:
    bare, told = without_legal_form(name), core(name)
    assert told in bare
    assert len(told) >= min(2, len(bare))


def test_of_a_name_without_end_only_its_beginning_is_looked_for() -> None:
    endless = "啊哈" + "科技" * 20_000
    assert all(len(probe.text) <= LONGEST for probe in probes(endless))
    assert list(probes(endless)) == list(probes(endless[:LONGEST]))
