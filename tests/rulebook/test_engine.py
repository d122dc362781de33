"""The engine: three values, exact at each threshold, every clause accounted for."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.kernel.titles import untitled
from portfolio.readiness.targets import targets
from portfolio.rulebook.citations import cited
from portfolio.rulebook.engine import Figures, assess
from portfolio.rulebook.loader import Clause, FaultyRulebook, library, read_book
from portfolio.rulebook.metrics import FaultyDictionary, dictionary, read_metrics

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


def leaves(clauses) -> list[Clause]:
    found = []
    for clause in clauses:
        found += leaves(clause.children) if clause.children else [clause]
    return [c for c in found if c.metrics]


NUMERIC = [c for c in leaves(BOOK.roots) if c.over == "fact" and isinstance(c.threshold, Decimal)]


@pytest.mark.parametrize("clause", NUMERIC, ids=lambda c: c.id)
def test_every_threshold_below_at_and_above(clause) -> None:
    step = Fraction(1, 10**6)
    at = Fraction(clause.threshold)
    got = [
        outcome(clause.id, facts={clause.metrics[0]: v}).status for v in (at - step, at, at + step)
    ]
    inclusive = clause.test in {">=", "<="}
    expected = ["fail", "pass" if inclusive else "fail", "pass"]
    assert got == (expected if clause.test.startswith(">") else expected[::-1])


@given(st.dictionaries(st.sampled_from([c.metrics[0] for c in NUMERIC]), st.integers(-10, 10**6)))
def test_learning_more_never_turns_a_verdict_round(facts) -> None:
    known = {metric: Fraction(value) for metric, value in facts.items()}
    full = outcome("bse.gen", facts=known).status
    for metric in known:
        less = outcome("bse.gen", facts={m: v for m, v in known.items() if m != metric}).status
        assert less in ("unknown", full)


HEAD = 'id="x"\nrole="target"\nzh="t"\nen="t"\nauthority="a"\ndocument="d"\nverified="V1"\nin_force_from=2025-01-01\n'
LEAF = (
    '[[clause]]\nid="a"\nzh="t"\nen="t"\nmetric="revenue"\nover="latest"\ntest=">="\nthreshold=1\n'
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (LEAF.replace("revenue", "revenu"), "no metric revenu"),
        (LEAF + LEAF, "stands twice"),
        (LEAF + 'parent="b"\n', "no parent b"),
        (LEAF.replace('">="', '"≥"'), "unknown aggregate or test"),
        (LEAF.replace("threshold=1", 'threshold="x"'), "does not fit"),
        (
            '[[clause]]\nid="a"\nzh="t"\nen="t"\ngroup="all"\nparent="b"\n[[clause]]\nid="b"\nzh="t"\nen="t"\ngroup="all"\nparent="a"\n',
            "circle",
        ),
        ('[[clause]]\nid="a"\nzh="t"\nen="t"\ngroup="all"\n', "empty"),
        (LEAF + 'group="all"\n', "one of"),
        ("[[clause", "Expected"),
        (LEAF.replace('en="t"\n', ""), "clause a: its text is missing in en"),
        (LEAF.replace('zh="t"', 'zh=" "'), "clause a: its text is missing in zh"),
        (LEAF.replace('en="t"', 'en="营业收入"'), "clause a: its text is missing in en"),
    ],
)
def test_a_faulty_rulebook_is_refused_with_its_reason(text, reason) -> None:
    with pytest.raises(FaultyRulebook, match=reason):
        read_book("x.toml", HEAD + text)


def test_a_rulebook_without_its_title_in_one_language_is_refused() -> None:
    for less in ('zh="t"\n', 'en="t"\n'):
        with pytest.raises(FaultyRulebook, match="zh" if "zh" in less else "en"):
            read_book("x.toml", HEAD.replace(less, "") + LEAF)


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
    assert cited(reference, "en") == english
    assert cited(reference, "zh") == reference


def test_every_text_of_a_rulebook_the_dictionary_and_the_targets_stands_in_both_languages() -> None:
    def walk(clauses):
        for clause in clauses:
            yield clause
            yield from walk(clause.children)

    rows = [*library().values(), *dictionary().values(), *targets()]
    for book in library().values():
        rows += walk(book.roots)
    assert len(rows) > 200
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
