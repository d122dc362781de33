"""Three questions worth asking: what they decide is what the engine says of each answer."""

import dataclasses
import datetime as dt
import itertools
import random
import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.companies.operations import Statement, state_figures
from portfolio.extensions import unit_of_work
from portfolio.kernel.numbers import MICRO
from portfolio.readiness.asking import FILE, FaultyQuestions, asked_for, read_texts, texts
from portfolio.readiness.pictures import picture_of
from portfolio.readiness.questions import MOST, measured, questions_of, worth_asking
from portfolio.rulebook.engine import OPEN, outcome_of
from portfolio.rulebook.loader import library
from portfolio.rulebook.metrics import dictionary
from portfolio.rulebook.values import Figures
from tests import factories
from tests.rulebook.borders import READ, figures_of

DAY = dt.date(2026, 11, 23)
NOW = dt.datetime.now(dt.UTC)


def seen(seed: int, thin: bool = False):
    dice = random.Random(seed)
    names = dice.sample(READ, len(READ) // 4) if thin else READ
    return picture_of(figures_of(dice, names), True, DAY, dice.choice([None, "370212"]))


def open_ones(picture):
    return [f for f in picture.assessed if f.result.status in OPEN]


def one_by_one(picture, questions) -> list[int]:
    """What the engine alone decides, answer by answer."""
    figures, counts = picture.figures, []
    latest = figures.latest_year or 2025
    for answers in itertools.product(*(q.answers for q in questions)):
        years, facts = dict(figures.years), dict(figures.facts)
        for question, answer in zip(questions, answers, strict=True):
            for year in question.years:
                if year is None:
                    facts[question.metric.id] = answer
                else:
                    years[question.metric.id, year] = answer
        then = dataclasses.replace(figures, latest_year=latest, years=years, facts=facts)
        results = [outcome_of(f.result.outcome.clause, then, library()) for f in open_ones(picture)]
        counts.append(sum(outcome.status not in OPEN for outcome in results))
    return counts


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32), st.booleans())
def test_what_is_measured_is_what_the_engine_says_of_each_answer(seed: int, thin: bool) -> None:
    picture = seen(seed, thin)
    worth = worth_asking(picture)
    assert worth.open == len(open_ones(picture))
    if not worth.questions:
        return
    counts = one_by_one(picture, worth.questions)
    assert (worth.least, worth.most, worth.tried) == (min(counts), max(counts), len(counts))
    assert worth.mean == Fraction(sum(counts), len(counts))


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32))
def test_no_single_question_decides_more_than_the_first(seed: int) -> None:
    picture = seen(seed, thin=True)
    findings = open_ones(picture)
    asking = questions_of(findings, picture.figures)
    worth = worth_asking(picture)
    assert len(worth.questions) == min(MOST, len(asking))
    assert len({q.metric.id for q in worth.questions}) == len(worth.questions)
    assert not any(question.metric.judgement for question in asking)
    if asking:
        alone = {
            w.questions[0]: w.mean for w in measured([(q,) for q in asking], findings, picture)
        }
        assert alone[worth.questions[0]] == max(alone.values()) <= worth.mean


def test_where_nothing_is_open_nothing_is_asked() -> None:
    picture = picture_of(Figures(2025), True, dt.date(1999, 1, 1), None)
    assert worth_asking(picture).questions == () and worth_asking(picture).open == 0


def test_each_input_has_a_question_in_both_languages() -> None:
    for metric in dictionary().values():
        for language in ("zh", "en"):
            words = asked_for(metric, [2025, 2024] if metric.yearly else [], language)
            assert words.endswith(("？", "?")) and "{" not in words
            assert not metric.yearly or "2024" in words
    assert len(texts()["ask"]) > 30


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("[ask.revenue]", "[ask.revenues]"), "revenues"),
        (("[kind.fact]", "[kind.facts]"), "no words for fact"),
        (('en = "Do you have a brand of your own?"', ""), "own_brand lacks its words"),
    ],
)
def test_a_faulty_file_is_refused_with_the_reason(change, reason) -> None:
    text = FILE.read_text(encoding="utf-8").replace(*change)
    with pytest.raises(FaultyQuestions, match=reason):
        read_texts("questions.toml", text)


@pytest.fixture
def asked(cast):
    company = factories.company(cast["manager"], name_zh="青岛问答股份有限公司")
    rows = [
        Statement(company.id, name, year, micro=value * MICRO, audited=True)
        for name, value in (("revenue", 20_000), ("rd_expense", 1_500))
        for year in (NOW.year - 1, NOW.year - 2)
    ]
    with unit_of_work("figure.state"):
        state_figures(rows, None, NOW)
    return company


def test_the_page_asks_and_tells_what_it_would_decide(as_user, asked) -> None:
    url = f"/companies/{asked.id}/readiness/questions"
    whole = as_user("manager").get(url).text
    part = as_user("manager").get(url, headers={"HX-Request": "true"}).text
    assert "<html" in whole and "<html" not in part
    for page in (whole, part):
        assert page.count("<li>") >= 3 and "公司估值多少？" in page and "个结论待定" in page
        assert page.count("fillin") == 3, "an answer is entered where it belongs"
    assert "fillin" not in as_user("reader").get(url, headers={"HX-Request": "true"}).text
    assert as_user("committee").get(url).status_code == 404
    assert f'hx-get="{url}"' in as_user("manager").get(f"/companies/{asked.id}/readiness").text


def test_the_command_prints_what_asking_decides(app, asked) -> None:
    run = app.test_cli_runner().invoke(args=["readiness", "questions", str(asked.id)])
    lines = run.output.splitlines()
    assert run.exit_code == 0 and lines[0].startswith(f"{asked.id} 1. ")
    assert "decided on average" in lines[3] and lines[4].startswith("1 companies, ")


def test_measuring_takes_no_longer_than_a_page_may_load() -> None:
    picture = seen(3, thin=True)
    worth_asking(picture)
    begun = time.process_time()
    worth_asking(picture)
    assert time.process_time() - begun < 2
