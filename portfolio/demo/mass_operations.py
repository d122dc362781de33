"""Masses of companies and deals in bulk, for measuring at size; deterministic for a seed."""

import datetime as dt
import random
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from portfolio.audit import operations as audit
from portfolio.companies.duplicate_operations import rekey_many
from portfolio.companies.models import Company, CompanySearch, Figure
from portfolio.companies.operations import search_row
from portfolio.demo import operations as demo
from portfolio.demo.figures import YEARLY
from portfolio.extensions import db, unit_of_work
from portfolio.pipeline import queries as deals
from portfolio.pipeline.models import Deal, DealMember, StageEvent
from portfolio.pipeline.operations import deal_code

BATCH = 5_000
DAY = dt.timedelta(days=1)
CITIES = ("青岛", "济南", "烟台", "潍坊", "威海", "淄博", "东营", "日照", "重庆", "深圳")
WORDS = "海云恒迈晨天瑞蓝磐智青极微重长鲲新澄普东泉蓬济深凌启金百明星瀚鲁威华渤汇联安源隆旭正沃山"
FIELDS = (
    *("传动", "光电", "半导体", "声呐", "质谱", "数控", "海工", "生物", "刀具", "动力"),
    *("育种", "激光", "传感", "机器人", "电容", "轴承", "燃电", "射频", "仪器", "膜科"),
)
FORMS = ("有限公司", "股份有限公司", "科技有限公司")


def load(companies: int, seed: int, now: dt.datetime) -> dict[str, int]:
    """As many companies and deals, with three years of figures and six events a deal."""
    rng = random.Random(seed)  # noqa: S311 - invented data
    begin = now - 365 * DAY
    told = demo.story()
    with unit_of_work("demo.load", at=begin):
        cast = [demo.enter_person(row, begin) for row in told["person"]]
        vehicle = demo.enter_vehicle(told["vehicle"][0])
    owners = [user.id for user in cast if user.roles & {"manager", "partner"}]
    counts = {"companies": 0, "deals": 0, "events": 0, "figures": 0}
    for start in range(1, companies + 1, BATCH):
        numbers = range(start, min(start + BATCH, companies + 1))
        with unit_of_work("demo.load", at=now):
            _companies(numbers, owners, rng, now, counts)
            _deals(numbers, owners, vehicle.id, rng, now, counts)
            entry = audit.Entry(
                "demo.load", "company", None, after={"numbers": [start, numbers[-1]]}
            )
            audit.record(entry)
    _after_load()
    return counts


def _after_load() -> None:
    """Let the planner know what the tables hold now."""
    with unit_of_work("demo.load"):
        db.session.execute(sa.text("ANALYZE"))


def _companies(
    numbers: range, owners: list[int], rng: random.Random, now: dt.datetime, counts: dict[str, int]
) -> None:
    rows = [_company(n, owners, rng, now) for n in numbers]
    db.session.execute(sa.insert(Company), rows)
    search = [search_row(row["id"], [row["name_zh"]], [row["uscc"]]) for row in rows]
    db.session.execute(sa.insert(CompanySearch), search)
    rekey_many(numbers)
    figures = [figure for row in rows for figure in _figures(row, rng, now)]
    for start in range(0, len(figures), BATCH):
        db.session.execute(sa.insert(Figure), figures[start : start + BATCH])
    counts["companies"] += len(rows)
    counts["figures"] += len(figures)


def _company(
    number: int, owners: list[int], rng: random.Random, now: dt.datetime
) -> dict[str, Any]:
    city = rng.choice(CITIES)
    word = rng.choice(WORDS) + rng.choice(WORDS)
    revenue = rng.randint(100, 50_000) * 1_000_000
    entered = now - rng.randint(1, 365) * DAY
    return {
        "id": number,
        "name_zh": f"{city}{word}{rng.choice(FIELDS)}{rng.choice(FORMS)}",
        "name_en": "",
        "short_name": "",
        "uscc": demo.credit_code("370200", number) if number < 10_000 else _code(number),
        "uscc_missing_reason": "",
        "region_code": rng.choice(("370212", "370211", "370214", "370215", "370100", "370600")),
        "place": city,
        "industry": rng.choice(FIELDS),
        "founded_on": dt.date(rng.randint(2008, 2023), rng.randint(1, 12), 1),
        "website": "",
        "description": "",
        "products": "",
        "lead_source": rng.choice(demo.SOURCES),
        "lead_source_note": "",
        "latest_revenue_fen": revenue,
        "latest_revenue_year": now.year - 1,
        "created_at": entered,
        "updated_at": entered,
        "created_by_id": rng.choice(owners),
        "version": 1,
    }


def _code(number: int) -> str:
    """A credit code of the right form; the organisation part counts on."""
    return demo.credit_code("370200", number % 10_000)[:8] + f"MB{number:07d}"[:9] + "0"


def _figures(
    company: dict[str, Any], rng: random.Random, now: dt.datetime
) -> Iterator[dict[str, Any]]:
    revenue = company["latest_revenue_fen"]
    for back in range(3):
        amount = int(revenue / (1 + 0.2 * back)) // 100 * 100
        for metric, micro in (
            (YEARLY["sales"], amount),
            (YEARLY["profit"], int(amount * rng.uniform(-0.1, 0.2))),
            (YEARLY["research"], int(amount * rng.uniform(0.02, 0.2))),
        ):
            yield {
                "company_id": company["id"],
                "metric": metric,
                "fiscal_year": now.year - 1 - back,
                "micro": micro,
                "choice": None,
                "as_of": None,
                "source": "管理报表",
                "evidence": "",
                "audited": False,
                "disputed": False,
                "batch_id": None,
                "recorded_at": company["created_at"],
                "recorded_by_id": company["created_by_id"],
                "superseded_at": None,
            }


def _deals(
    numbers: range,
    owners: list[int],
    vehicle_id: int,
    rng: random.Random,
    now: dt.datetime,
    counts: dict[str, int],
) -> None:
    row = deals.current_pipeline("direct")
    assert row is not None  # noqa: S101 - seeded by the migrations
    stages = [stage.key for stage in deals.pipeline_of(row).stages]
    made, members, events = [], [], []
    for number in numbers:
        deal = _deal(number, row.id, stages, owners, vehicle_id, rng, now)
        made.append(deal)
        members.append({"deal_id": number, "user_id": deal["owner_id"]})
        events += _events(deal, stages, rng)
    db.session.execute(sa.insert(Deal), made)
    db.session.execute(sa.insert(DealMember), members)
    for start in range(0, len(events), BATCH):
        db.session.execute(sa.insert(StageEvent), events[start : start + BATCH])
    counts["deals"] += len(made)
    counts["events"] += len(events)


def _deal(
    number: int,
    pipeline_id: int,
    stages: list[str],
    owners: list[int],
    vehicle_id: int,
    rng: random.Random,
    now: dt.datetime,
) -> dict[str, Any]:
    entered = now - rng.randint(1, 60) * DAY
    return {
        "id": number,
        "code": deal_code(now, number),
        "name": f"项目{number:06d}",
        "company_id": number,
        "target_vehicle_id": None,
        "vehicle_id": vehicle_id,
        "pipeline_id": pipeline_id,
        "stage": stages[min(int(rng.expovariate(0.35)), len(stages) - 1)],
        "status": rng.choice(("active",) * 7 + ("rejected", "rejected", "on_hold")),
        "stage_entered_at": entered,
        "owner_id": rng.choice(owners),
        "walled": number % 200 == 0,
        "co_investment": False,
        "round": rng.choice(demo.ROUNDS),
        "round_size_fen": 30_000_000 * rng.randint(20, 200),
        "amount_fen": 1_000_000 * rng.randint(100, 1_500),
        "pre_money_fen": 1_000_000 * rng.randint(3_000, 40_000),
        "lead_investor": "",
        "trl": rng.randint(3, 9),
        "risks": "",
        "pre_review": "",
        "next_step": "",
        "next_step_on": None,
        "revisit_on": None,
        "withdrawn_by": "",
        "created_at": entered - 90 * DAY,
        "updated_at": entered,
        "version": 1,
    }


def _events(deal: dict[str, Any], stages: list[str], rng: random.Random) -> list[dict[str, Any]]:
    """Six events that lead to where the deal stands."""
    found, before = [], None
    for number in range(6):
        at = deal["created_at"] + number * 15 * DAY
        stage = stages[min(number, stages.index(deal["stage"]))] if number < 5 else deal["stage"]
        found.append(
            {
                "deal_id": deal["id"],
                "kind": "open" if number == 0 else "forward",
                "from_stage": before,
                "to_stage": stage,
                "from_status": "active" if number else None,
                "to_status": deal["status"] if number == 5 else "active",
                "happened_at": at,
                "recorded_at": at,
                "actor_id": deal["owner_id"],
                "reason_code": "",
                "note": "",
                "revisit_on": None,
            }
        )
        before = stage
    return found
