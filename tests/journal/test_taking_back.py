"""Acts are taken back exactly, once, and only while nothing they touched was changed."""

import datetime as dt
import json

import pytest
import sqlalchemy as sa

from portfolio.audit import queries as audit
from portfolio.audit.models import AuditEntry
from portfolio.companies import operations as companies
from portfolio.companies.models import Company, Contact, Task
from portfolio.extensions import db, unit_of_work
from portfolio.journal import image_operations as images
from portfolio.journal import operations
from portfolio.journal.models import Act
from portfolio.journal.operations import Undoer
from tests import factories

NOW = dt.datetime(2026, 11, 23, 1, 0, tzinfo=dt.UTC)
BY_IMAGES = (
    lambda act, payload, actor, now: images.put_back(payload),
    lambda act, payload, actor: images.require_unchanged(payload),
)
# `suggestion_owed` says what is to be read again after what the trail tells.
TRAIL = {"audit_entry", "audit_head", "user_session", "suggestion_owed"}


def dump() -> dict[str, list[tuple]]:
    """Every row of every table but the trail."""
    db.session.rollback()
    return {
        t.name: [tuple(r) for r in db.session.execute(t.select().order_by(*t.primary_key.columns))]
        for t in db.metadata.sorted_tables
        if t.name not in TRAIL
    }


@pytest.fixture
def company(app, cast) -> Company:
    app.extensions["undoers"] = {"company.try": Undoer(lambda user, act: True, *BY_IMAGES)}
    made = factories.company(cast["manager"], former_names=["旧名一号"], stock_codes=["872190"])
    with unit_of_work("seed", cast["manager"]):
        for name in ("甲", "乙", "丙"):
            db.session.add(Contact(company_id=made.id, name=name))
        companies.add_task("催材料", cast["manager"].id, cast["manager"], NOW, company_id=made.id)
    return made


def rebuilt(company: Company, actor) -> Act:
    """Changes, additions, deletions and bulk writes in one act."""
    with unit_of_work("company.try", actor), images.recording() as kept:
        companies.update(
            company, {"name_zh": "改名有限公司", "uscc": None}, NOW, None, ["旧名二号"], ["920190"]
        )
        db.session.add(Contact(company_id=company.id, name="丁"))
        db.session.flush()
        images.update_where(Contact, Contact.name == "甲", {"position": "董事长"})
        images.delete_where(Contact, Contact.name == "乙")
        images.update_where(Task, Task.company_id == company.id, {"done_at": NOW})
        db.session.flush()
        images.update_where(Contact, Contact.name == "丁", {"name": "戊"})
        return operations.keep(
            "company.try", "company", company.id, kept.as_payload(), actor, NOW, company.name_zh
        )


def test_undone_every_table_is_as_before(company, cast) -> None:
    before = dump()
    act = rebuilt(company, cast["manager"])
    assert dump() != before
    with unit_of_work("act.undo", cast["manager"]):
        operations.undo(db.session.get_one(Act, act.id), cast["manager"], NOW)
    assert dump() == before
    assert db.session.get_one(Company, company.id).name_zh != "改名有限公司"


def test_the_trail_keeps_both_and_stays_whole(company, cast) -> None:
    act = rebuilt(company, cast["manager"])
    with unit_of_work("act.undo", cast["manager"]):
        operations.undo(db.session.get_one(Act, act.id), cast["manager"], NOW)
    undone = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "act.undo")).all()
    renamed = next(e for e in undone if e.object_type == "company")
    assert json.loads(renamed.before)["name_zh"] == "改名有限公司"
    back = [e for e in undone if e.object_type == "contact" and e.before == "{}"]
    assert [json.loads(e.after)["name"] for e in back] == ["乙"]
    assert {e.company_id for e in undone if e.object_type == "contact"} == {company.id}
    assert audit.verify()[1] is None


@pytest.mark.parametrize("what", ["company", "contact", "new reference"])
def test_nothing_is_undone_after_somebody_elses_change(company, cast, what) -> None:
    with unit_of_work("company.try", cast["manager"]), images.recording() as kept:
        other = companies.register({"name_zh": "新立有限公司"}, cast["manager"], NOW)
        companies.update(company, {"place": "即墨"}, NOW)
        images.update_where(Contact, Contact.name == "甲", {"position": "监事"})
        act = operations.keep(
            "company.try", "company", company.id, kept.as_payload(), cast["manager"], NOW
        )
    with unit_of_work("seed", cast["colleague"]):
        if what == "company":
            companies.update(db.session.get_one(Company, company.id), {"place": "城阳"}, NOW)
        elif what == "contact":
            db.session.query(Contact).filter_by(name="甲").one().phone = "1"
        else:
            db.session.add(Contact(company_id=other.id, name="新人"))
    # `keep` came before the recording ended: only what was flushed until then is in the payload.
    before = dump()
    with pytest.raises(images.Changed), unit_of_work("act.undo", cast["manager"]):
        operations.undo(db.session.get_one(Act, act.id), cast["manager"], NOW)
    assert dump() == before


def test_an_act_is_undone_once_by_who_may_and_in_time(company, cast, app, as_user) -> None:
    act = rebuilt(company, cast["manager"])
    app.extensions["undoers"] = {
        "company.try": Undoer(lambda user, act: user.id == act.actor_id, *BY_IMAGES)
    }
    door = f"/acts/{act.id}/undo"
    assert as_user("outsider").post(door).status_code == 404
    with pytest.raises(operations.InputError, match="too_late"), unit_of_work("act.undo"):
        late = NOW + dt.timedelta(days=30)
        operations.undo(db.session.get_one(Act, act.id), cast["manager"], late)
    answer = as_user("manager").post(door, data={"back": f"/companies/{company.id}"})
    assert answer.location == f"/companies/{company.id}"
    assert as_user("manager").post(door).status_code == 404


def test_acts_are_forgotten_after_thirty_days(company, cast) -> None:
    rebuilt(company, cast["manager"])
    with unit_of_work("act.purge"):
        assert operations.purge(dt.date(2026, 12, 22)) == 0
        assert operations.purge(dt.date(2026, 12, 23)) == 1
