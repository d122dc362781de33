"""What a report says, in the reader's language: the same words for the page and for the paper."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from flask_babel import gettext as _

from portfolio.companies import queries as companies
from portfolio.companies.models import Company, Figure
from portfolio.readiness import recognition_queries
from portfolio.readiness.bars import Bar, bar_of
from portfolio.readiness.company_views import picture
from portfolio.readiness.gaps import Gap
from portfolio.readiness.pictures import Finding, Picture
from portfolio.readiness.recognitions import Recognition
from portfolio.readiness.results import Verdict
from portfolio.readiness.trees import Node
from portfolio.readiness.wording_views import (
    brief,
    gap_name,
    in_force,
    limit_of,
    mark_title,
    measure,
    points_of,
    quantity,
    short,
    short_of,
    summary,
)
from portfolio.reports.kinds import Kind
from portfolio.rulebook.citations import cited
from portfolio.rulebook.engine import FAIL, MANUAL, UNKNOWN, inputs_of
from portfolio.rulebook.loader import library
from portfolio.rulebook.marks import UNVERIFIED
from portfolio.rulebook.metrics import dictionary
from portfolio.rulebook.model import ANY, SCORE
from portfolio.web.formatting import bracketed, listed, title_of
from portfolio.web.i18n import language

MOST_STEPS = 5
Content = dict[str, Any]


def content_of(company: Company, kind: Kind, day: dt.date) -> Content:
    """A report of a company by the rules of a day, by what is known now."""
    held = recognition_queries.current(company.id)
    rows = companies.current_rows([company.id])
    return content(kind, company, picture(company, day, None), held, rows)


def content(
    kind: Kind,
    company: Company,
    picture: Picture,
    held: Mapping[str, Recognition],
    rows: Mapping[tuple[int, str, int | None], Figure],
) -> Content:
    """A report as texts alone: what it is, each target with its clauses, the data it rests on."""
    by_key = {finding.target.key: finding for finding in picture.findings}
    chapters = [
        (title_of(chapter), [by_key[key] for key in chapter.targets]) for chapter in kind.chapters
    ]
    findings = [finding for _title, found in chapters for finding in found]
    return {
        "title": title_of(kind),
        "language": language(),
        "company": company.name_zh,
        "facts": [*_facts(company, picture)],
        "basis": _basis(picture),
        "labels": _labels(),
        "chapters": [
            {"title": title, "targets": [_target(f, picture, held) for f in found]}
            for title, found in chapters
        ],
        "steps": _steps(findings),
        "data": [*_data(findings, rows)],
        "notice": _(
            "A pre-assessment from the figures on record; it is no recognition and no legal advice."
        ),
    }


def _labels() -> Mapping[str, str]:
    """The words that stand around the texts."""
    return {
        "overview": _("Overview"),
        "target": _("Target"),
        "verdict": _("Verdict"),
        "missing": _("What is missing"),
        "recognition": _("Recognition"),
        "clause": _("Clause"),
        "value": _("Value"),
        "threshold": _("Threshold"),
        "source": _("Source"),
        "steps": _("Next steps"),
        "data": _("Data used"),
        "figure": _("Figure"),
        "year": _("Fiscal year"),
        "recorded": _("Recorded"),
        "unverified": _("text not verified"),
        "no_data": _("No figures on record."),
        "no_steps": _("Nothing is open."),
        "preassessment": _("Pre-assessment"),
        "gaps": _("Inputs missing"),
    }


def _facts(company: Company, picture: Picture) -> Iterator[tuple[str, str]]:
    known = (
        (_("Credit code"), company.uscc),
        (_("Industry"), company.industry),
        (_("Place"), company.place),
        (_("Founded"), company.founded_on and company.founded_on.isoformat()),
        (_("Administrative code"), picture.region),
    )
    yield from ((label, str(value)) for label, value in known if value)


def _basis(picture: Picture) -> str:
    words = _("Pre-assessment on %(day)s", day=picture.day)
    year = picture.figures.latest_year
    if not year:
        return f"{words} · {_('no fiscal year on record')}"
    audited = _("audited") if picture.audited else _("not audited")
    return f"{words} · {_('fiscal year %(year)s', year=year)} · {audited}"


def _target(finding: Finding, picture: Picture, held: Mapping[str, Recognition]) -> Content:
    result, one = finding.result, held.get(finding.target.key)
    tree = picture.tree(finding)
    book = result.book if result else None
    return {
        "title": title_of(finding.target),
        "status": result.status if result else "absent",
        "verdict": _verdict(finding),
        "summary": summary(finding),
        "recognition": _recognition(one, picture.day) if one else "",
        "book": f"{title_of(book)} · {cited(book.document, language())} · {in_force(book)}"
        if book
        else "",
        "unverified": mark_title(result.verified) if result and result.unverified else "",
        "rows": [*_rows(tree, 0)] if tree else [],
        "gaps": [gap_name(gap) for gap in finding.gaps],
    }


def _verdict(finding: Finding) -> str:
    if finding.result is None:
        return title_of(finding.absence.why) if finding.absence else ""
    return title_of(Verdict._value2member_map_[finding.result.status])


def _recognition(one: Recognition, day: dt.date) -> str:
    until = _("valid until %(day)s", day=one.until) if one.until else ""
    said = (title_of(one.standing(day)), str(one.since or ""), until, one.number)
    return " · ".join(filter(None, said))


def _rows(node: Node, depth: int) -> Iterator[Content]:
    """A clause and those below it, the deeper ones further in."""
    outcome, clause = node.outcome, node.outcome.clause
    group = bool(node.children)
    yield {
        "depth": depth,
        "group": group,
        "aside": node.aside,
        "text": title_of(clause)
        + (bracketed(_("one is enough")) if group and node.kind == ANY else ""),
        "used": [*_used(node)],
        "value": "" if group else _value(node),
        "threshold": "" if group else limit_of(outcome),
        "status": node.status,
        "verdict": _said(node),
        "bar": None if group else asdict(_bar(node)),
        "source": " · ".join(filter(None, (_cited(node), mark_title(clause.verified)))),
        "unverified": clause.verified in UNVERIFIED,
    }
    for child in node.children:
        yield from _rows(child, depth + 1)


def _bar(node: Node) -> Bar:
    """How far a test is from its threshold; a score counts with the points that are sure."""
    outcome, value = node.outcome, node.outcome.value
    if node.kind == SCORE:
        value = None if node.status == UNKNOWN else node.score.low
    return bar_of(node.status, value, outcome.clause.threshold)


def _cited(node: Node) -> str:
    """The reference of a clause, where it is not the one above it."""
    reference = node.outcome.clause.citation
    return cited(reference, language()) if node.cited and reference else ""


def _value(node: Node) -> str:
    if node.kind == SCORE:
        return points_of(node.score)
    return measure(node.outcome, node.outcome.value)


def _said(node: Node) -> str:
    if node.status == FAIL and not node.children:
        return short(node.shortfall, node.outcome)
    return title_of(Verdict._value2member_map_[node.status])


def _used(node: Node) -> Iterator[str]:
    for one in node.used:
        counts = bracketed(_("counts: the lower")) if one.counted else ""
        yield f"{one.year or ''} {title_of(one.metric)} {quantity(one.metric, '', one.value)}{counts}".strip()
    for line in node.lines:
        yield f"{title_of(line.item)} {points_of(line.worth)} / {line.item.most}"


def _steps(findings: Sequence[Finding]) -> list[str]:
    """What would bring the company on: the inputs that most targets wait for, then what the nearest
    targets lack."""
    open_ones = sorted((f for f in findings if f.open_tests), key=lambda f: f.distance)
    waiting: dict[Gap, list[str]] = {}
    for finding in open_ones:
        for gap in finding.gaps:
            if not gap.metric.judgement:
                waiting.setdefault(gap, []).append(title_of(finding.target))
    asked = sorted(waiting, key=lambda gap: -len(waiting[gap]))[:MOST_STEPS]
    steps = [
        _("Find out “%(input)s”: %(targets)s.", input=gap_name(gap), targets=listed(waiting[gap]))
        for gap in asked
    ]
    for finding in open_ones[:MOST_STEPS]:
        steps += _lacks(finding)
    return steps


def _lacks(finding: Finding) -> Iterator[str]:
    """What is short of a target, and what a person has to judge for it."""
    name = title_of(finding.target)
    if finding.shortfall is not None:
        missing = short_of(finding.shortfall, finding.hardest)
        yield _("%(target)s: %(missing)s.", target=name, missing=missing)
    judged = [brief(title_of(t.clause)) for t in finding.tests if t.status == MANUAL]
    if judged:
        yield _(
            "%(target)s: have %(clauses)s judged, with evidence.",
            target=name,
            clauses=listed(judged),
        )


def _data(
    findings: Sequence[Finding], rows: Mapping[tuple[int, str, int | None], Figure]
) -> Iterator[Content]:
    """Every recorded figure that a target of the report reads, with where it comes from."""
    read: set[str] = set()
    for finding in findings:
        if finding.result is not None:
            clause = finding.target.clause_of(finding.result.book)
            read |= inputs_of(clause, library())
    order = {name: place for place, name in enumerate(dictionary())}
    wanted = [row for row in rows.values() if row.metric in read]
    for row in sorted(wanted, key=lambda r: (order[r.metric], -(r.fiscal_year or 0))):
        metric = dictionary()[row.metric]
        value = row.choice if row.micro is None else metric.number(row.micro)
        audited = "" if row.audited is None else _("audited") if row.audited else _("not audited")
        yield {
            "figure": title_of(metric),
            "year": str(row.fiscal_year or (row.as_of or "")),
            "value": quantity(metric, "", value),
            "source": " · ".join(filter(None, (row.source, audited))),
        }
