"""What is done with tags: suggested from a text, confirmed with evidence, rejected with a reason."""

import datetime as dt
import hashlib

from portfolio.chokepoint import queries
from portfolio.chokepoint.models import Evidence, Tag, TagState
from portfolio.chokepoint.suggest import suggest
from portfolio.chokepoint.taxonomy_queries import lexicon, taxonomy
from portfolio.companies.models import Company
from portfolio.extensions import Actor, db
from portfolio.kernel.errors import InputError


def refresh_suggestions(company: Company, now: dt.datetime) -> int:
    """Suggest technologies from the description; answers how many suggestions are new.

    What a person has decided stays; a rejected suggestion returns only when the text changed.
    """
    digest = hashlib.sha256(company.description.encode()).hexdigest()
    known = {tag.technology: tag for tag in queries.tags_of([company.id]).get(company.id, [])}
    added = 0
    for found in suggest(company.description, lexicon()):
        tag = known.get(found.technology.id)
        again = tag and tag.state == TagState.REJECTED.value and tag.text_hash != digest
        if tag is not None and not again:
            continue
        _append(
            tag,
            now,
            company_id=company.id,
            technology=found.technology.id,
            state=TagState.SUGGESTED.value,
            words=found.evidence,
            confidence_micro=int(found.confidence * 1_000_000),
            text_hash=digest,
        )
        added += 1
    return added


def confirm(
    company_id: int, technology: str, level: str, evidence: str, actor: Actor, now: dt.datetime
) -> Tag:
    """Say that a company develops a technology, with evidence.

    Raises InputError `technology.unknown`, `evidence.level` or `evidence.missing`.
    """
    if technology not in taxonomy().technologies:
        raise InputError("technology.unknown", value=technology)
    if level not in {member.value for member in Evidence}:
        raise InputError("evidence.level", value=level)
    if not evidence.strip():
        raise InputError("evidence.missing")
    old = queries.current(company_id, technology)
    return _append(
        old,
        now,
        company_id=company_id,
        technology=technology,
        state=TagState.CONFIRMED.value,
        level=level,
        evidence=evidence.strip(),
        words=old.words if old else "",
        confidence_micro=old.confidence_micro if old else None,
        text_hash=old.text_hash if old else "",
        recorded_by_id=actor.id,
    )


def reject(tag: Tag, reason: str, actor: Actor, now: dt.datetime) -> Tag:
    """Say that a company does not develop it. Raises InputError `reason.missing`."""
    if not reason.strip():
        raise InputError("reason.missing")
    return _append(
        tag,
        now,
        company_id=tag.company_id,
        technology=tag.technology,
        state=TagState.REJECTED.value,
        level=tag.level,
        evidence=tag.evidence,
        words=tag.words,
        confidence_micro=tag.confidence_micro,
        text_hash=tag.text_hash,
        reason=reason.strip(),
        recorded_by_id=actor.id,
    )


def _append(old: Tag | None, now: dt.datetime, **values: object) -> Tag:
    if old is not None:
        old.superseded_at = now
        db.session.flush()
    tag = Tag(recorded_at=now, **values)
    db.session.add(tag)
    db.session.flush()
    return tag
