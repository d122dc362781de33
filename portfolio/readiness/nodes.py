"""A target's clauses in the order of its tree, and what each came to as one letter: outcomes as they
are stored, whether or not their clauses have ids (pure)."""

from collections.abc import Iterator, Sequence
from functools import cache

from portfolio.readiness.targets import Target
from portfolio.rulebook.engine import FAIL, INFO, MANUAL, PASS, UNKNOWN, Outcome
from portfolio.rulebook.loader import library
from portfolio.rulebook.model import TIERS, Clause, Rulebook

LETTERS = {PASS: "p", FAIL: "f", UNKNOWN: "u", MANUAL: "m", INFO: "i"}
STATUSES = {letter: status for status, letter in LETTERS.items()}
NOT_ASKED = "-"


def walked(clause: Clause) -> Iterator[Clause]:
    """A clause and everything that its outcome may stand on, other rulebooks' clauses too."""
    yield clause
    for child in below(clause):
        yield from walked(child)


def below(clause: Clause) -> Sequence[Clause]:
    """The clauses right below one."""
    return library()[clause.refers].roots if clause.refers else clause.children


@cache
def _nodes(target: Target, book_id: str) -> Sequence[Clause]:
    return tuple(walked(target.clause_of(library()[book_id])))


def nodes_of(target: Target, book: Rulebook) -> Sequence[Clause]:
    """The clauses of a target by one version, in the order of their letters."""
    return _nodes(target, book.id)


def place_of(clause: Clause, nodes: Sequence[Clause]) -> int:
    """Where a clause stands first."""
    return next(place for place, node in enumerate(nodes) if node is clause)


def letters_of(outcome: Outcome) -> str:
    """What each clause came to; a dash where it was not asked."""
    return "".join(_letters(outcome.clause, outcome))


def _letters(clause: Clause, outcome: Outcome | None) -> Iterator[str]:
    yield LETTERS[outcome.status] if outcome else NOT_ASKED
    asked = {id(child.clause): child for child in outcome.children} if outcome else {}
    for child in below(clause):
        yield from _letters(child, asked.get(id(child)))


def restored(clause: Clause, letters: str) -> Outcome | None:
    """The outcome that letters say, without values; None where they are of another tree."""
    if len(letters) != sum(1 for _ in walked(clause)) or letters[:1] == NOT_ASKED:
        return None
    return _restored(clause, iter(letters))


def _restored(clause: Clause, letters: Iterator[str]) -> Outcome | None:
    letter = next(letters)
    found = [_restored(child, letters) for child in below(clause)]
    if letter == NOT_ASKED:
        return None
    children = tuple(child for child in found if child is not None)
    # Tiers of which more than one was asked are undecided: the figure that chooses lacks.
    undecided = clause.over == TIERS and len(children) > 1
    missing = ((clause.metrics[0], None),) if undecided else ()
    return Outcome(clause, STATUSES[letter], missing=missing, children=children)
