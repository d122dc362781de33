"""Rulebooks as files: read once, checked whole, refused with the file, line and reason (pure)."""

import datetime as dt
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from portfolio.kernel.titles import untitled
from portfolio.rulebook.citations import BEHIND, Reference
from portfolio.rulebook.faults import Source, where
from portfolio.rulebook.marks import NOT_FOUND, is_mark
from portfolio.rulebook.model import PART, POLICY, TARGET, Clause, Rulebook
from portfolio.rulebook.tables import read_table
from portfolio.rulebook.tree import Context, Tree, members

FOLDER = Path(__file__).with_name("books")
ROLES = frozenset({TARGET, PART, POLICY})
NEEDED = ("id", "role", "authority", "authority_en", "document", "in_force_from", "verified")
POSSIBLE = frozenset(
    {
        *NEEDED,
        *("zh", "en", "board", "level", "regulation", "in_force_to", "applies_to", "inherits"),
        *("verified_note", "verified_asof", "in_force_note", "note", "sources", "status"),
        *(
            "validity_years",
            "validity_note",
            "recheck",
            "annual_notice",
            "replaces",
            "gap_before",
            "document_en",
            "document_verified",
        ),
        *("incomplete", "verdict", "clause", "score"),
    }
)


@dataclass(frozen=True)
class Draft:
    """A rulebook file whose head is sound, its clauses not read yet."""

    source: Source
    data: Mapping[str, Any]


@cache
def library(folder: Path = FOLDER) -> Mapping[str, Rulebook]:
    """Every rulebook by its id. Raises FaultyRulebook on the first faulty file."""
    paths = sorted(folder.glob("*.toml"))
    return read_books({path.stem: path.read_text(encoding="utf-8") for path in paths})


def read_books(texts: Mapping[str, str]) -> Mapping[str, Rulebook]:
    """Rulebooks from their texts by id. Raises FaultyRulebook on the first faulty one."""
    drafts = {}
    for name, text in texts.items():
        draft = drafts[name] = read_head(f"{name}.toml", text)
        if draft.data["id"] != name:
            raise draft.source.fault(f"its id is {draft.data['id']}", where(draft.data["id"]))
    ends = _ends(drafts)
    books = {name: read_book(draft, drafts, ends.get(name)) for name, draft in drafts.items()}
    for name in books:
        _check_references(name, books, drafts, (name,))
    return books


def read_head(file: str, text: str) -> Draft:
    """A rulebook's text with its head checked. Raises FaultyRulebook."""
    source = Source(file, text)
    try:
        data: dict[str, Any] = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise source.unreadable(error) from error
    if lacking := next((name for name in NEEDED if name not in data), None):
        raise source.fault(f"it has no {lacking}")
    if missing := untitled(data):
        raise source.fault(f"its title is missing in {missing}", "id =")
    if odd := sorted(data.keys() - POSSIBLE):
        raise source.fault(f"an unknown word {odd[0]}", f"{odd[0]} =")
    if data["role"] not in ROLES or not is_mark(data["verified"]):
        raise source.fault("an unknown role or mark", "role =")
    begin, end = data["in_force_from"], data.get("in_force_to")
    if not isinstance(begin, dt.date) or (end is not None and end < begin):
        raise source.fault("it ends before it begins", "in_force_to")
    return Draft(source, data)


def _ends(drafts: Mapping[str, Draft]) -> Mapping[str, dt.date]:
    """The last day of each rulebook that another replaces: the day before that one begins."""
    found: dict[str, dt.date] = {}
    mark = "replaces ="
    for name, draft in drafts.items():
        end = draft.data["in_force_from"] - dt.timedelta(days=1)
        for former in draft.data.get("replaces", ()):
            if former not in drafts:
                raise draft.source.fault(f"it replaces {former}, which is not there", mark)
            old = drafts[former]
            if end < old.data["in_force_from"]:
                raise draft.source.fault(f"it replaces {former}, which begins no earlier", mark)
            if "in_force_to" in old.data:
                reason = f"its end is told twice: {name} replaces it, so it ends on {end}"
                raise old.source.fault(reason, "in_force_to")
            if found.setdefault(former, end) != end:
                raise draft.source.fault(f"{former} is replaced on another day too", mark)
    return found


def read_book(draft: Draft, drafts: Mapping[str, Draft], end: dt.date | None = None) -> Rulebook:
    """A whole rulebook; `end` is its last day where another replaces it. Raises FaultyRulebook."""
    data, base = draft.data, draft
    if inherited := data.get("inherits"):
        base = drafts.get(inherited, draft)
        if base is draft or "inherits" in base.data or "clause" in data:
            raise draft.source.fault(f"it cannot inherit from {inherited}", "inherits")
    citation, mark = _document(draft), data["verified"]
    score = base.data.get("score")
    groups, items = read_table(base.source, score, citation, mark) if score else ((), ())
    rows = _rows(base)
    titles = {name: {"zh": d.data["zh"], "en": d.data["en"]} for name, d in drafts.items()}
    tree = Tree(base.source, rows, groups, items, titles)
    roots = _roots(tree, base, Context(citation, mark))
    found = [tree.named[name] for name in rows if name in tree.named]
    if lost := next((name for name in rows if name not in tree.named), None):
        raise base.source.fault(f"clause {lost} stands under no other", where(lost))
    return Rulebook(
        id=data["id"],
        role=data["role"],
        zh=data["zh"],
        en=data["en"],
        authority=data["authority"],
        authority_en=data["authority_en"],
        document=citation,
        in_force_from=data["in_force_from"],
        in_force_to=end or data.get("in_force_to"),
        verified=mark,
        roots=roots,
        clauses=tuple(found),
        groups=groups,
        items=items,
        applies_to=tuple(data.get("applies_to", ("*",))),
        decides="verdict" in base.data and data["role"] != POLICY and mark != NOT_FOUND,
        regulation=data.get("regulation", ""),
        validity_years=data.get("validity_years"),
        note=data.get("note", ""),
        inherits=data.get("inherits", ""),
        sources=tuple(data.get("sources", ())),
        replaces=tuple(data.get("replaces", ())),
        gap_before=data.get("gap_before", ""),
        file=draft.source,
    )


def _document(draft: Draft) -> Reference:
    data = draft.data
    verified = data.get("document_verified", "")
    if (verified and verified not in BEHIND) or not (data["document"] or verified):
        raise draft.source.fault(
            "its number is neither there nor marked as not found", "document ="
        )
    return Reference(data["document"], data.get("document_en", ""), verified)


def _rows(draft: Draft) -> dict[str, Mapping[str, Any]]:
    rows: dict[str, Mapping[str, Any]] = {}
    for row in draft.data.get("clause", []):
        name = row.get("id", "")
        if not name or name in rows:
            reason = f"clause {name} stands twice" if name else "a clause without an id"
            raise draft.source.fault(reason, where(name), where(name) if name else "[[clause]]")
        rows[name] = row
    return rows


def _roots(tree: Tree, draft: Draft, context: Context) -> tuple[Clause, ...]:
    """The verdict; without one the clauses that stand under no other."""
    if "verdict" in draft.data:
        return (tree.node(draft.data["verdict"], replace(context, marks=("verdict",))),)
    below = {text for row in tree.rows.values() for text in members(row)}
    return tuple(tree.node(name, context) for name in tree.rows if name not in below)


def _check_references(
    name: str, books: Mapping[str, Rulebook], drafts: Mapping[str, Draft], path: tuple[str, ...]
) -> None:
    for reference in books_in(books[name]):
        if reference in path or reference not in books:
            reason = f"it refers to itself through {reference}, or it is not there"
            raise drafts[name].source.fault(reason, f'book = "{reference}"')
        _check_references(reference, books, drafts, (*path, reference))


def books_in(book: Rulebook) -> Iterable[str]:
    """The rulebooks that a book's clauses and score refer to."""
    roots = [*book.roots, *(test for item in book.items for test, _ in item.choices)]
    return [clause.book for root in roots for clause in root.walk() if clause.book]
