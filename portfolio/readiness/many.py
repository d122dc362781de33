"""What is stored of many companies, assessed all at once (pure)."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

import numpy as np

from portfolio.kernel.numbers import MICRO, MOST_MICRO
from portfolio.readiness.distances import NO_PLACE, Standing, standings, value_of
from portfolio.readiness.nodes import LETTERS, NOT_ASKED, nodes_of
from portfolio.readiness.stored import Known, Stored, stored_alone
from portfolio.readiness.targets import Target
from portfolio.rulebook.bulk.codes import CODES, NAMES, OPEN, either
from portfolio.rulebook.bulk.evaluate import Evaluation
from portfolio.rulebook.bulk.filling import Builder
from portfolio.rulebook.bulk.frame import Company
from portfolio.rulebook.bulk.whole import Array, number
from portfolio.rulebook.engine import exact
from portfolio.rulebook.loader import library
from portfolio.rulebook.marks import UNVERIFIED
from portfolio.rulebook.model import Clause

FEW = 24  # so many companies are assessed sooner one by one
_LETTERS = np.full(256, ord(NOT_ASKED), dtype=np.uint8)
for _status, _letter in LETTERS.items():
    _LETTERS[CODES[_status]] = ord(_letter)


def stored_of_all(known: Mapping[int, Known], day: dt.date) -> dict[int, list[Stored]]:
    """By company the outcome under each target that applies to it, in the order of the plan."""
    return Many(known).on(day)


class Many:
    """Companies with what is known of them, to be assessed for a purpose by the rules of any day."""

    def __init__(self, known: Mapping[int, Known], purpose: str = "") -> None:
        self._known, self._purpose = known, purpose
        self._alone = set(known)
        self._evaluation: Evaluation | None = None
        if len(known) >= FEW:
            builder, self._alone = _filled(known, purpose)
            self._evaluation = Evaluation(builder.frame(), library())

    def on(self, day: dt.date, among: Iterable[Target] | None = None) -> dict[int, list[Stored]]:
        """By company the outcome under each target, or each of some, in the order of the plan."""
        answer: dict[int, list[Stored]] = {company: [] for company in self._known}
        if self._evaluation is not None:
            found = [*answer.values()]
            for standing in standings(self._evaluation, day, among):
                for row, one in _rows(standing, self._evaluation):
                    found[row].append(one)
        for company in self._alone:
            answer[company] = stored_alone(self._known[company], day, among, self._purpose)
        return answer


def _filled(known: Mapping[int, Known], purpose: str) -> tuple[Builder, set[int]]:
    """The figures in columns, and the companies with one that no column takes: a word that was an
    option once."""
    companies = [Company(i, one.latest_year, one.region, purpose) for i, one in known.items()]
    builder, odd = Builder(companies), set()
    for company, one in known.items():
        for row in one.held:
            try:
                builder.keep(company, row.metric, row.year, row.micro, row.choice)
            except ValueError:
                odd.add(company)
    return builder, odd


def _rows(standing: Standing, evaluation: Evaluation) -> Iterator[tuple[int, Stored]]:
    """The rows of a frame with what is stored of each."""
    target, book, rows, near = standing.target, standing.book, standing.rows, standing.near
    clause = target.clause_of(book)
    hardest = [None if place == NO_PLACE else place for place in near.places.tolist()]
    columns = (
        rows.tolist(),
        [NAMES[code] for code in standing.status.tolist()],
        near.open_tests.tolist(),
        near.distance.tolist(),
        _unverified(evaluation, clause)[rows].tolist(),
        hardest,
        _gaps(standing, evaluation, nodes_of(target, book)),
        _letters(evaluation, clause, rows),
    )
    for row, *kept in zip(*columns, strict=True):
        yield row, Stored(target.key, book.id, *kept)


def _letters(evaluation: Evaluation, clause: Clause, rows: Array) -> list[str]:
    nothing = np.zeros(evaluation.frame.size, dtype=np.uint8)
    columns = [
        status if asked is None else either(asked, status, nothing)
        for _, status, asked in evaluation.walk(clause)
    ]
    table = np.ascontiguousarray(_LETTERS[np.stack(columns, axis=1)[rows]])
    texts = table.view(f"S{len(columns)}")[:, 0].astype(str).tolist()
    return [str(text) for text in texts]


def _gaps(
    standing: Standing, evaluation: Evaluation, nodes: Sequence[Clause]
) -> Sequence[int | None]:
    """What is missing to the hardest clause, in millionths of its unit, rounded up."""
    gaps = np.full(standing.rows.size, None, dtype=object)
    places = standing.near.places
    for place in np.unique(places[places != NO_PLACE]).tolist():
        clause, here = nodes[place], np.flatnonzero(places == place)
        if not isinstance(clause.threshold, Decimal) or not clause.metrics:
            continue
        limit, value = exact(clause.threshold), value_of(evaluation, clause, standing.rows[here])
        wanted = value.bottom * number(limit.numerator)
        given = value.top * number(limit.denominator)
        whole = value.bottom * number(limit.denominator)
        short = (wanted - given).higher(given - wanted) * number(MICRO)
        rounded = (short + (whole - number(1))) // whole
        gaps[here] = np.broadcast_to(rounded.lower(number(MOST_MICRO)).of, here.shape).tolist()
    return list(gaps)


def _unverified(evaluation: Evaluation, clause: Clause) -> Array:
    """Where the verdict rests on text that nobody has verified."""
    size = evaluation.frame.size
    marks = {node.verified in UNVERIFIED for node, _, _ in evaluation.walk(clause)}
    if len(marks) == 1:
        return np.full(size, marks.pop())
    status = evaluation.found(clause).status
    decided, weak = np.zeros(size, dtype=np.bool_), np.zeros(size, dtype=np.bool_)
    for child, here in evaluation.below(clause):
        found = evaluation.found(child).status
        same = (found == status) | (((found & OPEN) > 0) & ((status & OPEN) > 0))
        same = same if here is None else same & here
        decided, weak = decided | same, weak | (same & _unverified(evaluation, child))
    if clause.skip:
        decided &= ~evaluation.frame.asked_for(clause.skip)
    return np.where(decided, weak, clause.verified in UNVERIFIED)
