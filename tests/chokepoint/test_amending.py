"""Differences of the taxonomy: applied, taken back, and noticed where they do not fit."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.chokepoint.amending import applied, differences, inverted
from portfolio.chokepoint.taxonomy import MERGED, Domain, Note, Taxonomy, Technology
from portfolio.kernel.errors import InputError

# Words that stay keep their order, as they do where one edits.
WORDS = st.sets(st.sampled_from("12345678")).map(sorted).map(tuple)
NOTES = st.none() | st.builds(
    Note, st.just("国产占比"), st.none() | st.just(12_500_000), st.just(2025), st.just("年报")
)
TECHNOLOGY = st.builds(
    Technology,
    *(st.just(""), st.sampled_from(["d", "e"]), st.sampled_from("甲乙"), st.just("en")),
    aliases=WORDS,
    exclude=WORDS,
    lists=WORDS,
    loose=WORDS,
    note=NOTES,
    gone=st.sampled_from(["", MERGED]),
)
BOOKS = st.dictionaries(st.sampled_from("abcd"), TECHNOLOGY, max_size=4)
DOMAINS = {"d": Domain("d", "域", "D"), "e": Domain("e", "界", "E")}


def book(rows: dict[str, Technology], more: bool = False) -> Taxonomy:
    every = {name: replace(row, id=name) for name, row in rows.items()}
    domains = DOMAINS | ({"f": Domain("f", "新", "F")} if more else {})
    live = {n: t for n, t in every.items() if not t.gone}
    return Taxonomy(1, domains, live, {}, {n: t for n, t in every.items() if t.gone})


@given(BOOKS, BOOKS, st.booleans())
def test_what_is_applied_and_taken_back_leaves_what_was(before, after, more) -> None:
    old, new = book(before), book(after, more)
    found = json.loads(json.dumps(differences(old, new)))
    assert applied(old, found) == new
    assert applied(new, inverted(found)) == old
    assert applied(old, [*found, *inverted(found)]) == old


def test_what_no_longer_fits_is_refused_or_left_out() -> None:
    old = book({"a": Technology("a", "d", "甲", "A", ("一",))})
    new = book(
        {"a": Technology("a", "d", "乙", "A", ("二",)), "b": Technology("b", "d", "丙", "B")}
    )
    found = differences(old, new)
    for other in (new, book({}), book({"a": Technology("a", "d", "丁", "A", ("一",))})):
        with pytest.raises(InputError) as refusal:
            applied(other, found)
        assert refusal.value.code == "taxonomy.unfit"
    assert applied(new, found, lenient=True) == new
    assert list(applied(book({}), found, lenient=True).technologies) == ["b"]


def test_what_came_later_stays_when_something_is_taken_back() -> None:
    old = book({"a": Technology("a", "d", "甲", "A", ("一",))})
    new = book({"a": Technology("a", "d", "甲", "A", ("一", "二"))})
    later = book({"a": Technology("a", "d", "乙", "A", ("一", "二", "三"))})
    back = applied(later, inverted(differences(old, new)))
    assert back == book({"a": Technology("a", "d", "乙", "A", ("一", "三"))})
