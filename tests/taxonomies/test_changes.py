"""What editing does to a taxonomy and what takes it back, whatever is done."""

import json
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from portfolio.chokepoint.amending import applied
from portfolio.chokepoint.lexicon import build
from portfolio.chokepoint.taxonomy import Domain, SourceList, Taxonomy, Technology, shipped
from portfolio.kernel.errors import InputError
from portfolio.taxonomies import editing
from portfolio.taxonomies.changes import Kind, change, stacked, taken_back
from portfolio.taxonomies.comparing import Comparison, Doubt, added_words, doubts
from portfolio.taxonomies.editing import Part

IDS = st.sampled_from(["ab", "cd", "ef", "gh"])
WORDS = st.lists(st.sampled_from(["甲乙", "丙丁", "戊己", "庚辛"]), unique=True, max_size=3)
NAMES = st.sampled_from(["一号", "二号", "三号"])
ACTS = st.one_of(
    st.tuples(st.just("add"), IDS, NAMES, WORDS, WORDS),
    st.tuples(st.just("edit"), IDS, NAMES, WORDS, WORDS),
    st.tuples(st.just("rename"), IDS, IDS),
    st.tuples(st.just("split"), IDS, IDS, IDS, WORDS),
    st.tuples(st.just("merge"), IDS, IDS),
    st.tuples(st.just("retire"), IDS),
    st.tuples(st.just("restore"), IDS),
    st.tuples(st.just("domain"), IDS, NAMES),
)
BOOK = Taxonomy(
    1,
    {"d": Domain("d", "域", "D")},
    {
        "ab": Technology("ab", "d", "原甲", "A", ("甲乙", "子丑"), ("寅卯",), ("x",), pieces="cd"),
        "cd": Technology("cd", "d", "原乙", "B", ("丙丁",), loose=("辰巳",)),
    },
    {"x": SourceList("x", "清单", "List")},
)


def done(book: Taxonomy, act) -> Taxonomy:
    kind, name, *rest = act
    if kind in {"add", "edit"}:
        zh, aliases, exclude = rest
        values = {"domain": "d", "zh": zh, "en": zh, "aliases": aliases, "exclude": exclude}
        make = editing.with_technology if kind == "add" else editing.edited
        return make(book, name, **values)
    if kind == "split":
        one, other, words = rest
        parts = [Part(one, "甲部", "Part A", tuple(words)), Part(other, "乙部", "Part B")]
        return editing.split(book, name, parts)
    if kind == "merge":
        return editing.merged(book, [name], rest[0])
    if kind == "domain":
        return editing.with_domain(book, name, rest[0], rest[0], name not in book.domains)
    one_more = {"rename": editing.renamed, "retire": editing.retired, "restore": editing.restored}
    return one_more[kind](book, name, *rest)


@given(st.lists(ACTS, min_size=1, max_size=6))
def test_an_edition_and_its_inverse_leave_the_same_taxonomy(acts) -> None:
    book, changes = BOOK, []
    for act in acts:
        with suppress(InputError):
            new = done(book, act)
            changes.append(change(Kind.EDIT, act[1], book, new))
            book = new
            assert all(
                book.led_to(name) or t.gone == "retired" or _dead_end(book, name)
                for name, t in book.former.items()
            )
    changes = json.loads(json.dumps(changes))
    assert stacked(BOOK, changes) == (book, {})
    back = json.loads(json.dumps(taken_back(changes)))
    again, faults = stacked(book, back)
    assert not faults
    assert again == BOOK
    assert build(again).words == build(BOOK).words
    lenient = BOOK
    for one in [*changes, *back]:
        lenient = applied(lenient, one["differences"], lenient=True)
    assert lenient == BOOK


def _dead_end(book: Taxonomy, name: str) -> bool:
    """Whether all that stands in its place is retired."""
    afters = book.former[name].leads_to
    return all(n in book.former for n in afters)


def test_new_words_are_doubted_for_what_they_share() -> None:
    book = shipped()
    lidar = book.technologies["lidar"]
    words = ["光", "光刻胶", "芯片封装", "研发", "激光"]
    values = {"domain": lidar.domain, "zh": lidar.zh, "en": lidar.en, "loose": lidar.loose}
    new = editing.edited(book, "lidar", **values, aliases=[*lidar.aliases, *words])
    old_words, new_words = build(book), build(new)
    found = {(d.word, d.doubt) for d in doubts({"lidar": words}, new_words)}
    assert {
        ("光", Doubt.SHORT),
        ("光刻胶", Doubt.SHARED),
        ("芯片封装", Doubt.FRIEND),
        ("研发", Doubt.VERB),
        ("激光", Doubt.WITHIN),
    } <= found
    assert added_words(book, new) == {"lidar": tuple(words)}
    again = editing.renamed(new, "lidar", "laser-radar")
    assert added_words(book, again) == {"laser-radar": tuple(words)}
    parts = [Part("one", "甲部", "One"), Part("other", "乙部", "Other")]
    apart = editing.split(book, "lidar", parts)
    assert not added_words(apart, book)
    changed = Comparison(old_words, new_words).words
    assert {"光刻胶", "芯片封装", "研发", "激光"} <= changed
    assert not Comparison(old_words, old_words).words
