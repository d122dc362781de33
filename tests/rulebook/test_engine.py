"""The engine: three values, exact at each threshold, every clause accounted for."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.rulebook.engine import Figures, assess
from portfolio.rulebook.loader import Clause, FaultyRulebook, library, read_book

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


HEAD = 'id="x"\nrole="target"\ntitle="t"\nauthority="a"\ndocument="d"\nverified="V1"\nin_force_from=2025-01-01\n'
LEAF = '[[clause]]\nid="a"\ntext="t"\nmetric="revenue"\nover="latest"\ntest=">="\nthreshold=1\n'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (LEAF.replace("revenue", "revenu"), "no metric revenu"),
        (LEAF + LEAF, "stands twice"),
        (LEAF + 'parent="b"\n', "no parent b"),
        (LEAF.replace('">="', '"≥"'), "unknown aggregate or test"),
        (LEAF.replace("threshold=1", 'threshold="x"'), "does not fit"),
        (
            '[[clause]]\nid="a"\ntext="t"\ngroup="all"\nparent="b"\n[[clause]]\nid="b"\ntext="t"\ngroup="all"\nparent="a"\n',
            "circle",
        ),
        ('[[clause]]\nid="a"\ntext="t"\ngroup="all"\n', "empty"),
        (LEAF + 'group="all"\n', "one of"),
        ("[[clause", "Expected"),
    ],
)
def test_a_faulty_rulebook_is_refused_with_its_reason(text, reason) -> None:
    with pytest.raises(FaultyRulebook, match=reason):
        read_book("x.toml", HEAD + text)
