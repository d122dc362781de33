"""Bring the message catalogues up to date: one file per slice and language.

Reads the sources, keeps what is translated, adds what is new. English is written by itself (the
message is its own translation); an empty Chinese one is for a person to fill, and a test fails
until somebody does.
"""

import datetime as dt
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
TRANSLATIONS = ROOT / "portfolio" / "translations"
LOCALES = ("zh_Hans_CN", "en")
# The same day in every file: a date that changes with each run would be noise in the history.
UNDATED = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
KEYWORDS = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "_n": (1, 2),
}
METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2")]
OPTIONS = {"**.html": {"encoding": "utf-8"}, "**.txt": {"encoding": "utf-8"}}


def sources(slice_name: str) -> list[Path]:
    """The folders whose messages belong to a slice."""
    folders = [ROOT / "portfolio" / slice_name, ROOT / "templates" / slice_name]
    if slice_name == "web":
        folders += [ROOT / "templates" / name for name in ("components", "errors")]
    if slice_name == "digest":
        folders.append(ROOT / "templates" / "emails")
    return [folder for folder in folders if folder.is_dir()]


def slices() -> list[str]:
    """Every package under portfolio/ that can hold messages."""
    folders = (ROOT / "portfolio").iterdir()
    return sorted(f.name for f in folders if (f / "__init__.py").exists())


def extracted(slice_name: str) -> Catalog:
    """The messages that a slice's sources ask for."""
    catalog = Catalog(charset="utf-8", header_comment="")
    rows = [row for folder in sources(slice_name) for row in _found(folder)]
    if slice_name == "web":
        rows += [
            (f"templates/{path.name}", *row)
            for path in (ROOT / "templates").glob("*.html")
            for row in _from_file(path)
        ]
    for filename, line, message, _comments, context in rows:
        catalog.add(message, locations=[(filename, line)], context=context)
    return catalog


def _found(folder: Path) -> list[tuple]:  # type: ignore[type-arg]
    rows = extract_from_dir(str(folder), METHODS, OPTIONS, KEYWORDS, strip_comment_tags=True)
    placed = sorted(rows, key=lambda row: row[:2])
    return [(str((folder / row[0]).relative_to(ROOT)), *row[1:]) for row in placed]


def _from_file(path: Path) -> list[tuple]:  # type: ignore[type-arg]
    rows = extract_from_dir(
        str(path.parent), [(path.name, "jinja2")], {path.name: {"encoding": "utf-8"}}, KEYWORDS
    )
    return [row[1:] for row in rows if row[0] == path.name]


def updated(slice_name: str, locale: str) -> Catalog | None:
    """The catalogue of a slice in a language after this run; None when it has no messages."""
    template = extracted(slice_name)
    if not len(template):
        return None
    catalog = Catalog(
        locale=locale,
        charset="utf-8",
        header_comment="# Messages of Kawei.",
        creation_date=UNDATED,
        fuzzy=False,
    )
    known = known_catalog(slice_name, locale)
    for message in template:
        if not message.id:
            continue
        old = known.get(message.id, message.context) if known else None
        text = old.string if old and old.string else _own(message.id, locale)
        catalog.add(message.id, text, locations=_files(message), context=message.context)
    return catalog


def _files(message) -> list[tuple[str, None]]:  # type: ignore[no-untyped-def]
    # Line numbers would change with every edit and say little.
    return sorted({(name, None) for name, _ in message.locations})


def _own(message_id, locale: str):  # type: ignore[no-untyped-def]
    plural = isinstance(message_id, tuple)
    if locale == "en":
        return message_id
    return ("",) if plural else ""


def known_catalog(slice_name: str, locale: str) -> Catalog | None:
    """The catalogue as it stands on disk."""
    path = TRANSLATIONS / locale / f"{slice_name}.po"
    if not path.exists():
        return None
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def main() -> None:
    """Write the catalogues (of the slices named, else of all) and say what waits for a person."""
    for slice_name in sys.argv[1:] or slices():
        for locale in LOCALES:
            catalog = updated(slice_name, locale)
            path = TRANSLATIONS / locale / f"{slice_name}.po"
            if catalog is None:
                path.unlink(missing_ok=True)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                write_po(file, catalog, width=96, sort_output=True, omit_header=False)
            empty = [m.id for m in catalog if m.id and not (m.string and all(m.string))]
            if empty:
                print(f"{path.relative_to(ROOT)}: {len(empty)} to translate")


if __name__ == "__main__":
    main()
