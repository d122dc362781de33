"""Learning more: what was decided stays decided, and points stay within their range."""

from fractions import Fraction
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.rulebook.engine import assess, inputs_of
from portfolio.rulebook.loader import library
from portfolio.rulebook.metrics import dictionary
from portfolio.rulebook.values import Figures

YEARS = (2025, 2024, 2023)


@cache
def inputs(name: str) -> tuple[tuple[str, int | None], ...]:
    """What a book reads, given and not derived; a special arrangement is no unknown."""
    book = library()[name]
    optional = {m for r in book.roots for c in r.walk() if c.optional for m in c.metrics}
    read = set().union(*(inputs_of(root, library()) for root in book.roots))
    for item in book.items:
        read |= {item.metric, *(bands.metric for bands in item.bands)} - {""}
        read = read.union(*(inputs_of(test, library()) for test, _ in item.choices))
    entries = [dictionary()[m] for m in sorted(read - optional) if not dictionary()[m].derive]
    entries += [dictionary()[i] for m in sorted(read) for i in dictionary()[m].inputs]
    places = {(m.id, y) for m in entries for y in (YEARS if m.yearly else (None,)) if not m.derive}
    return tuple(sorted(places, key=str))


@cache
def numbers(metric: str) -> tuple[Fraction, ...]:
    """Numbers on both sides of what rules ask of a metric."""
    clauses = [c for b in library().values() for r in b.roots for c in r.walk()]
    asked = {c.threshold for c in clauses if c.tested_number and metric in c.metrics}
    near = {Fraction(t) * part for t in asked for part in (Fraction(9, 10), 1, Fraction(11, 10))}
    return tuple(sorted({Fraction(0), Fraction(1), Fraction(100), Fraction(9000), *near}))


@st.composite
def companies(draw):
    name = draw(st.sampled_from(sorted(library())))
    full = {}
    for metric, year in inputs(name):
        entry = dictionary()[metric]
        words = ("true", "false") if entry.unit == "bool" else entry.values
        full[metric, year] = draw(st.sampled_from(numbers(metric) if entry.numeric else words))
    hidden = draw(st.sets(st.sampled_from(sorted(full, key=str)))) if full else set()
    return name, full, hidden


def assessed(name: str, known: dict):
    years = {key: value for key, value in known.items() if key[1] is not None}
    facts = {metric: value for (metric, year), value in known.items() if year is None}
    return assess(library()[name], Figures(YEARS[0], years, facts, "new"), library())


@given(companies())
@settings(max_examples=300, deadline=None)
def test_learning_more_never_turns_a_verdict_round(company) -> None:
    name, full, hidden = company
    less = assessed(name, {key: value for key, value in full.items() if key not in hidden})
    more = assessed(name, full)
    for clause, outcome in more.outcomes().items():
        before = less.outcomes()[clause].status
        if before in {"pass", "fail", "info"}:
            assert outcome.status == before, clause
        if before == "manual":
            lacking = {m for o in less.outcomes()[clause].walk() for m, _ in o.missing}
            assert any(dictionary()[m].judgement for m in lacking)
    if less.score and more.score:
        pairs = [(less.score.total, more.score.total)]
        pairs += [(less.score.items[i], more.score.items[i]) for i in more.score.items]
        pairs += [(less.score.groups[g], more.score.groups[g]) for g in more.score.groups]
        assert all(a.low <= b.low <= b.high <= a.high for a, b in pairs)


@given(companies())
@settings(max_examples=100, deadline=None)
def test_nothing_waits_for_a_person_once_everything_is_known(company) -> None:
    name, full, _ = company
    assert "manual" not in {o.status for o in assessed(name, full).outcomes().values()}
