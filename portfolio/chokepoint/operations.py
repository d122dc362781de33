"""What is done with tags: suggested from a text, claimed with evidence, read a second time, rejected."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

from portfolio.chokepoint import queries
from portfolio.chokepoint.claims import Claim, Piece, Unfit, claim_errors
from portfolio.chokepoint.evidence_operations import problems
from portfolio.chokepoint.ladder import ladder
from portfolio.chokepoint.models import Tag, TagEvidence
from portfolio.chokepoint.restating import Reading, reading_of
from portfolio.chokepoint.reviewing import terms
from portfolio.chokepoint.row_operations import add_card, add_piece, append
from portfolio.chokepoint.source_queries import texts_of
from portfolio.chokepoint.sources import DESCRIPTION, book
from portfolio.chokepoint.standing import Standing, TagState, standing
from portfolio.chokepoint.suggestion_operations import follow, read
from portfolio.chokepoint.taxonomy_queries import taxonomy
from portfolio.companies.models import Company
from portfolio.companies.operations import check_version
from portfolio.extensions import Actor, db, serialise
from portfolio.kernel.dates import local_date
from portfolio.kernel.errors import InputError

READING = tuple(field.name for field in fields(Reading))
QUOTED = "{source}中写明：“{words}”"


def refresh_suggestions(company: Company, now: dt.datetime) -> int:
    """Let the suggestions of a company follow its texts; answers how many are new."""
    db.session.flush()
    texts = texts_of([company.id])
    return follow({number: read(found) for number, found in texts.items()}, now).added


def quoted(tag: Tag) -> str:
    """What a suggestion rests on, as the words of evidence."""
    known = book().sources
    titles = [known[key].zh for key in tag.sources.split() if key in known]
    return QUOTED.format(source="、".join(titles) or known[DESCRIPTION].zh, words=tag.words)


@dataclass(frozen=True)
class Made:
    """What a claim added: the row of the tag in place of the former one, and its evidence."""

    tag: Tag
    former: Tag | None
    evidence: Sequence[TagEvidence]


def confirm(
    company_id: int, claim: Claim, actor: Actor, now: dt.datetime, seen: int | None = None
) -> Made:
    """Claim that a company develops a technology, state the claim anew, or renew one that expired.

    Who claims is the first reader; a second reading starts anew, unless it may wait
    (`restating.reading_of`). `seen` is the row that the person
    saw (0 for none). Raises InputError `technology.unknown`, Unfit with what is wrong by field
    (evidence as `piece-<column>`), and Conflict when another row stands by now.
    """
    if claim.technology not in taxonomy().technologies:
        raise InputError("technology.unknown", value=claim.technology)
    serialise(f"tag.{company_id}.{claim.technology}")
    old = queries.current(company_id, claim.technology)
    check_version(old.id if old else 0, seen)
    if errors := claim_problems(company_id, claim, old, local_date(now)):
        raise Unfit(errors)
    card = old.card.value() if old is not None and old.card is not None else None
    reading = reading_of(old, card, claim, Reading(actor.id, now), local_date(now), ladder())
    pieces = [add_piece(company_id, claim.technology, p, actor, now) for p in claim.pieces]
    tag = append(
        old,
        actor,
        now,
        company_id=company_id,
        technology=claim.technology,
        state=TagState.CONFIRMED.value,
        level=claim.level,
        card_id=_card(company_id, claim, old),
        counter_evidence=claim.counter_evidence,
        recheck_on=claim.recheck_on,
        **asdict(reading),
    )
    return Made(tag, old, pieces)


def claim_problems(
    company_id: int, claim: Claim, old: Tag | None, today: dt.date
) -> dict[str, InputError]:
    """What is wrong with a claim by field, evidence as `piece-<column>`; one that renews what
    expired says what was looked for this time."""
    found: dict[str, InputError] = {}
    for piece in claim.pieces:
        found |= problems(piece, today)
    stand = queries.evidence_of([company_id], technology=claim.technology)
    known = [(row.kind, row.level) for row in stand.get(company_id, [])]
    found |= claim_errors(claim, known, ladder(), today)
    if old is None or standing(old, today, ladder()) is not Standing.EXPIRED:
        return found
    if claim.counter_evidence and claim.counter_evidence == old.counter_evidence:
        found["counter_evidence"] = InputError("claim.counter_again")
    return found


def _card(company_id: int, claim: Claim, old: Tag | None) -> int:
    """The card that stands where it says the same, else another one."""
    if old is not None and old.card is not None and old.card.value() == claim.card:
        return old.card.id
    return add_card(company_id, claim.card).id


def accept(tag: Tag, actor: Actor, now: dt.datetime) -> Made:
    """Take a suggestion up as the company's own claim, in its own words; what else a claim has to
    say is left open, so that it does not count. Raises InputError `tag.decided` for no suggestion.
    """
    if tag.state != TagState.SUGGESTED.value:
        raise InputError("tag.decided")
    lowest = next(iter(ladder().levels))
    piece = Piece("text", lowest, quoted(tag), dated_on=local_date(now))
    evidence = add_piece(tag.company_id, tag.technology, piece, actor, now)
    taken = append(
        tag,
        actor,
        now,
        state=TagState.CONFIRMED.value,
        level=lowest,
        first_reader_id=actor.id,
        first_read_at=now,
    )
    return Made(taken, tag, [evidence])


def read_again(tag: Tag, actor: Actor, now: dt.datetime) -> Tag:
    """Stand behind a claim as its second reader. Raises InputError `reader.none` where none is
    waited for, and `reader.same` to its first reader."""
    unread = tag.second_reader_id is None or tag.reread_by is not None
    confirmed = tag.state == TagState.CONFIRMED.value
    if not (confirmed and unread) or tag.level not in ladder().read_twice():
        raise InputError("reader.none")
    if tag.first_reader_id == actor.id:
        raise InputError("reader.same")
    return append(tag, actor, now, second_reader_id=actor.id, second_read_at=now, reread_by=None)


def reject(tag: Tag, words: str, actor: Actor, now: dt.datetime, code: str = "") -> Tag:
    """Say that a company does not develop it, for one of the reasons by its code, in words or both:
    by the texts that name it now, so that it is suggested again only when one of them changed or
    another came. Nobody stands
    behind it any more. Raises InputError `reason.missing`."""
    known = code if code in terms().reasons else ""
    if not (known or words.strip()):
        raise InputError("reason.missing")
    read_now = read(texts_of([tag.company_id]).get(tag.company_id, []))
    return append(
        tag,
        actor,
        now,
        state=TagState.REJECTED.value,
        reason_code=known,
        reason=words.strip(),
        text_hash=read_now.naming(tag.technology),
        **dict.fromkeys(READING),
    )
