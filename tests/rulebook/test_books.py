"""Each kind of clause at work in the books themselves: tiers, judgements, scores, marks, derived figures."""

from fractions import Fraction

import pytest

from portfolio.rulebook.engine import assess
from portfolio.rulebook.loader import library, read_book, read_head
from portfolio.rulebook.metrics import dictionary
from portfolio.rulebook.values import Figures

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


def test_of_alternatives_what_is_unknown_weighs_more_than_what_a_person_must_say() -> None:
    worth = {"expected_market_cap": 500_000}
    assert assessed("star-2024", worth).status == "unknown"
    poor = {("revenue", 2025 - n): 1 for n in range(3)} | {
        ("rd_spend", 2025 - n): 0 for n in range(3)
    }
    poor |= {("operating_cash_flow", 2025 - n): 0 for n in range(3)}
    poor |= {("net_profit_lower", 2025 - n): 0 for n in range(2)}
    assert assessed("star-2024", worth, poor).status == "manual"
    assert assessed("star-2024", worth | {"star5_qualitative": "true"}, poor).status == "pass"


SYNTHETIC = """
id = "x"
role = "target"
zh = "甲"
en = "Text"
authority = "a"
authority_en = "a"
document = "d"
verified = "V1"
in_force_from = 2025-01-01

[[clause]]
id = "debt"
zh = "甲"
en = "Text"
test = "each(debt_ratio, 2) <= 0.7"

[[clause]]
id = "exactly"
zh = "甲"
en = "Text"
test = "score(total) == 2"

[score]
max = 4

[[score.group]]
id = "g"
zh = "甲"
en = "Text"
max = 4

[[score.item]]
id = "i"
group = "g"
zh = "甲"
en = "Text"
max = 4
awarded = "local_feature_score"
"""


def test_what_the_books_do_not_say_today_is_right_all_the_same() -> None:
    draft = read_head("x.toml", SYNTHETIC)
    book = read_book(draft, {"x": draft})

    def found(facts, **years):
        figures = Figures(2025, {("debt_ratio", int(y[1:])): v for y, v in years.items()}, facts)
        return assess(book, figures, {"x": book}).outcomes()

    half, much = Fraction(1, 2), Fraction(4, 5)
    worst = found({}, y2025=half, y2024=much)["debt"]
    assert (worst.status, worst.value) == ("fail", much), "the highest is the worst here"
    assert found({}, y2024=much)["debt"].status == "fail"
    assert found({}, y2025=half, y2024=half)["debt"].status == "pass"
    scores = [None, 2, 3]
    facts = [{} if n is None else {"local_feature_score": Fraction(n)} for n in scores]
    assert [found(f)["exactly"].status for f in facts] == ["unknown", "pass", "fail"]


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
    for now, wanted in ((11_025, "pass"), ("11024.999999", "fail"), (-20_000, "fail")):
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
    closed = facts | {"rd_expense": 500, "ip_class1": 0, "ip_class2": 0}
    del closed["rd_ratio"]
    found = assessed("cn-srdi-2022", closed)
    assert tuple(found.score.items["S11"])[:2] == (10, 10) and found.outcomes()["C4"].status == (
        "manual"
    ), "what lacks of an item that is decided keeps nothing open"
    del facts["net_margin"]
    assert assessed("cn-srdi-2022", facts).outcomes()["C4"].status == "unknown"


def test_an_item_gives_no_more_than_its_most() -> None:
    facts = {"segment_years": 99, "local_feature_score": 99}
    items = assessed("cn-srdi-2022", facts).score.items
    assert [tuple(items[i])[:2] for i in ("S3", "S9")] == [(5, 5), (15, 15)]
    items = assessed("cn-srdi-2022", {"segment_years": 3}).score.items
    assert tuple(items["S3"])[:2] == (1, 1), "a point for each full two years"


def test_a_share_of_nothing_or_less_is_unknown() -> None:
    for assets, wanted in ((10, Fraction(7, 10)), (0, None), (-10, None)):
        years = {("total_liabilities", 2025): Fraction(7), ("total_assets", 2025): Fraction(assets)}
        assert Figures(2025, years).latest("debt_ratio") == wanted
    years = {("net_profit", 2025): Fraction(-400), ("net_profit", 2023): Fraction(100)}
    assert Figures(2025, years).latest("net_profit_cagr_2y") == -3, "what fell below nothing fell"


def test_information_never_decides() -> None:
    found = assessed("neeq-bse-direct-link", {"net_profit_lower": 1}).outcomes()["link.5"]
    assert (found.status, found.value, found.gap) == ("info", 1, None)


def test_the_mark_of_a_verdict_is_the_weakest_of_the_clauses_that_decided_it() -> None:
    cap = {"expected_market_cap": 100_000}
    profit = {("net_profit_lower", 2025): 3000, ("net_profit_lower", 2024): 2000}
    found = assessed("star-2024", cap, profit)
    assert (found.status, found.verified) == ("pass", "V5")
    found = assessed("cn-giant-2022", {"legal_entity_cn": "false"})
    assert (found.status, found.verified, found.unverified) == ("fail", "V2", False)
    found = assessed("cn-techsme-2017", {"hnte_valid": "true"})
    assert (found.status, found.verified) == ("unknown", "V2"), "only what is open counts"
    facts = {"legal_entity_cn": "true", "clean_record": "true", "hnte_valid": "true"}
    facts |= dict.fromkeys(("employees", "revenue", "total_assets"), 1)
    found = assessed("cn-techsme-2017", facts)
    assert (found.status, found.verified) == ("pass", "S1+M")
    found = assessed("qd-hiddenchamp-2018")
    assert (found.status, found.verified) == ("unknown", "INC"), (
        "what a person must say is open too"
    )
    found = assessed("cn-giant-2022", {"chain_key_position": "false"})
    assert (found.status, found.verified, found.unverified) == ("fail", "M", True)


@pytest.mark.parametrize("name", ["bse-12m-policy", "sd-local15-2023", "sd-srdi-2020"])
def test_no_verdict_where_a_person_decides(name) -> None:
    found = assessed(name, {"manual_decision": "true"})
    assert found.status is None and found.verified == library()[name].verified


def test_a_rulebook_that_stands_for_another_has_its_verdict_and_clauses() -> None:
    found = assessed("qd-srdi-2022", {"segment_years": 1})
    assert found.status == "fail" and found.outcomes()["C1"].gap == 1 and found.score is None
