"""Languages: which one a reader gets, and the catalogues, one file per slice and language."""

import io
from functools import lru_cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import Flask, g, has_request_context, request
from flask_babel import Domain, get_locale

from portfolio.extensions import babel

FOLDER = Path(__file__).resolve().parent.parent / "translations"
LOCALES = {"zh": "zh_Hans_CN", "en": "en"}
COOKIE = "lang"


@lru_cache
def catalogue(locale: str) -> Translations:
    """All slices' messages of one locale as one catalogue, compiled in memory."""
    merged = Translations()
    for path in sorted((FOLDER / locale).glob("*.po")):
        with path.open("rb") as file:
            compiled = io.BytesIO()
            write_mo(compiled, read_po(file, locale=locale))
        compiled.seek(0)
        messages = Translations(compiled)
        merged.merge(messages)
        merged.plural = messages.plural  # merging copies the messages alone
    return merged


class SliceDomain(Domain):
    """Flask-Babel's domain, reading our catalogues instead of compiled files on disk."""

    def get_translations(self) -> Translations:
        """The catalogue of the reader's language."""
        return catalogue(str(get_locale() or LOCALES["zh"]))


def language() -> str:
    """ "zh" or "en": the language the present page or mail is written in."""
    locale = get_locale()
    return "en" if locale is not None and locale.language == "en" else "zh"


def _selected() -> str:
    """The person's choice, else the cookie, else the browser's language."""
    # Flask-Babel asks once for each request and remembers the answer.
    return LOCALES[_choose()] if has_request_context() else LOCALES["zh"]


def _choose() -> str:
    user = g.get("user")
    for choice in (user.locale if user else "", request.cookies.get(COOKIE, "")):
        if choice in LOCALES:
            return choice
    best = request.accept_languages.best_match(["zh-CN", "zh", "zh-Hans", "en"], default="zh")
    return "en" if best == "en" else "zh"


def install(app: Flask) -> None:
    """Bind Flask-Babel with our domain and the reader's choice."""
    babel.init_app(
        app,
        locale_selector=_selected,
        timezone_selector=lambda: app.config["TZ_DISPLAY"],
    )
    configuration = app.extensions["babel"]
    configuration.instance.domain_instance = SliceDomain()
