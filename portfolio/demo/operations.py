"""Loading the demo through the slices' own operations, so that events and audit are real."""

import datetime as dt
import random
import tomllib
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from portfolio.companies import operations as companies
from portfolio.companies.models import Company, Contact, EquityRound
from portfolio.companies.operations import Statement
from portfolio.demo import walk_operations
from portfolio.demo.digest_operations import choose_times, go_on_leave, send_past
from portfolio.demo.figures import invent
from portfolio.demo.flow_operations import edit_pipeline
from portfolio.demo.history import NOTES
from portfolio.demo.holding_operations import enter_holdings
from portfolio.demo.meeting_operations import hold_meetings
from portfolio.demo.paper_operations import keep_papers
from portfolio.demo.robot_operations import enter_robot
from portfolio.demo.scenario_operations import keep_scenarios
from portfolio.demo.survey_operations import answer_survey
from portfolio.demo.tag_operations import enter_tags
from portfolio.demo.taxonomy_operations import edit_taxonomy
from portfolio.demo.text_operations import enter_texts
from portfolio.demo.title_operations import enter_titles
from portfolio.demo.twin_operations import enter_twins
from portfolio.demo.walk_operations import Plan
from portfolio.demo.week_operations import assess_anew, enter_leads, restate, take_files
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.dates import local_date
from portfolio.kernel.errors import InputError
from portfolio.kernel.uscc import check_character
from portfolio.people import operations as people
from portfolio.people.models import User
from portfolio.pipeline import operations as pipeline
from portfolio.pipeline import queries as deals
from portfolio.pipeline import vehicle_operations
from portfolio.pipeline.models import KINDS, Deal, GrantKind, PipelineVersion, Vehicle
from portfolio.readiness.foresight_operations import foresee
from portfolio.readiness.successions import coming, past

FILE = Path(__file__).with_name("story.toml")
PASSWORD = "look-around-2026"  # noqa: S105 - printed by `make run`; production loads no demo
DAY = dt.timedelta(days=1)
FAMILY = "王李张刘陈杨赵黄周吴徐孙马朱胡林郭何高罗"
GIVEN = [
    "海峰",
    "志远",
    "文博",
    "思源",
    "立群",
    "晓东",
    "雨桐",
    "建华",
    "明哲",
    "子墨",
    "欣然",
    "浩然",
    "佳宁",
    "振宇",
    "书恒",
]
SOURCES = ("referral", "accelerator", "roadshow", "subfund", "government", "university")
ENDINGS = ("",) * 13 + ("hold", "reject", "reject", "withdraw", "reopen")
# Deals that a partner moved on with conditions open, and one that skipped a stage.
OVERRIDDEN = frozenset({6, 9, 27})
SKIPPED = frozenset({2})
ROUNDS = ("angel", "angel", "pre_a", "a", "seed")


def story() -> dict[str, Any]:
    """The story's data."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def refuse_unless_empty() -> None:
    """The demo never mixes with real data."""
    if db.session.scalar(sa.select(sa.func.count()).select_from(User)):
        raise InputError("demo.not_empty")


def load(seed: int, now: dt.datetime) -> dict[str, int]:
    """Load the story: people, vehicles, about 60 companies, 90 deals over a year. Answers counts.

    Everything is dated relative to `now`, so that the demo looks alive on any day.
    """
    rng = random.Random(seed)  # noqa: S311 - invented data
    told = story()
    begin = now - 365 * DAY
    with unit_of_work("demo.load", at=begin):
        cast = [enter_person(row, begin) for row in told["person"]]
        vehicles = [enter_vehicle(row) for row in told["vehicle"]]
        for row in told["robot"]:
            enter_robot(row, begin)
    managers = [user for user in cast if user.roles & {"manager", "partner"}]
    firms = [
        _company(row, n, managers, rng, now) for n, row in enumerate(told["companies"]["rows"])
    ]
    admin = next(user for user in cast if "admin" in user.roles)
    direct = edit_pipeline(told["edited"], admin, now)
    subfund = deals.current_pipeline("subfund")
    assert subfund is not None  # noqa: S101 - seeded by the migrations
    opened = [
        _direct(firms[n % len(firms)], n, direct, vehicles, managers, rng, now) for n in range(78)
    ]
    opened += [_commitment(n, [subfund], vehicles, managers, rng, now) for n in range(12)]
    enter_tags(firms, managers, now)
    edit_taxonomy(admin, now)
    enter_texts(firms)
    enter_titles(told["title"], firms, now)
    answer_survey(told["survey"], firms, now)
    twins = enter_twins(told["twin"], firms, managers[-1], now)
    _recuse(cast, opened, now)
    hold_meetings(told["meeting"], cast, opened, now)
    keep_papers(opened, now)
    keep_scenarios(told["scenario"], firms, managers[0], now)
    assess_anew(now - 60 * DAY)  # before the first of the digests that are told of
    restate(told["restated"], firms, now)
    twins += enter_leads(told["lead"], managers, now)
    take_files(told["taken"], cast, now)
    foresee([*coming(local_date(now)), *past(local_date(now))], now)
    send_past(told["digests"], now)
    choose_times(told["digests"]["times"], cast, now)
    go_on_leave(told["digests"]["leave"], cast, now)
    return {
        "people": len(cast),
        "companies": len(firms) + twins,
        "deals": len(opened),
        "holdings": enter_holdings(opened),
    }


def enter_person(row: dict[str, Any], now: dt.datetime) -> User:
    """One of the cast."""
    return people.create_user(row["email"], row["name"], row["roles"], now, PASSWORD)


def enter_vehicle(row: dict[str, Any]) -> Vehicle:
    """The mother fund or a sub-fund."""
    kind, size_fen = KINDS[row["kind"]], row["size_wan"] * 1_000_000
    return vehicle_operations.enter_vehicle(
        kind, row["zh"], row["en"], row.get("manager", ""), size_fen
    )


def _name(rng: random.Random) -> str:
    return rng.choice(FAMILY) + rng.choice(GIVEN)


def credit_code(region: str, number: int) -> str:
    """A valid credit code for an invented company; its organisation part begins with MAD0."""
    body = f"91{region}MAD0{number:04d}"
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    total = sum(letters.index(c) * w for c, w in zip(body[8:16], weights, strict=True))
    body += {10: "X", 11: "0"}.get(11 - total % 11, str(11 - total % 11))
    return body + check_character(body)


def _company(
    row: str, number: int, managers: list[User], rng: random.Random, now: dt.datetime
) -> Company:
    short, english, place, region, industry, product, strength = row.split("|")
    owner = managers[number % len(managers)]
    entered = now - rng.randint(200, 360) * DAY
    city = {"3702": "青岛"}.get(region[:4], "山东")
    form = "股份有限公司" if strength in "ab" else "有限公司"
    values = {
        "name_zh": f"{city}{short}科技{form}",
        "short_name": short,
        "name_en": f"{english} Co., Ltd.",
        "uscc": credit_code(region, number + 1),
        "region_code": region,
        "place": place,
        "industry": industry,
        "founded_on": dt.date(rng.randint(2012, 2021), rng.randint(1, 12), rng.randint(1, 28)),
        "website": f"https://{english.lower().replace(' ', '-')}.example",
        "description": _description(short, product, rng),
        "lead_source": rng.choice(SOURCES),
    }
    codes = [f"87{9000 + number}"] if strength in "ab" else []
    former = [f"{city}{short}技术{form}"] if number % 9 == 0 else []
    with unit_of_work("company.register", owner, at=entered):
        company = companies.register(values, owner, entered, former, codes)
        company.contacts = _contacts(rng)
        _round(company, strength, owner, rng, entered)
    _state(company, strength, owner, rng, entered + 5 * DAY, now)
    with unit_of_work("activity.note", owner, at=entered + 9 * DAY):
        companies.note_activity(
            rng.choice(NOTES), "visit", owner, entered + 9 * DAY, company_id=company.id
        )
    return company


def _description(short: str, product: str, rng: random.Random) -> str:
    if product.startswith(("采用", "为", "进口")):
        return f"{short}的主要业务是{product}，服务于胶东半岛的制造企业。"
    opening = rng.choice(("专注于", "自主研发", "长期从事"))
    tail = rng.choice(
        (
            "核心工艺自主可控，已完成中试并通过下游客户验证。",
            "产品打破国外垄断，进入两家链主企业的合格供应商名录。",
            "团队来自高校院所，拥有多项发明专利，正在建设小批量产线。",
        )
    )
    verb = "" if opening == "自主研发" else "的研发与生产"
    return f"{short}{opening}{product}{verb}。{tail}"


def _contacts(rng: random.Random) -> list[Contact]:
    return [
        Contact(name=_name(rng), position="董事长", founder=True, phone="0532-00000000"),
        Contact(name=_name(rng), position="财务总监"),
    ]


def _round(
    company: Company, strength: str, owner: User, rng: random.Random, now: dt.datetime
) -> None:
    amount = rng.choice((500, 1_000, 2_000, 5_000)) * 1_000_000
    pre = amount * rng.randint(4, 9)
    db.session.add(
        EquityRound(
            company_id=company.id,
            round="a" if strength == "a" else "angel",
            closed_on=(now - rng.randint(100, 700) * DAY).date(),
            amount_fen=amount,
            pre_money_fen=pre,
            post_money_fen=pre + amount,
            lead_investor="青岛海创创投（虚构）",
            source="增资协议",
            recorded_at=now,
            recorded_by_id=owner.id,
        )
    )


def _state(
    company: Company,
    strength: str,
    owner: User,
    rng: random.Random,
    at: dt.datetime,
    now: dt.datetime,
) -> None:
    """Three fiscal years ending with the last, and facts; the early ones are not audited."""
    invented = invent(strength, rng)
    latest = now.year - 1
    audited = strength in "ab"
    rows = [
        Statement(
            company.id,
            metric,
            latest - back,
            micro=micro,
            source="审计报告" if audited else "管理报表",
            audited=audited,
        )
        for (metric, back), micro in invented.yearly.items()
    ]
    for metric, value in invented.facts.items():
        number = isinstance(value, int)
        rows.append(
            Statement(
                company.id,
                metric,
                None,
                micro=value if isinstance(value, int) else None,
                choice=None if number else str(value),
                as_of=at.date(),
                source="发行方案" if number else "核查记录",
            )
        )
    with unit_of_work("figure.state", owner, at=at):
        companies.state_figures(rows, owner, at)


def _direct(
    company: Company,
    number: int,
    versions: list[PipelineVersion],
    vehicles: list[Vehicle],
    managers: list[User],
    rng: random.Random,
    now: dt.datetime,
) -> Deal:
    owner = managers[number % len(managers)]
    size = rng.choice((1_000, 2_000, 3_000, 5_000))
    terms = {
        "round": rng.choice(ROUNDS),
        "round_size_fen": size * 1_000_000,
        "amount_fen": rng.choice((300, 500, 800)) * 1_000_000,
        "pre_money_fen": size * rng.randint(3, 8) * 1_000_000,
        "lead_investor": rng.choice(("", "海岸创投（虚构）", "半岛资本（虚构）")),
    }
    reach = number if number < 12 else rng.choice((0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 6, 7, 8, 9))
    ending = ENDINGS[number * 7 % len(ENDINGS)] if reach < 8 and number >= 12 else ""
    plan = Plan(
        reach,
        ending,
        walled=number % 17 == 5,
        overridden=number in OVERRIDDEN,
        skipped=number in SKIPPED,
    )
    return walk_operations.run(
        f"{company.short_name} {now.year - number % 2}轮",
        versions,
        owner,
        managers,
        rng,
        now,
        plan,
        {
            "company_id": company.id,
            "vehicle_id": vehicles[number % len(vehicles)].id,
            "terms": terms,
        },
    )


def _commitment(
    number: int,
    versions: list[PipelineVersion],
    vehicles: list[Vehicle],
    managers: list[User],
    rng: random.Random,
    now: dt.datetime,
) -> Deal:
    target = vehicles[1 + number % (len(vehicles) - 1)]
    terms = {"amount_fen": rng.choice((5_000, 8_000, 10_000)) * 1_000_000}
    given = {"target_vehicle_id": target.id, "vehicle_id": vehicles[0].id, "terms": terms}
    plan = Plan(number, "hold" if number == 7 else "")
    owner = managers[number % len(managers)]
    return walk_operations.run(
        f"{target.name_zh} 第{number + 1}期", versions, owner, managers, rng, now, plan, given
    )


def _recuse(cast: list[User], opened: list[Deal], now: dt.datetime) -> None:
    """One member of the committee is recused of one deal that comes before it."""
    member = next(user for user in cast if "committee" in user.roles)
    coming = [deal for deal in opened if deal.stage == "ic" and not deal.walled]
    if len(coming) > 1:
        with unit_of_work("deal.recuse", at=now):
            pipeline.grant(coming[0], member.id, GrantKind.RECUSED, now, "亲属在企业任职")
