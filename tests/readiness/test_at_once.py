"""The clock and a person assess a company at once: each upon what the other left."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from portfolio.companies.operations import Statement, state_figures
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.numbers import MICRO
from portfolio.readiness import run_operations
from portfolio.readiness.models import ReadinessState
from portfolio.readiness.operations import refresh
from tests import factories
from tests.readiness.test_nearness import NOW, YEAR


def test_a_figure_stated_while_the_library_is_looked_through_is_counted(app, cast) -> None:
    company_id = factories.company(cast["manager"]).id
    db.session.remove()
    assessed = threading.Event()

    def look() -> None:
        with app.app_context(), unit_of_work("readiness.refresh"):
            refresh([company_id], NOW)
            assessed.set()
            time.sleep(0.5)

    def state() -> None:
        with app.app_context():
            assert assessed.wait(10)
            with unit_of_work("figure.state"):
                profit = Statement(company_id, "net_profit_parent", YEAR, micro=5_000 * MICRO)
                state_figures([profit], None, NOW)

    with ThreadPoolExecutor(2) as pool:
        for done in (pool.submit(look), pool.submit(state)):
            done.result()
    states = sa.select(ReadinessState).where(ReadinessState.company_id == company_id)
    current = db.session.scalars(states.where(ReadinessState.superseded_at.is_(None))).one()
    assert current.latest_year == YEAR
    assert run_operations.look_through([company_id], NOW).changed == 0
