"""What may be changed in a taxonomy, each change as a taxonomy that differs (pure).

A refusal is an InputError whose `field` says at which field of the form it belongs.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from portfolio.chokepoint.folding import flattened
from portfolio.chokepoint.taxonomy import (
    LIVE,
    MERGED,
    RENAMED,
    RETIRED,
    SPLIT,
    Domain,
    Note,
    Taxonomy,
    Technology,
)
from portfolio.kernel.errors import InputError
from portfolio.kernel.text import clean, folded

ID = re.compile(r"[a-z][a-z0-9_-]{1,39}")
LONGEST_NAME, LONGEST_WORD, MOST_WORDS, LEAST_PARTS = 80, 60, 1000, 2
SERIES = ("aliases", "loose", "exclude")


@dataclass(frozen=True)
class Part:
    """A part of a technology that is split: one there is already, or a new one with its words."""

    id: str
    zh: str = ""
    en: str = ""
    aliases: tuple[str, ...] = ()


def refused(code: str, field: str, **params: Any) -> InputError:
    """The refusal of what was typed in a field."""
    return InputError(code, field=field, **params)


def words_of(text: str) -> tuple[str, ...]:
    """The words of a list as people type it: between 、 or ； or line breaks."""
    return tuple(word for part in re.split(r"[\n、；]", text) if (word := clean(part)))


def required(book: Taxonomy, technology: str, field: str = "technology") -> Technology:
    """A technology in force. Raises InputError `taxonomy.gone`."""
    if technology not in book.technologies:
        raise refused("taxonomy.gone", field, value=technology)
    return book.technologies[technology]


def _names(zh: str, en: str, others: Iterable[Domain | Technology]) -> tuple[str, str]:
    zh, en = clean(zh), clean(en)
    for field, name in (("zh", zh), ("en", en)):
        if not folded(name):
            raise refused("taxonomy.name_missing", field)
        if len(name) > LONGEST_NAME:
            raise refused("taxonomy.name_long", field, most=LONGEST_NAME)
        for other in others:
            if folded(getattr(other, field)) == folded(name):
                raise refused("taxonomy.name_twice", field, value=name, other=other.id)
    return zh, en


def _new_id(typed: str, taken: Iterable[str], field: str = "id") -> str:
    if not ID.fullmatch(typed):
        raise refused("taxonomy.id_form", field, value=typed)
    if typed in taken:
        raise refused("taxonomy.id_taken", field, value=typed)
    return typed


def _every(book: Taxonomy) -> dict[str, Technology]:
    return {**book.technologies, **book.former}


def _with(book: Taxonomy, *changed: Technology, without: str = "") -> Taxonomy:
    every = {n: t for n, t in _every(book).items() if n != without} | {t.id: t for t in changed}
    return replace(
        book,
        technologies={n: t for n, t in every.items() if t.gone == LIVE},
        former={n: t for n, t in every.items() if t.gone != LIVE},
    )


def with_domain(book: Taxonomy, domain_id: str, zh: str, en: str, new: bool) -> Taxonomy:
    """A domain more, or one under other names."""
    name = _new_id(domain_id, book.domains) if new else domain_id
    others = [d for d in book.domains.values() if d.id != name]
    return replace(book, domains={**book.domains, name: Domain(name, *_names(zh, en, others))})


def with_technology(book: Taxonomy, technology_id: str, **values: Any) -> Taxonomy:
    """A technology more; `values` as of `edited`."""
    name = _new_id(technology_id, _every(book))
    blank = Technology(name, "", "", "")
    return edited(_with(book, blank), name, **values)


def edited(
    book: Taxonomy,
    technology: str,
    *,
    domain: str,
    zh: str,
    en: str,
    aliases: Sequence[str] = (),
    loose: Sequence[str] = (),
    exclude: Sequence[str] = (),
    lists: Sequence[str] = (),
    note: Note | None = None,
) -> Taxonomy:
    """A technology with other names, words, lists or another note; what stays keeps its order."""
    old = required(book, technology)
    if domain not in book.domains:
        raise refused("taxonomy.domain_unknown", "domain", value=domain)
    if unknown := set(lists) - book.lists.keys():
        raise refused("taxonomy.list_unknown", "lists", value=min(unknown))
    names = _names(zh, en, [t for t in book.technologies.values() if t.id != technology])
    words = {"aliases": aliases, "loose": loose, "exclude": exclude}
    check_words(words)
    kept: dict[str, Any] = {
        name: _in_order(getattr(old, name), typed) for name, typed in words.items()
    }
    kept["lists"] = tuple(name for name in book.lists if name in lists)
    if set(kept["lists"]) == set(old.lists):
        kept["lists"] = old.lists
    new = replace(old, domain=domain, zh=names[0], en=names[1], note=note, **kept)
    return _with(book, new)


def _in_order(old: Sequence[str], new: Sequence[str]) -> tuple[str, ...]:
    return (*(w for w in old if w in new), *(w for w in new if w not in old))


def check_words(words: dict[str, Sequence[str]]) -> None:
    """Raise InputError for a word that is there twice, too long, or excluded by a context. A word may
    be there by itself and beside others: surer where one of these stands in the sentence."""
    names: dict[str, str] = {}
    entries: set[str] = set()
    for field in SERIES:
        if len(words[field]) > MOST_WORDS:
            raise refused("taxonomy.words_many", field, most=MOST_WORDS)
        for word in words[field]:
            name = flattened(word.partition(" & ")[0])
            if len(word) > LONGEST_WORD:
                raise refused("taxonomy.word_long", field, value=word[:20], most=LONGEST_WORD)
            if not name.strip():
                raise refused("taxonomy.word_empty", field, value=word)
            if field == "exclude" and names.get(name, field) != field:
                raise refused("taxonomy.excludes_itself", field, value=word)
            if flattened(word) in entries:
                raise refused("taxonomy.word_twice", field, value=word)
            entries.add(flattened(word))
            names.setdefault(name, field)


def renamed(book: Taxonomy, technology: str, new_id: str) -> Taxonomy:
    """A technology under another id, to which the old one leads."""
    old = required(book, technology)
    if new_id in book.former and technology in book.led_to(new_id):
        raise refused("taxonomy.round", "id", value=new_id)
    name = _new_id(new_id, _every(book))
    found = _with(book, replace(old, id=name), _gone(old, RENAMED, (name,)))
    pieces = [replace(t, pieces=name) for t in found.technologies.values() if t.pieces == old.id]
    return _with(found, *pieces)


def _gone(old: Technology, how: str, leads_to: tuple[str, ...]) -> Technology:
    """What is left of a technology: its names, and what stands in its place."""
    return Technology(old.id, old.domain, old.zh, old.en, gone=how, leads_to=leads_to)


def split(book: Taxonomy, technology: str, parts: Sequence[Part]) -> Taxonomy:
    """A technology in parts, each new or one there is; it stays itself where it is one of them."""
    old = required(book, technology)
    ids = [part.id for part in parts]
    if len(set(ids)) < LEAST_PARTS or len(set(ids)) < len(ids):
        raise refused("taxonomy.split_one", "p1_id")
    found = book
    for place, part in enumerate(parts):
        try:
            found = _with_part(found, old, part)
        except InputError as error:
            error.params["field"] = f"p{place}_{error.params['field']}"
            raise
    given = {word for part in parts if part.id != technology for word in part.aliases}
    if technology in ids:
        kept: dict[str, Any] = {
            n: tuple(w for w in getattr(old, n) if w not in given) for n in ("aliases", "loose")
        }
        return _with(found, replace(found.technologies[technology], **kept))
    return _with(found, _gone(old, SPLIT, tuple(ids)))


def _with_part(book: Taxonomy, old: Technology, part: Part) -> Taxonomy:
    known = book.technologies.get(part.id)
    if known is None:
        others = [t for t in book.technologies.values() if t.id != old.id]
        name = _new_id(part.id, _every(book))
        names = _names(part.zh, part.en, others)
        check_words({"aliases": part.aliases, "loose": (), "exclude": ()})
        return _with(
            book,
            Technology(
                name,
                old.domain,
                *names,
                part.aliases,
                lists=old.lists,
                pieces=old.pieces,
                apart=old.apart,
            ),
        )
    if part.id == old.id:
        return book
    aliases = _in_order(known.aliases, (*known.aliases, *part.aliases))
    check_words({"aliases": aliases, "loose": known.loose, "exclude": known.exclude})
    return _with(book, replace(known, aliases=aliases))


def merged(book: Taxonomy, technologies: Sequence[str], into: str) -> Taxonomy:
    """Technologies in one, which takes over their names and words."""
    if not into:
        raise refused("taxonomy.merge_itself", "into")
    target = required(book, into, "into")
    olds = [required(book, name) for name in dict.fromkeys(technologies)]
    if not olds or target in olds:
        raise refused("taxonomy.merge_itself", "into")
    for old in olds:
        target = _joined(target, old)
    found = _with(book, target, *(_gone(old, MERGED, (into,)) for old in olds))
    gone = {old.id for old in olds}
    pieces = [replace(t, pieces=into) for t in found.technologies.values() if t.pieces in gone]
    return _with(found, *(replace(t, pieces="") if t.id == into else t for t in pieces))


def _joined(target: Technology, old: Technology) -> Technology:
    known = {flattened(w.partition(" & ")[0]) for n in SERIES for w in getattr(target, n)}
    known.add(flattened(target.zh))

    def fresh(words: Iterable[str]) -> tuple[str, ...]:
        return tuple(w for w in words if flattened(w.partition(" & ")[0]) not in known)

    aliases, loose, exclude = fresh((old.zh, *old.aliases)), fresh(old.loose), fresh(old.exclude)
    taken = {flattened(w) for w in (*aliases, *loose)}
    return replace(
        target,
        aliases=(*target.aliases, *dict.fromkeys(aliases)),
        loose=(*target.loose, *(w for w in loose if w not in aliases)),
        exclude=(*target.exclude, *(w for w in exclude if flattened(w) not in taken)),
        lists=(*target.lists, *(name for name in old.lists if name not in target.lists)),
    )


def retired(book: Taxonomy, technology: str) -> Taxonomy:
    """A technology that is no longer in use: nobody is asked for it, nothing suggests it."""
    return _with(book, replace(required(book, technology), gone=RETIRED))


def restored(book: Taxonomy, technology: str) -> Taxonomy:
    """A retired technology in use again."""
    old = book.former.get(technology)
    if old is None or old.gone != RETIRED:
        raise refused("taxonomy.not_retired", "technology", value=technology)
    _names(old.zh, old.en, book.technologies.values())
    return _with(book, replace(old, gone=LIVE))
