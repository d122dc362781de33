"""From the rows of a rulebook file to its tree of clauses (pure)."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from portfolio.kernel.titles import untitled
from portfolio.rulebook.citations import BEHIND, Reference
from portfolio.rulebook.faults import FaultyRulebook, Source, where
from portfolio.rulebook.language import FACT, LATEST, TOTAL, Misread, read_test
from portfolio.rulebook.marks import is_mark
from portfolio.rulebook.metrics import dictionary
from portfolio.rulebook.model import ALL, ANY, SCORE, TIERS, Clause, Group, Item
from portfolio.rulebook.titles import title_of

KINDS = (ALL, ANY, "test", "book", "by")
MODIFIERS = frozenset({"optional", "info", "skip"})
HEAD = frozenset(
    {"id", "zh", "en", "citation", "citation_verified", "verified", "verified_note", "note"}
)
SUM = {TOTAL: {"zh": "总分", "en": "Total score"}}


@dataclass(frozen=True)
class Context:
    """Where a node stands: its citation and mark where it has none of its own, the clauses above
    it, and the marks that lead to its line."""

    citation: Reference
    verified: str
    path: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()


@dataclass
class Tree:
    """The clauses of a book being read; `books` are the titles of those it may refer to."""

    source: Source
    rows: Mapping[str, Mapping[str, Any]]
    groups: Sequence[Group] = ()
    items: Sequence[Item] = ()
    books: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    named: dict[str, Clause] = field(default_factory=dict)

    def node(self, given: Any, context: Context) -> Clause:
        """A clause by its id, by the text of a test, or by a table. Raises FaultyRulebook."""
        if isinstance(given, str):
            context = replace(context, marks=(*context.marks, f'"{given}"'))
            if given in self.rows:
                return self._named(given, context)
            given = {"test": given}
        if not isinstance(given, Mapping):
            raise self._fault(context, f"{given} is no clause")
        odd = sorted(
            given.keys() - HEAD - MODIFIERS - {*KINDS, *(["cases"] if "by" in given else [])}
        )
        kinds = [name for name in KINDS if name in given]
        if odd or len(kinds) != 1:
            reason = f"an unknown word {odd[0]}" if odd else "it must be one of " + ", ".join(KINDS)
            raise self._fault(context, reason)
        return self._built(kinds[0], given, context)

    def _named(self, name: str, context: Context) -> Clause:
        if name in context.path:
            raise self._fault(context, f"clause {name} refers to itself in a circle")
        if name not in self.named:
            row = self.rows[name]
            citation = context.citation
            if "citation" in row:
                citation = Reference(row["citation"], "", row.get("citation_verified", ""))
            verified = row.get("verified", context.verified)
            path, marks = (*context.path, name), (where(name),)
            inside = Context(citation, verified, path, marks)
            if missing := untitled(row):
                raise self._fault(inside, f"clause {name}: its text is missing in {missing}")
            if not is_mark(verified):
                raise self._fault(inside, f"clause {name}: {verified} is no mark")
            if citation.verified and citation.verified not in BEHIND:
                raise self._fault(inside, f"clause {name}: its number has no mark of memory")
            self.named[name] = self.node(row, inside)
        return self.named[name]

    def _built(self, kind: str, row: Mapping[str, Any], context: Context) -> Clause:
        fields: dict[str, Any] = {"optional": row.get("optional", False)}
        fields["info"] = row.get("info", False)
        fields["skip"] = tuple(row.get("skip", ()))
        if kind == "book":
            if row["book"] not in self.books:
                raise self._fault(context, f"there is no rulebook {row['book']}")
            fields["book"] = row["book"]
        elif kind == "test":
            fields |= self._test(row["test"], context)
        elif kind == "by":
            fields |= self._tiers(row, context)
        else:
            children = tuple(self.node(member, context) for member in row[kind])
            if not children or any(child.info for child in children):
                raise self._fault(context, f"an empty group, or information in it: {kind}")
            fields |= {"group": kind, "children": children}
        self._check_modifiers(fields, context)
        return Clause(
            id=row.get("id", ""),
            citation=context.citation,
            verified=context.verified,
            note=row.get("note", ""),
            **(self._titles(row, fields) | fields),
        )

    def _check_modifiers(self, fields: Mapping[str, Any], context: Context) -> None:
        single = fields.get("over") in {LATEST, FACT}
        if (fields["optional"] or fields["info"]) and not single:
            raise self._fault(context, "only a single test is optional or information")

    def _test(self, text: str, context: Context) -> dict[str, Any]:
        marked = replace(context, marks=(*context.marks, text))
        try:
            fields = read_test(text, dictionary(), [group.id for group in self.groups])
        except Misread as error:
            raise self._fault(marked, str(error)) from None
        if fields["over"] == SCORE:
            name = text.split("(")[1].split(")")[0]
            inside = [item for item in self.items if name in {item.group, TOTAL}]
            fields["items"] = tuple(inside)
        return fields

    def _tiers(self, row: Mapping[str, Any], context: Context) -> dict[str, Any]:
        name, cases = row["by"], row.get("cases", [])
        if name not in dictionary() or not dictionary()[name].numeric:
            raise self._fault(context, f"there is no metric {name} to stand on a tier")
        *steps, rest = [case.get("from") for case in cases] or [None]
        numbers = all(isinstance(step, int | Decimal) for step in steps)
        falling = numbers and all(a > b for a, b in itertools.pairwise(steps))
        if not steps or rest is not None or not falling:
            reason = f"the tiers by {name} must fall and end with one for the rest"
            raise self._fault(context, reason)
        return {
            "over": TIERS,
            "metrics": (name,),
            "floors": (*(Decimal(step) for step in steps), None),
            "children": tuple(self.node(_without(case), context) for case in cases),
        }

    def _titles(self, row: Mapping[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
        if row.get("id"):
            return {"zh": row["zh"], "en": row["en"]}
        if "metrics" not in fields and "book" in fields:
            return {locale: self.books[fields["book"]][locale] for locale in ("zh", "en")}
        group = self._score_group(fields)
        return {locale: title_of(fields, group, locale) for locale in ("zh", "en")}

    def _score_group(self, fields: Mapping[str, Any]) -> dict[str, str]:
        read = {item.group for item in fields.get("items", ())}
        one = next((g for g in self.groups if read == {g.id} and len(self.groups) > 1), None)
        return {"zh": one.zh, "en": one.en} if one else SUM[TOTAL]

    def _fault(self, context: Context, reason: str) -> FaultyRulebook:
        name = context.path[-1] if context.path else ""
        return self.source.fault(f"clause {name}: {reason}" if name else reason, *context.marks)


def _without(case: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in case.items() if key != "from"}


def members(row: Mapping[str, Any]) -> Iterator[str]:
    """Every text that a row holds as a member, however deep."""
    for kind in (ALL, ANY, "cases"):
        for member in row.get(kind, ()):
            if isinstance(member, str):
                yield member
            elif isinstance(member, Mapping):
                yield from members(member)
