"""Who may what, on every route: the matrix walks the URL map and fails on a route it does not know.

On data with a walled deal whose canary words must reach no wrong reader, in body or header.
"""

import datetime as dt
import io
import re
import zipfile

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from portfolio.companies import operations as companies
from portfolio.extensions import db, unit_of_work
from portfolio.meetings import operations as meetings
from portfolio.meetings.models import AgendaItem
from portfolio.people import access
from portfolio.people.models import User
from portfolio.people.policy import ROLES
from portfolio.pipeline import operations as pipeline
from tests import factories
from tests.conftest import settings_for

WAN = 10**6
CANARIES = ("金丝雀", "31337", "3.13亿", "kanarie")
EVERYBODY = frozenset(ROLES)
READERS = frozenset({"partner", "manager", "committee", "compliance", "reader"})
EXPORTERS = frozenset({"partner", "manager", "committee", "compliance"})
WRITERS = frozenset({"partner", "manager"})
ANYBODY = None  # works without log-in

# Endpoint -> the roles that get through its door (own objects are checked behind it).
DOORS = {
    "static": ANYBODY,
    "health.healthz": ANYBODY,
    "flows.index": {"admin"},
    "flows.version": {"admin"},
    "flows.carry": {"admin"},
    "flows.new": {"admin"},
    "flows.begin": {"admin"},
    "flows.draft": {"admin"},
    "flows.rows": {"admin"},
    "flows.inner": {"admin"},
    "flows.preview": {"admin"},
    "flows.touched_deals": {"admin"},
    "flows.publish": {"admin"},
    "flows.put_on": {"admin"},
    "flows.discard": {"admin"},
    "taxonomies.index": {"admin"},
    "taxonomies.drop": {"admin"},
    "taxonomies.discard": {"admin"},
    "taxonomies.put_on": {"admin"},
    "taxonomies.new_domain": {"admin"},
    "taxonomies.domain": {"admin"},
    "taxonomies.new_technology": {"admin"},
    "taxonomies.technology": {"admin"},
    "taxonomies.rename": {"admin"},
    "taxonomies.merge": {"admin"},
    "taxonomies.split": {"admin"},
    "taxonomies.use": {"admin"},
    "taxonomies.ask": {"admin"},
    "taxonomies.preview": {"admin"},
    "taxonomies.progress": {"admin"},
    "taxonomies.publication": {"admin"},
    "taxonomies.effects": {"admin"},
    "taxonomies.assign": {"admin"},
    "taxonomies.publish": {"admin"},
    "taxonomies.editions": EVERYBODY,
    "taxonomies.take_back": {"admin"},
    **dict.fromkeys(
        ("robots.index", "robots.new", "robots.show", "robots.trial"), frozenset({"admin"})
    ),
    "robots.switch_off": {"admin"},
    "robots.switch_on": {"admin"},
    "digest.missed": ANYBODY,
    "digest.index": EVERYBODY,
    "digest.own": EVERYBODY,
    "digest.pause": EVERYBODY,
    "digest.end_pause": EVERYBODY,
    "digest.schedules": {"admin"},
    "digest.new_schedule": {"admin"},
    "digest.schedule": {"admin"},
    "digest.trial": EVERYBODY,
    "digest.archive": EVERYBODY,
    "digest.send_again": EVERYBODY,
    "digest.cancel": {"admin"},
    "digest.preview": EVERYBODY,
    "digest.preview_content": EVERYBODY,
    "digest.part": EVERYBODY,
    "digest.number": EVERYBODY,
    "digest.event": EVERYBODY,
    "digest.show": EVERYBODY,
    "digest.content": EVERYBODY,
    "digest.unsubscribe": ANYBODY,
    "digest.unsubscribe_post": ANYBODY,
    "people.log_in": ANYBODY,
    "people.log_in_post": ANYBODY,
    "people.set_password": ANYBODY,
    "people.choose_language": ANYBODY,
    "people.choose_theme": ANYBODY,
    "people.log_out": EVERYBODY,
    "people.sessions": EVERYBODY,
    "people.end_others": EVERYBODY,
    "handover.own": EVERYBODY,
    "handover.of_person": EVERYBODY,  # behind it: who manages accounts, partners, one's own
    "people.settings": {"admin"},
    "people.everybody": {"admin"},
    "people.add_person": {"admin"},
    "people.set_roles": {"admin"},
    "people.close_account": {"admin"},
    "people.reopen_account": {"admin"},
    "people.new_link": {"admin"},
    "journal.undo": EVERYBODY,
    "audit.index": {"admin", "compliance"},
    "audit.chain": {"admin", "compliance"},
    "audit.as_csv": {"admin", "compliance"},
    "pipeline.desk": EVERYBODY,
    "pipeline.index": READERS,
    "pipeline.show": READERS,
    "pipeline.board": READERS,
    "pipeline.column": READERS,
    "pipeline.funnel": READERS,
    "pipeline.funnel_deals": READERS,
    "pipeline.funnel_share": EXPORTERS,
    "pipeline.funnel_csv": EXPORTERS,
    "pipeline.funnel_xlsx": EXPORTERS,
    "pipeline.card": READERS,
    "pipeline.bulk": WRITERS,
    "pipeline.walk": WRITERS,
    "pipeline.change_bulk": WRITERS,
    "records.change": WRITERS,
    "records.delete": WRITERS,
    "records.history": READERS,
    "records.set_back": WRITERS,
    "records.bin_": READERS,
    "records.mine": READERS,
    "pipeline.new": WRITERS,
    "pipeline.new_commitment": WRITERS,
    "pipeline.vehicles": {"admin"},
    "pipeline.vehicle": {"admin"},
    "agenda.index": EVERYBODY,
    "agenda.open_feed": EVERYBODY,
    "agenda.end_feed": EVERYBODY,
    "agenda.feed": ANYBODY,
    "holidays.index": {"admin"},
    "holidays.arrangement": {"admin"},
    "holidays.remove": {"admin"},
    "pipeline.edit": WRITERS,
    "pipeline.moves": WRITERS,
    "pipeline.check": WRITERS,
    "pipeline.verify": WRITERS,
    "pipeline.activities": WRITERS,
    "pipeline.tasks": WRITERS,
    "pipeline.attach": WRITERS,
    "pipeline.complete_task": WRITERS,
    "pipeline.documents": WRITERS,
    "pipeline.document": READERS,
    "pipeline.break_glass": {"compliance"},
    "pipeline.recusals": WRITERS,  # behind it: who may change the deal
    "pipeline.lift_recusal": WRITERS,
    "companies.index": READERS,
    "companies.show": READERS,
    "companies.search": READERS,
    "companies.document": READERS,
    "companies.new": WRITERS,
    "companies.edit": WRITERS,
    "companies.alike": WRITERS,
    "companies.duplicates": READERS,
    "companies.merge": WRITERS,
    "companies.merge_with": WRITERS,
    "companies.merged": READERS,
    "companies.tell_apart": WRITERS,
    "companies.withdraw": WRITERS,
    "companies.facts": WRITERS,
    "companies.figures": WRITERS,
    "intake.figure_years": WRITERS,
    "intake.paste_figures": WRITERS,
    "intake.state_years": WRITERS,
    "companies.answer_dispute": WRITERS,
    "companies.contacts": WRITERS,
    "companies.activities": WRITERS,
    "companies.tasks": WRITERS,
    "companies.complete_task": WRITERS,
    "companies.documents": WRITERS,
    "companies.patents": WRITERS,
    "companies.share": {"partner", "manager", "committee", "compliance"},
    "companies.as_csv": EXPORTERS,
    "companies.figures_as_csv": EXPORTERS,
    "companies.figures_as_xlsx": EXPORTERS,
    "companies.as_xlsx": {"partner", "manager", "committee", "compliance"},
    "committee.share": {"partner", "manager", "committee", "compliance"},
    "committee.as_csv": EXPORTERS,
    "committee.as_xlsx": {"partner", "manager", "committee", "compliance"},
    "committee.index": {"partner", "committee", "compliance"},
    "meetings.index": EVERYBODY,  # behind it: who attends, or reads the committee's work
    "meetings.show": EVERYBODY,
    "meetings.new": {"partner"},
    "meetings.edit": {"partner"},
    "meetings.cancel": {"partner"},
    "meetings.conclude": {"partner"},
    "meetings.found": {"partner"},
    "meetings.put_on": {"partner"},
    "meetings.put_on_from_deal": {"partner"},
    "meetings.item": {"partner"},
    "meetings.take_off": {"partner"},
    "meetings.order": {"partner"},
    "readiness.company": READERS,
    "readiness.tree": READERS,
    "readiness.judgement": READERS,
    "readiness.recognition": READERS,
    "reports.report": READERS,
    "reports.as_pdf": EXPORTERS,
    "reports.index": EXPORTERS,
    "reports.order": EXPORTERS,
    "reports.batch": EXPORTERS,  # behind it: one's own alone
    "reports.progress": EXPORTERS,
    "reports.as_zip": EXPORTERS,
    "readiness.recognised_by": READERS,
    "readiness.recognise": WRITERS,
    "readiness.revoke": WRITERS,
    "readiness.judge": WRITERS,
    "readiness.withdraw": WRITERS,
    "readiness.what_if": READERS,
    "readiness.suppose": READERS,  # writes nothing
    "readiness.moved": READERS,
    "readiness.when": READERS,
    "readiness.assume": READERS,  # writes nothing
    "readiness.arrived": READERS,
    "readiness.scenarios": READERS,
    "readiness.scenario": READERS,
    "readiness.save_scenario": WRITERS,
    "readiness.revise_scenario": WRITERS,
    "readiness.rename_scenario": WRITERS,
    "readiness.delete_scenario": WRITERS,
    "readiness.index": READERS,
    "readiness.path": READERS,
    "readiness.questions": READERS,
    "readiness.as_csv": EXPORTERS,
    "readiness.versions": READERS,
    "readiness.version": READERS,
    "readiness.foresee": WRITERS,
    "readiness.version_as_csv": EXPORTERS,
    "readiness.version_as_xlsx": EXPORTERS,
    "readiness.as_xlsx": EXPORTERS,
    "chokepoint.taxonomy": EVERYBODY,
    "chokepoint.index": READERS,
    "coverage.technology": READERS,
    "coverage.figures": READERS,
    "coverage.rows": READERS,
    "coverage.months": READERS,
    "chokepoint.tag": WRITERS,
    "chokepoint.suggest": WRITERS,
    "chokepoint.reject": WRITERS,
    "chokepoint.claim": READERS,
    "chokepoint.claims": READERS,
    "chokepoint.add_evidence": WRITERS,
    "chokepoint.withdraw_evidence": WRITERS,
    "chokepoint.read_again": WRITERS,
    "chokepoint.review": WRITERS,
    "chokepoint.review_cards": WRITERS,
    "chokepoint.decide": WRITERS,
    "chokepoint.undo_decision": WRITERS,
    "chokepoint.suggest_all": WRITERS,
    "chokepoint.suggesting": WRITERS,
    "intake.index": WRITERS,
    "intake.upload": WRITERS,
    "intake.preview": WRITERS,
    "intake.remap": WRITERS,
    "intake.mapping": WRITERS,
    "intake.confirm": WRITERS,
    "intake.give_up": WRITERS,
    "intake.rekind": WRITERS,
    "intake.choose": WRITERS,
    "intake.progress": WRITERS,
    "intake.take_back": WRITERS,
    "intake.rejected_csv": WRITERS,
    "intake.rejected_xlsx": WRITERS,
}


def door(endpoint: str):
    return DOORS[endpoint]


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """(method, endpoint, path with the objects of the walled deal)."""
    found = []
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            path = re.sub(r"<int:[^>]+>", "1", rule.rule)
            path = path.replace("<stage_key>", "lead").replace("<path:filename>", "logo.svg")
            found.append((method, rule.endpoint, re.sub(r"<[^>]+>", "x", path)))
    return found


@pytest.fixture
def house(app, cast) -> User:
    """A walled deal, number 1, with canaries in its name, terms, notes, tasks and documents."""
    now = dt.datetime.now(dt.UTC)
    owner = cast["manager"]
    company = factories.company(owner, name_zh="青岛平常有限公司")
    terms = {"amount_fen": 31337 * WAN, "lead_investor": "金丝雀资本"}
    deal = factories.deal(owner, now, name="金丝雀一号", walled=True, company=company, terms=terms)
    assert deal.id == 1
    with unit_of_work("seed", owner):
        pipeline.change(deal, {"risks": "金丝雀风险", "next_step": "金丝雀下一步"}, owner, now)
        companies.note_activity("金丝雀记录", "note", owner, now, deal_id=deal.id)
        companies.add_task("金丝雀待办", owner.id, owner, now, deal_id=deal.id)
        companies.keep_document(b"kanarie", "金丝雀.pdf", "", owner, now, deal_id=deal.id)
    plain = factories.deal(cast["outsider"], now, name="寻常项目")
    begins = now + dt.timedelta(days=7)
    values = {"kind": "ic", "starts_at": begins, "ends_at": begins + dt.timedelta(hours=1)}
    with unit_of_work("seed", cast["partner"]):
        meeting = meetings.plan(values, [owner.id, cast["reader"].id], cast["partner"], now)
        for turn, on in enumerate((deal, plain), start=1):
            item = AgendaItem(meeting_id=meeting.id, deal_id=on.id, turn=turn, ask="decision")
            item.minutes, item.presenter_id = 30, on.owner_id
            db.session.add(item)
    return owner


def unpacked(content: bytes) -> bytes:
    """What stands inside a workbook, whose words are packed."""
    if not content.startswith(b"PK"):
        return b""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def send(client: FlaskClient, method: str, path: str):
    return client.open(path, method=method, data={} if method != "GET" else None)


def test_every_route_has_a_line_in_the_table(app) -> None:
    unknown = {e for _, e, _ in routes(app) if e not in DOORS}
    gone = set(DOORS) - {e for _, e, _ in routes(app)}
    assert not unknown, "say who may use it"
    assert not gone


def test_without_log_in_only_the_open_routes_answer(app, client, house) -> None:
    for method, endpoint, path in routes(app):
        answer = send(client, method, path)
        if door(endpoint) is ANYBODY:
            assert answer.status_code not in (401, 403), path
        elif method == "GET":
            assert answer.status_code == 302 and "/login" in answer.location, path
        else:
            assert answer.status_code == 401, path
        answer.close()


@pytest.mark.parametrize("role", sorted(ROLES))
def test_each_role_gets_through_its_own_doors_alone(app, as_user, house, role) -> None:
    name = "outsider" if role == "manager" else role
    for method, endpoint, path in routes(app):
        if endpoint in {"people.log_out", "people.set_roles", "people.close_account"}:
            continue  # they would end the session that asks
        allowed = door(endpoint)
        answer = send(as_user(name), method, path)
        through = allowed is ANYBODY or role in allowed
        if through:
            assert answer.status_code != 403 or endpoint.startswith("pipeline."), (method, path)
        else:
            assert answer.status_code == 403, (method, path, answer.status_code)
        assert answer.status_code < 500, (method, path)
        answer.close()


@pytest.mark.parametrize(
    "name", ["outsider", "partner", "committee", "reader", "admin", "compliance"]
)
def test_no_canary_of_a_walled_deal_reaches_a_wrong_reader(app, as_user, house, name) -> None:
    client = as_user(name)
    paths = [path for method, _, path in routes(app) if method == "GET"]
    paths += [
        "/deals?sort=-amount",
        "/deals?q=%E9%87%91%E4%B8%9D",
        "/board?mine=1",
        "/audit?object=deal&id=1",
        "/audit.csv?object=document",
        "/deals/1?as_of=2020-01-01",
        "/companies/1?as_of=2020-01-01",
        "/agenda",
    ]
    for path in paths:
        with client.get(path) as answer:
            said = answer.get_data() + unpacked(answer.get_data()) + str(answer.headers).encode()
        text = said.decode("utf-8", "replace").replace("q=%E9%87%91%E4%B8%9D", "")
        for canary in CANARIES:
            assert canary not in text, (name, path, canary)


def test_the_team_sees_its_walled_deal(as_user, house) -> None:
    client = as_user("manager")
    for path in ("/deals", "/deals/1", "/", "/deals.csv", "/meetings/1"):
        assert "金丝雀" in client.get(path).text, path
    assert 'data-deal="1"' in client.get("/board").text
    assert "金丝雀".encode() in unpacked(client.get("/deals.xlsx").get_data())


def test_every_unsafe_route_wants_a_token_from_its_own_form(database_url, tmp_path) -> None:
    app = create_app(settings_for(tmp_path, database_url) | {"WTF_CSRF_ENABLED": True})
    with app.app_context():
        client = app.test_client()
        exempt = {"digest.unsubscribe_post"}  # mail programs send it, signed by its token
        for method, endpoint, path in routes(app):
            if method == "GET" or endpoint in exempt:
                continue
            assert send(client, method, path).status_code == 400, path
        db.session.remove()
        db.engine.dispose()


def test_another_sites_form_is_refused(client) -> None:
    sent = {"locale": "en", "back": "/login"}
    assert (
        client.post("/language", data=sent, headers={"Origin": "https://evil.example"}).status_code
        == 403
    )
    assert (
        client.post("/language", data=sent, headers={"Sec-Fetch-Site": "cross-site"}).status_code
        == 403
    )
    assert (
        client.post("/language", data=sent, headers={"Origin": "http://localhost"}).status_code
        == 302
    )


def test_looking_at_pages_changes_nothing_but_the_trail(app, as_user, house) -> None:
    client = as_user("reader")
    tables = [
        t
        for t in db.metadata.sorted_tables
        if t.name not in {"audit_entry", "audit_head", "user_session"}
    ]

    def dump() -> dict:
        return {t.name: [tuple(r) for r in db.session.execute(t.select())] for t in tables}

    before = dump()
    for method, endpoint, path in routes(app):
        if method == "GET" and endpoint != "static":
            client.get(path).close()
    db.session.rollback()
    assert dump() == before


def test_every_answer_carries_the_strict_policy(client, as_user, house) -> None:
    for answer in (
        client.get("/login"),
        as_user("reader").get("/deals/99"),
        client.get("/static/logo.svg"),
    ):
        assert answer.headers["Content-Security-Policy"].startswith(
            "default-src 'self'; script-src 'self'; style-src 'self'"
        )
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        answer.close()


def test_a_route_without_a_declared_policy_stops_the_start(app) -> None:
    app.view_functions["odd"] = lambda: ""
    app.url_map.add(app.url_rule_class("/odd", endpoint="odd"))
    with pytest.raises(RuntimeError, match="odd"):
        access.require_declared(app)
