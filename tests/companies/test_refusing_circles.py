"""No order of merges makes a circle, and each refusal gives its reason in both languages."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.companies import merge_operations as merging
from portfolio.companies import operations
from portfolio.companies.merge_queries import parts_of, survivors
from portfolio.companies.merging import Choices
from portfolio.companies.models import Company
from portfolio.extensions import db, unit_of_work
from portfolio.journal import operations as journal
from portfolio.journal.models import Act
from portfolio.kernel.errors import InputError
from portfolio.web.i18n import speaking
from portfolio.web.messages import text_of
from tests import factories

PLACES = range(4)
TRIES = st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(PLACES)), max_size=8)


def merge(one: int, other: int, actor) -> Act | None:
    rows = [db.session.get_one(Company, number, populate_existing=True) for number in (one, other)]
    versions = (rows[0].version, rows[1].version)
    now = dt.datetime.now(dt.UTC)
    with unit_of_work("company.merge", actor):
        return merging.merge(rows[0], rows[1], Choices(), versions, actor, now).act


@settings(max_examples=25)
@given(TRIES)
def test_any_order_of_merges_leaves_a_forest(app, cast, tries) -> None:
    numbers = [factories.company(cast["manager"]).id for _ in PLACES]
    into: dict[int, int] = {}
    for one, other in tries:
        expected = (
            "company.itself"
            if one == other
            else "company.merged_already"
            if {one, other} & into.keys()
            else ""
        )
        try:
            merge(numbers[one], numbers[other], cast["partner"])
            said = ""
        except InputError as error:
            said = error.code
        assert said == expected, (tries, one, other)
        if not said:
            into[other] = one
    whole = survivors(numbers)  # ends, so there is no circle
    for place, number in enumerate(numbers):
        while place in into:
            place = into[place]
        assert whole.get(number, number) == numbers[place]
    kept = parts_of(numbers)
    assert sum(len(kept.get(number, ())) for number in numbers) == len(into)
    db.session.rollback()


@pytest.fixture
def chain(cast) -> list[int]:
    """Four companies: the first is part of the second, and that of the third."""
    names = ("甲有限公司", "乙有限公司", "丙有限公司", "丁有限公司")
    made = [factories.company(cast["manager"], name_zh=name).id for name in names]
    merge(made[1], made[0], cast["partner"])
    merge(made[2], made[1], cast["partner"])
    return made


@pytest.mark.parametrize(
    ("one", "other", "zh", "en"),
    [
        (2, 2, "企业不能与自身", "A company cannot be"),
        (0, 0, "企业不能与自身", "A company cannot be"),
        (0, 2, "甲有限公司 已并入 乙有限公司", "甲有限公司 is part of 乙有限公司 already"),
        (1, 2, "乙有限公司 已并入 丙有限公司", "乙有限公司 is part of 丙有限公司 already"),
        (3, 0, "甲有限公司 已并入 乙有限公司", "甲有限公司 is part of 乙有限公司 already"),
    ],
)
def test_a_circle_is_refused_with_the_reason_in_both_languages(
    cast, chain, one, other, zh, en
) -> None:
    with pytest.raises(InputError) as refused:
        merge(chain[one], chain[other], cast["partner"])
    for language, words in (("zh", zh), ("en", en)):
        with speaking(language):
            assert words in text_of(refused.value)
    db.session.rollback()


@pytest.mark.parametrize(("one", "other"), [(0, 2), (1, 0), (2, 0), (2, 1), (0, 1)])
def test_the_page_of_a_circle_leads_to_the_company_that_is_left(as_user, chain, one, other) -> None:
    client = as_user("manager")
    path = f"/companies/{chain[one]}/merge/{chain[other]}"
    answer = client.post(path, data={"version": "1", "other_version": "1"})
    assert answer.status_code == 302 and answer.location.endswith(f"/companies/{chain[2]}")
    shown = client.get(path, follow_redirects=True)
    assert "企业不能与自身" in shown.text and "btn-primary" not in shown.text
    assert len(survivors(chain)) == 2


def test_after_a_change_by_another_the_undo_says_who_and_when_in_both_languages(
    cast, chain
) -> None:
    act = merge(chain[2], chain[3], cast["partner"])
    with unit_of_work("company.change", cast["colleague"]):
        company = db.session.get_one(Company, chain[2], populate_existing=True)
        operations.update(company, {"place": "崂山区"}, dt.datetime.now(dt.UTC))
    with pytest.raises(InputError) as refused, unit_of_work("act.undo", cast["partner"]):
        journal.undo(db.session.get_one(Act, act.id), cast["partner"], dt.datetime.now(dt.UTC))
    for language, words in (("zh", "Colleague 已于 "), ("en", "Colleague changed it on ")):
        with speaking(language):
            assert words in text_of(refused.value)
    db.session.rollback()


def test_an_undo_out_of_turn_names_the_later_merge(cast, chain) -> None:
    first = db.session.query(Act).filter_by(action="company.merge").order_by(Act.id).first()
    with pytest.raises(InputError) as refused, unit_of_work("act.undo", cast["manager"]):
        journal.undo(first, cast["manager"], dt.datetime.now(dt.UTC))
    with speaking("en"):
        assert "Partner changed it on" in text_of(refused.value)
    db.session.rollback()
