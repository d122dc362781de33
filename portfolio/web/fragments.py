"""Parts of a page that look the same whenever what they show is the same: written once, and
remembered by what they show."""

import datetime as dt
from collections.abc import Hashable
from functools import lru_cache

from flask import Flask, current_app, get_template_attribute, request
from markupsafe import Markup

from portfolio.web.formatting import today
from portfolio.web.i18n import language

MOST = 10_000  # about a kilobyte each


def fragment(template: str, macro: str, *shown: Hashable) -> Markup:
    """What a macro writes of some values, for a row of a list or a card of a board.

    The macro may depend on its arguments, the reader's language, the day, the zone of clock times
    and where the site lies, on nothing else: who may read what is told by the arguments.
    """
    if current_app.debug:
        _written.cache_clear()
    zone = current_app.config["TZ_DISPLAY"]
    return _written(template, macro, language(), today(), zone, request.script_root, shown)


@lru_cache(maxsize=MOST)
def _written(
    template: str,
    macro: str,
    locale: str,
    day: dt.date,
    zone: str,
    root: str,
    shown: tuple[Hashable, ...],
) -> Markup:
    written: Markup = get_template_attribute(template, macro)(*shown)
    return written


def install(app: Flask) -> None:
    """Give it to the templates."""
    app.jinja_env.globals.update(fragment=fragment)
