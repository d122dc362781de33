"""What a claim says: the card, its evidence, when it is looked at again, and what is wrong with it
(pure)."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from portfolio.chokepoint.ladder import Ladder
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import MICRO
from portfolio.kernel.text import clean, halfwidth

WHOLE = 100 * MICRO  # all of a market, in millionths of a percent
FIRST_YEAR = 1990
MOST_INCUMBENTS = 12
LONG, SHORT = 4000, 300
_PATENT = re.compile(r"[A-Z]{0,2}[0-9][0-9./-]{4,18}[0-9A-Z]{1,2}")
Errors = Mapping[str, InputError]


@dataclass(frozen=True)
class Piece:
    """One piece of evidence and the level that it supports."""

    kind: str
    level: str
    text: str = ""
    link: str = ""
    document_id: int | None = None
    patent: str = ""
    issuer: str = ""
    dated_on: dt.date | None = None


@dataclass(frozen=True)
class Incumbent:
    """Somebody abroad who holds the market: a part of it in millionths of a percent, if known."""

    name: str
    country: str = ""
    share_micro: int | None = None
    year: int | None = None
    source: str = ""


@dataclass(frozen=True)
class Card:
    """What is choked, on what that rests, by whom, and how far a substitute has come. Shares are in
    millionths of a percent; what is not known is None or empty."""

    choked_kind: str = ""
    choked: str = ""
    node: str = ""
    basis_kind: str = ""
    basis: str = ""
    basis_number: str = ""
    basis_on: dt.date | None = None
    foreign_micro: int | None = None
    domestic_micro: int | None = None
    share_year: int | None = None
    share_source: str = ""
    suppliers: int | None = None
    substitute: str = ""
    validator: str = ""
    validation: str = ""
    impact: str = ""
    official: str = ""
    incumbents: tuple[Incumbent, ...] = ()


CARD_COLUMNS = tuple(field.name for field in fields(Card) if field.name != "incumbents")
INCUMBENT_COLUMNS = tuple(field.name for field in fields(Incumbent))
PIECE_COLUMNS = tuple(field.name for field in fields(Piece))


@dataclass(frozen=True)
class Claim:
    """That a company develops a technology, as far as the level says, until it is looked at again.

    `pieces` is evidence that comes with the claim, beside what stands already.
    """

    technology: str
    level: str
    card: Card
    counter_evidence: str
    recheck_on: dt.date | None
    pieces: tuple[Piece, ...] = ()


class Unfit(InputError):
    """A claim or a piece of evidence that cannot be taken: what is wrong, by field."""

    def __init__(self, errors: Errors) -> None:
        first = next(iter(errors.values()))
        super().__init__(first.code, **first.params)
        self.errors = errors


def patent_number(text: str) -> str:
    """A patent's or an application's number in common form. Raises InputError `patent.malformed`."""
    plain = re.sub(r"[\s,，]", "", halfwidth(clean(text))).upper()
    plain = re.sub(r"^(?:专利号|申请号|公开号)?[:：]?", "", plain)
    if not _PATENT.fullmatch(plain):
        raise InputError("patent.malformed", value=text)
    return plain


def piece_errors(piece: Piece, ladder: Ladder, today: dt.date) -> dict[str, InputError]:
    """What is wrong with a piece of evidence, by its columns."""
    level, kind = ladder.levels.get(piece.level), ladder.kinds.get(piece.kind)
    if level is None or kind is None:
        return {"level": InputError("evidence.level", value=piece.level)}
    found: dict[str, InputError] = {}
    if piece.kind not in level.kinds:
        wanted = "、".join(ladder.kinds[name].zh for name in level.kinds)
        english = ", ".join(ladder.kinds[name].en.lower() for name in level.kinds)
        either = {"zh": wanted, "en": english}
        found["level"] = InputError("evidence.kind", level=level.value, title=level, wanted=either)
    found |= _of_kind(piece)
    if level.sourced and not piece.issuer:
        found["issuer"] = InputError("evidence.issuer", level=level.value)
    if level.sourced and piece.dated_on is None:
        found["dated_on"] = InputError("evidence.day", level=level.value)
    if piece.dated_on and piece.dated_on > today:
        found["dated_on"] = InputError("evidence.future")
    return found


def _of_kind(piece: Piece) -> dict[str, InputError]:
    """What a kind of evidence cannot be without."""
    if piece.kind == "text" and not piece.text:
        return {"text": InputError("evidence.missing")}
    if piece.kind == "link" and not piece.link.startswith(("https://", "http://")):
        return {"link": InputError("evidence.link")}
    if piece.kind == "document" and piece.document_id is None:
        return {"document_id": InputError("evidence.document")}
    if piece.kind == "patent":
        try:
            patent_number(piece.patent)
        except InputError as error:
            return {"patent": error}
    return {}


def claim_errors(
    claim: Claim, standing: Iterable[tuple[str, str]], ladder: Ladder, today: dt.date
) -> dict[str, InputError]:
    """What is wrong with a claim, by field; `standing` is the (kind, level) of evidence that stands.

    What is wrong with evidence that comes with it is for `piece_errors` to say.
    """
    if claim.level not in ladder.levels:
        return {"level": InputError("evidence.level", value=claim.level)}
    found: dict[str, InputError] = {}
    supported = ladder.supported([*standing, *((p.kind, p.level) for p in claim.pieces)])
    if supported is None:
        found["level"] = InputError("level.none")
    elif not ladder.at_least(supported, claim.level):
        title = ladder.levels[claim.level]
        found["level"] = InputError(
            "level.unsupported", level=claim.level, title=title, supported=supported
        )
    said = {name: getattr(claim.card, name) for name in CARD_COLUMNS}
    said |= {"counter_evidence": claim.counter_evidence, "recheck_on": claim.recheck_on}
    for name, least in ladder.required.items():
        if not said[name] and ladder.at_least(claim.level, least):
            lowest = least == next(iter(ladder.levels))
            code = "claim.missing" if lowest else "claim.missing_from"
            found[name] = InputError(code, level=least)
    return found | card_errors(claim.card, ladder, today) | _day_errors(claim, ladder, today)


def _day_errors(claim: Claim, ladder: Ladder, today: dt.date) -> dict[str, InputError]:
    day, latest = claim.recheck_on, ladder.latest_recheck(today)
    if day is None:
        return {}
    if day <= today:
        return {"recheck_on": InputError("recheck.past")}
    if day > latest:
        months = ladder.recheck_months
        return {"recheck_on": InputError("recheck.late", months=months, latest=latest.isoformat())}
    return {}


def card_errors(card: Card, ladder: Ladder, today: dt.date) -> dict[str, InputError]:
    """What is wrong with a card by itself, by its columns; incumbents as `incumbents-<n>`."""
    found: dict[str, InputError] = {}
    known = (("choked_kind", ladder.choked), ("basis_kind", ladder.bases))
    for name, choices in (*known, ("substitute", ladder.substitutes)):
        if (value := getattr(card, name)) and value not in choices:
            found[name] = InputError("choice.unknown", value=value)
    if card.basis_on and card.basis_on > today:
        found["basis_on"] = InputError("evidence.future")
    shares = [card.foreign_micro, card.domestic_micro]
    for name, share in zip(("foreign_micro", "domestic_micro"), shares, strict=True):
        if share is not None and not 0 <= share <= WHOLE:
            found[name] = InputError("share.range")
    if None not in shares and sum(share or 0 for share in shares) > WHOLE:
        found.setdefault("domestic_micro", InputError("share.over_whole"))
    if any(share is not None for share in shares):
        found |= _sourced(card.share_year, card.share_source, today, "share_year", "share_source")
    for number, one in enumerate(card.incumbents):
        if error := _incumbent_error(one, today):
            found[f"incumbents-{number}"] = error
    return found


def _sourced(
    year: int | None, source: str, today: dt.date, at_year: str, at_source: str
) -> dict[str, InputError]:
    found = {}
    if year is None or not FIRST_YEAR <= year <= today.year:
        found[at_year] = InputError("share.year", least=FIRST_YEAR, most=today.year)
    if not source:
        found[at_source] = InputError("share.source")
    return found


def _incumbent_error(one: Incumbent, today: dt.date) -> InputError | None:
    if not one.name:
        return InputError("incumbent.name")
    if one.share_micro is None:
        return None
    if not 0 <= one.share_micro <= WHOLE:
        return InputError("share.range")
    return next(iter(_sourced(one.year, one.source, today, "year", "source").values()), None)
