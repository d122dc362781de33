"""The stage for a day's work in real Chromium: the demo behind a real server, and a browser."""

import datetime as dt
import json
import os
import shutil
import socket
import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from app import create_app
from portfolio.companies import merge_operations as merging
from portfolio.companies import operations as companies
from portfolio.companies.merging import Choices
from portfolio.companies.models import Company
from portfolio.demo import operations as demo
from portfolio.extensions import db, unit_of_work
from portfolio.flows import operations as flows
from portfolio.people.models import User
from portfolio.pipeline import queries
from portfolio.pipeline.models import Deal
from tests.conftest import settings_for

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def enter_listed_company() -> None:
    """A company as the real lists bring it, a short name with several codes, before the committee
    and without a round: what stands beside a link there makes it one within a text."""
    now = dt.datetime.now(dt.UTC)
    with unit_of_work("company.register"):
        company = companies.register(
            {"name_zh": "方正", "uscc_missing_reason": "名单"},
            None,
            now,
            stock_codes=["430001", "830001", "920001"],
        )
    with unit_of_work("deal.open"):
        deal = db.session.scalars(sa.select(Deal).where(Deal.stage == "ic")).first()
        assert deal
        deal.company_id = company.id


def begin_draft() -> None:
    """A draft of the direct pipeline that lacks a stage and has a fault."""
    now = dt.datetime.now(dt.UTC)
    admin = db.session.scalars(sa.select(User).where(User.email == "admin@demo.example")).one()
    with unit_of_work("pipeline.begin", admin):
        draft = flows.begin(queries.current_pipeline("direct"), admin, now)
        changed = json.loads(draft.definition)
        changed["stage"][0]["target_days"] = "soon"
        flows.save(draft, changed, "stages", draft.version, admin, now)


def merge_twins() -> None:
    """A merge of two companies of the demo that are one."""
    partner = db.session.scalars(sa.select(User).where(User.email == "partner@demo.example")).one()
    one, other = (db.session.get_one(Company, number) for number in (37, 62))
    versions = (one.version, other.version)
    with unit_of_work("company.merge", partner):
        merging.merge(one, other, Choices(), versions, partner, dt.datetime.now(dt.UTC))


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The application with demo data behind a real server, on SQLite."""
    import flask_migrate  # noqa: PLC0415 - only this fixture migrates by itself

    folder = tmp_path_factory.mktemp("site")
    app = create_app(
        settings_for(folder, f"sqlite:///{folder / 'kawei.sqlite3'}") | {"WTF_CSRF_ENABLED": True}
    )
    with app.app_context():
        flask_migrate.upgrade()
        demo.load(1, dt.datetime.now(dt.UTC))
        enter_listed_company()
        begin_draft()
        merge_twins()
        db.session.remove()
    port = free_port()
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{port}"
    server.shutdown()
    thread.join()
    server.server_close()
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium of the distribution."""
    assert os.path.exists(CHROMIUM), "apt-get install chromium"
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield made
        made.close()


@pytest.fixture
def open_page(site: str, browser: Browser) -> Iterator:
    """Log in as somebody of the demo; the page collects what the browser complains of."""
    contexts = []

    def opening(
        name: str = "partner", width: int = 1440, theme: str = "light", locale: str = "zh-CN"
    ) -> Page:
        size = {"width": width, "height": 900}
        context = browser.new_context(
            viewport=size, locale=locale, color_scheme=theme, base_url=site
        )
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda m: page.complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: page.complaints.append(str(e)))
        page.asked = set()
        page.on("request", lambda r: page.asked.add(r))
        page.on("requestfinished", lambda r: page.asked.discard(r))
        page.on("requestfailed", lambda r: page.asked.discard(r))
        page.goto("/login")
        page.fill("#email", f"{name}@demo.example")
        page.fill("#password", demo.PASSWORD)
        page.click("form .btn-primary")
        page.wait_for_url(site + "/")
        return page

    yield opening
    for context in contexts:
        context.close()
