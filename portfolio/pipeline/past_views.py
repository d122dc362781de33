"""The page of one deal as the system knew it at the end of a past day; nothing on it can be changed."""

import datetime as dt

from flask import render_template

from portfolio.audit import queries as audit
from portfolio.chokepoint import queries as chokepoint
from portfolio.chokepoint.ladder import ladder, worded
from portfolio.chokepoint.standing import holds
from portfolio.chokepoint.taxonomy_queries import technology_titles
from portfolio.companies.history import acts
from portfolio.companies.history_queries import words_of
from portfolio.kernel.dates import local_date
from portfolio.people import access
from portfolio.pipeline import past_queries
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.gates import state_title
from portfolio.pipeline.history_queries import titles
from portfolio.pipeline.models import Deal
from portfolio.pipeline.past_queries import DealThen
from portfolio.pipeline.progress import progress
from portfolio.pipeline.spine import spine
from portfolio.web.formatting import title_of
from portfolio.web.i18n import language
from portfolio.web.past import end_of


def past_page(deal: Deal, day: dt.date) -> str:
    """The deal on that day, or that it was not opened yet. The reader's rights are today's."""
    known_at = end_of(day)
    user = access.me()
    terms = sight.may(user, "deal.terms", deal)
    then = past_queries.deal_as_known(deal.id, known_at, terms)
    if then is None:
        return render_template("pipeline/not_yet.html", deal=deal, day=day)
    changes = audit.history("deal", deal.id, limit=20, known_at=known_at)
    readable = sight.readable_deals(user, [deal.id])
    lines = audit.known_lines(changes, readable, audit.terms_by_type())
    return render_template(
        "pipeline/past.html",
        then=then,
        deal=then.deal,
        day=day,
        pipeline=then.pipeline,
        stage=then.pipeline.stage(then.deal.stage),
        days=then.pipeline.stage(then.deal.stage).days_since(then.deal.stage_entered_at, known_at),
        spine=spine(then.pipeline, then.events, day),
        progress=progress(then.pipeline, then.checks, then.deal.stage),
        state_title=state_title,
        writable=False,
        actors=_names(then, known_at),
        team=past_queries.names_then(set(then.team), known_at),
        terms=terms,
        tags=_tags(then, known_at),
        documents=then.documents,
        history=acts(lines, words_of(lines, titles(then.pipeline))),
    )


def _tags(then: DealThen, known_at: dt.datetime) -> list[str]:
    """The technologies that the company was confirmed to develop, with the level of the evidence."""
    if then.company is None:
        return []
    tags = chokepoint.tags_of([then.company.id], known_at).get(then.company.id, [])
    book, day = technology_titles(), local_date(known_at)
    held = [t for t in tags if holds(t, day, ladder()) and t.technology in book]
    return [f"{title_of(book[t.technology])} {worded(t.level, language())}" for t in held]


def _names(then: DealThen, known_at: dt.datetime) -> dict[int, str]:
    ids = {event.actor_id for event in then.events} | {task.owner_id for task in then.tasks}
    ids |= {i for row in then.checks.values() for i in (row.recorded_by_id, row.verified_by_id)}
    return past_queries.names_then(ids - {None}, known_at)
