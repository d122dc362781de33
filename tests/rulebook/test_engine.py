"""The engine: three values, exact at each threshold, every clause accounted for."""

from decimal import Decimal
from fractions import Fraction

import pytest

from portfolio.kernel.titles import untitled
from portfolio.readiness.targets import targets
from portfolio.rulebook.citations import cited
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


FLAGS = ("legal_entity_cn", "is_sme", "clean_record")


def assessed(name: str, facts: dict | None = None, years: dict | None = None, purpose: str = "new"):
    figures = Figures(
        2025,
        {(m, y): Fraction(str(v)) for (m, y), v in (years or {}).items()},
        {m: v if isinstance(v, str) else Fraction(str(v)) for m, v in (facts or {}).items()},
        purpose,
    )
    return assess(library()[name], figures, library())


def test_a_judgement_that_nobody_made_is_manual_and_gives_way_to_unknown_and_failed() -> None:
    def status(**facts):
        return assessed("cn-srdi-2026", facts).outcomes()["P5"].status

    assert [status(), status(market_leading="true"), status(market_leading="false")] == [
        *("manual", "pass", "fail")
    ]
    jing = {"core_business_it": "true", "mgmt_or_product_cert": "true", "debt_ratio": 0.7}

    def refined(facts):
        return assessed("cn-giant-2022", facts).outcomes()["JING"].status

    assert refined(jing) == "manual"
    assert refined({k: v for k, v in jing.items() if k != "debt_ratio"}) == "unknown"
    assert refined(jing | {"debt_ratio": "0.700001"}) == "fail"
    assert refined(jing | {"debt_ratio": Fraction(7, 10), "governance_ok": "true"}) == "pass"


def test_a_tier_that_is_not_known_has_what_all_tiers_agree_on() -> None:
    def status(growth, **facts):
        facts |= {"revenue_cagr_2y": growth, "net_profit_cagr_2y": growth}
        return assessed("sd-gazelle-2020", facts).outcomes()["GROW"].status

    assert status(0.05) == "fail", "no tier is met by so little"
    assert status(0.3) == "unknown", "below CNY 10m no growth is enough"
    assert [status(0.25, revenue=n) for n in (999, 1000, 2000)] == ["fail", "pass", "pass"]
    assert [status(0.1, revenue=n) for n in (39_999, 40_000)] == ["fail", "pass"]


def test_a_recheck_skips_what_is_asked_of_the_new_alone() -> None:
    facts = {
        "main_revenue_ratio": 0.9,
        "debt_ratio": 0.75,
        "revenue_cagr_2y": 0.01,
        "revenue": 5000,
    }
    for purpose, status in (("new", "fail"), ("recheck", "pass")):
        assert assessed("cn-giant-2026", facts, purpose=purpose).outcomes()["G2"].status == status


def test_a_size_follows_from_staff_revenue_and_assets_and_a_stated_one_wins() -> None:
    def status(**facts):
        return assessed("qd-srdi-2021", facts).outcomes()["E1"].status

    said = {"registered_in_qingdao": "true", "operating_years": 2, "legal_entity_cn": "true"}
    said |= {"industry_code_sme": "industry"}
    assert status(**said) == status(**said, employees=1000) == "unknown"
    assert status(**said, employees=999) == status(**said, revenue=39_999) == "pass"
    assert status(**said, employees=1000, revenue=40_000) == "fail"
    assert status(**said, employees=1000, revenue=40_000, is_sme="true") == "pass"


def test_derived_figures_are_exact_at_their_thresholds() -> None:
    flags = dict.fromkeys(FLAGS, "true")
    for spent, wanted in ((300, "pass"), ("299.999999", "fail")):
        years = {("revenue", 2025): 10_000, ("rd_expense", 2025): spent}
        assert assessed("cn-srdi-2022", flags, years).outcomes()["C2"].status == wanted
    facts = {"main_revenue_ratio": 1, "debt_ratio": 0}
    for now, wanted in ((11_025, "pass"), ("11024.999999", "fail"), (-5, "fail")):
        years = {("revenue", 2025): now, ("revenue", 2023): 10_000}
        assert assessed("cn-giant-2026", facts, years).outcomes()["G2"].status == wanted
    years = {("revenue", 2025): 20_000, ("revenue", 2023): 0}
    assert assessed("cn-giant-2026", facts, years).outcomes()["G2"].status == "unknown"


def test_each_derived_figure_reads_the_years_it_speaks_of_and_no_others() -> None:
    wanted = {
        "main_revenue_growth": ({"main_revenue": (121, 100)}, Fraction(21, 100)),
        "main_revenue_growth_avg_2y": ({"main_revenue": (121, 110, 100)}, Fraction(1, 10)),
        "revenue_cagr_2y": ({"revenue": (144, None, 100)}, Fraction(2, 10)),
        "net_profit_cagr_2y": ({"net_profit": (169, None, 100)}, Fraction(3, 10)),
        "rd_expense_avg_2y": ({"rd_expense": (5, 2)}, Fraction(7, 2)),
        "rd_expense_sum_2y": ({"rd_expense": (5, 2)}, 7),
        "main_revenue_ratio": ({"main_revenue": (9,), "revenue": (10,)}, Fraction(9, 10)),
        "rd_ratio": ({"rd_expense": (3,), "revenue": (100,)}, Fraction(3, 100)),
        "net_margin": ({"net_profit": (-1,), "revenue": (10,)}, Fraction(-1, 10)),
        "debt_ratio": ({"total_liabilities": (7,), "total_assets": (10,)}, Fraction(7, 10)),
        "rd_staff_ratio": ({"rd_staff": (1,), "employees": (2,)}, Fraction(1, 2)),
        "net_profit_lower": (
            {"net_profit_parent": (3,), "net_profit_parent_ex_nonrecurring": (2,)},
            2,
        ),
        "roe_weighted_lower": ({"roe_weighted": (9,), "roe_weighted_ex_nonrecurring": (8,)}, 8),
    }
    assert {m.id for m in dictionary().values() if m.derive and not m.book} == {*wanted}
    for name, (rows, value) in wanted.items():
        given = {(m, 2025 - n): v for m, row in rows.items() for n, v in enumerate(row) if v}
        years = {key: Fraction(number) for key, number in given.items()}
        assert Figures(2025, years).latest(name) == value, name
        for key in years:
            less = {k: v for k, v in years.items() if k != key}
            assert Figures(2025, less).latest(name) is None, (name, key)
        assert Figures(2025, years, {name: Fraction(77)}).latest(name) == 77, "a given value wins"


def test_a_growth_of_three_years_is_the_root_of_what_lies_between() -> None:
    def rate(now, first, **more):
        years = {("revenue", 2025): now, ("revenue", 2023): first} | more
        return assessed("star-attr-2024", {}, years).outcomes()["sa.4a"]

    assert (rate(15_625, 10_000).status, rate(15_625, 10_000).value) == ("pass", 25)
    assert rate("15624.999999", 10_000).status == "fail"
    assert 41 < rate(20_000, 10_000).value < Fraction("41.43")
    assert rate(20_000, 0).status == "unknown"


def test_scores_are_ranges_and_a_border_takes_the_better_band() -> None:
    found = assessed("cn-innov-2022")
    assert found.score.total == (5, 100, found.score.total.missing)
    found = assessed("cn-innov-2022", {"rd_ratio": 0.05, "debt_ratio": 0.55, "ip_class1_self": 1})
    assert [tuple(found.score.items[i])[:2] for i in ("I1", "I2", "I4")] == [
        *((15, 20), (20, 20), (10, 10))
    ]
    assert tuple(found.score.groups["innovation"])[:2] == (35, 40)
    assert found.outcomes()["SCORE"].status == "unknown"


def test_a_score_that_only_judgements_leave_open_is_manual() -> None:
    facts = {
        "main_revenue_ratio": 0.8, "main_revenue_growth_avg_2y": 0.1, "segment_years": 10,
        "digital_level": 3, "quality_award": "true", "quality_cert": "true", "own_brand": "true",
        "standards_part": "true", "net_margin": 0, "debt_ratio": 0.5, "local_feature_score": 0,
        "ip_class1_high": 0, "ip_class1_self": 0, "ip_class1": 1, "rd_expense": 200, "rd_ratio": 0.03,
        "rd_staff_ratio": 0.1, "rd_institution_level": "provincial", "award_prov_rank_3y": 0,
        "award_nat_rank_3y": 0, "rd_expense_avg_2y": 0, "equity_raised_2y": 0, "maker500_3y": "false",
    }  # fmt: skip
    found = assessed("cn-srdi-2022", facts)
    assert tuple(found.score.total)[:2] == (56, 61) and found.outcomes()["C4"].status == "manual"
    assert assessed("cn-srdi-2022", facts | {"net_margin": 0.1}).outcomes()["C4"].status == "pass"
    del facts["net_margin"]
    assert assessed("cn-srdi-2022", facts).outcomes()["C4"].status == "unknown"


def test_the_mark_of_a_verdict_is_the_weakest_of_the_clauses_that_decided_it() -> None:
    cap = {"expected_market_cap": 100_000}
    profit = {("net_profit_lower", 2025): 3000, ("net_profit_lower", 2024): 2000}
    found = assessed("star-2024", cap, profit)
    assert (found.status, found.verified) == ("pass", "V5")
    found = assessed("cn-giant-2022", {"legal_entity_cn": "false"})
    assert (found.status, found.verified, found.unverified) == ("fail", "V2", False)
    found = assessed("cn-giant-2022", {"chain_key_position": "false"})
    assert (found.status, found.verified, found.unverified) == ("fail", "M", True)


@pytest.mark.parametrize("name", ["bse-12m-policy", "sd-local15-2023", "sd-srdi-2020"])
def test_no_verdict_where_a_person_decides(name) -> None:
    assert assessed(name, {"manual_decision": "true"}).status is None


def test_a_rulebook_that_stands_for_another_has_its_verdict_and_clauses() -> None:
    found = assessed("qd-srdi-2022", {"segment_years": 1})
    assert found.status == "fail" and found.outcomes()["C1"].gap == 1 and found.score is None


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
