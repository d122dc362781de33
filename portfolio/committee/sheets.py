"""The committee list: 40 columns of exactly the deals asked for, names and not ids."""

import datetime as dt
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from portfolio.chokepoint.ladder import worded
from portfolio.chokepoint.taxonomy_queries import technology_titles
from portfolio.committee.line_queries import Line
from portfolio.committee.unit_queries import days_titles
from portfolio.companies.models import Round
from portfolio.kernel.dates import local_date, reported_year
from portfolio.kernel.numbers import MICRO
from portfolio.pipeline.models import Status
from portfolio.readiness.results import Verdict
from portfolio.readiness.targets import listed_targets
from portfolio.rulebook.metrics import used_as
from portfolio.web.formatting import title_of
from portfolio.web.i18n import language
from portfolio.web.sheets import Column, Kind

PERCENT = Decimal("0.01")
# The Chinese headings of the list are fixed, without units.
WAN, PER_CENT = ("万元", "10,000 CNY"), ("%", "%")
REVENUE, PROFIT, RESEARCH = used_as("sales"), used_as("profit"), used_as("research")
PATENTS = used_as("patents")


def _percent(part: int | None, whole: int | None, places: Decimal = PERCENT) -> Decimal | None:
    """Part of a whole in percent; unknown stays unknown, and so does a part of nothing."""
    if part is None or not whole or whole < 0:
        return None
    exact = Fraction(part, whole) * 100
    return (Decimal(exact.numerator) / exact.denominator).quantize(places, ROUND_HALF_UP)


def _growth(line: Line) -> Decimal | None:
    latest, before = line.figure(REVENUE), line.figure(REVENUE, 1)
    if latest is None or before is None or before <= 0:
        return None
    return _percent(latest - before, before)


def _term(line: Line, name: str) -> Any:
    return getattr(line.deal, name) if line.terms else None


def _stake(line: Line) -> Decimal | None:
    post = line.deal.post_money_fen
    if not line.terms:
        return None
    return _percent(line.deal.amount_fen, post, Decimal("0.0001"))


def _tags(line: Line) -> str | None:
    book = technology_titles()
    told = [(book[t.technology], t.level) for t in line.tags if t.technology in book]
    return ";".join(f"{title_of(title)}({_level(level)})" for title, level in told) or None


def _level(level: str | None) -> str | None:
    """A level of evidence with its word."""
    return worded(level, language()) if level else None


def _listing(line: Line) -> str | None:
    """The targets that are met, else that none is; as a pre-assessment."""
    if not line.outcomes:
        return None
    met = [title_of(t) for t in listed_targets() if line.outcomes.get(t.key) == Verdict.PASS.value]
    return ";".join(met) or "—"


def _company(line: Line, name: str) -> Any:
    company = line.deal.company
    return (getattr(company, name) or None) if company else None


def _target_name(line: Line) -> str | None:
    vehicle = line.deal.target_vehicle
    return _company(line, "name_zh") or (vehicle.name_zh if vehicle else None)


def _days_in_stage(line: Line) -> int | None:
    """As the pipeline counts; empty for a deal at rest."""
    if line.deal.status != Status.ACTIVE.value:
        return None
    stage = line.pipeline.stage(line.deal.stage)
    return stage.days_since(line.deal.stage_entered_at, line.now)


def _pipeline_title(line: Line) -> str:
    title = title_of(line.pipeline)
    return f"{title}（跟投）" if line.deal.co_investment else title


def _round(line: Line) -> str | None:
    member = Round._value2member_map_.get(line.deal.round)
    return title_of(member) if member else None


def _oldest(line: Line) -> dt.date | None:
    """The oldest day that a figure of this row was recorded on."""
    used = [r for (m, _), r in line.figures.items() if m in {REVENUE, PROFIT, RESEARCH}]
    return min((local_date(row.recorded_at) for row in used), default=None)


def _patents(line: Line) -> int | None:
    row = line.figures.get((PATENTS, None))
    return row.micro // MICRO if row and row.micro is not None else None


def columns(ids: Sequence[int], now: dt.datetime) -> tuple[Column, ...]:
    """The 40 columns of a list of these deals, in the committee's order. Those that no slice fills
    yet stay empty."""
    year = reported_year(local_date(now))
    text, wan, share, whole = Kind.TEXT, Kind.WAN, Kind.DECIMAL, Kind.INTEGER

    def blank(row: Line) -> None:
        return None

    return (
        Column("no", "序号", "No.", whole, lambda r: r.number),
        Column("item_no", "议题编号", "Item no.", text, blank),
        Column("deal_id", "项目编号", "Deal ID", Kind.CODE, lambda r: r.deal.code),
        Column("deal_name", "项目名称", "Deal", text, lambda r: r.deal.name),
        Column("company", "企业全称", "Company", text, _target_name),
        Column("uscc", "统一社会信用代码", "Credit code", Kind.CODE, lambda r: _company(r, "uscc")),
        Column("place", "注册地(市/区)", "Place", text, lambda r: _company(r, "place")),
        Column("founded", "成立日期", "Founded", Kind.DATE, lambda r: _company(r, "founded_on")),
        Column("vehicle", "投资主体", "Vehicle", text, lambda r: title_of(r.deal.vehicle)),
        Column("pipeline", "投资类型", "Pipeline", text, _pipeline_title),
        Column("sector", "行业", "Sector", text, lambda r: _company(r, "industry")),
        Column("chokepoint_tags", "卡脖子技术标签", "Chokepoint tags", text, _tags),
        Column(
            "choke_evidence",
            "卡脖子证据等级",
            "Evidence level",
            text,
            lambda r: _level(max((t.level for t in r.tags), default=None)),
        ),
        Column("trl", "技术成熟度", "TRL", whole, lambda r: r.deal.trl),
        Column("srdi_level", "专精特新层级", "SRDI level", text, blank),
        Column("srdi_precheck", "专精特新预评估", "SRDI pre-assessment", text, blank),
        Column("listing_ready", "上市准备度", "Listing readiness (pre-assessment)", text, _listing),
        Column("patents", "发明专利数", "Invention patents", whole, _patents),
        Column("round", "融资轮次", "Round", text, _round),
        Column(
            "round_size", "本轮融资额", "Round size", wan, lambda r: _term(r, "round_size_fen"), WAN
        ),
        Column("amount", "拟投金额", "Our amount", wan, lambda r: _term(r, "amount_fen"), WAN),
        Column(
            "pre_money",
            "投前估值",
            "Pre-money valuation",
            wan,
            lambda r: _term(r, "pre_money_fen"),
            WAN,
        ),
        Column(
            "post_money",
            "投后估值",
            "Post-money valuation",
            wan,
            lambda r: _term(r, "post_money_fen"),
            WAN,
        ),
        Column("stake_pct", "拟持股比例", "Stake", share, _stake, PER_CENT),
        Column(
            "lead_investor",
            "领投方",
            "Lead investor",
            text,
            lambda r: _term(r, "lead_investor") or None,
        ),
        Column(
            "rev_y1",
            f"上年营业收入（{year}）",
            f"Revenue {year}",
            wan,
            lambda r: r.figure(REVENUE),
            WAN,
        ),
        Column(
            "rev_growth",
            f"营收增长率（{year}）",
            f"Revenue growth {year}",
            share,
            _growth,
            PER_CENT,
        ),
        Column(
            "profit_y1",
            f"上年净利润（{year}）",
            f"Net profit {year}",
            wan,
            lambda r: r.figure(PROFIT),
            WAN,
        ),
        Column(
            "rd_ratio",
            f"研发投入占比（{year}）",
            f"R&D share {year}",
            share,
            lambda r: _percent(r.figure(RESEARCH), r.figure(REVENUE)),
            PER_CENT,
        ),
        Column("runway_m", "现金可用月数", "Runway", share, blank, ("个月", "months")),
        Column(
            "concentration",
            "单项目占比",
            "Concentration",
            share,
            lambda r: _percent(_term(r, "amount_fen"), r.deal.vehicle.size_fen),
            PER_CENT,
        ),
        Column("conc_limit", "集中度上限", "Concentration limit", share, blank, PER_CENT),
        Column("risks", "主要风险", "Main risks", text, lambda r: r.deal.risks or None),
        Column("pre_review", "预审意见", "Pre-review", text, lambda r: r.deal.pre_review or None),
        Column("recused", "回避委员", "Recused", text, lambda r: ";".join(r.recused) or None),
        Column("result", "投决结果", "Decision", text, blank),
        Column("conditions", "投决条件(未完成/全部)", "Conditions (open/all)", text, blank),
        Column("owner", "项目经理", "Owner", text, lambda r: r.deal.owner.name),
        Column("days_in_stage", *days_titles(ids), whole, _days_in_stage),
        Column("as_of", "数据截止日", "Data as of", Kind.DATE, _oldest),
    )
