"""The deal page as the system knew it on a past day: the same day later gives the same page."""

import datetime as dt
import random
import re
from io import BytesIO

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import make_transient

from portfolio.audit import past_queries
from portfolio.chokepoint.taxonomy import shipped
from portfolio.companies import operations as records
from portfolio.companies.models import Activity, Company, Document, Task
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.dates import SHANGHAI, local_date
from portfolio.pipeline import check_operations as checks
from portfolio.pipeline import operations as pipeline
from portfolio.pipeline import past_queries as past
from portfolio.pipeline.gate_queries import checks_of
from portfolio.pipeline.gates import CheckAnswer, CheckState
from portfolio.pipeline.models import Deal, PipelineVersion
from portfolio.pipeline.queries import pipeline_of
from portfolio.pipeline.stages import Move
from portfolio.web.past import end_of
from tests import factories

DAY = dt.timedelta(days=1)
# Noon of the day it is in Shanghai, which in the evening of UTC is the next already.
NOON = dt.datetime.combine(local_date(dt.datetime.now(dt.UTC)), dt.time(12), SHANGHAI)
OPENED = NOON - 30 * DAY
WAN = 10**6


@pytest.fixture
def deal(cast):
    manager = cast["manager"]
    factories.vehicle()
    with unit_of_work("company.register", manager, at=OPENED):
        company = records.register({"name_zh": "青岛甲公司"}, manager, OPENED)
    with unit_of_work("deal.open", manager, at=OPENED):
        return factories.deal(
            manager, OPENED, company=company, name="初名", terms={"amount_fen": 111 * WAN}
        )


class Changing:
    """Random changes of a deal and of what hangs on it, all dated to one day."""

    def __init__(self, deal: Deal, cast, seed: int) -> None:
        self.deal, self.cast, self.rng = deal, cast, random.Random(seed)
        self.gone: list[Activity] = []
        self.step = 0

    def change(self, day: dt.datetime) -> None:
        self.step += 1
        name = self.rng.choice([n for n in dir(self) if n.startswith("do_")])
        at = day + dt.timedelta(seconds=self.step)
        with unit_of_work(name, self.cast["manager"], at=at):
            getattr(self, name)(at)

    def word(self) -> str:
        return f"字{self.rng.randrange(10**6)}"

    def pick(self, model):
        rows = db.session.scalars(sa.select(model).where(model.deal_id == self.deal.id)).all()
        return self.rng.choice(rows) if rows else None

    def do_change(self, at) -> None:
        self.deal.name, self.deal.risks, self.deal.updated_at = self.word(), self.word(), at

    def do_terms(self, at) -> None:
        terms = {"amount_fen": self.rng.randrange(900) * WAN, "lead_investor": self.word()}
        pipeline.state_terms(self.deal, terms, self.cast["manager"], at)

    def do_move(self, at) -> None:
        kind = "resume" if self.deal.status == "on_hold" else self.rng.choice(["forward", "hold"])
        why = factories.WHY_HELD if kind == "hold" else {}
        wanted = Move(kind, **why, revisit_on=(at + 20 * DAY).date())
        try:
            if kind == "forward":
                factories.ready(self.deal, self.cast["manager"], now=at)
            pipeline.move(self.deal, wanted, self.cast["manager"], at)
        except ValueError:
            self.do_change(at)

    def do_check(self, at) -> None:
        flow = pipeline_of(db.session.get_one(PipelineVersion, self.deal.pipeline_id))
        item = self.rng.choice(["l01", "l02", "f01"])
        given = {item: CheckAnswer(CheckState.DONE, self.word())}
        checks.answer(self.deal, flow, given, self.cast["manager"], at)

    def do_verify(self, at) -> None:
        flow = pipeline_of(db.session.get_one(PipelineVersion, self.deal.pipeline_id))
        said = checks_of(self.deal.id)
        known = [i for i in ("l01", "l02", "f01") if i in said and not said[i].verified_by_id]
        checks.verify(self.deal, flow, known[:1], self.cast["partner"], at)

    def do_team(self, at) -> None:
        people = [p.id for p in self.cast.values()]
        team = self.rng.sample(people, 3)
        pipeline.set_team(self.deal, team, self.cast["manager"].id, at)

    def do_note(self, at) -> None:
        records.note_activity(self.word(), "note", self.cast["manager"], at, deal_id=self.deal.id)

    def do_rewrite_note(self, at) -> None:
        if note := self.pick(Activity):
            note.text = self.word()

    def do_delete_note(self, at) -> None:
        if note := self.pick(Activity):
            db.session.delete(note)
            db.session.flush()
            self.gone.append(note)

    def do_restore_note(self, at) -> None:
        if self.gone:
            note = self.gone.pop()
            make_transient(note)
            if db.session.get(Activity, note.id) is None:  # its number may be taken meanwhile
                db.session.add(note)

    def do_task(self, at) -> None:
        person = self.rng.choice(list(self.cast.values()))
        records.add_task(self.word(), person.id, person, at, deal_id=self.deal.id)

    def do_finish(self, at) -> None:
        if task := self.pick(Task):
            task.done_at = at

    def do_document(self, at) -> None:
        known = self.pick(Document) if self.rng.random() < 0.5 else None
        content, name = self.word().encode(), self.word()
        records.keep_document(
            content, name, "", self.cast["manager"], at, deal_id=self.deal.id, document=known
        )

    def do_delete_document(self, at) -> None:
        if document := self.pick(Document):
            db.session.delete(document)

    def do_company(self, at) -> None:
        company = db.session.get_one(Company, self.deal.company_id)
        records.update(company, {"name_zh": self.word()}, at)

    def do_tag(self, at) -> None:
        factories.claimed(
            self.deal.company_id,
            self.rng.choice(sorted(shipped().technologies)[:4]),
            "E2",
            self.cast["manager"],
            at,
        )


def live(deal: Deal) -> dict:
    """What the tables say today, in the shape of what is read back."""
    found = {"deal": past_queries.columns_now(deal)}
    for model in past.KINDS:
        rows = db.session.scalars(sa.select(model).where(model.deal_id == deal.id))
        found[model.__audit__] = {row.id: past_queries.columns_now(row) for row in rows}
    versions = db.session.scalars(
        sa.select(Document).where(Document.deal_id == deal.id).order_by(Document.id.desc())
    )
    found["kept"] = [(d.title, [v.sha256 for v in d.versions[::-1]]) for d in versions]
    return found


def back(deal_id: int, instant: dt.datetime) -> dict:
    then = past.deal_as_known(deal_id, instant)
    kinds = past._hanging_on(deal_id, instant)
    found = {"deal": past_queries.columns_of(Deal, then.deal)}
    for model, rows in kinds.items():
        found[model.__audit__] = {row.id: past_queries.columns_of(model, row) for row in rows}
    found["kept"] = [(d.title, [v.sha256 for v in d.versions]) for d in then.documents]
    return found


def page_of(client, path: str) -> str:
    text = client.get(path).text
    return re.sub(r'name="csrf[^>]*>|content="[^"]*"', "", text)


@pytest.mark.parametrize("seed", range(4))
def test_the_same_day_later_gives_the_same_deal_and_the_same_pages(
    cast, deal, as_user, seed
) -> None:
    client = as_user("partner")
    changing = Changing(deal, cast, seed)
    seen = {}
    for n in range(1, 4):
        day = OPENED + n * 5 * DAY
        for _ in range(14):
            changing.change(day)
        instant, as_of = end_of(day.date()), f"?as_of={day:%Y-%m-%d}"
        paths = f"/deals/{deal.id}{as_of}", f"/companies/{deal.company_id}{as_of}"
        assert back(deal.id, instant) == live(deal)
        seen[instant] = live(deal), {path: page_of(client, path) for path in paths}
        for known_at, (state, pages) in seen.items():
            assert back(deal.id, known_at) == state
            for path, page in pages.items():
                assert page_of(client, path) == page


def test_the_page_of_a_past_day_has_a_banner_and_nothing_to_change(cast, deal, as_user) -> None:
    later = OPENED + 9 * DAY
    with unit_of_work("deal.change", cast["manager"], at=later):
        deal.name, deal.next_step = "改名", "下一步走访"
        pipeline.state_terms(deal, {"amount_fen": 222 * WAN}, cast["manager"], later)
        factories.advance(deal, cast["manager"], now=later)
        records.add_task("后来的待办", cast["manager"].id, cast["manager"], later, deal_id=deal.id)
    client = as_user("manager")
    then = client.get(f"/deals/{deal.id}?as_of={OPENED + DAY:%Y-%m-%d}").text
    assert "系统在" in then and "初名" in then and "111万" in then
    for word in (
        "改名",
        "222万",
        "下一步走访",
        "后来的待办",
        'method="post" action="/deals',
        "/edit",
    ):
        assert word not in then, word
    now = client.get(f"/deals/{deal.id}").text
    for word in ("改名", "222万", "下一步走访", "后来的待办", 'name="as_of"'):
        assert word in now, word


def test_a_looked_at_deal_still_has_a_past(cast, deal, as_user) -> None:
    with unit_of_work("deal.change", cast["manager"]):
        deal.walled = True
    client = as_user("manager")
    day = f"{OPENED + DAY:%Y-%m-%d}"
    for _ in range(3):
        page = client.get(f"/deals/{deal.id}?as_of={day}").text
        assert "初名" in page and "111万" in page
    assert as_user("outsider").get(f"/deals/{deal.id}?as_of={day}").status_code == 404


def test_odd_days_get_a_clear_answer(cast, deal, as_user) -> None:
    client = as_user("manager")
    before = client.get(f"/deals/{deal.id}?as_of={OPENED - DAY:%Y-%m-%d}")
    assert before.status_code == 200 and "尚未立项" in before.text and "初名" not in before.text
    for text, words in (
        ("2999-01-01", "2999-01-01 尚未到来"),
        ("2026-02-30", "日历上没有这一天"),
        ("gestern", "写成 2026-03-31"),
        ("9" * 400, "写成 2026-03-31"),
    ):
        answer = client.get(f"/deals/{deal.id}?as_of={text}")
        assert answer.status_code == 422 and words in answer.text, text
        assert 'aria-invalid="true"' in answer.text.partition('class="columns"')[0]
        assert answer.text.count('id="as_of"') == 1
    assert client.get(f"/deals/{deal.id}?as_of={NOON:%Y-%m-%d}").status_code == 200


def test_the_terms_of_a_past_day_are_for_readers_of_terms(cast, deal, as_user) -> None:
    page = as_user("reader").get(f"/deals/{deal.id}?as_of={OPENED + DAY:%Y-%m-%d}").text
    assert "初名" in page and "111" not in page


def test_papers_are_kept_in_versions_and_handed_out(cast, deal, as_user) -> None:
    client = as_user("manager")
    url = f"/deals/{deal.id}/documents"

    def send(content: bytes, terms: bool = True, title: str = "投资协议") -> None:
        data = {"title": title, "file": (BytesIO(content), "协议.pdf")} | (
            {"terms": "y"} if terms else {}
        )
        assert client.post(url, data=data).status_code == 302

    send(b"one", terms=False)
    send(b"two", terms=True)
    send(b"open", terms=False, title="访谈纪要")
    page = client.get(f"/deals/{deal.id}").text
    assert "投资协议" in page and "v2" in page and "访谈纪要" in page
    versions = [v.id for d in db.session.scalars(sa.select(Document)) for v in d.versions]
    for version, content in zip(versions, (b"one", b"two", b"open"), strict=True):
        with client.get(f"{url}/{version}") as answer:
            assert answer.data == content
    reader = as_user("reader")
    page = reader.get(f"/deals/{deal.id}").text
    assert "访谈纪要" in page and "投资协议" not in page
    for version, status in zip(versions, (404, 404, 200), strict=True):
        with reader.get(f"{url}/{version}") as answer:
            assert answer.status_code == status
    assert as_user("outsider").post(url, data={}).status_code == 403
    assert client.post(url, data={"title": "空"}).status_code == 422
    other = factories.deal(cast["manager"])
    assert client.get(f"/deals/{other.id}/documents/{versions[0]}").status_code == 404


def test_papers_of_a_walled_deal_are_for_its_team_and_each_download_is_kept(
    cast, deal, as_user
) -> None:
    with unit_of_work("seed"):
        deal.walled = True
        version = records.keep_document(b"x", "x.pdf", "", None, OPENED, deal_id=deal.id)
    path = f"/deals/{deal.id}/documents/{version.id}"
    for name in ("outsider", "partner", "reader", "compliance", "committee"):
        assert as_user(name).get(path).status_code == 404, name
    looks = "SELECT count(*) FROM audit_entry WHERE action = 'deal.look'"
    before = db.session.scalar(sa.text(looks))
    with as_user("manager").get(path) as answer:
        assert answer.data == b"x"
    assert db.session.scalar(sa.text(looks)) == before + 1
