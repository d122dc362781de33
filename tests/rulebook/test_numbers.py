"""Every number, day and route of the rulebooks is the one that the sources were read to say.

`data/numbers.json` was taken from the sources apart from the books: a threshold that is mistyped, in
either, stands out.
"""

import json
from pathlib import Path

from portfolio.rulebook.loader import library
from portfolio.rulebook.routing import routing
from portfolio.rulebook.tables import best

KNOWN = json.loads((Path(__file__).parent / "data" / "numbers.json").read_text(encoding="utf-8"))


def written(number) -> str:
    text = f"{number:f}" if not isinstance(number, int) else str(number)
    return text.rstrip("0").rstrip(".") if "." in text else text


def of_clause(clause, named) -> list[str]:
    """The numbers of a clause with its anonymous parts."""
    found = [] if isinstance(clause.threshold, bool | str | tuple | None) else [clause.threshold]
    found = [written(n) for n in (*found, *clause.floors) if n is not None]
    found += [f"{clause.years}y"] if clause.years > 1 else []
    for child in clause.children:
        found += of_clause(child, named) if child.id not in named else []
    return found


def of_item(item) -> list[str]:
    found = [item.most]
    for bands in item.bands:
        found += [n for step in bands.steps for n in step] + [bands.otherwise]
    if item.kind == "every":
        found += [item.size, item.points]
    found += [points for _, points in item.options]
    if item.kind == "first":
        found.append(item.otherwise)
    found += [points for _, points in item.choices]
    tests = [n for test, _ in item.choices for n in of_clause(test, ())]
    return [written(n) for n in found] + tests


def test_every_rulebook_is_there_with_its_days() -> None:
    days = {
        b.id: [
            b.in_force_from.isoformat(),
            b.in_force_to and b.in_force_to.isoformat(),
            b.validity_years,
        ]
        for b in library().values()
    }
    known = KNOWN["books"].items()
    assert days == {name: [b["from"], b["to"], b.get("valid")] for name, b in known}


def test_every_region() -> None:
    everywhere = ("*",)
    found = {b.id: [*b.applies_to] for b in library().values() if b.applies_to != everywhere}
    assert found == KNOWN["regions"]


def test_every_number_of_every_clause() -> None:
    for book in library().values():
        if book.inherits:
            assert [c.id for c in book.clauses] == [c.id for c in library()[book.inherits].clauses]
            continue
        named = {c.id for c in book.clauses}
        found = {c.id: sorted(of_clause(c, named)) for c in book.clauses}
        wanted = {name: sorted(n) for name, n in KNOWN["books"][book.id]["clauses"].items()}
        assert {name: n for name, n in found.items() if n} == wanted, book.id


def test_every_number_of_every_score_table() -> None:
    for book in library().values():
        known = KNOWN["books"][book.id]
        assert {i.id: sorted(of_item(i)) for i in book.items} == {
            name: sorted(n) for name, n in known.get("items", {}).items()
        }, book.id
        if book.items:
            groups = {g.id: g.most for g in book.groups}
            assert {"max": sum(groups.values()), **groups} == known["score"]
            assert all(best(i) == i.most for i in book.items)


def test_every_route() -> None:
    found = [
        [r.book, r.begin.isoformat(), r.end and r.end.isoformat(), r.region, [*r.purposes]]
        for r in routing().routes
    ]
    assert found == KNOWN["routes"]
