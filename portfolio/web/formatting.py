"""How values are written for people: money, times, titles, in the reader's language."""

import datetime as dt
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, current_app, request
from flask_babel import gettext as _
from flask_babel import ngettext

from portfolio.kernel import money
from portfolio.kernel.dates import local_date as day_of
from portfolio.kernel.numbers import micro_text
from portfolio.kernel.phone import dialled
from portfolio.kernel.titles import titled
from portfolio.web.i18n import language
from portfolio.web.paths import url_asking

MISSING = "—"


def zone() -> ZoneInfo:
    """The zone in which clock times are shown; days are those of `kernel.dates.local_date`."""
    return ZoneInfo(current_app.config["TZ_DISPLAY"])


def local(instant: dt.datetime) -> dt.datetime:
    """An instant on the clock that readers go by."""
    return instant.astimezone(zone())


def now() -> dt.datetime:
    """This instant, in UTC."""
    return dt.datetime.now(dt.UTC)


def today() -> dt.date:
    """The day it is."""
    return day_of(now())


def short_money(fen: int | None) -> str:
    """万/亿 in Chinese, m/bn in English; a dash when unknown."""
    return MISSING if fen is None else money.format_money(fen, language())


def exact_yuan(fen: int | None) -> str:
    """The exact amount in yuan, for titles and hover."""
    return "" if fen is None else "¥" + money.exact_yuan(fen)


def percent(micro: int | None) -> str:
    """A part that is kept in millionths of a percent."""
    return MISSING if micro is None else f"{micro_text(micro)}%"


def local_dt(instant: dt.datetime | None) -> str:
    """Date and time to the minute."""
    return MISSING if instant is None else local(instant).strftime("%Y-%m-%d %H:%M")


def local_date(value: dt.datetime | dt.date | None) -> str:
    """A day, or that of an instant."""
    if value is None:
        return MISSING
    return (day_of(value) if isinstance(value, dt.datetime) else value).isoformat()


def ago(value: dt.datetime | dt.date | None) -> str:
    """How many days ago, in words."""
    if value is None:
        return MISSING
    day = day_of(value) if isinstance(value, dt.datetime) else value
    days = (today() - day).days
    if days == 0:
        return _("today")
    if days > 0:
        return ngettext("%(num)d day ago", "%(num)d days ago", days)
    return ngettext("in %(num)d day", "in %(num)d days", -days)


def title_of(value: Any) -> str:
    """The title of an enum member or a data object in the reader's language."""
    return "" if value is None else titled(value, language())


def listed(words: Iterable[Any]) -> str:
    """Several words as one text, with the reader's comma between them."""
    return (", " if language() == "en" else "、").join(str(word) for word in words)


def bracketed(text: str) -> str:
    """A remark behind a word, in the reader's brackets."""
    return f" ({text})" if language() == "en" else f"（{text}）"


def url_with(**changes: Any) -> str:
    """The present address with changed query arguments; None or "" removes one."""
    arguments: dict[str, Any] = request.args.to_dict(flat=False)
    arguments.update(changes)
    kept = {k: v for k, v in arguments.items() if v not in (None, "", [])}
    return url_asking(str(request.endpoint), kept, **(request.view_args or {}))


def install(app: Flask) -> None:
    """Give the templates their filters and globals."""
    app.jinja_env.filters.update(
        money=short_money,
        exact_yuan=exact_yuan,
        percent=percent,
        local_dt=local_dt,
        local_date=local_date,
        ago=ago,
        titled=title_of,
        listed=listed,
        dialled=dialled,
        micro=micro_text,
    )
    app.jinja_env.globals.update(url_with=url_with, url_asking=url_asking)
