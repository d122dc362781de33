"""How fast files are read and written, beside the standard library's bare csv."""

import csv
import datetime as dt
import io
import os
import time
from collections.abc import Callable
from pathlib import Path

import flask_migrate

from app import create_app
from portfolio.companies import sheets
from portfolio.extensions import db, unit_of_work
from portfolio.intake import operations
from portfolio.readiness import run_operations
from portfolio.web.sheets import write_csv

ROWS = 100_000


def sample() -> bytes:
    """Rows of companies with three figures each."""
    lines = ["stock_code,name,fiscal_year,revenue,net_profit_parent,roe_weighted"]
    for number in range(ROWS // 2):
        for year in (2024, 2025):
            lines.append(
                f"{400000 + number},青岛测速{number}有限公司,{year},{number}.{year},{number % 97}.5,8.25"
            )
    return "\n".join(lines).encode()


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """How long a piece of work takes, by the clock and of this process's own time."""
    begun, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - begun, time.process_time() - used


def table(home: Path) -> None:
    """Print rows a second for import and export and their share of the bare reference."""
    os.environ["INSTANCE_PATH"] = str(home)
    app = create_app()
    with app.app_context():
        flask_migrate.upgrade()
        content = sample()
        bare = seconds(lambda: list(csv.reader(io.StringIO(content.decode()))))

        def take_in() -> None:
            prepared = operations.prepare(content)
            now = dt.datetime.now(dt.UTC)
            with unit_of_work("company.import"):
                batch = operations.keep_upload(content, "bench.csv", None, now)
                operations.apply(batch, prepared, None, now)

        ours = seconds(take_in)
        after = seconds(run_operations.settle)
        rows: list[list[str]] = []

        def hand_out() -> None:
            ids = sheets.every_company()
            text = b"".join(write_csv(sheets.figure_columns(), sheets.year_rows(ids), "machine"))
            rows.extend(csv.reader(io.StringIO(text.decode("utf-8-sig"), newline="")))

        out = seconds(hand_out)
        target = io.StringIO()
        bare_out = seconds(lambda: csv.writer(target).writerows(rows))
        db.session.remove()
        db.engine.dispose()
    print(f"\n{'file':<44}{'rows/s':>10}{'own time':>10}{'bare csv':>12}{'share':>8}{'goal':>8}")
    line(f"validated import ({ROWS:,} firm-years)", ours, bare, "5,000")
    line("readiness of these, stored after it", after, bare)
    line("export of all figures (180 columns)", out, bare_out)


def line(name: str, ours: tuple[float, float], bare: tuple[float, float], goal: str = "") -> None:
    """Print one line: by the clock, by this process's own time alone, and beside bare csv."""
    clock, own = (ROWS / taken for taken in ours)
    reference = ROWS / bare[0]
    print(
        f"{name:<44}{clock:>10,.0f}{own:>10,.0f}{reference:>12,.0f}"
        f"{clock / reference:>8.3f}{goal:>8}"
    )
