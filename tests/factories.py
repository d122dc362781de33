"""Valid objects for tests, made through the slices' own operations."""

import datetime as dt
import itertools
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from portfolio.chokepoint import operations as chokepoint
from portfolio.chokepoint.claims import Card, Claim, Incumbent, Piece
from portfolio.chokepoint.ladder import ladder
from portfolio.companies import operations as companies
from portfolio.companies.models import Company
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.dates import local_date
from portfolio.kernel.uscc import check_character
from portfolio.people.models import User, UserRole
from portfolio.pipeline import check_operations as checks
from portfolio.pipeline import gate_queries, queries
from portfolio.pipeline import operations as pipeline
from portfolio.pipeline.gates import Answers, CheckAnswer, CheckState, Standing, unmet
from portfolio.pipeline.models import Deal, PipelineVersion, Vehicle, VehicleKind
from portfolio.pipeline.stages import Move
from portfolio.pipeline.vehicle_operations import enter_vehicle

_numbers = itertools.count(1)
NOW = dt.datetime(2026, 11, 23, 1, 0, tzinfo=dt.UTC)


# What the pipelines ask for when a deal is put on hold, and when it is given up.
WHY_HELD = {"reason_code": "h_wait_data", "note": "等待第三方检测数据出具后再议"}
WHY_NOT = {"reason_code": "r_market_small", "note": "市场空间不足以支撑本轮的估值"}


def credit_code(number: int) -> str:
    """A valid, invented credit code."""
    body = f"91370200MA{number:07d}"
    return body + check_character(body)


def company(actor: User | None = None, now: dt.datetime = NOW, **values: Any) -> Company:
    """A registered company."""
    number = next(_numbers)
    names = values.pop("former_names", ())
    codes = values.pop("stock_codes", ())
    given = {"name_zh": f"青岛测试{number}号科技有限公司", "uscc": credit_code(number)} | values
    with unit_of_work("company.register", actor):
        return companies.register(given, actor, now, names, codes)


def vehicle() -> Vehicle:
    """The mother fund, entered once per database."""
    found = db.session.query(Vehicle).filter_by(kind="mother").first()
    if found:
        return found
    with unit_of_work("vehicle.enter"):
        return enter_vehicle(VehicleKind.MOTHER, "青岛天使母基金", "Qingdao Angel Fund of Funds")


def subfund(name: str = "齐鲁新材子基金") -> Vehicle:
    """A sub-fund to commit to, entered once per name."""
    found = db.session.query(Vehicle).filter_by(name_zh=name).first()
    if found:
        return found
    with unit_of_work("vehicle.enter"):
        return enter_vehicle(VehicleKind.SUBFUND, name)


def deal(owner: User, now: dt.datetime = NOW, **values: Any) -> Deal:
    """An open deal in the first stage: direct, or in another pipeline by its key."""
    pipeline_row = queries.current_pipeline(values.pop("pipeline", "direct"))
    assert pipeline_row is not None
    if queries.pipeline_of(pipeline_row).target == "vehicle":
        fund = subfund()
        target = {"target_vehicle_id": fund.id}
        name = f"{fund.name_zh} 出资"
    else:
        about = values.pop("company", None) or company(owner, now)
        target = {"company_id": about.id}
        name = f"{about.display_name} 天使轮"
    investor = vehicle()
    with unit_of_work("deal.open", owner):
        return pipeline.open_deal(
            name=values.pop("name", name),
            pipeline=pipeline_row,
            vehicle_id=investor.id,
            owner_id=owner.id,
            actor=owner,
            now=now,
            **target,
            **values,
        )


VALUES = {
    "company.lead_source": "referral",
    "company.uscc_missing_reason": "筹备中",
    "company.industry": "新材料",
    "deal.amount_fen": 500 * 10**6,
    "deal.round": "angel",
}


def claim(technology: str, level: str, today: dt.date, **changes: Any) -> Claim:
    """A claim that lacks nothing at its level, with a piece of evidence that supports it."""
    kind = ladder().levels[level].kinds[0]
    link = "https://example.com/report" if kind == "link" else ""
    card = Card(
        choked_kind="part",
        choked="深紫外芯片",
        basis_kind="market",
        basis="进口占比高",
        substitute="small_batch",
        validator="海纳家电",
        incumbents=(Incumbent("日亚化学", "日本"),),
    )
    told = {
        "card": card,
        "counter_evidence": "检索国内同类产品，未见批量应用",
        "recheck_on": ladder().latest_recheck(today),
        "pieces": (Piece(kind, level, "报告", link, None, "", "国家检测中心", today),),
    }
    return Claim(technology, level, **{**told, **changes})


def claimed(
    company_id: int,
    technology: str,
    level: str,
    actor: User,
    now: dt.datetime = NOW,
    second: User | None = None,
    **changes: Any,
) -> Any:
    """The row of a tag that was claimed, and read again where somebody is named; within a write."""
    made = chokepoint.confirm(
        company_id, claim(technology, level, local_date(now), **changes), actor, now
    )
    return chokepoint.read_again(made.tag, second, now) if second else made.tag


def answers_to(found: Iterable[Standing], people: Iterable[int] = ()) -> Answers:
    """What closes these conditions, but for what another person has to verify."""
    left = unmet(found)
    names = [name for standing in left for name in standing.fields if name in VALUES]
    return Answers(
        fields={name: VALUES[name] for name in names},
        items={
            item.key: CheckAnswer(CheckState.DONE, f"{item.key} 的依据")
            for standing in left
            for item in standing.items
        },
        team=tuple(people) if any(standing.people for standing in left) else (),
        contact="收到商业计划书" if any(standing.contact for standing in left) else "",
    )


def ready(deal: Deal, actor: User, to_stage: str = "", now: dt.datetime = NOW) -> Answers:
    """Close whatever stands between the deal and a stage (the next one unless named)."""
    flow = queries.pipeline_of(db.session.get_one(PipelineVersion, deal.pipeline_id))
    goal = to_stage or flow.targets("forward", deal.stage)[0]
    partner = db.session.scalars(
        sa.select(User)
        .join(UserRole, UserRole.user_id == User.id)
        .where(UserRole.role == "partner")
    ).first()
    found = gate_queries.gate_of(deal, flow, goal)
    given = answers_to(found, [partner.id] if partner else ())
    with unit_of_work("check.answer", actor):
        pipeline.take_answers(deal, flow, given, actor, now)
        checked = [key for key in given.items if flow.items[key].verify]
        checks.verify(deal, flow, checked, partner, now)
    return given


def advance(deal: Deal, actor: User, *to_stages: str, now: dt.datetime = NOW) -> Deal:
    """Lead a deal from stage to stage, meeting every gate on the way; one step unless named."""
    for stage in to_stages or ("",):
        ready(deal, actor, stage, now)
        with unit_of_work("deal.move", actor):
            pipeline.move(deal, Move("", to_stage=stage), actor, now)
    return deal


def seen(deal, **fields):
    """What a form about a deal sends that was opened on its present version."""
    db.session.refresh(deal)
    return {"version": str(deal.version), **fields}
