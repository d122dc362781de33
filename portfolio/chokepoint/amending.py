"""What a fund changes in the taxonomy, as differences that are applied on top of it and taken back
(pure).

A difference names what it found and what it leaves, word by word, so that one that no longer fits
is noticed, and one that is taken back leaves alone what came after it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from portfolio.chokepoint.taxonomy import LIVE, Domain, Note, Taxonomy, Technology
from portfolio.kernel.errors import InputError

# What is compared value by value; of every other field the words that go and come.
SERIES = ("aliases", "exclude", "lists", "loose")
MANY = (*SERIES, "leads_to")
Image = dict[str, Any]
# One record's difference: `of` technology or domain, its `id`, and `born` or `dropped` (an image),
# or `set` ({field: [before, after]}) and `words` ({field: {"drop": …, "add": …}}, each a list of
# places with their words).
Difference = Mapping[str, Any]


def image_of(record: Domain | Technology) -> Image:
    """A record as JSON holds it."""
    found = asdict(record)
    return {name: list(v) if isinstance(v, tuple) else v for name, v in found.items()}


def technology_of(image: Mapping[str, Any]) -> Technology:
    """A technology as JSON holds it."""
    values: dict[str, Any] = {n: tuple(v) if n in MANY else v for n, v in image.items()}
    values["note"] = Note(**values["note"]) if values["note"] else None
    return Technology(**values)


def differences(old: Taxonomy, new: Taxonomy) -> list[Difference]:
    """What turns one taxonomy into another, domains before what stands in them."""
    pairs: tuple[tuple[str, Mapping[str, Any], Mapping[str, Any]], ...] = (
        ("domain", old.domains, new.domains),
        ("technology", {**old.technologies, **old.former}, {**new.technologies, **new.former}),
    )
    return [
        {"of": kind, "id": name, **_difference(before.get(name), after.get(name))}
        for kind, before, after in pairs
        for name in dict.fromkeys((*before, *after))
        if before.get(name) != after.get(name)
    ]


def _difference(old: Domain | Technology | None, new: Domain | Technology | None) -> Image:
    before, after = (image_of(record) if record else {} for record in (old, new))
    if not before:
        return {"born": after}
    if not after:
        return {"dropped": before}
    changed = [column for column in before if before[column] != after[column]]
    single = {c: [before[c], after[c]] for c in changed if c not in SERIES}
    words = {c: _words(before[c], after[c]) for c in changed if c in SERIES}
    return {"set": single, "words": words}


def _words(before: Sequence[str], after: Sequence[str]) -> dict[str, list[list[Any]]]:
    return {
        "drop": [[place, word] for place, word in enumerate(before) if word not in after],
        "add": [[place, word] for place, word in enumerate(after) if word not in before],
    }


def inverted(found: Sequence[Difference]) -> list[Difference]:
    """What takes differences back, the last one first."""
    return [_inverse(difference) for difference in reversed(found)]


def _inverse(one: Difference) -> Difference:
    head = {"of": one["of"], "id": one["id"]}
    if "born" in one:
        return {**head, "dropped": one["born"]}
    if "dropped" in one:
        return {**head, "born": one["dropped"]}
    return {
        **head,
        "set": {column: [after, before] for column, (before, after) in one["set"].items()},
        "words": {c: {"drop": w["add"], "add": w["drop"]} for c, w in one["words"].items()},
    }


def applied(book: Taxonomy, found: Iterable[Difference], lenient: bool = False) -> Taxonomy:
    """The taxonomy with differences on top of it.

    Raises InputError `taxonomy.unfit` for one that finds something else than it names; a `lenient`
    reader, who has to go on, takes of it what fits.
    """
    domains = dict(book.domains)
    every = {**book.technologies, **book.former}
    for one in found:
        records: dict[str, Any] = domains if one["of"] == "domain" else every
        try:
            _apply(records, one, lenient)
        except InputError:
            if not lenient:
                raise
    return replace(
        book,
        domains=domains,
        technologies={t.id: t for t in every.values() if t.gone == LIVE},
        former={t.id: t for t in every.values() if t.gone != LIVE},
    )


def _apply(records: dict[str, Any], one: Difference, lenient: bool) -> None:
    name, old = one["id"], records.get(one["id"])
    if "born" in one:
        if old is not None:
            raise InputError("taxonomy.unfit", value=name)
        records[name] = _record(one["of"], one["born"])
    elif old is None:
        raise InputError("taxonomy.unfit", value=name)
    elif "dropped" in one:
        if image_of(old) != one["dropped"]:
            raise InputError("taxonomy.unfit", value=name)
        del records[name]
    else:
        records[name] = _record(one["of"], _changed(image_of(old), one, lenient))


def _record(kind: str, image: Image) -> Domain | Technology:
    return Domain(**image) if kind == "domain" else technology_of(image)


def _changed(image: Image, one: Difference, lenient: bool) -> Image:
    for column, (before, after) in one["set"].items():
        if image[column] != before and not lenient:
            raise InputError("taxonomy.unfit", value=one["id"])
        image[column] = after
    for column, words in one["words"].items():
        kept = list(image[column])
        for _place, word in words["drop"]:
            if word in kept:
                kept.remove(word)
            elif not lenient:
                raise InputError("taxonomy.unfit", value=word)
        for place, word in words["add"]:
            if word not in kept:
                kept.insert(place, word)
            elif not lenient:
                raise InputError("taxonomy.unfit", value=word)
        image[column] = kept
    return image
