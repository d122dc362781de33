"""The taxonomy in force: what came with the program and the editions of the fund on top of it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from portfolio.chokepoint.amending import applied
from portfolio.chokepoint.lexicon import Lexicon, build
from portfolio.chokepoint.lexicon import lexicon as shipped_words
from portfolio.chokepoint.taxonomy import FIRST_EDITION, Taxonomy, Technology, shipped
from portfolio.chokepoint.taxonomy_models import TaxonomyEdition
from portfolio.extensions import db, remembered
from portfolio.web.formatting import title_of

KEPT = (
    4  # editions that a process keeps read: the one in force, the one before, previews beside them
)


def latest() -> tuple[int, int]:
    """Id and number of the newest edition, asked once a transaction: (0, 1) for the shipped one."""

    def read() -> tuple[int, int]:
        newest = sa.select(TaxonomyEdition.id, TaxonomyEdition.number)
        row = db.session.execute(newest.order_by(TaxonomyEdition.number.desc()).limit(1)).first()
        return (row[0], row[1]) if row else (0, FIRST_EDITION)

    return remembered("taxonomy.latest", read)


def taxonomy() -> Taxonomy:
    """The taxonomy in force."""
    edition_id, number = latest()
    return _edition(str(db.engine.url), edition_id, number)


def lexicon() -> Lexicon:
    """The words of the taxonomy in force."""
    return words_of(taxonomy())


def taxonomy_of(number: int) -> Taxonomy:
    """The taxonomy as it was in force by the edition of this number."""
    row = sa.select(TaxonomyEdition.id).where(TaxonomyEdition.number == number)
    return _edition(str(db.engine.url), db.session.scalar(row) or 0, number)


@lru_cache(maxsize=KEPT)
def _edition(_database: str, edition_id: int, number: int) -> Taxonomy:
    """What editions up to one come to. One that was published stays as it is, so its id is enough
    to know it by."""
    book = shipped()
    if not edition_id:
        return book
    query = sa.select(TaxonomyEdition.changes).where(TaxonomyEdition.number <= number)
    for changes in db.session.scalars(query.order_by(TaxonomyEdition.number)):
        for change in json.loads(changes):
            book = applied(book, change["differences"], lenient=True)
    return book


class _Same:
    """A taxonomy as a key: the very object, whose records are too many to compare."""

    def __init__(self, book: Taxonomy) -> None:
        self.book = book

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.book is self.book

    def __hash__(self) -> int:
        return id(self.book)


@lru_cache(maxsize=KEPT)
def _words(key: _Same) -> Lexicon:
    return build(key.book)


def words_of(book: Taxonomy) -> Lexicon:
    """The words of a taxonomy; it takes a sixth of a second to put them together the first time."""
    return _words(_Same(book))


class TechnologiesInForce(Mapping[str, Technology]):
    """Every technology that there is or was by the taxonomy in force, for templates and the trail;
    one that nobody knows any more is called by its id."""

    def __getitem__(self, key: str) -> Technology:
        return taxonomy().known(key) or Technology(key, "", key, key)

    def __iter__(self) -> Iterator[str]:
        book = taxonomy()
        return iter((*book.technologies, *book.former))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def technology_text(key: str) -> str:
    """What a technology is called in the reader's language."""
    return title_of(TechnologiesInForce()[key])


def technology_titles() -> Mapping[str, Technology]:
    """What the trail calls technologies."""
    return {**taxonomy().former, **taxonomy().technologies}


def editions() -> Sequence[TaxonomyEdition]:
    """The editions of the fund, the newest first."""
    query = sa.select(TaxonomyEdition).order_by(TaxonomyEdition.number.desc())
    return db.session.scalars(query).all()


def lexicon_or_shipped() -> Lexicon | None:
    """The words in force, the shipped ones where no database was made yet, and None where there is
    one that does not answer: a command that needs none goes on."""
    url = db.engine.url
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        return shipped_words()
    try:
        return lexicon()
    except SQLAlchemyError:
        return None
    finally:
        db.session.remove()
