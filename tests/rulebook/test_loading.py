"""A faulty rulebook is refused with its file, the line and the reason."""

import re
from pathlib import Path

import pytest

from portfolio.rulebook.faults import FaultyRulebook
from portfolio.rulebook.loader import library
from portfolio.rulebook.metrics import FaultyDictionary, read_metrics
from portfolio.rulebook.routing import read_routing

HEAD = """id = "x"
role = "target"
zh = "甲"
en = "Text"
authority = "a"
authority_en = "a"
document = "d"
verified = "V1"
in_force_from = 2025-01-01
verdict = "a"
"""
LEAF = """
[[clause]]
id = "a"
zh = "甲"
en = "Text"
test = "revenue >= 1"
"""
GROUP = LEAF.replace('test = "revenue >= 1"', 'all = ["b"]')
SECOND = LEAF.replace('id = "a"', 'id = "b"')
TIERS = 'by = "revenue"\ncases = [{ from = 2, test = "never" }, { test = "never" }]'
SCORE = """
[score]
max = 10

[[score.group]]
id = "g"
zh = "甲"
en = "Text"
max = 10

[[score.item]]
id = "i"
group = "g"
zh = "甲"
en = "Text"
max = 10
metric = "rd_ratio"
at_least = [[0.2, 10], [0.1, 5]]
otherwise = 0
"""


def load(tmp_path: Path, text: str, **more: str):
    for name, content in {"x": text, **more}.items():
        (tmp_path / f"{name}.toml").write_text(content, encoding="utf-8")
    return library.__wrapped__(tmp_path)


def test_a_sound_rulebook_is_read(tmp_path) -> None:
    book = load(tmp_path, HEAD + GROUP + SECOND + SCORE)["x"]
    assert [c.id for c in book.clauses] == ["a", "b"] and book.items[0].most == 10
    assert book.clauses[1].verified == "V1" and book.clauses[1].citation.zh == "d"


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (HEAD + LEAF.replace("revenue", "revenu"), 16, "no metric or clause revenu"),
        (HEAD + GROUP, 16, "no metric or clause b"),
        (HEAD + GROUP + SECOND.replace('test = "revenue >= 1"', 'any = ["a"]'), 22, "in a circle"),
        (HEAD + LEAF + LEAF, 19, "stands twice"),
        (HEAD + LEAF + SECOND, 19, "clause b stands under no other"),
        (HEAD + LEAF.replace(">=", "≥"), 16, "is no test"),
        (HEAD + LEAF.replace(">= 1", ">= x"), 16, "is no test"),
        (HEAD + LEAF.replace("revenue >= 1", "revenue"), 16, "does not fit: it is no flag"),
        (HEAD + LEAF.replace("revenue >= 1", "clean_record >= 1"), 16, "does not fit: it is no number"),
        (HEAD + LEAF.replace("revenue >= 1", "rd_ratio >= 3"), 16, "does not fit: it is a fraction"),
        (HEAD + LEAF.replace("revenue >= 1", "neeq_tier == inovation"), 16, "no option inovation"),
        (HEAD + LEAF.replace("revenue >=", "means(revenue, 2) >="), 16, "an unknown aggregate"),
        (HEAD + LEAF.replace("revenue >=", "mean(valuation, 2) >="), 16, "valuation has no years"),
        (HEAD + LEAF.replace("revenue >=", "mean(revenue, 1) >="), 16, "1 is no number of years"),
        (HEAD + LEAF.replace("revenue >=", "score(total) >="), 0, ""),
        (HEAD + LEAF.replace("revenue >=", "score(g) >="), 16, "has no group g"),
        (HEAD + LEAF.replace('test = "revenue >= 1"', "all = []"), 13, "an empty group"),
        (HEAD + LEAF + 'all = ["revenue >= 1"]\n', 13, "it must be one of"),
        (HEAD + LEAF + "thershold = 1\n", 13, "an unknown word thershold"),
        (HEAD + LEAF.replace('en = "Text"\n', ""), 13, "clause a: its text is missing in en"),
        (HEAD + LEAF.replace('"甲"', '" "'), 13, "clause a: its text is missing in zh"),
        (HEAD + LEAF.replace('en = "Text"', 'en = "营业收入"'), 13, "clause a: its text is missing in en"),
        (HEAD.replace('en = "Text"\n', "") + LEAF, 1, "its title is missing in en"),
        (HEAD + LEAF + 'verified = "X"\n', 13, "X is no mark"),
        (HEAD + LEAF + 'citation = "第一条"\ncitation_verified = "V1"\n', 13, "no mark of memory"),
        (HEAD.replace('"d"', '""') + LEAF, 7, "neither there nor marked"),
        (HEAD.replace('role = "target"\n', "") + LEAF, 1, "it has no role"),
        (HEAD + LEAF + "[[clause", 17, "Expected"),
        (HEAD + "colour = 1\n" + LEAF, 11, "an unknown word colour"),
        (HEAD + "in_force_to = 2024-12-31\n" + LEAF, 11, "it ends before it begins"),
        (HEAD + LEAF.replace('test = "revenue >= 1"', 'book = "y"'), 13, "there is no rulebook y"),
        (HEAD + LEAF.replace('test = "revenue >= 1"', 'book = "x"'), 16, "refers to itself"),
        (HEAD + LEAF.replace('test = "revenue >= 1"', TIERS.replace("2", '"2"')), 13, "must fall"),
        (
            HEAD + LEAF.replace('test = "revenue >= 1"', TIERS.replace("[{", '[{ from = 1, test = "never" }, {')),
            13,
            "must fall",
        ),
        (HEAD + LEAF.replace('test = "revenue >= 1"', TIERS.replace("revenue", "is_sme")), 13, "no metric is_sme"),
        (HEAD + LEAF + SCORE.replace("[0.1, 5]", "[0.3, 5]"), 28, "the bands of rd_ratio overlap"),
        (HEAD + LEAF + SCORE.replace("[0.1, 5]", "[0.1, 12]"), 28, "the bands of rd_ratio overlap"),
        (HEAD + LEAF + SCORE.replace("[[0.2, 10]", "[[0.2, 9]"), 28, "its most is 10, but it can reach 9"),
        (HEAD + LEAF + SCORE.replace("max = 10\n\n[[score.item", "max = 11\n\n[[score.item"), 22, "its items give 10"),
        (HEAD + LEAF + SCORE.replace("max = 10\n\n[[score.group", "max = 11\n\n[[score.group"), 18, "do not add up to 11"),
        (HEAD + LEAF + SCORE.replace('group = "g"', 'group = "h"'), 28, "there is no group h"),
        (HEAD + LEAF + SCORE.replace("rd_ratio", "rd_rati"), 28, "there is no metric rd_rati"),
    ],
)  # fmt: skip
def test_a_faulty_rulebook_is_refused(tmp_path, text, line, reason) -> None:
    if not reason:
        load(tmp_path, text)
        return
    with pytest.raises(FaultyRulebook, match=re.escape(reason)) as refused:
        load(tmp_path, text)
    assert str(refused.value).startswith(f"x.toml:{line}: ")


def test_rulebooks_that_stand_for_one_another_in_a_circle_are_refused(tmp_path) -> None:
    one = HEAD + LEAF.replace('test = "revenue >= 1"', 'book = "y"')
    other = one.replace('id = "x"', 'id = "y"').replace('book = "y"', 'book = "x"')
    with pytest.raises(FaultyRulebook, match="refers to itself through x"):
        load(tmp_path, one, y=other)


def test_a_version_inherits_the_clauses_and_gives_them_its_own_mark(tmp_path) -> None:
    heir = (
        HEAD.replace('id = "x"', 'id = "y"')
        .replace("V1", "M")
        .replace('verdict = "a"', 'inherits = "x"')
    )
    books = load(tmp_path, HEAD + LEAF, y=heir)
    assert [b.clauses[0].verified for b in books.values()] == ["V1", "M"]
    with pytest.raises(FaultyRulebook, match="cannot inherit from z"):
        load(tmp_path, HEAD + LEAF, y=heir.replace('"x"', '"z"'))


def test_a_rulebook_ends_the_day_before_the_one_that_replaces_it(tmp_path) -> None:
    later = HEAD.replace('id = "x"', 'id = "y"').replace("2025-01-01", "2026-03-01")
    later = later.replace("verdict", 'replaces = ["x"]\nverdict')
    books = load(tmp_path, HEAD + LEAF, y=later + LEAF)
    assert [str(b.in_force_to) for b in books.values()] == ["2026-02-28", "None"]
    for old, new, reason in (
        ('"x"', '"z"', "y.toml:10: it replaces z, which is not there"),
        ("2026-03-01", "2025-01-01", "y.toml:10: it replaces x, which begins no earlier"),
    ):
        with pytest.raises(FaultyRulebook, match=reason):
            load(tmp_path, HEAD + LEAF, y=later.replace(old, new) + LEAF)
    third = later.replace('id = "y"', 'id = "z"').replace("03-01", "04-01")
    with pytest.raises(FaultyRulebook, match="x is replaced on another day too"):
        load(tmp_path, HEAD + LEAF, y=later + LEAF, z=third + LEAF)


def test_a_file_is_named_for_its_rulebook(tmp_path) -> None:
    with pytest.raises(FaultyRulebook, match="its id is x"):
        load(tmp_path, HEAD + LEAF, y=HEAD + LEAF)


ROUTE = 'purposes = ["new"]\n[[route]]\nbook = "star-2024"\nfrom = 2025-01-01\npurposes = ["new"]\n'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (ROUTE.replace("star-2024", "star-2042"), "routing.toml:3: there is no rulebook star-2042"),
        (ROUTE + "to = 2024-12-31\n", "routing.toml:3: .* ends before it begins"),
        (ROUTE.replace('purposes = ["new"]\n', 'purposes = ["old"]\n', 1), "no such purpose"),
        (ROUTE.replace("from = 2025-01-01\n", ""), "routing.toml:3: a route has no from"),
        (ROUTE + "to = ", "routing.toml:6: "),
        (ROUTE, "cn-giant-2026 speaks of a purpose recheck"),
    ],
)
def test_a_faulty_route_is_refused(text, reason) -> None:
    with pytest.raises(FaultyRulebook, match=reason):
        read_routing("routing.toml", text, library())


DERIVED = '[[metric]]\nid="a"\nzh="甲"\nen="a"\nunit="item"\nfamily=[]\n'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('derive="median"\ninputs=["a"]\n', "cannot be derived by median"),
        ('derive="sum"\n', "cannot be derived by sum"),
        ('derive="sum"\ninputs=["b"]\n', "no metric b to derive it from"),
    ],
)
def test_a_metric_derived_from_nothing_is_refused(text, reason) -> None:
    with pytest.raises(FaultyDictionary, match=reason):
        read_metrics(DERIVED + text)
