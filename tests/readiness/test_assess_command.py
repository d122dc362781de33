"""`readiness assess`: worked cases, what is chosen unasked, the answer's form, and refusals."""

import copy
import json
from pathlib import Path

import pytest

WORKED = json.loads((Path(__file__).parent / "worked.json").read_text(encoding="utf-8"))
ONE = {"id": "F01", "as_of": "2026-06-30", "latest_fiscal_year": 2025, "years": {}, "facts": {}}


def run(app, tmp_path, companies):
    file = tmp_path / "companies.json"
    text = companies if isinstance(companies, str | bytes) else json.dumps({"companies": companies})
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return app.test_cli_runner().invoke(args=["readiness", "assess", str(file)])


def assessed(app, tmp_path, companies) -> list[dict]:
    result = run(app, tmp_path, companies)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)["assessments"]


def like_f01(change: dict) -> dict:
    """The first company with some figures changed and some taken away."""
    company = copy.deepcopy(next(c for c in WORKED["companies"] if c["id"] == "F01"))
    for key in change["without"]:
        year, _, name = key.rpartition(".")
        del (company["years"][year] if year else company["facts"])[name]
    for year, values in change["years"].items():
        company["years"].setdefault(year, {}).update(values)
    company["facts"] |= change["facts"]
    return company | {key: change[key] for key in ("id", "as_of", "region", "purpose", "rulebooks")}


def test_worked_cases_come_out_as_they_were_worked_out(app, tmp_path) -> None:
    companies = [*WORKED["companies"], *map(like_f01, WORKED["like_F01"])]
    expected = [*WORKED["expected"]]
    expected += [{**e, "company": c["id"]} for c in WORKED["like_F01"] for e in c["expected"]]
    found = {(a["company"], a["rulebook"]): a for a in assessed(app, tmp_path, companies)}
    for case in expected:
        answer = found[case["company"], case["rulebook"]]
        assert answer["status"] == case.get("status", answer["status"]), case
        clauses = {c["id"]: c["status"] for c in answer["clauses"]}
        for clause, status in case.get("clauses", {}).items():
            assert clauses[clause] == status, (case, clause)
        for part, wanted in case.get("score", {}).items():
            got = answer["score"][part]
            pairs = (
                {"": (got, wanted)}
                if part == "total"
                else {k: (got[k], w) for k, w in wanted.items()}
            )
            assert all(a == b for a, b in pairs.values()), (case, pairs)


@pytest.mark.parametrize("case", WORKED["routing"], ids=lambda c: f"{c['as_of']}-{c['region']}")
def test_the_rulebooks_that_apply_unasked(app, tmp_path, case) -> None:
    company = {**ONE, **{key: case[key] for key in ("as_of", "region", "purpose")}}
    found = [a["rulebook"] for a in assessed(app, tmp_path, [company])]
    assert sorted(found) == case["rulebooks"]


def test_an_answer_has_the_form_that_was_promised(app, tmp_path) -> None:
    company = {
        **ONE,
        "rulebooks": ["CN-SRDI-2022", "bse-listing-2025", "bse-12m-policy"],
        "years": {"2025": {"revenue": 12000, "rd_expense": 99.9999995}, "2024": {"revenue": 9000}},
        "facts": {
            "segment_years": 1,
            "roe_weighted_lower": None,
            "relisted_after_12m_delisting": True,
        },
    }
    srdi, bse, policy = assessed(app, tmp_path, [company])
    assert list(srdi) == [
        "company",
        "rulebook",
        "as_of",
        "status",
        "verification",
        "score",
        "clauses",
    ]
    assert (srdi["rulebook"], srdi["status"], srdi["verification"]) == (
        "cn-srdi-2022",
        "fail",
        "V5",
    )
    assert (
        srdi["score"]["items"]["S12"] == [0, 5]
        and next(iter(srdi["score"]["groups"])) == "specialization"
    )
    clauses = {c["id"]: c for c in srdi["clauses"]}
    assert list(clauses) == ["PRE", "C1", "C2", "C3", "C4", "DIRECT"]
    assert clauses["C1"] == {
        "id": "C1", "status": "fail", "value": 1, "threshold": 2, "gap": 1, "unit": "year",
        "citation": "工信部企业〔2022〕63号 附件2", "verification": "V5",
    }  # fmt: skip
    assert {clauses["C2"][key] for key in ("value", "threshold", "gap", "unit")} == {None}
    growth = next(c for c in bse["clauses"] if c["id"] == "bse.fin.2.2")
    assert (growth["value"], growth["threshold"], growth["gap"]) == (33.333333, 30, 0)
    assert {c["id"] for c in bse["clauses"]} >= {"bse", "bse.gen.2", "csrc", "csrc.4"}
    assert bse["score"] is None and growth["unit"] == "pct"
    assert policy["status"] is None and [c["status"] for c in policy["clauses"]] == [
        "unknown",
        None,
    ]


def test_what_is_not_met_is_never_said_to_lack_nothing(app, tmp_path) -> None:
    company = {**ONE, "rulebooks": ["qd-srdi-2021"], "facts": {"revenue": 199.9999999}}
    (answer,) = assessed(app, tmp_path, [company])
    clause = next(c for c in answer["clauses"] if c["id"] == "E2")
    assert (clause["status"], clause["gap"]) == ("fail", 0.000001)


def test_a_day_before_any_rulebook_and_a_year_without_figures_are_no_faults(app, tmp_path) -> None:
    early = {**ONE, "as_of": "2016-01-01"}
    gap = {**ONE, "rulebooks": ["cn-sme-2011"], "years": {"2023": {"revenue": 1}}}
    assert [a["status"] for a in assessed(app, tmp_path, [early, gap])] == ["unknown"]


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"facts": {"revenu": 1}}, "revenu"),
        ({"years": {"2025": {"revenu": 1}}}, "2025.revenu"),
        ({"facts": {"segment_years": "9"}}, "segment_years"),
        ({"facts": {"segment_years": True}}, "segment_years"),
        ({"facts": {"neeq_tier": "gold"}}, "neeq_tier"),
        ({"facts": {"clean_record": "yes"}}, "clean_record"),
        ({"facts": {"clean_record": 2}}, "clean_record"),
        ({"years": {"FY25": {}}}, "years.FY25"),
        ({"as_of": "2026-02-30"}, "as_of"),
        ({"as_of": None}, "as_of"),
        ({"region": 370200}, "region"),
        ({"purpose": "renew"}, "purpose"),
        ({"latest_fiscal_year": "last"}, "latest_fiscal_year"),
        ({"rulebooks": ["cn-srdi-2023"]}, "rulebooks"),
        ({"fcats": {}}, "fcats"),
    ],
)
def test_a_faulty_file_is_refused_whole(app, tmp_path, change, key) -> None:
    result = run(app, tmp_path, [{**ONE, "id": "F00"}, {**ONE, **change}])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"F01: {key}: ")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"companies": {}}',
        '{"companies": [1]}',
        '{"companies": [{}]}',
        json.dumps({"companies": [{**ONE, "facts": [1]}]}),
        json.dumps({"companies": [{**ONE, "rulebooks": 1}]}),
        "[" * 100_000,
        b"\xff\xfe\xfd",
    ],
)
def test_what_is_no_list_of_companies_is_refused(app, tmp_path, text) -> None:
    result = run(app, tmp_path, text)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "JSON" in result.stderr


def test_an_endless_number_is_refused(app, tmp_path) -> None:
    for number in ("NaN", "1e999", "-Infinity"):
        text = json.dumps({"companies": [{**ONE, "facts": {"segment_years": 0}}]}).replace(
            ": 0}", f": {number}}}"
        )
        result = run(app, tmp_path, text)
        assert result.exit_code == 1 and result.stderr.startswith("F01: segment_years: ")


def test_debts_above_assets_fail_what_asks_for_net_assets_and_give_no_return_on_them(
    app, tmp_path
) -> None:
    company = {
        **ONE,
        "rulebooks": ["bse-listing-2025"],
        "years": {"2025": {"net_assets": -1, "net_profit": 900, "net_profit_lower": 2600}},
        "facts": {"expected_market_cap": 50000},
    }
    (answer,) = assessed(app, tmp_path, [company])
    clauses = {c["id"]: c for c in answer["clauses"]}
    assert answer["status"] == clauses["bse.gen"]["status"] == "fail"
    assert (clauses["bse.gen.3"]["status"], clauses["bse.gen.3"]["gap"]) == ("fail", 5001)
    assert clauses["bse.fin.1.b.1"]["status"] == "pass"
    assert clauses["bse.fin.1.b.2"]["status"] == "unknown", "of nothing there is no return"


def test_a_year_missing_in_the_middle_is_never_bridged_by_the_one_before(app, tmp_path) -> None:
    known = {"revenue": 22000, "net_profit_lower": 3000, "roe_weighted_lower": 12, "rd_spend": 900}
    company = {
        **ONE,
        "rulebooks": ["bse-listing-2025"],
        "years": {"2025": known | {"operating_cash_flow": 500}, "2023": known},
        "facts": {"expected_market_cap": 90000},
    }
    (answer,) = assessed(app, tmp_path, [company])
    clauses = {c["id"]: c["status"] for c in answer["clauses"]}
    over_years = ("bse.fin.1.a.1", "bse.fin.1.a.2", "bse.fin.2.1", "bse.fin.2.2", "bse.fin.3.2")
    assert {clauses[key] for key in over_years} == {"unknown"}
    assert clauses["bse.fin.1.b"] == clauses["bse.fin"] == "pass", "what asks for one year alone"
