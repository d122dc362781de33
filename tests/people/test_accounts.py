"""Log-in, sessions, throttling, passwords and accounts, as people meet them."""

import datetime as dt
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.extensions import db, unit_of_work
from portfolio.kernel.errors import InputError
from portfolio.people import operations, passwords
from portfolio.people.models import PasswordLink, User, UserSession
from portfolio.people.passwords import check_password

SECRET = "正确的马 battery 订书钉"
NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
def person(app) -> User:
    with unit_of_work("user.create"):
        return operations.create_user("li@fund.example", "李思", ["manager"], NOW, SECRET)


def log_in(client, password=SECRET, email="li@fund.example", **extra):
    return client.post("/login", data={"email": email, "password": password} | extra)


def test_the_right_password_opens_a_session_and_log_out_ends_it(client, person) -> None:
    assert client.get("/companies").status_code == 302
    answer = log_in(client, next="/companies?q=x")
    assert answer.location == "/companies?q=x"
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
    assert client.get("/companies").status_code == 200
    stolen = client.get_cookie("sid").value
    assert client.post("/logout").status_code == 302
    client.set_cookie("sid", stolen)
    assert client.get("/companies").status_code == 302, "a stolen cookie is worth nothing now"


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/\\evil.example", ""]
)
def test_log_in_never_leads_away_from_the_site(client, person, target) -> None:
    assert log_in(client, next=target).location == "/"


def test_a_wrong_password_and_an_unknown_account_get_the_same_answer(client, person) -> None:
    wrong, unknown = log_in(client, "falsch"), log_in(client, "falsch", "nobody@fund.example")
    assert wrong.status_code == unknown.status_code == 422
    for page in (wrong, unknown):
        assert "邮箱或密码不正确" in page.text


def test_guessing_is_throttled_and_the_owner_elsewhere_gets_in(app, person) -> None:
    guesser = app.test_client()
    codes = [log_in(guesser, f"guess{n}").status_code for n in range(8)]
    assert codes == [422] * 5 + [429] * 3
    assert log_in(guesser).status_code == 429, "not even the right one, from there"
    owner = app.test_client()
    address = {"REMOTE_ADDR": "10.9.8.7"}
    answer = owner.post(
        "/login", data={"email": person.email, "password": SECRET}, environ_base=address
    )
    assert answer.status_code == 302


def test_the_wait_grows_to_a_quarter_of_an_hour_and_no_further() -> None:
    waits = [passwords.wait_after(n).total_seconds() for n in range(20)]
    assert waits[:5] == [0] * 5
    assert waits == sorted(waits) and waits[-1] == 900


@pytest.mark.parametrize("end", ["disable", "password", "roles"])
def test_a_session_ends_when_the_account_changes(client, person, end) -> None:
    log_in(client)
    with unit_of_work("user.change"):
        {
            "disable": lambda: operations.disable(person),
            "password": lambda: operations.set_password(person, "ganz anders 2026"),
            "roles": lambda: operations.set_roles(person, ["reader"]),
        }[end]()
    assert client.get("/companies").status_code == 302


@pytest.mark.parametrize("column", ["seen_at", "started_at"])
def test_a_session_ends_idle_and_after_its_longest_time(client, person, column) -> None:
    log_in(client)
    with unit_of_work("clock"):
        row = db.session.query(UserSession).one()
        hours = 1 if column == "seen_at" else 13
        setattr(row, column, dt.datetime.now(dt.UTC) - dt.timedelta(hours=hours))
    assert client.get("/companies").status_code == 302


def test_the_clock_forgets_ended_sessions_and_spent_links_and_no_others(
    app, client, person
) -> None:
    log_in(client)
    now = dt.datetime.now(dt.UTC)
    with unit_of_work("user.link"):
        for life in (dt.timedelta(hours=1), dt.timedelta(hours=-1)):
            db.session.add(
                PasswordLink(token_hash=str(life), user_id=person.id, expires_at=now + life)
            )
        for name, seen, started in (("idle", 1, 1), ("old", 0, 13)):
            db.session.add(
                UserSession(
                    token_hash=name,
                    user_id=person.id,
                    seen_at=now - dt.timedelta(hours=seen),
                    started_at=now - dt.timedelta(hours=started),
                )
            )
    app.extensions["clock_work"]["people"](app)
    assert db.session.query(UserSession).count() == 1
    assert [link.token_hash for link in db.session.query(PasswordLink)] == ["1:00:00"]
    assert client.get("/companies").status_code == 200


def test_a_one_time_link_sets_the_password_once(client, person) -> None:
    with unit_of_work("user.link"):
        token = operations.password_link(person, dt.datetime.now(dt.UTC))
    path = f"/password/{token}"
    assert client.post(path, data={"password": "short"}).status_code == 422
    assert client.post(path, data={"password": "a brand new one"}).status_code == 302
    again = client.post(path, data={"password": "a brand new two"})
    assert again.status_code == 422 and "已使用或已过期" in again.text
    assert log_in(client, "a brand new one").status_code == 302


@pytest.mark.parametrize(
    "password", ["short", "x" * 129, "password1234", "kawei青岛haier", "aaaaaaaaaaaaaa"]
)
def test_passwords_everybody_would_try_are_refused(password) -> None:
    with pytest.raises(InputError):
        check_password(password, "li@fund.example")


@settings(max_examples=15)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=20, max_size=128))
def test_any_long_text_is_a_password_and_matches_exactly(text) -> None:
    try:
        check_password(text, "li@fund.example")
    except InputError:
        return
    stored = operations.HASHER.hash(text)
    assert operations.HASHER.verify(stored, text)
    assert "argon2id" in stored and "m=19456,t=2,p=1" in stored


def test_an_administrator_opens_an_account_and_hands_over_its_link(as_user, client) -> None:
    admin = as_user("admin")
    sent = {"name": "新人", "email": "NEW@fund.example", "roles": ["manager", "reader"]}
    assert admin.post("/settings/people", data=sent | {"email": "no mail"}).status_code == 422
    assert admin.get("/settings/people").location.endswith("/settings")
    page = admin.post("/settings/people", data=sent).text
    path = re.search(r"http://127.0.0.1:5000(/password/[\w-]+)", page).group(1)
    assert client.post(path, data={"password": "frisch und lang"}).status_code == 302
    assert log_in(client, "frisch und lang", "new@fund.example").status_code == 302
    assert "已有账号" in admin.post("/settings/people", data=sent).text
    user = db.session.query(User).filter_by(email="new@fund.example").one()
    assert admin.post(f"/settings/people/{user.id}/closure").status_code == 302
    assert client.get("/companies").status_code == 302
    page = admin.post(f"/settings/people/{user.id}/opening").text
    assert log_in(client, "frisch und lang", "new@fund.example").status_code == 422
    path = re.search(r"http://127.0.0.1:5000(/password/[\w-]+)", page).group(1)
    assert client.post(path, data={"password": "neu und sehr lang"}).status_code == 302
    assert log_in(client, "neu und sehr lang", "new@fund.example").status_code == 302
    assert admin.post(f"/settings/people/{user.id}/opening").status_code == 409
    me = db.session.query(User).filter_by(email="admin@fund.example").one()
    assert admin.post(f"/settings/people/{me.id}/closure").status_code == 409


def test_the_command_creates_a_person_and_prints_a_link(app) -> None:
    run = app.test_cli_runner().invoke
    made = run(args=["users", "create", "x@fund.example", "--name", "X", "--role", "partner"])
    assert made.exit_code == 0 and "/password/" in made.output
    for arguments in (
        ["x@fund.example", "--name", "X", "--role", "partner"],
        ["y@f.example", "--name", "Y", "--role", "boss"],
    ):
        refused = run(args=["users", "create", *arguments])
        assert refused.exit_code == 1 and refused.stderr
    assert run(args=["users", "create", "z@f.example"]).exit_code == 2


def test_one_sees_and_ends_ones_other_sessions(as_user) -> None:
    here, there = as_user("reader"), as_user("reader")
    assert here.get("/sessions").text.count("<tr>") == 3
    assert here.post("/sessions/end").status_code == 302
    assert here.get("/sessions").status_code == 200
    assert there.get("/sessions").status_code == 302
