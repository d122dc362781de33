"""The audit trail: every change has an entry, and no entry can be changed unnoticed."""

import datetime as dt
import json
import random
import threading
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from portfolio.audit import chain, queries
from portfolio.audit.models import AuditEntry
from portfolio.audit.operations import plain
from portfolio.companies import operations as companies
from portfolio.companies.models import Company
from portfolio.extensions import db, unit_of_work
from tests import factories

KEY = b"a key for this test"
bodies = st.lists(st.text(max_size=12), min_size=2, max_size=12)


def chained(texts: list[str]) -> tuple[list[dict], tuple[int, str]]:
    links = list(chain.chained(KEY, chain.GENESIS, texts))
    rows = [
        {"seq": n, "body": text, "prev_hash": previous, "hash": own}
        for n, (text, (previous, own)) in enumerate(zip(texts, links, strict=True), start=1)
    ]
    return rows, (len(rows), rows[-1]["hash"])


@given(bodies)
def test_an_untouched_chain_is_whole(texts) -> None:
    rows, head = chained(texts)
    assert chain.first_break(KEY, rows, head) is None


@given(
    bodies,
    st.integers(0),
    st.sampled_from(["alter", "drop", "swap", "insert", "truncate", "forge"]),
)
def test_every_kind_of_tampering_is_found(texts, where, how) -> None:
    rows, head = chained(texts)
    n = where % len(rows)
    if how == "alter":
        rows[n] = rows[n] | {"body": rows[n]["body"] + "x"}
    elif how == "drop":
        del rows[n]
    elif how == "swap":
        m = (n + 1) % len(rows)
        rows[n], rows[m] = rows[m], rows[n]
    elif how == "insert":
        rows.insert(n, rows[n] | {"body": "forged"})
    elif how == "truncate":
        rows.pop()
    else:
        rows[n] = rows[n] | {"body": "x", "hash": chain.link(b"another", rows[n]["prev_hash"], "x")}
        if texts[n] == "x":
            return
    assert chain.first_break(KEY, rows, head) is not None


def test_the_command_names_the_first_bad_entry(app, cast) -> None:
    factories.company(cast["manager"])
    run = app.test_cli_runner().invoke
    assert run(args=["audit", "verify"]).exit_code == 0
    with unit_of_work("cheat"):
        for name in ("audit_entry_no_update", "audit_entry_guard"):
            table = " ON audit_entry" if db.engine.dialect.name == "postgresql" else ""
            db.session.execute(sa.text(f"DROP TRIGGER IF EXISTS {name}{table}"))
        db.session.execute(
            sa.text("UPDATE audit_entry SET actor_name = 'somebody else' WHERE seq = 3")
        )
    result = run(args=["audit", "verify", "--json"])
    assert result.exit_code == 1
    assert json.loads(result.output)["first_bad"] == 3


def test_a_change_is_kept_with_before_and_after_and_who(cast) -> None:
    company = factories.company(cast["manager"], name_zh="原名")
    with unit_of_work("company.change", cast["partner"], ip="10.0.0.1"):
        companies.update(company, {"name_zh": "新名"}, factories.NOW)
    entry = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert (entry.actor_name, entry.ip, entry.action) == ("Partner", "10.0.0.1", "company.change")
    assert json.loads(entry.before) == {"name_zh": "原名"}
    assert json.loads(entry.after) == {"name_zh": "新名"}


def test_what_is_rolled_back_leaves_no_entry(cast) -> None:
    company = factories.company(cast["manager"])
    count = db.session.query(AuditEntry).count()
    with pytest.raises(RuntimeError), unit_of_work("company.change"):
        companies.update(company, {"place": "别处"}, factories.NOW)
        raise RuntimeError
    assert db.session.query(AuditEntry).count() == count
    assert db.session.get_one(Company, company.id).place == ""


def test_a_change_outside_a_unit_of_work_is_refused(cast) -> None:
    company = factories.company(cast["manager"])
    company.place = "别处"
    with pytest.raises(RuntimeError, match="unit of work"):
        db.session.flush()
    db.session.rollback()


def test_many_writers_at_once_leave_one_whole_chain(app, cast) -> None:
    company_id = factories.company(cast["manager"]).id
    errors: list[Exception] = []

    def write(worker: int) -> None:
        rng = random.Random(worker)
        with app.app_context():
            try:
                for _ in range(15):
                    with unit_of_work("company.note"):
                        companies.note_activity(
                            str(rng.random()),
                            "note",
                            cast["manager"],
                            factories.NOW,
                            company_id=company_id,
                        )
            except Exception as error:
                errors.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    count, broken = queries.verify()
    assert broken is None and count >= 90


def test_an_instant_is_written_as_the_database_has_it() -> None:
    there = dt.datetime(2026, 11, 12, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert chain.canonical([there]) == chain.canonical([there.astimezone(dt.UTC)])
    assert plain(there) == "2026-11-12T04:00:00+00:00"
