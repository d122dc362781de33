"""What is odd about figures is asked, at the figure typed, and never in a way that fails."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.kernel.numbers import MICRO
from portfolio.rulebook.metrics import FaultyDictionary, dictionary
from portfolio.rulebook.plausible import checks, questions, read_checks


def micro(figures: dict[str, float]) -> dict[str, int]:
    return {name: round(value * MICRO) for name, value in figures.items()}


def asked(known: dict[str, float], before: dict[str, float] | None = None, typed=None):
    found = questions(micro(known), micro(before or {}), typed and frozenset(typed))
    return [(question.metric, question.code) for question in found]


@pytest.mark.parametrize(
    ("known", "before", "code"),
    [
        ({"employees": 12.5}, {}, "figure.not_whole"),
        ({"employees": 12}, {}, None),
        ({"gross_margin_pct": 120}, {}, "figure.over_whole"),
        ({"gross_margin_pct": 100}, {}, None),
        ({"revenue": -1}, {}, "figure.negative"),
        ({"ip_class1": -1}, {}, "figure.negative"),
        ({"net_assets": -1}, {}, "figure.insolvent"),
        ({"rd_staff": 31, "employees": 30}, {}, "figure.above_whole"),
        ({"rd_staff": 30, "employees": 30}, {}, None),
        ({"ip_class1_self": 3, "ip_class1": 2}, {}, "figure.above_whole"),
        ({"total_assets": 100, "total_liabilities": 40, "net_assets": 58.9}, {}, "figure.sum_differs"),
        ({"total_assets": 100, "total_liabilities": 40, "net_assets": 59}, {}, None),
        ({"rd_staff_pct": 20, "rd_staff": 10, "employees": 40}, {}, "share.disagrees"),
        ({"rd_staff_pct": 24.5, "rd_staff": 10, "employees": 40}, {}, None),
        ({"debt_ratio": 0.5, "total_liabilities": 40, "total_assets": 100}, {}, "share.disagrees"),
        ({"revenue_growth_pct": 12, "revenue": 110}, {"revenue": 100}, "growth.disagrees"),
        ({"revenue_growth_pct": 11, "revenue": 110}, {"revenue": 100}, None),
        ({"revenue_growth_pct": 0.5, "revenue": 150}, {"revenue": 100}, "percent.stored_as_ratio"),
        ({"roe_weighted": 0.12, "eps": 2, "bvps": 1}, {}, "percent.stored_as_ratio"),
        ({"gross_margin_pct": 10, "net_profit_parent": 40, "revenue": 100}, {}, "margin.below_net"),
        ({"eps": 0.2, "net_profit_parent": -100}, {}, "figure.other_sign"),
        ({"revenue": 5000}, {"revenue": 500}, "figure.leaps"),
        ({"revenue": 4999}, {"revenue": 500}, None),
        ({"revenue": 49}, {"revenue": 490}, "figure.leaps"),
        ({"revenue": 500}, {"revenue": 0}, None),
    ],
)  # fmt: skip
def test_each_kind_asks_at_its_border_and_not_before(known, before, code) -> None:
    found = {said for _, said in asked(known, before)}
    assert found == ({code} if code else set())


def test_the_figure_that_was_typed_is_asked_about_and_no_other() -> None:
    known = {"rd_staff": 31, "employees": 30, "gross_margin_pct": 120}
    assert asked(known, typed={"rd_staff"}) == [("rd_staff", "figure.above_whole")]
    assert asked(known, typed={"employees"}) == [("employees", "figure.odd_beside")]
    assert asked(known, typed={"revenue"}) == []


def test_nothing_is_asked_of_what_is_not_known() -> None:
    assert asked({}) == []
    assert asked({"total_assets": 100, "net_assets": 10}) == []


@given(st.data())
def test_any_figures_are_asked_about_without_a_failure(data) -> None:
    numeric = [m.id for m in dictionary().values() if m.numeric]
    figures = st.dictionaries(st.sampled_from(numeric), st.integers(-(10**18), 10**18))
    known, before = data.draw(figures), data.draw(figures)
    found = questions(known, before)
    assert {question.metric for question in found} <= known.keys()
    for name in known:
        here = questions(known, before, frozenset({name}))
        assert {question.metric for question in here} <= {name}
        assert {q.code for q in here} <= {q.code for q in found} | {"figure.odd_beside"}


@pytest.mark.parametrize(
    ("text", "said"),
    [("[[odd]]\n", "odd"), ('[[part]]\npart = "revenue"\nwhole = "no_such"\n', "no_such")],
)
def test_a_faulty_file_is_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(FaultyDictionary, match=said):
        read_checks("version = 1\n" + text)


def test_every_metric_that_is_named_is_in_the_dictionary() -> None:
    assert all(check.needs <= dictionary().keys() for check in checks())
