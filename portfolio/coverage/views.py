"""Pages of the map: domains and technologies, and the companies of one technology side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portfolio.chokepoint.ladder import ladder
from portfolio.chokepoint.taxonomy_queries import taxonomy
from portfolio.coverage import kept_queries, queries
from portfolio.coverage.asked import SHOWS, Asked, read_asked
from portfolio.coverage.figures import Cell, segments, tier
from portfolio.coverage.phases import phases
from portfolio.people import access
from portfolio.pipeline import queries as pipeline
from portfolio.readiness import queries as readiness
from portfolio.readiness.results import Verdict
from portfolio.readiness.targets import listed_targets
from portfolio.web.formatting import title_of, today, url_with
from portfolio.web.paging import Page, page_of

blueprint = Blueprint("coverage", __name__)

# What the fill of a cell may stand for.
FILLS = {
    "deals": _l("Number of deals"),
    "companies": _l("Number of companies"),
    "money": _l("Money invested"),
}


def asked() -> Asked:
    """What the address narrows the page to."""
    book = taxonomy()
    return read_asked(
        request.args.to_dict(flat=False),
        book.domains,
        book.lists,
        ladder().levels,
        pipeline.stage_titles(),
    )


def narrowing(conditions: Asked, shows: Sequence[str] = ()) -> dict[str, Any]:
    """What the form of conditions offers: of the map where it can be filled in several ways."""
    book, stages = taxonomy(), pipeline.stage_titles()
    every = ("", _("All"))
    levels = [
        (level, _("%(level)s and above, counted or not", level=level)) for level in ladder().levels
    ]
    own, gaps = ("1", _("Those I own")), ("1", _("Only without a deal"))
    about = (
        ("level", _("Evidence"), [("", _("Counted in statistics")), *levels], conditions.level),
        ("stage", _("Stage of the deal"), [every, *_titled(stages)], conditions.stage),
        ("own", _("Deals"), [every, own], "1" if conditions.own else ""),
        ("gaps", _("Gaps"), [every, gaps], "1" if conditions.gaps else ""),
    )
    domains, lists = [every, *_titled(book.domains)], [every, *_titled(book.lists)]
    of_map = (
        ("domain", _("Domain"), domains, conditions.domain),
        ("list", _("Source list"), lists, conditions.source),
    )
    fills = [(show, str(FILLS[show])) for show in shows]
    fill = [("show", _("Fill stands for"), fills, conditions.show)]
    return {
        "asked": conditions,
        "arguments": conditions.arguments(),
        "book": book,
        "stages": stages,
        "selects": [*of_map, *about, *fill] if shows else about,
        "clear": url_with(**dict.fromkeys(conditions.arguments()), page=None),
    }


def _titled(things: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(key, title_of(each)) for key, each in things.items()]


def chart() -> str:
    """The map: a row for each domain, a cell for each technology; each cell opens its list."""
    user, conditions, book = access.me(), asked(), taxonomy()
    # What leaves cells out or fills them is no part of what is read.
    read = replace(conditions, domain="", source="", gaps=False, show=SHOWS[0])
    drawn = kept_queries.drawn(user, read, today())
    rows = [
        (domain, cells)
        for domain in book.domains.values()
        if (not conditions.domain or domain.id == conditions.domain)
        and (cells := _cells(domain.id, conditions, drawn.cells))
    ]
    shown = [cell for _, cells in rows for cell in cells]
    most = max((cell.measure(conditions.show) for cell in shown), default=0)
    phase_of = phases().of_stages(pipeline.newest_first())
    shows = [show for show in SHOWS if show != "money" or user.may("deal.terms")]
    return render_template(
        "coverage/map.html",
        rows=rows,
        shown=shown,
        gaps=sum(cell.gap for cell in shown),
        titles={c.technology: title_of(book.technologies[c.technology]) for c in shown},
        strips={c.technology: segments(c.strip(phase_of, phases().phases)) for c in shown},
        tiers={c.technology: tier(c.measure(conditions.show), most) for c in shown},
        phases=phases().phases.values(),
        stages_seen=[s for s in pipeline.stage_titles() if any(s in c.stages for c in shown)],
        suggested=drawn.suggested,
        standings=drawn.standings,
        amounts=user.may("deal.terms"),
        fill=FILLS[conditions.show],
        base="/chokepoints/technologies",
        query=_query(conditions),
        **narrowing(conditions, shows),
    )


def _query(conditions: Asked) -> str:
    """The conditions as the end of an address; those of the map alone are left out."""
    kept = {
        key: value
        for key, value in conditions.arguments().items()
        if value and key in {"level", "stage", "own"}
    }
    return f"?{urlencode(kept)}" if kept else ""


def _cells(domain: str, conditions: Asked, found: Mapping[str, Cell]) -> list[Cell]:
    """The cells of a domain that the conditions leave, in the taxonomy's order."""
    cells = (
        found.get(each.id, Cell(each.id))
        for each in taxonomy().of_domain(domain)
        if not conditions.source or conditions.source in each.lists
    )
    return [cell for cell in cells if cell.gap or not conditions.gaps]


@blueprint.get("/chokepoints/technologies/<technology>")
@access.permit("company.read")
def technology(technology: str) -> str:
    """The companies that are said to develop a technology, side by side."""
    known = taxonomy().known(technology) or abort(404)
    user, conditions = access.me(), asked()
    ids, number, total = page_of(queries.side_by_side(user, technology, conditions, today()))
    rows = queries.with_companies(ids)
    firms = [company.id for _, company in rows]
    met = {
        company_id: [t for t in listed_targets() if said.get(t.key) == Verdict.PASS.value]
        for company_id, said in readiness.statuses(firms).items()
    }
    every = replace(conditions, gaps=False)
    found = queries.cells(user, every, today(), technology)
    return render_template(
        "coverage/technology.html",
        technology=known,
        domain=taxonomy().domains.get(known.domain),
        page=Page(rows, number, total),
        deals=queries.deals_of(user, firms, conditions),
        met=met,
        cell=found.get(technology, Cell(technology)),
        day=today(),
        amounts=user.may("deal.terms"),
        **narrowing(conditions),
    )
