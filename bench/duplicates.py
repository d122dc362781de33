"""How long likely duplicates take at size: while one types, and over all companies."""

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from flask.testing import FlaskClient

from app import create_app
from portfolio.companies.models import Company
from portfolio.demo.operations import PASSWORD
from portfolio.extensions import db

ROUNDS = 100


def milliseconds(work: Callable[[], object]) -> float:
    """How long a piece of work takes."""
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def typing(client: FlaskClient, names: list[str]) -> tuple[float, float]:
    """The median and the 95th percentile of what the form asks for each of these names."""
    taken = []
    for number, name in enumerate([*names[:5], *names]):
        fields = {"name_zh": name, "uscc": "", "former_names": ""}
        spent = milliseconds(lambda fields=fields: client.post("/companies/alike", data=fields))
        if number >= 5:  # the first ones warm up
            taken.append(spent)
    return statistics.median(taken), statistics.quantiles(taken, n=20)[18]


def table(folder: Path) -> None:
    """Print how long the checks take on the instance in a folder."""
    os.environ["INSTANCE_PATH"] = str(folder)
    app = create_app({"WTF_CSRF_ENABLED": False})
    with app.app_context():
        size = db.session.scalar(sa.select(sa.func.count()).select_from(Company)) or 0
        every = max(1, size // ROUNDS)
        query = sa.select(Company.name_zh).where(Company.id % every == 0).limit(ROUNDS)
        names = list(db.session.scalars(query))
        client = app.test_client()
        client.post("/login", data={"email": "partner@demo.example", "password": PASSWORD})
        known = typing(client, names)
        unknown = typing(client, [f"{name[:3]}无此名" for name in names])
        elsewhere = typing(client, [f"宝鸡{name[2:6]}" for name in names])
        page = [milliseconds(lambda: client.get("/companies/duplicates")) for _ in range(5)]
        db.session.remove()
        db.engine.dispose()
    print(
        f"\n{'likely duplicates among ' + format(size, ','):<44}{'p50 ms':>10}{'p95 ms':>10}{'goal':>8}"
    )
    for title, (p50, p95) in {
        "while typing, the name of a known company": known,
        "while typing, a name that nobody has": unknown,
        "while typing, a name with another place": elsewhere,
    }.items():
        print(f"{title:<44}{p50:>10.1f}{p95:>10.1f}{'50':>8}")
    print(
        f"{'finder, the first page of all pairs':<44}"
        f"{statistics.median(page):>10,.0f}{max(page):>10,.0f}{'60,000':>8}"
    )
