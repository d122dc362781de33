"""Ways through the library, a part at a time so that nobody who writes waits long: what a draft would
do, and suggestions that follow an edition."""

import datetime as dt
import json
from collections import Counter

from portfolio.chokepoint import lease_operations as leases
from portfolio.chokepoint import taxonomy_queries
from portfolio.chokepoint.folding import flattened
from portfolio.chokepoint.source_queries import texts_of
from portfolio.chokepoint.sources import Text
from portfolio.chokepoint.taxonomy_models import TaxonomyEdition
from portfolio.extensions import db, insert_rows, unit_of_work
from portfolio.taxonomies import queries
from portfolio.taxonomies.comparing import Comparison, added_words, flat_of
from portfolio.taxonomies.models import TaxonomyEffect, TaxonomyRun
from portfolio.taxonomies.moving import Step
from portfolio.taxonomies.queries import Drafted
from portfolio.taxonomies.tag_operations import carry_out, comparison_of, plans

CHUNK = 2000
ACTION = "taxonomy.run"


def anything_waits(now: dt.datetime) -> bool:
    """Whether there is a run to take up."""
    return leases.anything_waits(TaxonomyRun, now)


def claim(now: dt.datetime) -> int | None:
    """Take up the run that waits longest, those of editions first; answers its id."""
    return leases.claim(TaxonomyRun, ACTION, now, TaxonomyRun.edition_id.is_(None))


def go_through(run_id: int) -> None:
    """Do a run that was claimed to its end, or until it is gone: a draft that changed needs it no
    more."""
    run = db.session.get_one(TaxonomyRun, run_id)
    edition = db.session.get(TaxonomyEdition, run.edition_id or 0)
    found = published(edition) if edition else queries.drafted()
    if edition is None and found.mark != run.mark:
        with unit_of_work(ACTION):
            db.session.delete(run)
        return
    words, added = comparison_of(found), {} if edition else _added(found)
    there: TaxonomyRun | None = run
    while there is not None and _part(there, found, edition, words, added):
        there = db.session.get(TaxonomyRun, run_id, populate_existing=True)


def published(edition: TaxonomyEdition) -> Drafted:
    """An edition beside the one before it, as a draft is beside the one in force."""
    base = taxonomy_queries.taxonomy_of(edition.number - 1)
    book = taxonomy_queries.taxonomy_of(edition.number)
    return Drafted(None, base, json.loads(edition.changes), book, {})


def _added(found: Drafted) -> dict[str, str]:
    """New words, flattened, by how they are written."""
    words = {w for of in added_words(found.base, found.book).values() for w in of}
    return {w: flattened(w.partition(" & ")[0]) for w in sorted(words)}


def _part(
    run: TaxonomyRun,
    found: Drafted,
    edition: TaxonomyEdition | None,
    words: Comparison,
    added: dict[str, str],
) -> bool:
    """The next companies; answers whether more may follow."""
    texts = texts_of(queries.part_of(run.last_id, CHUNK))
    now = dt.datetime.now(dt.UTC)
    with unit_of_work(ACTION):
        if not texts:
            _conclude(run, edition, now)
            return False
        if edition is None:
            row = queries.draft()
            steps = plans(found, row.takes_back_id if row else None, texts, words)
            insert_rows(TaxonomyEffect, _effects(run.id, steps))
            run.hits = json.dumps(_hits(texts, added, run.hits), ensure_ascii=False)
        else:
            moved = queries.moved_by(edition.id, texts)
            rest = {i: text for i, text in texts.items() if i not in moved}
            carry_out(plans(found, None, rest, words), rest, words, edition, now)
        run.last_id, run.done = max(texts), run.done + len(texts)
        run.lease_until = now + leases.LEASE
    return True


def _effects(run_id: int, steps: dict[int, list[Step]]) -> list[dict[str, object]]:
    return [
        {
            "run_id": run_id,
            "company_id": company_id,
            "effect": step.effect.value,
            "technology": step.technology,
            "becomes": step.becomes,
        }
        for company_id, of in steps.items()
        for step in of
    ]


def _hits(texts: dict[int, list[Text]], added: dict[str, str], before: str) -> Counter[str]:
    found = Counter(json.loads(before))
    if added:
        for of_company in texts.values():
            flat = flat_of(of_company)
            found.update(word for word, form in added.items() if form in flat)
    return found


def _conclude(run: TaxonomyRun, edition: TaxonomyEdition | None, now: dt.datetime) -> None:
    run.ended_at = now
    run.total = run.done
    if edition is not None:
        edition.settled_at = now
