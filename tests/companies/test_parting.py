"""An undone merge leaves every table as it was, until one of the two is changed."""

import datetime as dt

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.companies import operations
from portfolio.companies.merging import (
    FIELDS,
    THEIRS,
    Choices,
)
from portfolio.companies.models import (
    Company,
    Contact,
)
from portfolio.companies.operations import Statement
from portfolio.extensions import db, unit_of_work
from portfolio.journal.models import Act
from portfolio.kernel.errors import InputError
from portfolio.readiness.operations import every_company, refresh
from tests import factories
from tests.companies.merging import (
    DAY,
    NOW,
    OTHER,
    TECHNOLOGY,
    dump,
    merge,
    undo,
)


def test_an_undone_merge_leaves_every_table_as_it_was(app, cast, pair) -> None:
    one, other, _ = pair
    before = dump()
    act = merge(one, other, cast["partner"], Choices({"name_zh": THEIRS, "uscc": THEIRS}))
    assert dump() != before
    undo(act, cast["manager"])
    assert dump() == before


def test_merges_in_a_chain_are_undone_from_the_last(app, cast, pair) -> None:
    one, other, third = pair
    states = [dump()]
    first = merge(one, other, cast["partner"])
    states.append(dump())
    second = merge(third, one, cast["partner"])
    with pytest.raises(InputError):
        undo(first, cast["partner"])
    undo(second, cast["partner"])
    assert dump() == states[1]
    undo(first, cast["partner"])
    assert dump() == states[0]


def test_the_nightly_refresh_is_no_change(app, cast, pair) -> None:
    one, other, _ = pair
    before = dump()
    act = merge(one, other, cast["partner"])
    with unit_of_work("readiness.refresh"):
        refresh(every_company(), NOW + 400 * DAY)
    undo(act, cast["partner"])
    after = dump()
    computed = {"assessment", "readiness_state"}
    assert {n: r for n, r in after.items() if n not in computed} == {
        n: r for n, r in before.items() if n not in computed
    }
    open_rows = sa.text("SELECT company_id, count(*) FROM assessment GROUP BY 1")
    counted = {r[0]: r[1] for r in db.session.execute(open_rows)}
    assert counted[one.id] == counted[other.id]
    db.session.rollback()


CHANGES = {
    "name": lambda c, who: operations.update(c, {"name_zh": "改名公司"}, NOW),
    "note": lambda c, who: operations.note_activity("又见面", "note", who, NOW, company_id=c.id),
    "task": lambda c, who: operations.add_task("x", who.id, who, NOW, company_id=c.id),
    "figure": lambda c, who: operations.state_figures(
        [Statement(c.id, "revenue", 2021, micro=1)], who, dt.datetime.now(dt.UTC)
    ),
    "contact": lambda c, who: db.session.add(Contact(company_id=c.id, name="李四")),
    "tag": lambda c, who: factories.claimed(c.id, OTHER, "E1", who, NOW),
}


@pytest.mark.parametrize("change", CHANGES)
def test_after_a_change_the_merge_stays_and_the_reason_names_who(
    as_user, cast, pair, change
) -> None:
    one, other, _ = pair
    act = merge(one, other, cast["partner"])
    with unit_of_work("company.change", cast["colleague"]):
        CHANGES[change](db.session.get_one(Company, one.id), cast["colleague"])
    before = dump()
    client = as_user("partner")
    told = client.post(f"/acts/{act.id}/undo", headers={"Accept": "application/json"})
    assert told.status_code == 409 and "Colleague" in told.json["message"]
    assert dump() == before


def test_the_message_and_the_history_offer_to_take_it_back(as_user, cast, pair) -> None:
    one, other, _ = pair
    client = as_user("manager")
    asked = {"version": str(one.version), "other_version": str(other.version), "meant": "1"}
    answer = client.post(f"/companies/{one.id}/merge/{other.id}", data=asked)
    act = db.session.query(Act).filter_by(action="company.merge").one()
    assert f"/acts/{act.id}/undo" in client.get(answer.location).text
    history = f"/records/company/{one.id}/history"
    page = client.get(history).text
    assert f"/acts/{act.id}/undo" in page and "合并企业" in page
    assert "海纳传旧名" in page, "the history of both"
    assert as_user("reader").post(f"/acts/{act.id}/undo").status_code == 404
    assert client.post(f"/acts/{act.id}/undo", data={"back": history}).status_code == 302
    assert client.get(f"/companies/{other.id}").status_code == 200
    trail = as_user("compliance").get("/audit").text
    assert "合并企业" in trail and "撤销操作" in trail


TEXTS = st.sampled_from(["", "甲", "乙", "丙有限公司"])
COLUMNS = st.fixed_dictionaries(dict.fromkeys(FIELDS, TEXTS))
SIDES = st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(["mine", "theirs"]))
STATED = st.tuples(
    st.sampled_from(["revenue", "net_profit_parent", "rd_spend", "share_capital"]),
    st.sampled_from([2023, 2024]),
    st.integers(1, 3),
)


@settings(max_examples=12)
@given(data=st.data())
def test_any_merge_is_undone_whole(app, cast, data) -> None:
    actor = cast["manager"]
    made = []
    for _side in range(2):
        values = data.draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "name_zh": st.sampled_from(["甲乙有限公司", "甲乙公司", "丙丁"]),
                    "industry": TEXTS,
                    "short_name": TEXTS,
                    "uscc": st.just(None),
                    "founded_on": st.sampled_from([dt.date(2020, 1, 1), dt.date(2021, 1, 1)]),
                },
            )
        )
        names = data.draw(st.lists(st.sampled_from(["甲乙公司", "旧名", "丙丁"]), max_size=3))
        company = factories.company(actor, former_names=dict.fromkeys(names), **values)
        stated = data.draw(st.lists(STATED, max_size=6, unique_by=lambda s: s[:2]))
        with unit_of_work("seed", actor):
            for metric, year, micro in stated:
                key = None if metric == "share_capital" else year
                operations.state_figures(
                    [Statement(company.id, metric, key, micro=micro)], actor, NOW
                )
            if data.draw(st.booleans()):
                factories.claimed(company.id, TECHNOLOGY, "E1", actor, NOW)
        if data.draw(st.booleans()):
            factories.deal(actor, company=company, walled=data.draw(st.booleans()))
        made.append(company)
    before = dump()
    fields = data.draw(SIDES)
    sides = st.sampled_from(["mine", "theirs", "both"])
    keys = st.tuples(st.sampled_from(["revenue", "rd_spend"]), st.sampled_from([2023, 2024]))
    figures = data.draw(st.dictionaries(keys, sides))
    one, other = (db.session.get_one(Company, c.id, populate_existing=True) for c in made)
    db.session.rollback()
    act = merge(one, other, actor, Choices(fields, figures))
    undo(act, actor)
    assert dump() == before
