"""Terms are fields that a role may be denied: on no page, in no file, mail or order do they show.

Canary values stand in every field that is a term; each reader walks every address there is, in both
languages, and takes home every file and mail they can get.
"""

import datetime as dt
import io
import zipfile

import pytest
import sqlalchemy as sa

from portfolio.companies import operations as companies
from portfolio.companies.models import TERMS, EquityRound
from portfolio.digest import content_queries, template_letters
from portfolio.digest import queries as digests
from portfolio.digest import schedule_queries as digest_schedules
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.dates import local_date
from portfolio.people import operations as people
from portfolio.pipeline import check_operations as checks
from portfolio.pipeline import operations as pipeline
from portfolio.pipeline import queries
from portfolio.pipeline.gates import CheckAnswer, CheckState
from portfolio.pipeline.models import Deal, GrantKind, Holding, PipelineVersion, Vehicle
from tests import factories
from tests.architecture.test_permissions import routes

WAN = 10**6
NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)
OPENED = NOW - 10 * DAY
# In 万元, each found in one field alone.
DEAL = {"amount_fen": 4117, "round_size_fen": 7219, "pre_money_fen": 8329}
EARLIER = 1993
ROUND = {"amount_fen": 2663, "pre_money_fen": 3779, "post_money_fen": 4889}
HELD = {"cost_fen": 5449, "value_fen": 6553}
POST = DEAL["pre_money_fen"] + DEAL["round_size_fen"]
STAKE = "26.4793"  # 4117 / 15548 in percent
NAMES = ("隼领投资本", "鹫领投资本", "鹰投资条款书", "雕原领投")
# Who may read the terms of the deal and of its company, and who sees both without them.
INSIDERS = ("manager", "colleague", "partner", "compliance", "on_agenda")
OUTSIDERS = ("outsider", "reader", "admin", "off_agenda", "recused", "recused_partner", "both")


def written(wan: int) -> set[str]:
    """An amount in every way that a page, a file or a mail may write it."""
    yuan = wan * 10_000
    return {
        f"{wan}.00",
        f"{wan}万",
        f"{wan:,}万",
        f"{yuan:,}",
        str(yuan),
        f"CNY {yuan / 10**6:g}m",
        f"{yuan / 10**8:.2f}亿".replace(".00", ""),
    } - {f"{0:.2f}亿"}


AMOUNTS = {
    word
    for wan in (*DEAL.values(), EARLIER, *ROUND.values(), *HELD.values(), POST)
    for word in written(wan)
    if not word.startswith("0.")
}
HELD_STAKE = "61.73%"
CANARIES = {*AMOUNTS, STAKE, HELD_STAKE, *NAMES}


@pytest.fixture
def house(cast):
    """A deal and its company, number 1 each, with a canary in every term."""
    owner = cast["manager"]
    more = {
        "on_agenda": ["committee"],
        "off_agenda": ["committee"],
        "recused": ["committee"],
        "recused_partner": ["partner"],
        "both": ["admin", "manager"],
    }
    with unit_of_work("user.create", at=OPENED):
        for name, roles in more.items():
            cast[name] = people.create_user(f"{name}@fund.example", name, roles, OPENED)
    factories.vehicle()
    with unit_of_work("company.register", owner, at=OPENED):
        company = factories.company(owner, OPENED, name_zh="青岛平常有限公司")
        deal = factories.deal(
            owner,
            OPENED,
            company=company,
            name="平常一号",
            team=[cast["colleague"].id],
            terms={"amount_fen": EARLIER * WAN, "lead_investor": "雕原领投"},
        )
        assert deal.id == company.id == 1
        terms = {name: wan * WAN for name, wan in DEAL.items()} | {"lead_investor": NAMES[0]}
        pipeline.state_terms(deal, terms, owner, OPENED)
        companies.keep_document(
            b"x", f"{NAMES[2]}.pdf", "", owner, OPENED, kind=TERMS, deal_id=deal.id
        )
        values = {name: wan * WAN for name, wan in ROUND.items()}
        db.session.add(
            EquityRound(
                company_id=company.id,
                round="angel",
                recorded_at=OPENED,
                lead_investor=NAMES[1],
                **values,
            )
        )
        held = {name: wan * WAN for name, wan in HELD.items()}
        vehicle = db.session.scalars(sa.select(Vehicle)).one()
        db.session.add(
            Holding(
                vehicle_id=vehicle.id,
                company_id=company.id,
                deal_id=deal.id,
                recorded_at=OPENED,
                stake_micro=61_730_000,
                **held,
            )
        )
        for name in ("on_agenda", "recused"):
            pipeline.grant(deal, cast[name].id, GrantKind.AGENDA, OPENED)
        for name in ("recused", "recused_partner"):
            pipeline.grant(deal, cast[name].id, GrantKind.RECUSED, OPENED)
    factories.advance(deal, owner, now=NOW)
    flow = queries.pipeline_of(db.session.get_one(PipelineVersion, deal.pipeline_id))
    with unit_of_work("check.answer", owner):
        proof = CheckAnswer(
            CheckState.DONE, "鹫领投资本 4117万", "https://files.example/鹰投资条款书"
        )
        checks.answer(deal, flow, {"i05": proof}, owner, NOW)
    return deal


def addresses(app) -> list[str]:
    """Every address that answers a GET, with what lists can be asked for."""
    day = f"{local_date(NOW) - DAY:%Y-%m-%d}"
    more = [
        f"/deals/1?as_of={day}",
        f"/companies/1?as_of={day}",
        *(
            f"/deals?sort={sign}{key}"
            for key in ("amount", "name", "entered")
            for sign in ("", "-")
        ),
        "/deals?q=4117",
        "/deals?q=隼领投资本",
        "/search?q=鹫领投",
        "/board?pipeline=direct&mine=1",
        *(f"/audit?object={kind}" for kind in ("deal_terms", "equity_round", "holding", "deal")),
        "/audit.csv?object=deal_terms",
        "/deals.csv?sort=-amount",
    ]
    return [path for method, _, path in routes(app) if method == "GET"] + more


def said(answer) -> str:
    """Everything an answer says: a workbook is unpacked."""
    data = answer.get_data()
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            data = b"\n".join(book.read(name) for name in book.namelist())
    return data.decode("utf-8", "replace") + str(answer.headers)


def mails(user) -> str:
    """The digest of this reader: subject, text and HTML."""
    digest = content_queries.digest_for(user, "2026-W48", OPENED - DAY, NOW + DAY)
    words = template_letters.written(digest, user, digest_schedules.weekly().id)
    return "\n".join((words.subject, words.text, words.html))


@pytest.mark.parametrize("locale", ["zh", "en"])
@pytest.mark.parametrize("name", OUTSIDERS)
def test_no_term_reaches_a_reader_who_is_denied_them(
    app, as_user, cast, house, name, locale
) -> None:
    with unit_of_work("user.preference"):
        cast[name].locale = locale
    client = as_user(name)
    for path in addresses(app):
        with client.get(path) as answer:
            text = said(answer).replace("隼领投资本</title", "")
        asked = path.partition("q=")[2]
        found = {canary for canary in CANARIES if canary in text and canary not in asked}
        assert not found, (path, found)
    assert not {canary for canary in CANARIES if canary in mails(cast[name])}


@pytest.mark.parametrize("name", OUTSIDERS)
def test_no_answer_to_a_form_tells_a_term(app, as_user, house, name) -> None:
    client = as_user(name)
    for method, endpoint, path in routes(app):
        if method == "GET" or endpoint in {"people.log_out", "people.end_others"}:
            continue
        for accept in ("text/html", "application/json"):
            with client.open(path, method=method, data={}, headers={"Accept": accept}) as answer:
                text = said(answer)
            assert not {canary for canary in CANARIES if canary in text}, path


@pytest.mark.parametrize("name", INSIDERS)
def test_those_who_may_read_them_do(as_user, cast, house, name) -> None:
    client = as_user(name)
    page = client.get("/deals/1").text
    for word in ("4,117万", "7,219万", "8,329万", "1.55亿", NAMES[0], NAMES[2]):
        assert word in page, word
    page = client.get("/companies/1").text
    for word in ("2,663万", "4,889万", NAMES[1], "5,449万", "6,553万", HELD_STAKE):
        assert word in page, word
    file = client.get("/deals.csv").text
    assert "4117.00" in file and STAKE in file and NAMES[0] in file
    assert name == "compliance" or "4,117万" in mails(cast[name]), "who is told of moves at all"


def test_an_order_by_amount_shows_nothing_of_amounts_that_are_hidden(as_user, cast, house) -> None:
    others = [factories.deal(cast["manager"], NOW, name=f"第{n}") for n in range(4)]

    def orders(name: str) -> list[list[int]]:
        found = []
        for sort in ("amount", "-amount"):
            page = as_user(name).get(f"/deals?sort={sort}").text
            places = {page.find(f'href="/deals/{deal.id}"'): deal.id for deal in others}
            found.append([places[place] for place in sorted(places)])
        return found

    def state(amounts: tuple[int, ...]) -> None:
        with unit_of_work("deal.change", cast["manager"]):
            for deal, amount in zip(others, amounts, strict=True):
                pipeline.state_terms(deal, {"amount_fen": amount}, cast["manager"], NOW)

    state((3, 1, 4, 2))
    before = {name: orders(name) for name in ("outsider", "reader", "both", "partner")}
    state((2, 4, 1, 3))
    for name in ("outsider", "reader", "both"):
        assert orders(name) == before[name]
    assert orders("partner") != before["partner"]


def test_counts_and_sums_of_the_board_leave_hidden_amounts_out(as_user, cast, house) -> None:
    own = factories.deal(cast["outsider"], NOW, name="自己的", terms={"amount_fen": 11 * WAN})
    page = as_user("outsider").get("/board").text
    assert "11万" in page and "4,128万" not in page
    assert db.session.get_one(Deal, own.id).amount_fen == 11 * WAN


def test_a_mail_composed_before_the_right_was_lost_is_not_sent(cast, house) -> None:
    """The mail names its deals with their amounts: who may no longer read these gets another."""
    digest = content_queries.digest_for(cast["colleague"], "2026-W48", OPENED - DAY, NOW + DAY)
    mentions = digests.mentions_of(digest)
    assert digests.still_open(cast["colleague"], mentions)
    with unit_of_work("deal.change", cast["manager"]):
        pipeline.set_team(house, [], cast["manager"].id, NOW)
    assert not digests.still_open(cast["colleague"], mentions)
