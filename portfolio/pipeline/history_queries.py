"""The history of a deal in words: stages, statuses and reasons by title, people by name."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from flask_babel import gettext as _

from portfolio.audit import queries as audit
from portfolio.companies.history import Act, acts
from portfolio.companies.history_queries import titles_of, words_of
from portfolio.companies.models import Round
from portfolio.people.models import User
from portfolio.pipeline import queries
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.models import Deal, GrantKind, Status
from portfolio.pipeline.operations import FIELDS, TERMS
from portfolio.web.formatting import title_of

MOST_ENTRIES = 200


def history(user: User, deal: Deal, most: int = 12) -> list[Act]:
    """What happened to a deal and what belongs to it, newest first; terms as the reader may."""
    entries = audit.of_deal(deal.id, MOST_ENTRIES)
    readable = sight.readable_deals(user, [deal.id])
    lines = audit.known_lines(entries, readable, audit.terms_by_type())
    known = titles(queries.pipeline_of(deal.pipeline))
    words = words_of(lines, known, {"deal": FIELDS | set(TERMS)})
    return acts(lines, replace(words, forms={"deal": form_of(deal)}), most)


def form_of(deal: Deal) -> str:
    """The form by which a deal is filled in, as its columns are called by it."""
    return "deal" if deal.target_vehicle_id is None else "commitment"


def titles(pipeline: Pipeline) -> Mapping[tuple[str, str], Mapping[Any, str]]:
    """The titles of a deal's keys, under its own version of the pipeline."""
    statuses = titles_of(Status)
    return {
        ("stage_event", "stage"): _by_key(queries.stage_titles(pipeline.key).values()),
        ("stage_event", "status"): statuses,
        ("stage_event", "reason_code"): _by_key(pipeline.reasons),
        ("deal", "round"): titles_of(Round),
        ("deal", "pipeline_id"): {n: _version(flow) for n, flow in queries.pipelines().items()},
        ("deal", "vehicle_id"): {v.id: title_of(v) for v in queries.vehicles()},
        ("deal_grant", "kind"): titles_of(GrantKind),
    }


def _version(flow: Pipeline) -> str:
    return _("%(name)s, version %(number)s", name=title_of(flow), number=flow.version)


def _by_key(things: Iterable[Any]) -> dict[str, str]:
    return {thing.key: title_of(thing) for thing in things}
