"""What a merge took and moved, as its reader may know of it: from the trail and the figures."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _

from portfolio.audit import queries as audit
from portfolio.audit.models import AuditEntry
from portfolio.audit.titles import kind_title
from portfolio.companies import queries
from portfolio.companies.history import Detail, acts, figure_told
from portfolio.companies.history_queries import words_of
from portfolio.companies.merge_queries import owners_since
from portfolio.companies.models import Company, CompanyMerge, Document, Figure
from portfolio.companies.paper_queries import holding_terms
from portfolio.extensions import db
from portfolio.kernel.parts import in_parts
from portfolio.kernel.titles import TitledEnum
from portfolio.people.models import User
from portfolio.rulebook.metrics import Metric, dictionary
from portfolio.web.i18n import language

ACTION = "company.merge"
# The kinds of rows that the page of a merge counts, beside figures.
COUNTED = frozenset(
    [
        *("company_name", "stock_code", "contact", "equity_round", "document", "activity", "task"),
        *("chokepoint_tag", "chokepoint_evidence", "deal"),
    ]
)


class Outcome(TitledEnum):
    """What a merge did with a figure of the company that was merged."""

    TAKEN = "taken", "转入", "Taken over"
    INSTEAD = "instead", "取代原值", "Taken instead"
    BESIDE = "beside", "并列待定", "Beside it, undecided"
    LEFT = "left", "未取用", "Not taken"


@dataclass(frozen=True)
class Stated:
    """A figure that was current when its company was merged, what the other one had, and what
    became of it."""

    metric: Metric
    figure: Figure
    other: Figure | None
    outcome: Outcome


@dataclass(frozen=True)
class Joined:
    """A merge: what the company that stayed was called before, the fields and names it changed, the
    figures, and the rows that went over by kind."""

    called: str
    fields: Sequence[Detail]
    figures: Sequence[Stated]
    moved: Mapping[str, int]


def joined(user: User, merge: CompanyMerge) -> Joined:
    """All that a merge took and moved, deals and papers as far as this person may know of them."""
    entries = _entries(merge)
    terms = queries.readable(user, [merge.survivor_id]).get(merge.survivor_id, False)
    ids = {merge.survivor_id: terms, merge.merged_id: terms}
    left = {(Figure.__audit__, None), (Company.__audit__, merge.merged_id)}  # told by themselves
    own = [
        e
        for e in entries
        if e.deal_id is None and not {(e.object_type, None), (e.object_type, e.object_id)} & left
    ]
    lines = audit.known_lines(own, {}, audit.terms_by_type(), ids)
    told = acts(lines, words_of(lines))
    fields = [detail for act in told for detail in act.details]
    names = (
        before
        for line in lines
        for column, before, _after in line.changes
        if (line.object_type, column) == (Company.__audit__, "name_zh")
    )
    called = next(names, None) or db.session.get_one(Company, merge.survivor_id).name_zh
    return Joined(str(called), fields, _figures(merge), _moved(user, merge, entries, terms))


def _entries(merge: CompanyMerge) -> Sequence[AuditEntry]:
    """The entries of the act that made the merge."""
    of_row = audit.history(CompanyMerge.__audit__, merge.id)
    made = next((entry for entry in of_row if entry.action == ACTION), None)
    if made is None:
        return ()
    return audit.of_act([merge.survivor_id, merge.merged_id], ACTION, made.at)


def _moved(
    user: User, merge: CompanyMerge, entries: Iterable[AuditEntry], terms: bool
) -> dict[str, int]:
    found: dict[str, set[int]] = {}
    went = {"company_id": merge.merged_id}, {"company_id": merge.survivor_id}
    for entry in entries:
        sides = (json.loads(entry.before), json.loads(entry.after))
        # What hangs on a deal went with the deal.
        tied = entry.deal_id is not None and entry.object_type != "deal"
        over = all(
            was["company_id"] == s.get("company_id") for was, s in zip(went, sides, strict=True)
        )
        if over and not tied and entry.object_type in COUNTED:
            found.setdefault(entry.object_type, set()).add(entry.object_id or 0)
    if deals := found.get("deal"):
        found["deal"] = set(current_app.extensions["readable_deals"](user, deals))
    if not terms and (papers := found.get(Document.__audit__)):
        papers -= holding_terms(papers)
    counts = {kind: len(ids) for kind, ids in sorted(found.items()) if ids}
    figures = len(_moved_figures(merge))
    return {**({Figure.__audit__: figures} if figures else {}), **counts}


def _moved_figures(merge: CompanyMerge) -> list[int]:
    ids: list[int] = json.loads(merge.moved).get(Figure.__tablename__, [])
    return ids


def _figures(merge: CompanyMerge) -> list[Stated]:
    """Figures are appended and keep their values: which of them the merge closed tells the rest."""
    then, ids = merge.merged_at, _moved_figures(merge)
    owners = owners_since(merge.survivor_id)
    made, closed = _written(owners, then, set(ids))
    known, found = dictionary(), []
    for part in in_parts(ids):
        for row in db.session.scalars(sa.select(Figure).where(Figure.id.in_(part))):
            if row.metric not in known or (row.superseded_at and row.superseded_at < then):
                continue
            key = (row.metric, row.fiscal_year)
            outcome = _outcome(row, then, key in made, key in closed)
            found.append(Stated(known[row.metric], row, closed.get(key), outcome))
    return sorted(found, key=lambda s: (s.metric.id, -(s.figure.fiscal_year or 0)))


def _outcome(row: Figure, then: dt.datetime, stands_beside: bool, replaces: bool) -> Outcome:
    if row.disputed or (row.superseded_at == then and stands_beside):
        return Outcome.BESIDE
    if row.superseded_at == then:
        return Outcome.LEFT
    return Outcome.INSTEAD if replaces else Outcome.TAKEN


Key = tuple[str, int | None]


def _written(
    owners: Sequence[int], then: dt.datetime, moved: set[int]
) -> tuple[set[Key], dict[Key, Figure]]:
    """By metric and year the figures that a merge stated beside others, and those of the survivor
    that it closed."""
    at_once = sa.or_(
        sa.and_(Figure.recorded_at == then, Figure.disputed), Figure.superseded_at == then
    )
    rows = db.session.scalars(sa.select(Figure).where(Figure.company_id.in_(owners), at_once))
    own = [row for row in rows if row.id not in moved]
    beside = {(row.metric, row.fiscal_year) for row in own if row.recorded_at == then}
    closed = {(r.metric, r.fiscal_year): r for r in own if r.superseded_at == then}
    return beside, closed


def details(user: User, lines: Iterable[audit.Line]) -> dict[int, list[Detail]]:
    """By merge what its line in a history says beside the trail: the figures that count since, and
    how many rows of each kind went over."""
    ids = {line.object_id for line in lines if line.object_type == CompanyMerge.__audit__}
    if not ids:
        return {}
    merges = db.session.scalars(sa.select(CompanyMerge).where(CompanyMerge.id.in_(ids)))
    return {merge.id: _details(joined(user, merge)) for merge in merges}


def _details(told: Joined) -> list[Detail]:
    taken = {Outcome.TAKEN, Outcome.INSTEAD}
    figures = [
        figure_told(
            s.metric, s.figure, language(), s.other if s.outcome is Outcome.INSTEAD else None
        )
        for s in told.figures
        if s.outcome in taken
    ]
    counts = [
        Detail(_("Went over: %(kind)s", kind=kind_title(kind, language())), "", str(number))
        for kind, number in told.moved.items()
    ]
    return [*counts, *figures]
