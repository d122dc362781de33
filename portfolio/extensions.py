"""The Flask extensions, the database session and the one place that commits."""

import datetime as dt
import hashlib
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import sqlalchemy as sa
from flask import Flask
from flask_babel import Babel
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import event
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session
from sqlalchemy.orm import registry as sa_registry
from sqlalchemy.types import TypeDecorator

Answer = TypeVar("Answer")
ROWS_AT_ONCE = 2000
_COPIED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[dt.datetime]):
    """An instant: aware datetimes go in and come out in UTC, whatever the database."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its time zone")
        return value.astimezone(dt.UTC).replace(tzinfo=None)

    def process_result_value(
        self, value: dt.datetime | None, dialect: Dialect
    ) -> dt.datetime | None:
        return None if value is None else value.replace(tzinfo=dt.UTC)


class _Root(DeclarativeBase):
    registry = sa_registry(
        # Constraint names are fixed so that SQLite can drop them.
        metadata=sa.MetaData(naming_convention=NAMING),
        type_annotation_map={dt.datetime: UtcDateTime, str: sa.Text},
    )


db = SQLAlchemy(model_class=_Root, session_options={"expire_on_commit": False})
if TYPE_CHECKING:
    Base = _Root
else:
    # Flask-SQLAlchemy makes a class of its own from ours; models must stand on that one.
    Base = db.Model
migrate = Migrate(db=db, render_as_batch=True, compare_type=True)
csrf = CSRFProtect()
babel = Babel()


class Actor(Protocol):
    """Whoever changes something: a person, or None for the system."""

    @property
    def id(self) -> int: ...

    @property
    def name(self) -> str: ...


@contextmanager
def unit_of_work(
    action: str,
    actor: Actor | None = None,
    ip: str | None = None,
    at: dt.datetime | None = None,
) -> Iterator[Session]:
    """One write: everything inside is committed together, or nothing is.

    `action` is the verb of the trade that the audit trail keeps ("deal.advance"); `at` dates it
    back where a history is loaded, and is now otherwise. A unit
    inside a unit joins the outer one. The read transaction before it is ended first, so that
    SQLite takes its write lock at once instead of failing in the middle.
    """
    session = db.session()
    if session.info.get("action"):
        yield session
        return
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("something was changed outside of a unit of work")
    session.commit()
    session.connection(execution_options={"write": True})
    session.info.update(action=action, actor=actor, ip=ip, at=at)
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        for key in ("action", "actor", "ip", "at"):
            session.info.pop(key, None)


def remembered(key: Hashable, read: Callable[[], Answer]) -> Answer:
    """What `read` answers, asked once for as long as the transaction lasts and writes nothing.

    For small reads that several parts of one page need, each without knowing of the others.
    """
    return _once("remembered", key, read)


def kept(key: Hashable, read: Callable[[], Answer]) -> Answer:
    """The same for what hardly ever changes, asked once in a transaction whatever else it writes:
    whoever changes this itself reads it no more in that transaction.

    For what every row of a long write asks again.
    """
    return _once("kept", key, read)


def _once(store: str, key: Hashable, read: Callable[[], Answer]) -> Answer:
    known: dict[Hashable, Any] = db.session().info.setdefault(store, {})
    if key not in known:
        known[key] = read()
    answer: Answer = known[key]
    return answer


def _forget(session: Session, *_: object) -> None:
    session.info.pop("remembered", None)


def _forget_all(session: Session, *_: object) -> None:
    session.info.pop("kept", None)
    _forget(session)


def _forget_if_written(state: ORMExecuteState) -> None:
    if not state.is_select:
        _forget(state.session)


event.listen(db.session, "after_flush", _forget)
event.listen(db.session, "after_transaction_end", _forget_all)
event.listen(db.session, "do_orm_execute", _forget_if_written)


def insert_rows(model: type[_Root], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert many rows of the same columns by the database's driver itself, within a unit of work.

    Neither the session nor the audit trail sees them, and no column's default is filled in.
    """
    if not rows:
        return
    _forget(db.session())
    connection, table = db.session.connection(), model.__table__
    names, dialect = list(rows[0]), connection.dialect
    values = [_bound(table.c[name].type, map(itemgetter(name), rows), dialect) for name in names]
    if dialect.name == "postgresql":
        _copy(connection, f"COPY {table} ({', '.join(names)}) FROM STDIN", values)
        return
    statement = sa.insert(model).compile(dialect=dialect, column_keys=names)
    order = [names.index(name) for name in statement.positiontup or names]
    many = list(zip(*(values[place] for place in order), strict=True))
    for start in range(0, len(many), ROWS_AT_ONCE):
        connection.exec_driver_sql(str(statement), many[start : start + ROWS_AT_ONCE])


def _bound(kind: sa.types.TypeEngine[Any], values: Iterable[Any], dialect: Dialect) -> list[Any]:
    bind = kind.dialect_impl(dialect).bind_processor(dialect)
    return list(values if bind is None else map(cache(bind), values))


def _copy(connection: Connection, statement: str, values: Sequence[Sequence[Any]]) -> None:
    """Send columns of values as PostgreSQL's own text for many rows."""
    columns = [list(map(_copied, column)) for column in values]
    lines = list(map("\t".join, zip(*columns, strict=True)))
    cursor: Any = connection.connection.cursor()
    try:
        with cursor.copy(statement) as copy:
            for start in range(0, len(lines), ROWS_AT_ONCE):
                copy.write("\n".join(lines[start : start + ROWS_AT_ONCE]) + "\n")
    except connection.dialect.loaded_dbapi.IntegrityError as error:
        raise IntegrityError(statement, None, error) from error
    finally:
        cursor.close()


def _copied(value: Any) -> str:
    if value is None:
        return "\\N"
    return value.translate(_COPIED) if isinstance(value, str) else str(value)


def one_of(
    column: sa.orm.InstrumentedAttribute[Any], values: Iterable[Any]
) -> sa.ColumnElement[bool]:
    """The condition that a column has one of many plain values: as one parameter, of which
    SQLAlchemy does not weigh each member."""
    return column.in_(sa.bindparam(None, list(values), expanding=True))


def next_ids(model: type[_Root], count: int) -> list[int]:
    """Numbers for new rows that are inserted with their `id`, within a unit of work."""
    table = model.__tablename__
    if db.session.get_bind().dialect.name == "postgresql":
        numbers = sa.text(
            "SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)"
        )
        return list(db.session.scalars(numbers, {"table": table, "count": count}))
    given = sa.text("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = :table")
    newest = sa.select(sa.func.coalesce(sa.func.max(model.__table__.c.id), 0))
    last = max(db.session.scalar(given, {"table": table}) or 0, db.session.scalar(newest) or 0)
    return list(range(last + 1, last + 1 + count))


def note_event(
    action: str,
    object_type: str,
    object_id: int | None,
    said: dict[str, Any],
    by: Actor | None = None,
) -> None:
    """Have the audit trail keep what changes no row that it watches, such as a refused log-in.

    For slices that stand below the trail; within a unit of work. `by` is who did it where the unit
    does not know yet, as at a log-in.
    """
    db.session().info.setdefault("events", []).append((action, object_type, object_id, said, by))


def serialise(*keys: str) -> None:
    """Let units of work that name the same key follow each other; SQLite lets one write anyway."""
    if db.session.get_bind().dialect.name != "postgresql":
        return
    for key in sorted(keys):  # in one order everywhere, or two could wait for each other
        number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], signed=True)
        db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))


def engine_options(url: str) -> dict[str, Any]:
    """Pool settings for a database URL; SQLite waits for its lock instead of failing. What a failed
    statement was about, such as subjects and addresses, is kept out of the log."""
    if url.startswith("sqlite"):
        return {"hide_parameters": True, "connect_args": {"timeout": 15}}
    return {"hide_parameters": True, "pool_pre_ping": True}


def _on_connect(connection: Any, record: Any) -> None:
    # The driver must not open transactions of its own: a deferred BEGIN loses writes.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "cache_size=-32000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    write = connection.get_execution_options().get("write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def init_database(app: Flask) -> None:
    """Bind the session and teach SQLite to lock early."""
    app.config.setdefault(
        "SQLALCHEMY_ENGINE_OPTIONS", engine_options(app.config["SQLALCHEMY_DATABASE_URI"])
    )
    db.init_app(app)
    migrate.init_app(app, directory=str(app.root_path) + "/migrations")
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "connect", _on_connect)
            event.listen(db.engine, "begin", _on_begin)
