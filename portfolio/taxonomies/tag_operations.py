"""Tags that follow an edition: each as a row of its own, so that the trail shows where it was."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence

import sqlalchemy as sa

from portfolio.chokepoint import taxonomy_queries
from portfolio.chokepoint.joining import Joined, claimed
from portfolio.chokepoint.models import Tag
from portfolio.chokepoint.row_operations import SECOND_READING
from portfolio.chokepoint.source_queries import texts_of
from portfolio.chokepoint.sources import Text
from portfolio.chokepoint.suggestion_operations import said_of
from portfolio.chokepoint.taxonomy_models import TaxonomyEdition
from portfolio.extensions import db, one_of
from portfolio.kernel.parts import in_parts
from portfolio.taxonomies import proof_operations, queries
from portfolio.taxonomies.comparing import Comparison
from portfolio.taxonomies.models import TagMove
from portfolio.taxonomies.moving import SUGGESTED, Effect, Held, Step, plan
from portfolio.taxonomies.queries import Drafted

# What a row has of its own; everything else goes on from the row before it.
OWN = frozenset(("id", "technology", "state", "recorded_at", "superseded_at"))
CARRIED = tuple(c.key for c in sa.inspect(Tag).column_attrs if c.key not in OWN)


def comparison_of(found: Drafted) -> Comparison:
    """The words before a draft and after it."""
    return Comparison(taxonomy_queries.words_of(found.base), taxonomy_queries.words_of(found.book))


def concerned(found: Drafted) -> set[str]:
    """The technologies whose tags an edition touches."""
    moved = {name for move in found.moves for name in move["from"]}
    gone = found.base.technologies.keys() - found.book.technologies.keys()
    return moved | gone


def plans(
    found: Drafted,
    takes_back_id: int | None,
    texts: Mapping[int, Sequence[Text]],
    words: Comparison,
    all_of_them: bool = False,
) -> dict[int, list[Step]]:
    """What a draft does to companies whose texts are given; of those alone that it touches,
    unless all are known to be touched."""
    standing = queries.standing(texts)
    back = queries.moved_by(takes_back_id, texts) if takes_back_id else {}
    names, live = concerned(found), frozenset(found.book.technologies)
    steps: dict[int, list[Step]] = {}
    for company_id, text in texts.items():
        held = standing.get(company_id, {})
        near = all_of_them or company_id in back or not names.isdisjoint(held)
        if not near and not words.touches(text):
            continue
        claimed = words.claims(text)
        made = plan(held, found.moves, back.get(company_id, ()), claimed, live, company_id)
        if made:
            steps[company_id] = made
    return steps


def left_behind(lost: Iterable[str], found: Drafted, takes_back_id: int | None) -> dict[str, int]:
    """How many claims would stand under technologies that nobody knows any more."""
    names = set(lost)
    carried: dict[str, int] = {}
    if not names:
        return carried
    words = comparison_of(found)
    for part in in_parts(queries.touched(names, takes_back_id)):
        for steps in plans(found, takes_back_id, texts_of(part), words, True).values():
            for step in steps:
                if step.effect is Effect.STAYS and step.technology in names:
                    carried[step.technology] = carried.get(step.technology, 0) + 1
    return carried


def move_tags(
    edition: TaxonomyEdition, found: Drafted, now: dt.datetime, tell: Callable[[int], object]
) -> None:
    """Let the tags of technologies that went elsewhere follow them; `tell` hears of how many
    companies, part after part."""
    words, count = comparison_of(found), 0
    taken = db.session.get(TaxonomyEdition, edition.takes_back_id or 0)
    for part in in_parts(queries.touched(concerned(found), edition.takes_back_id)):
        texts = texts_of(part)
        done = plans(found, edition.takes_back_id, texts, words, True)
        carry_out(done, texts, words, edition, now)
        if taken is None:
            proof_operations.follow(done, now)
        else:
            proof_operations.come_back(done, taken, frozenset(found.book.technologies), now)
        count += len(part)
        tell(count)


def carry_out(
    steps: Mapping[int, Sequence[Step]],
    texts: Mapping[int, Sequence[Text]],
    words: Comparison,
    edition: TaxonomyEdition,
    now: dt.datetime,
) -> None:
    """Write what was planned: rows close, rows that go on from them stand, and it is kept which."""
    ids = [s.source for of in steps.values() for s in of if s.source is not None]
    rows: dict[int, Tag] = {}
    for part in in_parts(ids):
        rows |= {
            tag.id: tag for tag in db.session.scalars(sa.select(Tag).where(one_of(Tag.id, part)))
        }
    for of in steps.values():
        for step in of:
            if step.source is not None and step.closes:
                rows[step.source].superseded_at = now
    db.session.flush()  # one row at a time is current
    made = {
        (company_id, step.becomes): tag
        for company_id, of in steps.items()
        for step, tag in _rows(company_id, of, texts[company_id], words, rows, now)
    }
    db.session.flush()
    standing: dict[int, dict[str, Held]] = {}
    for part in in_parts(steps):
        standing |= queries.standing(part)
    for company_id, of in steps.items():
        for step in of:
            if step.source is not None and step.becomes:
                there = standing.get(company_id, {}).get(step.becomes)
                new = made.get((company_id, step.becomes))
                db.session.add(_move(edition, company_id, step, there, new is not None))
    db.session.flush()


def _rows(
    company_id: int,
    steps: Sequence[Step],
    texts: Sequence[Text],
    words: Comparison,
    rows: Mapping[int, Tag],
    now: dt.datetime,
) -> list[tuple[Step, Tag]]:
    found = []
    read: dict[str, Joined] = {}
    if any(step.made and step.state == SUGGESTED for step in steps):
        read = {one.technology.id: one for one in claimed(texts, words.new)}
    for step in steps:
        if step.made:
            old = rows[step.source] if step.source is not None else None
            values = {name: getattr(old, name) for name in CARRIED} if old else {}
            if step.state == SUGGESTED and step.becomes in read:
                values |= said_of(read[step.becomes])
            if step.effect is Effect.UNDECIDED:
                values |= dict.fromkeys(SECOND_READING)
            values |= {"company_id": company_id, "technology": step.becomes, "state": step.state}
            tag = Tag(**values, recorded_at=now)
            db.session.add(tag)
            found.append((step, tag))
    return found


def _move(
    edition: TaxonomyEdition, company_id: int, step: Step, there: Held | None, made: bool
) -> TagMove:
    return TagMove(
        edition_id=edition.id,
        company_id=company_id,
        technology=step.technology,
        becomes=step.becomes,
        old_tag_id=step.source,
        new_tag_id=there.source if there else None,
        made=made,
    )
