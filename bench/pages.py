"""How long the pages take at two sizes, beside a page with no query in the same server."""

import http.client
import os
import re
import socket
import sqlite3
import statistics
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app import create_app
from portfolio.chokepoint.taxonomy import shipped
from portfolio.demo.operations import PASSWORD
from portfolio.extensions import db

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
ROUNDS = 60
EMPTY = "/login"
PAGES = {
    "list of deals": "/deals",
    "another page of deals": "/deals?page={another}",
    "list of companies": "/companies",
    "another page of companies": "/companies?page={another}",
    "search, a rare fragment": "/companies?q=" + urllib.parse.quote("海云声呐"),
    "palette by initials": "/search?q=qdhy",
    "company": "/companies/77",
    "readiness of a company": "/companies/77/readiness",
    "board": "/board",
    "funnel of all deals": "/funnel",
    "readiness of the library": "/readiness",
    "who fails one standard": "/readiness?target=bse-1&verdict=fail",
    "who is one clause away": "/readiness?far=near",
    "map of technologies": "/chokepoints",
    "a technology": "/chokepoints/technologies/uv-led",
    "who lacks what nobody stated": "/readiness?missing=total_assets",
    "who lacks what all stated": "/readiness?missing=revenue",
    "review of suggestions": "/chokepoints/review",
    "next ones of the review": "/chokepoints/review/cards?after=900000.{another}00.lidar",
}
GOALS = {
    "readiness of a company": 16.0,  # 30 ms where the log-in page takes 1.9
    "board": 20.0,
    "funnel of all deals": 120.0,
    "readiness of the library": 120.0,
    "review of suggestions": 100.0,  # counts what waits; the next ones come without it
    "map of technologies": 15.0,
    "a technology": 60.0,
}
GOAL = 6.0


@dataclass
class Timing:
    """Milliseconds of one page."""

    p50: float
    p95: float


def filled(folder: Path, size: int) -> dict[str, str]:
    """An instance with so many companies and deals; answers its environment."""
    environment = {**os.environ, "INSTANCE_PATH": str(folder)}
    environment.pop("DATABASE_URL", None)
    load, assess = ["demo", "load", "--companies", str(size)], ["readiness", "refresh"]
    for command in (["db", "upgrade"], load, assess):
        subprocess.run(
            [BIN / "flask", "--app", "app", *command],
            cwd=ROOT,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
    tag(folder)
    return environment


def tag(folder: Path) -> None:
    """Claim a technology of four companies in ten, most so that it counts, and suggest one of three
    more; the demo of many companies has none."""
    names, levels = list(shipped().technologies), ("E0", "E1", "E2", "E2", "E3", "E4")
    kinds = ("confirmed",) * 4 + ("suggested",) * 3
    plain = sqlite3.connect(folder / "kawei.sqlite3")
    rows = [
        (number, names[number % len(names)], kinds[number % 10], levels[number % 6])
        for (number,) in plain.execute("SELECT id FROM company")
        if number % 10 < len(kinds)
    ]
    plain.executemany(
        "INSERT INTO chokepoint_tag (company_id, technology, state, level, evidence, words, text_hash,"
        " reason, counter_evidence, recheck_on, second_reader_id, recorded_at) VALUES (?, ?, ?, ?, '',"
        " '', '', '', '-', '2099-01-01', 1, '2026-01-01 00:00:00')",
        rows,
    )
    plain.execute(
        "INSERT INTO holding (vehicle_id, company_id, deal_id, cost_fen, source, recorded_at)"
        " SELECT vehicle_id, company_id, id, amount_fen, '', stage_entered_at FROM deal"
        " WHERE stage = 'post' AND company_id IS NOT NULL"
    )
    plain.commit()
    plain.close()


@contextmanager
def listening(command_on: Callable[[int], Sequence[str | Path]], **options: Any) -> Iterator[int]:
    """A server in a process of its own, on a free port of the loopback address, as soon as it takes
    connections; `command_on` starts it on a port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    process = subprocess.Popen(command_on(port), **options)
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def web_server(port: int) -> Sequence[str | Path]:
    """The server of `make run`."""
    command = [BIN / "gunicorn", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread"]
    return [*command, "--threads", "8", "--log-level", "error", "app:serve()"]


class Reader:
    """A browser of one person over one kept connection."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies: dict[str, str] = {}

    def send(self, method: str, path: str, body: str = "") -> tuple[int, str]:
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body or None, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        for value in answer.headers.get_all("Set-Cookie") or ():
            name, _, rest = value.partition("=")
            self.cookies[name] = rest.split(";")[0]
        return answer.status, text

    def log_in(self) -> None:
        _, page = self.send("GET", "/login")
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert found
        form = {"csrf_token": found[1], "email": "partner@demo.example", "password": PASSWORD}
        status, _ = self.send("POST", "/login", urllib.parse.urlencode(form))
        assert status == 302, status

    def time(self, path: str) -> Timing:
        taken = []
        for number in range(ROUNDS + 5):
            begun = time.perf_counter()
            status, _ = self.send("GET", path.format(another=number + 2))
            if number >= 5:  # the first ones warm up
                taken.append((time.perf_counter() - begun) * 1000)
            assert status == 200, (path, status)
        return Timing(statistics.median(taken), statistics.quantiles(taken, n=20)[18])


def measured(port: int) -> dict[str, Timing]:
    """Every page as the partner sees it; the empty page as nobody in particular."""
    stranger, reader = Reader(port), Reader(port)
    empty = stranger.time(EMPTY)
    reader.log_in()
    return {"a page with no query": empty} | {n: reader.time(p) for n, p in PAGES.items()}


def counted(folder: Path) -> dict[str, tuple[int, str]]:
    """Queries of each page, and whether the rows it tells of are those of plain SQL."""
    plain = sqlite3.connect(folder / "kawei.sqlite3")
    wanted = {
        "list of deals": "SELECT count(*) FROM deal WHERE NOT walled OR id IN (SELECT deal_id FROM deal_member WHERE user_id = 1)",
        "list of companies": "SELECT count(*) FROM company",
        "search, a rare fragment": "SELECT count(*) FROM company WHERE name_zh LIKE '%海云声呐%'",
        "board": "SELECT count(*) FROM deal WHERE status = 'active' AND (NOT walled OR id IN (SELECT deal_id FROM deal_member WHERE user_id = 1))",
    }
    os.environ["INSTANCE_PATH"] = str(folder)
    app = create_app({"WTF_CSRF_ENABLED": False})
    seen: list[str] = []
    found = {}
    with app.app_context():
        sa.event.listen(
            db.engine, "before_cursor_execute", lambda *row: seen.append(row[2]) if row else None
        )
        client = app.test_client()
        client.post("/login", data={"email": "partner@demo.example", "password": PASSWORD})
        for name, path in PAGES.items():
            seen.clear()
            text = client.get(path.format(another=2)).text
            expected = plain.execute(wanted[name]).fetchone()[0] if name in wanted else None
            said = re.search(r'class="meta">(?:<span[^>]*>)?[^<0-9]*([0-9,]+)', text)
            rows = int(said[1].replace(",", "")) if said else None
            agrees = expected is None or rows == expected
            found[name] = (
                len(seen),
                "" if expected is None else f"{rows} {'=' if agrees else '≠'} {expected}",
            )
        db.session.remove()
        db.engine.dispose()
    plain.close()
    return found


def table(sizes: tuple[int, int], home: Path) -> None:
    """Print the pages at both sizes."""
    results, queries = {}, {}
    for size in sizes:
        folder = home / str(size)
        folder.mkdir()
        environment = filled(folder, size)
        with listening(web_server, cwd=ROOT, env=environment) as port:
            results[size] = measured(port)
        queries[size] = counted(folder)
    small, large = sizes
    base = results[large]["a page with no query"].p95
    print(
        f"{'page at ' + format(large, ','):<28}{'p50 ms':>8}{'p95 ms':>8}{'x empty':>9}{'goal':>6}{f'x {small:,}':>10}{'queries':>9}  rows = plain SQL"
    )
    for name, timing in results[large].items():
        ratio, growth = timing.p95 / base, timing.p95 / results[small][name].p95
        goal = "" if name.startswith("a page") else f"{GOALS.get(name, GOAL):.0f}"
        number, rows = queries[large].get(name, ("", ""))
        print(
            f"{name:<28}{timing.p50:>8.1f}{timing.p95:>8.1f}{ratio:>9.1f}{goal:>6}{growth:>10.2f}{number:>9}  {rows}"
        )
