"""What a browser sends, made safe before anybody reads it: no NUL in texts, no number too large."""

from collections.abc import Iterable
from typing import Any

from flask import Flask, Request, request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.routing import IntegerConverter
from werkzeug.utils import cached_property

from portfolio.kernel.numbers import short_number

LARGEST = 2**31 - 1  # what a key column holds


class Key(IntegerConverter):
    """The number of a row in an address; one that no row can have is not found."""

    def __init__(self, map: Any, **limits: Any) -> None:
        super().__init__(map, **({"max": LARGEST} | limits))


class CleanRequest(Request):
    """A request without NUL characters: PostgreSQL refuses them, and no person types them."""

    @cached_property
    def args(self) -> MultiDict[str, str]:
        """The query arguments."""
        return _without_nul(super().args)

    def _load_form_data(self) -> None:
        super()._load_form_data()
        self.__dict__["form"] = _without_nul(self.form)
        for file in self.files.values():
            file.filename = (file.filename or "").replace("\x00", "")


def sent_number(name: str) -> int | None:
    """The number that a form sent under a name, as numbers of rows and versions are; None for
    anything else."""
    return short_number(request.form.get(name, ""))


def _without_nul(texts: MultiDict[str, str]) -> MultiDict[str, str]:
    pairs: Iterable[tuple[str, str]] = texts.items(multi=True)
    if not any("\x00" in text for pair in pairs for text in pair):
        return texts
    return ImmutableMultiDict(
        (key.replace("\x00", ""), value.replace("\x00", ""))
        for key, value in texts.items(multi=True)
    )


def install(app: Flask) -> None:
    """Read every request this way; before any route is registered."""
    app.request_class = CleanRequest
    app.url_map.converters["int"] = Key
