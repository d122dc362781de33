"""What the applications of all tests have in common is made once a process.

Thousands of tests have an application each; compiling the same routes and templates again for
every one took longer than most tests do.
"""

import gc
from collections.abc import Callable
from typing import Any, ClassVar

from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.util import LRUCache
from werkzeug.routing.rules import Rule

Built = Callable[..., tuple[str, str]]


class Compiled(BytecodeCache):
    """Templates that one application compiled, for those of the tests that follow."""

    kept: ClassVar[dict[tuple[str, str], Any]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take over what was compiled of the very same text."""
        bucket.code = self.kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self.kept[bucket.key, bucket.checksum] = bucket.code


class Statements:
    """Statements that one application compiled, for those of the tests that follow: they have
    databases of their own, but of the same kind."""

    dialects: ClassVar[dict[str, Dialect]] = {}
    compiled: ClassVar[LRUCache[Any, Any]] = LRUCache(20_000)

    @classmethod
    def share(cls, engine: Engine) -> None:
        """Let an engine speak as the first of its kind does, which what is compiled is kept by."""
        if engine.name == "sqlite":
            event.listen(engine, "connect", _carelessly)
            engine.dispose()  # the connection of the application's start was made without it
        with engine.connect():  # says once what its server can do
            pass
        engine.dialect = cls.dialects.setdefault(engine.name, engine.dialect)
        engine.pool._dialect = engine.dialect
        engine._compiled_cache = cls.compiled


def _carelessly(connection: Any, record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def spare() -> None:
    """Build addresses of the same rule by the same code, and search for cycles less often."""
    real, kept = Rule._compile_builder, dict[tuple[str, str, bool], Built]()

    def once(rule: Rule, append_unknown: bool = True) -> Built:
        key = rule.rule, repr(rule.defaults), append_unknown
        if key not in kept:
            kept[key] = real(rule, append_unknown)
        return kept[key]

    Rule._compile_builder = once  # type: ignore[method-assign]
    gc.collect()
    gc.freeze()  # what was imported stays
    gc.set_threshold(10_000, 20, 50)
