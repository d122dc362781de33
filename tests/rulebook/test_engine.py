"""The engine: three values, exact at each threshold, every clause accounted for."""

from decimal import Decimal
from fractions import Fraction

import pytest

from portfolio.kernel.titles import untitled
from portfolio.readiness.targets import targets
from portfolio.rulebook.citations import Reference, cited
from portfolio.rulebook.engine import assess
from portfolio.rulebook.loader import library
from portfolio.rulebook.metrics import FaultyDictionary, dictionary, read_metrics
from portfolio.rulebook.values import Figures

BOOK = library()["bse-listing-2025"]


def outcome(clause: str, years: dict | None = None, facts: dict | None = None):
    figures = Figures(
        2025, {(m, y): Fraction(v) for (m, y), v in (years or {}).items()}, facts or {}
    )
    return assess(BOOK, figures, library()).outcomes()[clause]


def two(metric: str, latest: object, before: object) -> dict:
    return {(metric, 2025): latest, (metric, 2024): before}


def profits(latest, before, roe=8) -> dict:
    found = {}
    for name in ("net_profit_parent", "net_profit_parent_ex_nonrecurring"):
        found |= two(name, latest, before)
    for name in ("roe_weighted", "roe_weighted_ex_nonrecurring"):
        found |= two(name, roe, roe)
    return found


VALUE = {"expected_market_cap": Fraction(20_000)}


def test_nothing_known_is_unknown_and_never_failed() -> None:
    for clause in ("bse", "bse.gen", "bse.fin", "bse.fin.1", "bse.fin.4"):
        assert outcome(clause).status == "unknown"


def test_standard_one_is_met_by_either_of_its_profit_tests() -> None:
    assert outcome("bse.fin.1", profits(1500, 1500), VALUE).status == "pass"
    assert outcome("bse.fin.1", profits(2500, 0), VALUE).status == "pass"
    assert outcome("bse.fin.1", profits(2499, 1499), VALUE).status == "fail"
    assert (
        outcome("bse.fin.1", profits(1500, 1500), {"expected_market_cap": Fraction(19_999)}).status
        == "fail"
    )


def test_the_lower_of_both_profits_counts_and_one_alone_is_unknown() -> None:
    years = profits(2600, 2600) | {("net_profit_parent_ex_nonrecurring", 2025): 1999}
    leaf = outcome("bse.fin.1.b.1", years, VALUE)
    assert (leaf.status, leaf.value, leaf.gap) == ("fail", 1999, 501)
    alone = two("net_profit_parent", 2600, 2600)
    assert outcome("bse.fin.1.b.1", alone, VALUE).status == "unknown"


def test_each_year_fails_by_its_worst_known_year() -> None:
    years = profits(1600, 1600)
    for name in ("net_profit_parent", "net_profit_parent_ex_nonrecurring"):
        del years[(name, 2024)]
        years[(name, 2025)] = 1499
    assert outcome("bse.fin.1.a.1", years).status == "fail"
    for name in ("net_profit_parent", "net_profit_parent_ex_nonrecurring"):
        years[(name, 2025)] = 1500
    assert outcome("bse.fin.1.a.1", years).status == "unknown"


def test_a_share_of_sums_is_exact_at_its_threshold() -> None:
    years = two("rd_spend", Decimal("800.000001"), 800) | two("revenue", 10_000, 10_000)
    assert outcome("bse.fin.3.2", years).status == "pass"
    assert outcome("bse.fin.3.2", years | two("rd_spend", 800, 800)).status == "pass"
    below = outcome("bse.fin.3.2", years | two("rd_spend", 800, Decimal("799.999999")))
    assert below.status == "fail" and 0 < below.gap < Fraction(1, 10**6)


def test_growth_from_nothing_is_unknown() -> None:
    assert outcome("bse.fin.2.2", two("revenue", 130, 100)).status == "pass"
    assert outcome("bse.fin.2.2", two("revenue", 129, 100)).gap == 1
    for base in (0, -5):
        assert outcome("bse.fin.2.2", two("revenue", 130, base)).status == "unknown"


def test_a_positive_cash_flow_is_more_than_nothing() -> None:
    assert outcome("bse.fin.2.3", {("operating_cash_flow", 2025): 0}).status == "fail"
    flow = {("operating_cash_flow", 2025): Decimal("0.000001")}
    assert outcome("bse.fin.2.3", flow).status == "pass"


@pytest.mark.parametrize(
    ("capital", "public", "status"),
    [
        (40_000, 25, "pass"),
        (40_000, 24, "fail"),
        (Decimal("40000.01"), 10, "pass"),
        (50_000, 9, "fail"),
    ],
)
def test_the_public_float_depends_on_the_capital(capital, public, status) -> None:
    facts = {"share_capital_post": Fraction(capital), "public_float_pct": Fraction(public)}
    assert outcome("bse.gen.6b", facts=facts).status == status


def test_flags_words_and_optional_arrangements() -> None:
    assert outcome("bse.gen.1a", facts={"neeq_tier": "base"}).status == "fail"
    assert outcome("bse.neg.4", facts={"dishonest_debtor": "true"}).status == "fail"
    assert outcome("bse.neg.4").status == "unknown"
    assert outcome("bse.vds").status == "pass", "no such arrangement is met"
    assert outcome("bse.vds", facts={"dual_class_months_or_none": Fraction(11)}).status == "fail"


@pytest.mark.parametrize(
    ("reference", "english"),
    [
        ("2.1.2(一)", "2.1.2(1)"),
        ("2.1.3(四)", "2.1.3(4)"),
        ("2.1.1-2.1.4", "2.1.1-2.1.4"),
        ("第十条", "Article 10"),
        ("第九至十一条", "Articles 9 to 11"),
        ("第二十三条", "Article 23"),
        (
            "2.1.2(二) / 证监会令第210号 第九至十一条",
            "2.1.2(2) / 证监会令第210号 Articles 9 to 11",
        ),
        ("北证公告〔2025〕20号", "北证公告〔2025〕20号"),
    ],
)
def test_articles_are_counted_in_the_readers_language(reference, english) -> None:
    assert cited(Reference(reference), "en") == english
    assert cited(Reference(reference), "zh") == reference


def test_every_text_of_a_rulebook_the_dictionary_and_the_targets_stands_in_both_languages() -> None:
    def walk(clauses):
        for clause in clauses:
            yield clause
            yield from walk(clause.children)

    rows = [*library().values(), *dictionary().values(), *targets()]
    for book in library().values():
        rows += [*walk(book.roots), *book.groups, *book.items]
    assert len(rows) > 900
    assert [row.id if hasattr(row, "id") else row.key for row in rows if untitled(vars(row))] == []
    for metric in dictionary().values():
        for titles in (metric.values_zh, metric.values_en):
            assert len(titles) == len(metric.values), metric.id
        options = zip(metric.values_zh, metric.values_en, strict=True)
        assert not any(untitled({"zh": zh, "en": en}) for zh, en in options), metric.id


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('id="x"\nzh="甲"\nunit="item"\nfamily=[]\n', "missing in en"),
        ('id="x"\nzh="甲"\nen="乙"\nunit="item"\nfamily=[]\n', "missing in en"),
        (
            'id="x"\nzh="甲"\nen="a"\nunit="enum"\nfamily=[]\nvalues=["a"]\nvalues_zh=["甲"]\n',
            "options",
        ),
    ],
)
def test_a_metric_without_both_titles_is_refused(text, reason) -> None:
    with pytest.raises(FaultyDictionary, match=reason):
        read_metrics("[[metric]]\n" + text)


def test_a_number_that_was_not_found_is_said_so_in_each_language() -> None:
    lost, recalled = Reference("", "", "NF"), Reference("北证公告〔2023〕49号", "", "M")
    assert [cited(lost, locale) for locale in ("zh", "en")] == ["未查到文号", "number not found"]
    assert cited(recalled, "zh") == "北证公告〔2023〕49号（文号凭记忆，未核）"
    assert cited(recalled, "en") == "北证公告〔2023〕49号 (number from memory, not verified)"
    said = [
        cited(r, "zh")
        for b in library().values()
        for r in (b.document, *(c.citation for c in b.clauses))
    ]
    assert not [text for text in said if "memory" in text or "found" in text.lower()]
