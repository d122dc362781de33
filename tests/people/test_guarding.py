"""What an attacker or a slip of the hand would try: guesses at once, odd addresses, no admin left."""

import datetime as dt
import threading

import pytest
import sqlalchemy as sa

from portfolio.audit.models import AuditEntry
from portfolio.extensions import db, unit_of_work
from portfolio.people import operations
from portfolio.people.models import LoginFailure, User
from tests import factories

NOW = dt.datetime.now(dt.UTC)


def actions() -> list[str]:
    return list(db.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.seq)))


def test_guesses_sent_at_once_are_counted_like_guesses_in_a_row(app, cast) -> None:
    codes = []

    def guess(number: int) -> None:
        sent = {"email": "manager@fund.example", "password": f"geraten {number}"}
        codes.append(app.test_client().post("/login", data=sent).status_code)

    threads = [threading.Thread(target=guess, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [422] * 5 + [429] * 11


def test_old_failures_are_swept(app, client, cast) -> None:
    with unit_of_work("seed"):
        db.session.add(LoginFailure(key="account:x", at=NOW - dt.timedelta(days=1)))
    client.post("/login", data={"email": "manager@fund.example", "password": "falsch"})
    assert db.session.query(LoginFailure).filter_by(key="account:x").count() == 0


def test_log_ins_links_and_passwords_are_in_the_trail(as_user, client, cast) -> None:
    person = cast["reader"]
    as_user("admin").post(f"/settings/people/{person.id}/link")
    with unit_of_work("user.link"):
        token = operations.password_link(person, NOW)
    client.post(f"/password/{token}", data={"password": "frisch und lang"})
    client.post("/login", data={"email": person.email, "password": "falsch"})
    client.post("/login", data={"email": person.email, "password": "frisch und lang"})
    kept = actions()
    for action in ("user.link", "password.set", "session.refused", "session.log_in"):
        assert action in kept, action
    whole = " ".join(
        db.session.scalars(sa.select(AuditEntry.after).where(AuditEntry.object_type == "user"))
    )
    assert token not in whole and "falsch" not in whole


def test_a_new_link_ends_the_one_before(client, cast) -> None:
    with unit_of_work("user.link"):
        first = operations.password_link(cast["reader"], NOW)
        operations.password_link(cast["reader"], NOW)
    answer = client.post(f"/password/{first}", data={"password": "frisch und lang"})
    assert answer.status_code != 302


def test_an_administrator_is_always_left(as_user, cast) -> None:
    admin = cast["admin"]
    answer = as_user("admin").post(
        f"/settings/people/{admin.id}/roles", data={"roles": ["reader"]}, follow_redirects=True
    )
    assert "至少要保留一名管理员" in answer.text
    db.session.expire_all()
    assert db.session.get_one(User, admin.id).roles == {"admin"}
    with unit_of_work("user.roles"):
        operations.set_roles(cast["partner"], ["partner", "admin"])
        operations.set_roles(admin, ["reader"])
    assert admin.roles == {"reader"}


@pytest.mark.parametrize(
    "path",
    [
        "/deals?q=a%00b&stage=%00&status=x%00",
        "/companies?q=%00&place=%00a&industry=%00&source=%00",
        "/companies/99999999999999999999",
        "/deals/99999999999",
        "/deals?owner=99999999999&page=99999999999999999999",
        "/board/lead?offset=99999999999",
        "/search?q=%00%00",
        "/companies/1?as_of=%00",
    ],
)
def test_odd_addresses_get_a_plain_answer(as_user, cast, path) -> None:
    factories.deal(cast["manager"])
    assert as_user("partner").get(path).status_code in (200, 404)


def test_nul_in_a_form_is_left_out(as_user, cast) -> None:
    sent = {"name_zh": "青岛\x00海创有限公司", "lead_source": "referral"}
    answer = as_user("manager").post("/companies/new", data=sent, follow_redirects=True)
    assert "青岛海创有限公司" in answer.text


def test_a_page_is_read_while_somebody_writes_for_long(app, as_user, backend) -> None:
    client = as_user("reader")
    if backend.kind == "postgresql":
        assert client.get("/companies").status_code == 200
        return
    engine = sa.create_engine(app.config["SQLALCHEMY_DATABASE_URI"])
    with unit_of_work("seed"):
        db.session.execute(
            sa.text("UPDATE user_session SET seen_at = :at"), {"at": NOW - dt.timedelta(minutes=9)}
        )
    db.session.remove()
    with engine.connect() as writer:
        writer.exec_driver_sql("BEGIN IMMEDIATE")
        db.session.execute(sa.text("PRAGMA busy_timeout = 300"))
        assert client.get("/companies").status_code == 200
        writer.exec_driver_sql("ROLLBACK")
    engine.dispose()
