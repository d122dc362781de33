"""The words for the history of companies and their records: names of people, titles of keys."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import current_app

from portfolio.audit.queries import Line
from portfolio.companies.history import PEOPLE, Detail, Words
from portfolio.companies.models import Company, Contact, Document, Round, Task
from portfolio.companies.operations import FIELDS
from portfolio.companies.record_operations import CONTACT_FIELDS, DOCUMENT_FIELDS, TASK_FIELDS
from portfolio.kernel.records import ActivityKind, LeadSource, PaperKind
from portfolio.people import queries as people
from portfolio.web.formatting import title_of, zone
from portfolio.web.i18n import language

RESTORABLE = {
    Company.__audit__: FIELDS,
    Contact.__audit__: CONTACT_FIELDS,
    Task.__audit__: TASK_FIELDS,
    Document.__audit__: DOCUMENT_FIELDS,
}


def words_of(
    lines: Iterable[Line],
    titles: Mapping[tuple[str, str], Mapping[Any, str]] | None = None,
    restorable: Mapping[str, frozenset[str]] | None = None,
    merges: Mapping[int, Sequence[Detail]] | None = None,
) -> Words:
    """Words for these lines; upper slices add the titles of their keys and their columns, and who
    knows the reader what is told of merges."""
    ids = {
        value
        for line in lines
        for column, *values in line.changes
        if column in PEOPLE
        for value in values
        if isinstance(value, int)
    }
    own = {
        ("company", "lead_source"): titles_of(LeadSource),
        ("activity", "kind"): titles_of(ActivityKind),
        ("document", "kind"): titles_of(PaperKind),
        ("equity_round", "round"): titles_of(Round),
    }
    return Words(
        language(),
        zone(),
        people.names_of(ids),
        own | dict(titles or {}),
        RESTORABLE | dict(restorable or {}),
        merges or {},
        current_app.extensions["audit_tellers"],
    )


def titles_of(kind: Any) -> dict[str, str]:
    """The titles of a titled enumeration by value, in the reader's language."""
    return {member.value: title_of(member) for member in kind}
