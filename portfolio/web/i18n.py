"""Languages: which one a reader gets, and the catalogues, one file per slice and language."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import Flask, g, has_request_context, request
from flask_babel import Domain, force_locale, get_locale
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

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
        return catalogue(LOCALES[language()])


def spoken(locale: str) -> str:
    """The language a person has chosen; Chinese until they choose."""
    return locale if locale in LOCALES else "zh"


def language() -> str:
    """ "zh" or "en": the language the present page or mail is written in."""
    # Asked for hundreds of times in a page, so remembered where one look-up finds it.
    try:
        known: str = g.language
    except RuntimeError:  # outside of any application
        return "zh"
    except AttributeError:
        locale = get_locale()
        known = g.language = "en" if locale is not None and locale.language == "en" else "zh"
    return known


@contextmanager
def speaking(key: str) -> Iterator[None]:
    """Within it everything is written in this language, "zh" or "en"."""
    before = language()
    with force_locale(LOCALES[key]):
        g.language = key
        try:
            yield
        finally:
            g.language = before


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


# Jinja's own newstyle gettext takes the whole context, which it copies for every call within a
# loop: half the time of a list of fifty rows. These take what they need alone. What they mark as
# safe are the project's own catalogue texts; values put into them are escaped, as Jinja does it.


@lru_cache(maxsize=8192)
def _text(key: str, message: str) -> Markup:
    return Markup(catalogue(LOCALES[key]).ugettext(message))  # noqa: S704  # nosec B704


@lru_cache(maxsize=8192)
def _plural_text(key: str, singular: str, plural: str, num: int) -> Markup:
    return Markup(catalogue(LOCALES[key]).ungettext(singular, plural, num))  # noqa: S704  # nosec B704


def _filled(context: EvalContext, text: Markup, variables: dict[str, object]) -> str:
    if not context.autoescape:
        return str(text) % variables
    if all(type(value) is int for value in variables.values()):  # nothing in them to escape
        return Markup(str.__mod__(text, variables))  # noqa: S704  # nosec B704
    return text % variables


@pass_eval_context
def _gettext(context: EvalContext, message: str, **variables: object) -> str:
    text = _text(language(), message)
    if not variables and "%" not in text:
        return text
    return _filled(context, text, variables)


@pass_eval_context
def _ngettext(
    context: EvalContext, singular: str, plural: str, num: int, **variables: object
) -> str:
    text = _plural_text(language(), singular, plural, num)
    return _filled(context, text, {"num": num, **variables})


def install(app: Flask) -> None:
    """Bind Flask-Babel with our domain and the reader's choice."""
    babel.init_app(
        app,
        locale_selector=_selected,
        timezone_selector=lambda: app.config["TZ_DISPLAY"],
    )
    configuration = app.extensions["babel"]
    configuration.instance.domain_instance = SliceDomain()
    app.jinja_env.globals.update(_=_gettext, gettext=_gettext, ngettext=_ngettext)
