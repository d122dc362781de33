"""Readiness in words: values, thresholds, what is missing, and how well a text is verified."""

import math
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from portfolio.kernel import money
from portfolio.kernel.numbers import MICRO, grouped
from portfolio.kernel.titles import titled
from portfolio.readiness.gaps import Gap
from portfolio.readiness.pictures import Absence, Finding, Why
from portfolio.readiness.reaching import Change
from portfolio.readiness.shortfalls import Shortfall
from portfolio.rulebook.engine import FAIL, MANUAL, UNKNOWN, Outcome
from portfolio.rulebook.language import IN_PERCENT
from portfolio.rulebook.metrics import Metric, dictionary
from portfolio.rulebook.model import Rulebook
from portfolio.rulebook.scores import Range
from portfolio.rulebook.titles import IN_WAN, SIGNS, UNITS, reading_title
from portfolio.web.formatting import bracketed, listed, title_of
from portfolio.web.i18n import language

MOST_NAMED = 2
SHARES = 10_000  # of what is counted in 万股


def measure(outcome: Outcome, value: Any) -> str:
    """A value of a test for reading, in the unit a person uses; rounded so that what just misses a
    threshold, below or above it, does not read as reaching it."""
    away = _misses_outward(outcome, value)
    if not outcome.clause.metrics:
        return "—" if value is None else _rounded(Fraction(value), away)
    return quantity(dictionary()[outcome.clause.metrics[0]], outcome.clause.over, value, away)


def _misses_outward(outcome: Outcome, value: Any) -> bool:
    """Whether a value fails by lying on the side of the threshold that is further from nothing, where
    cutting it would bring it nearer."""
    clause = outcome.clause
    if not isinstance(clause.threshold, Decimal) or not isinstance(value, Fraction):
        return False
    limit = Fraction(clause.threshold)
    over = value > limit and clause.test in {"<=", "<", "=="}
    under = value < limit and clause.test in {">=", ">", "=="}
    return over if value > 0 else under


def quantity(metric: Metric, over: str, value: Any, away: bool = False) -> str:
    """A value of a metric, or of what is made of it over years, for reading; cut, or rounded `away`
    from nothing."""
    if value is None:
        return "—"
    if isinstance(value, bool | str):
        word = str(value).lower() if isinstance(value, bool) else value
        return metric.option_title(word, language())
    if isinstance(value, tuple):
        return " / ".join(metric.option_title(word, language()) for word in value)
    number = Fraction(value)
    if over in IN_PERCENT or metric.unit == "percent":
        return f"{_rounded(number, away)}%"
    if metric.unit == "fraction":
        return f"{_rounded(number * 100, away)}%"
    if metric.unit in IN_WAN:
        fen = number * IN_WAN[metric.unit] * MICRO
        if away:
            return _sign(number) + money.format_missing(math.ceil(abs(fen)), language())
        return money.format_money(int(fen), language())
    return _counted(metric, number, lambda of_unit: _rounded(of_unit, away))


def lacking(shortfall: Shortfall) -> str:
    """An amount that is missing for reading, rounded up: as much as it says is enough."""
    metric, amount = shortfall.metric, shortfall.amount
    if shortfall.points:
        points = _raised(amount)
        return ngettext(
            "%(points)s percentage point",
            "%(points)s percentage points",
            1 if points == "1" else 2,
            points=points,
        )
    if metric.unit in IN_WAN:
        return money.format_missing(math.ceil(amount * IN_WAN[metric.unit] * MICRO), language())
    return _counted(metric, amount, _raised)


def _counted(metric: Metric, number: Fraction, rounded: Any) -> str:
    unit = metric.unit
    if unit == "wan_shares":
        if language() == "en":
            return _("%(count)s shares", count=rounded(number * SHARES))
        return f"{rounded(number)}万股"
    if unit == "usd_million":
        return _("USD %(millions)sm", millions=rounded(number))
    if unit == "yuan":
        return _("CNY %(amount)s", amount=rounded(number))
    return rounded(number) + UNITS.get(unit, {}).get(language(), "")


def _cut(number: Fraction) -> str:
    hundredths = Decimal(int(abs(number) * 100)) / 100
    return grouped(-hundredths if number < 0 else hundredths)


def _sign(number: Fraction) -> str:
    return "-" if number < 0 else ""


def _rounded(number: Fraction, away: bool) -> str:
    return _sign(number) + _raised(abs(number)) if away else _cut(number)


def _raised(number: Fraction) -> str:
    return grouped(Decimal(math.ceil(number * 100)) / 100)


def limit_of(outcome: Outcome) -> str:
    """The threshold with its sign; of a flag what it must be."""
    threshold = outcome.clause.threshold
    text = measure(outcome, threshold)
    if threshold is None or isinstance(threshold, bool | str | tuple):
        return text
    return f"{SIGNS[outcome.clause.test]} {text}"


def short(shortfall: Shortfall | None, outcome: Outcome) -> str:
    """What is missing to a failed test, in the row that names the test already."""
    if shortfall is None:
        return _("Not met")
    if shortfall.turned:
        return short_of(shortfall, outcome)
    gap = lacking(shortfall)
    if shortfall.over:
        return _("over by %(gap)s", gap=gap)
    if shortfall.beyond:
        return _("short by more than %(gap)s", gap=gap)
    return _("short by %(gap)s", gap=gap)


def short_of(shortfall: Shortfall, outcome: Outcome) -> str:
    """What is missing, and of what: “R&D spend short by 142.5万”."""
    what, gap = brief(_what(shortfall, outcome)), lacking(shortfall)
    if shortfall.over:
        return _("%(what)s over by %(gap)s", what=what, gap=gap)
    if shortfall.beyond:
        return _("%(what)s short by more than %(gap)s", what=what, gap=gap)
    return _("%(what)s short by %(gap)s", what=what, gap=gap)


def _what(shortfall: Shortfall, outcome: Outcome) -> str:
    if shortfall.turned:
        return titled(shortfall.metric, language())
    clause = outcome.clause
    return reading_title(clause.metrics, clause.over, clause.years, language())


def brief(title: str) -> str:
    """A title without what stands in brackets."""
    return title.split("（")[0].split(" (")[0]


def named(metrics: Iterable[Metric]) -> str:
    """Some figures by name, as they are told in a sentence."""
    return listed([brief(title_of(metric)) for metric in metrics])


def gap_name(gap: Gap) -> str:
    """A missing input in words, with its fiscal year."""
    name = brief(title_of(gap.metric))
    return f"{name} {gap.year}" if gap.year else name


def gap_url(gap: Gap, company_id: int) -> str:
    """Where a missing input is entered."""
    name = gap.metric.id
    if gap.yearly:
        return url_for(
            "companies.figures", company_id=company_id, fiscal_year=gap.year, _anchor=f"m-{name}"
        )
    if gap.metric.judgement:
        return url_for("readiness.judgement", company_id=company_id, metric_id=name)
    return url_for("companies.facts", company_id=company_id, metric=name, _anchor=f"f-{name}")


def summary(finding: Finding) -> str:
    """What stands between a company and a target, in one line; empty when nothing does."""
    result = finding.result
    if result is None:
        return absent(finding.absence) if finding.absence else ""
    if result.status == FAIL:
        return _failed(finding)
    if result.status == UNKNOWN:
        names = list(dict.fromkeys(brief(title_of(gap.metric)) for gap in finding.gaps))
        if not names:
            return title_of(finding.hardest.clause)
        more = _("and %(count)s more", count=len(names) - MOST_NAMED)
        named = [*names[:MOST_NAMED], *([more] if len(names) > MOST_NAMED else [])]
        return _("not known: %(inputs)s", inputs=listed(named))
    if result.status == MANUAL:
        number = finding.count(MANUAL)
        return ngettext("%(num)d clause to judge", "%(num)d clauses to judge", number)
    return ""


def _failed(finding: Finding) -> str:
    hardest, missing = finding.hardest, finding.shortfall
    said = short_of(missing, hardest) if missing else title_of(hardest.clause)
    others = finding.open_tests - 1
    if not others:
        return said
    return said + _("; ") + ngettext("%(num)d more open", "%(num)d more open", others)


def absent(absence: Absence) -> str:
    """Why no rulebook applies, in a sentence."""
    if absence.why is Why.ENDED:
        return _("no standard in force; the last one ended on %(day)s", day=absence.day)
    if absence.why is Why.BEGINS:
        return _("no standard in force yet; the first begins on %(day)s", day=absence.day)
    if absence.why is Why.REGION:
        return _("applies in another region, or the company's is not recorded")
    return _("no standard for this purpose")


def points_of(score: Range) -> str:
    """Points, or the range they may be in."""
    if score.low == score.high:
        return _cut(score.low)
    return f"{_cut(score.low)}–{_cut(score.high)}"


def mark_title(mark: str) -> str:
    """How well a text is verified, in words."""
    if mark.startswith("V"):
        number = int(mark[1:])
        return ngettext("%(num)d source agrees", "%(num)d sources agree", number)
    return {
        "S1": _("one source"),
        "S1+M": _("one source and memory"),
        "M": _("from memory"),
        "INC": _("text incomplete"),
        "NF": _("text not found"),
    }[mark]


def in_force(book: Rulebook) -> str:
    """From when until when a rulebook is in force."""
    if book.in_force_to is None:
        return _("in force since %(day)s", day=book.in_force_from)
    return _("in force %(begin)s to %(end)s", begin=book.in_force_from, end=book.in_force_to)


def clause_brief(outcome: Outcome) -> str:
    """A clause in as few words as name it: of a test of a number what it reads."""
    clause = outcome.clause
    if not clause.tested_number:
        return title_of(clause)
    return brief(reading_title(clause.metrics, clause.over, clause.years, language()))


def change_said(change: Change) -> str:
    """A change of one figure: “Expected market value from 1.61亿 to 4亿”; rounded so that as much
    as it says is enough."""
    what = brief(title_of(change.metric)) + (f" {change.year}" if change.year else "")
    needed = enough(change)
    if change.now is None:
        return _("%(what)s, not known now: %(needed)s", what=what, needed=needed)
    now = quantity(change.metric, "", change.now)
    return _("%(what)s from %(now)s to %(needed)s", what=what, now=now, needed=needed)


def enough(change: Change) -> str:
    """The value that a change needs, rounded away from the present one."""
    metric, needed = change.metric, change.needed
    if not isinstance(needed, Fraction):
        return quantity(metric, "", needed)
    upward = not isinstance(change.now, Fraction) or needed > change.now
    raised = upward == (needed >= 0)  # away from nothing
    if not raised:
        return quantity(metric, "", needed)
    percent = metric.unit in {"percent", "fraction"}
    if percent or metric.unit not in IN_WAN:
        whole = needed * 100 if metric.unit == "fraction" else needed
        text = _rounded(whole, away=True)
        return f"{text}%" if percent else _counted(metric, whole, lambda number: text)
    fen = math.ceil(abs(needed) * IN_WAN[metric.unit] * MICRO)
    return _sign(needed) + money.format_missing(fen, language())


GLOBALS = {
    "clause_brief": clause_brief,
    "change_said": change_said,
    "measure": measure,
    "quantity": quantity,
    "limit_of": limit_of,
    "short": short,
    "gap_name": gap_name,
    "gap_url": gap_url,
    "summary": summary,
    "points_of": points_of,
    "mark_title": mark_title,
    "in_force": in_force,
    "brief": brief,
    "bracketed": bracketed,
    "named": named,
    "locale_now": language,
}
