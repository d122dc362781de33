"""Targets as data: every standard is aimed at, in the version that applies on the day, in the region."""

import datetime as dt
import re

import pytest

from portfolio.readiness.results import Result, results
from portfolio.readiness.targets import FILE, plan, read_plan, targets
from portfolio.rulebook.engine import outcome_of
from portfolio.rulebook.faults import FaultyRulebook
from portfolio.rulebook.loader import FOLDER, library, read_books
from portfolio.rulebook.model import TARGET
from portfolio.rulebook.routing import FILE as ROUTES
from portfolio.rulebook.routing import read_routing
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
        ('family = "growth"', 'family = "sideways"', "gazelle: there is no family sideways"),
        ('ladder = "growth"', 'ladder = "steep"', "growth: there is no ladder steep"),
        ('books = ["star-2024"]', 'books = ["star-1999"]', "star: there is no rulebook star-1999"),
        ('clause = "star.4"', 'clause = "star.9"', "star-4: star-2024 has no clause star.9"),
        ('en = "Gazelle"', 'en = "瞪羚"', "gazelle: it lacks its title in en"),
        ('rung_en = "Hidden unicorn"', "kept = true", "hidden-unicorn: no target states kept"),
        ('granted = "title_srdi_valid"', 'granted = "revenue"', "srdi: it is granted by no such fact as revenue"),
        (', "chinext-2026"]', "]", "chinext: chinext-2024 is replaced by chinext-2026, which it does not name"),
    ],
)  # fmt: skip
def test_a_faulty_file_is_refused_with_the_line_and_the_reason(old, new, reason) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(FaultyRulebook, match=re.escape(reason)) as refused:
        read_plan("targets.toml", text.replace(old, new, 1))
    line = int(str(refused.value).split(":")[1])
    assert text.splitlines()[line - 1] == f'key = "{reason.split(":")[0]}"'


@pytest.mark.parametrize(
    ("book", "old", "new", "reason"),
    [
        (
            *("chinext-2026", 'replaces = ["chinext-2024"]\n', ""),
            "chinext-2026.toml:11: from 2026-04-24 on it and chinext-2024 apply at once",
        ),
        (
            *("sd-unicorn-2019", "in_force_from = 2019-01-01\nreplaces", "in_force_from = 2019-02-01\ngap_before = \"无公告\"\nreplaces"),
            "sd-unicorn-2019.toml:14: there is no gap before it",
        ),
        (
            *("sd-unicorn-2018", "in_force_from = 2018-01-01", "in_force_from = 2018-01-01\nin_force_to = 2018-11-30"),
            "sd-unicorn-2018.toml:13: its end is told twice",
        ),
        (
            *("cn-srdi-2026", 'replaces = ["cn-srdi-2022"]\n', ""),
            "routing.toml:30: cn-srdi-2026: from 2026-04-01 on it and cn-srdi-2022 apply at once",
        ),
    ],
)  # fmt: skip
def test_versions_that_overlap_are_refused(book, old, new, reason, monkeypatch) -> None:
    with pytest.raises(FaultyRulebook, match=re.escape(reason)):
        changed(monkeypatch, book, (old, new))


def test_a_gap_between_versions_is_refused_unless_it_is_meant(monkeypatch) -> None:
    alone = ('replaces = ["sd-unicorn-2018"]\n', "")
    later = ("in_force_from = 2019-01-01", "in_force_from = 2019-02-01")
    ended = ("in_force_from = 2018-01-01", "in_force_from = 2018-01-01\nin_force_to = 2018-12-31")
    with pytest.raises(FaultyRulebook) as refused:
        changed(monkeypatch, "sd-unicorn-2019", alone, later, former=("sd-unicorn-2018", ended))
    assert str(refused.value) == (
        "sd-unicorn-2019.toml:13: from 2019-01-01 on nothing applies between sd-unicorn-2018 and it"
    )
    meant = (later[1], later[1] + '\ngap_before = "no batch that month"')
    found = changed(
        monkeypatch, "sd-unicorn-2019", alone, later, meant, former=("sd-unicorn-2018", ended)
    )
    assert len(found.targets) == len(targets())


def changed(monkeypatch, book: str, *changes, former=None):
    """The plan as it would be read with some rulebooks changed."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.toml")}
    for name, (old, new) in [(book, c) for c in changes] + ([former] if former else []):
        assert old in texts[name]
        texts[name] = texts[name].replace(old, new, 1)
    books = read_books(texts)
    routes = read_routing(ROUTES.name, ROUTES.read_text(encoding="utf-8"), books)
    monkeypatch.setattr("portfolio.readiness.targets.library", lambda: books)
    for module in ("routing", "versions"):
        monkeypatch.setattr(f"portfolio.rulebook.{module}.routing", lambda: routes)
    return read_plan("targets.toml", FILE.read_text(encoding="utf-8"))
