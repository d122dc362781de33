"""Targets as data: every standard is aimed at, in the version that applies on the day, in the region."""

import datetime as dt
import re

import pytest

from portfolio.readiness.results import Result, results
from portfolio.readiness.targets import FILE, FaultyTargets, plan, read_plan, targets
from portfolio.rulebook.engine import outcome_of
from portfolio.rulebook.loader import library
from portfolio.rulebook.model import TARGET
from portfolio.rulebook.values import Figures

TODAY = dt.date(2026, 11, 23)
QINGDAO, JINAN, BEIJING = "370212", "370102", "110108"
NOBODY = Figures(2025, {}, {})


def aimed(day: dt.date, region: str | None = QINGDAO) -> dict[str, str]:
    return {r.target.key: r.book.id for r in results(NOBODY, day, region)}


def test_every_standard_with_a_verdict_or_for_a_person_to_decide_is_a_target() -> None:
    aimed_at = {book for target in targets() for book in target.books}
    assert aimed_at == {b.id for b in library().values() if b.role == TARGET and b.roots}


@pytest.mark.parametrize(
    "key",
    [
        *("bse", "bse-general", "bse-1", "bse-2", "bse-3", "bse-4", "neeq-listing"),
        *("neeq-innovation", "star", "star-3", "chinext", "chinext-4", "innovative", "srdi"),
        *("giant", "gazelle", "hidden-champion", "hidden-unicorn"),
    ],
)
def test_the_standards_of_today_are_there_in_qingdao(key: str) -> None:
    assert key in aimed(TODAY)


def test_the_version_changes_on_its_day_of_effect() -> None:
    before, after = (aimed(dt.date(2026, *day)) for day in ((3, 31), (4, 1)))
    assert (before["srdi"], after["srdi"]) == ("cn-srdi-2022", "cn-srdi-2026")
    assert (before["giant"], after["giant"]) == ("cn-giant-2022", "cn-giant-2026")
    assert "tech-sme" not in before and after["tech-sme"] == "cn-techsme-2017"
    assert "municipal-srdi" in before and "municipal-srdi" not in after
    assert aimed(dt.date(2026, 4, 23))["chinext-1"] == "chinext-2024"
    assert aimed(dt.date(2026, 4, 24))["chinext-1"] == "chinext-2026"


def test_municipal_and_provincial_rungs_are_for_their_region_alone() -> None:
    qingdao, jinan, beijing = (aimed(TODAY, region) for region in (QINGDAO, JINAN, BEIJING))
    assert "hidden-unicorn" in qingdao and "hidden-unicorn" not in jinan
    assert "gazelle" in jinan and "gazelle" not in beijing
    assert aimed(TODAY, None) == beijing, "an unknown region is none of them"


def test_no_unicorn_standard_is_in_force_and_none_at_all_long_ago() -> None:
    assert aimed(dt.date(2020, 8, 31))["unicorn"] == "sd-unicorn-2019"
    assert "unicorn" not in aimed(dt.date(2020, 9, 1))
    assert aimed(dt.date(2011, 1, 1)) == {}


def test_a_text_that_was_not_found_is_left_to_a_person() -> None:
    (found,) = (r for r in results(NOBODY, dt.date(2021, 6, 1), JINAN) if r.target.key == "srdi")
    assert (found.status, found.verified, found.unverified) == ("manual", "NF", True)


def test_what_a_person_must_judge_comes_after_what_is_unknown() -> None:
    known = dict.fromkeys(("segment_years", "standards_led"), 5)
    figures = Figures(2025, {("revenue", 2025): 9_000}, known)
    for result in results(figures, TODAY, QINGDAO):
        states = [test.status for test in result.tests]
        assert states == sorted(states, key=("fail", "unknown", "manual", "pass").index)


def test_tiers_that_nothing_chooses_from_ask_for_the_figure_that_does() -> None:
    book = library()["sd-gazelle-2020"]
    result = Result(targets()[0], book, outcome_of(book.roots[0], NOBODY, library()))
    tiers = [test for test in result.deciding if test.clause.floors]
    assert [t.missing for t in tiers] == [(("revenue", 2025),)] * len(tiers) and tiers
    assert all(test.status == "unknown" for test in result.deciding)


def test_each_rung_stands_on_a_ladder_and_no_two_targets_share_a_name() -> None:
    families = {family.key: family.ladder for family in plan().families}
    assert {families[t.family] for t in targets() if t.rung} == {x.key for x in plan().ladders}
    for names in ([t.key for t in targets()], [t.zh for t in targets()]):
        assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('family = "growth"', 'family = "sideways"', "no family sideways"),
        ('ladder = "growth"', 'ladder = "steep"', "no ladder steep"),
        ('books = ["star-2024"]', 'books = ["star-1999"]', "no rulebook or clause 'star-1999'"),
        ('clause = "star.4"', 'clause = "star.9"', "star-4 has no rulebook or clause 'star.9'"),
        ('en = "Gazelle"', 'en = "瞪羚"', "gazelle lacks its title in en"),
        ('rung_en = "Hidden unicorn"', "kept = true", "states kept, which no target has"),
        ('granted = "title_srdi_valid"', 'granted = "revenue"', "no such fact as revenue"),
    ],
)
def test_a_faulty_file_is_refused_with_the_reason(old: str, new: str, reason: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(FaultyTargets, match=re.escape(reason)):
        read_plan("targets.toml", text.replace(old, new, 1))
