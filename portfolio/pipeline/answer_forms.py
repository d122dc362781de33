"""Answers to the conditions of a stage as people type them, in a form or on the command line."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from werkzeug.datastructures import FileStorage, MultiDict

from portfolio.companies.models import Round
from portfolio.kernel import dates, money, uscc
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import short_number
from portfolio.kernel.records import LeadSource
from portfolio.kernel.text import clean, halfwidth
from portfolio.people import queries as people
from portfolio.pipeline.askable import FIELDS, LEAST_TRL, MOST_TRL, Field
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.gates import STATES, Answers, CheckAnswer, CheckState, Standing
from portfolio.web.messages import text_of

OPTIONS: Mapping[str, Any] = {"source": LeadSource, "round": Round}


def read_field(asked: Field, text: str) -> Any:
    """A typed field in the unit of its record (money in fen). Raises InputError."""
    text = clean(text)
    if asked.kind == "money":
        return money.parse_yuan(text, default_unit=10_000)
    if asked.kind == "day":
        return dates.parse_date(text)
    if asked.kind == "uscc":
        return uscc.checked(text)
    if asked.kind in {"trl", "person"}:
        return _number(asked.kind, text)
    if asked.kind in OPTIONS and text not in OPTIONS[asked.kind]._value2member_map_:
        raise InputError("option.unknown", value=text)
    return text


def _number(kind: str, text: str) -> int:
    number = short_number(halfwidth(text))
    if kind == "trl" and (number is None or not LEAST_TRL <= number <= MOST_TRL):
        raise InputError("trl.range")
    if number is None:
        raise InputError("number.malformed", value=text)
    return number


@dataclass
class Typed:
    """What a form brought: the answers, files to keep with items, and what could not be read.

    `errors` holds a sentence for the name of each faulty input.
    """

    answers: Answers = field(default_factory=Answers)
    files: dict[str, FileStorage] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def read_form(sent: MultiDict[str, str], files: Mapping[str, FileStorage], flow: Pipeline) -> Typed:
    """The answers in a form: `f-` fields, `i-` items, `v-` verified items, `team`, `contact`."""
    typed = Typed()
    fields = {}
    for key, asked in FIELDS.items():
        text = sent.get(f"f-{key}", "")
        if not text.strip():
            continue
        try:
            fields[key] = read_field(asked, text)
        except InputError as error:
            typed.errors[f"f-{key}"] = text_of(error)
    items = {}
    for key in flow.items:
        upload = files.get(f"i-{key}-file")
        if upload is not None and upload.filename:
            typed.files[key] = upload
        given = _item(sent, key, has_file=key in typed.files)
        if given is not None:
            items[key] = given
    typed.answers = Answers(
        fields=fields,
        items=items,
        verified=tuple(key for key in flow.items if sent.get(f"v-{key}")),
        team=tuple(n for text in sent.getlist("team") if (n := short_number(text)) is not None),
        contact=sent.get("contact", ""),
    )
    return typed


def _item(sent: MultiDict[str, str], key: str, *, has_file: bool) -> CheckAnswer | None:
    """What was said of an item; None when nothing was. Proof without a state means done."""
    state, note, link = (sent.get(f"i-{key}-{part}", "") for part in ("state", "note", "link"))
    if not (state or note.strip() or link.strip() or has_file):
        return None
    return CheckAnswer(STATES.get(state or CheckState.DONE.value, CheckState.TODO), note, link)


def with_file(answers: Answers, item: str, version_id: int) -> Answers:
    """The answers with a kept file as the proof of an item."""
    proven = replace(answers.items[item], document_version_id=version_id)
    return replace(answers, items={**answers.items, item: proven})


PREFIXES = {f"{state.value}:": state for state in CheckState if state is not CheckState.DONE}


def read_pairs(pairs: Iterable[str], flow: Pipeline) -> Answers:
    """The answers of KEY=VALUE texts. Raises InputError.

    KEY is a field (company.industry), an item (i03), `verify` (items by comma), `team` (addresses
    by comma), `tag` (none, or none: why) or `contact`. The value of an item is its proof, a link
    when it looks like one, or a state before a colon: `na: why`, `waived: why`, `fail: what`.
    """
    answers = Answers()
    for pair in pairs:
        key, sign, value = pair.partition("=")
        key, value = key.strip(), value.strip()
        if not sign or not value:
            raise InputError("answer.malformed", value=pair)
        answers = _with_pair(answers, key, value, flow)
    return answers


def _with_pair(answers: Answers, key: str, value: str, flow: Pipeline) -> Answers:
    if key in FIELDS:
        return replace(answers, fields={**answers.fields, key: read_field(FIELDS[key], value)})
    if key == "verify":
        return replace(answers, verified=(*answers.verified, *_parts(value)))
    if key == "team":
        return replace(answers, team=(*answers.team, *map(_person, _parts(value))))
    if key == "contact":
        return replace(answers, contact=value)
    if key == "tag":
        key, value = _tag_item(flow), f"na:{value.partition(':')[2] or value}"
    flow.item(key)
    return replace(answers, items={**answers.items, key: _proof(value)})


def _parts(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _person(address: str) -> int:
    user = people.by_email(address.lower())
    if user is None:
        raise InputError("person.unknown", value=address)
    return user.id


def _tag_item(flow: Pipeline) -> str:
    """The item that stands for the technology where there is none."""
    found = (c.wanted for stage in flow.stages for c in stage.conditions if c.needs == "tag")
    item = next((wanted for wanted in found if wanted is not True), None)
    if item is None:
        raise InputError("field.unknown", value="tag")
    return str(item)


def _proof(value: str) -> CheckAnswer:
    for prefix, state in PREFIXES.items():
        if value.startswith(prefix):
            return CheckAnswer(state, value.removeprefix(prefix).strip())
    if value.startswith(("http://", "https://")):
        return CheckAnswer(CheckState.DONE, link=value)
    return CheckAnswer(CheckState.DONE, value)


@dataclass(frozen=True)
class Asked:
    """One condition on the form: open or not, and the items that are asked for here first.

    It is `faulty` where an answer to it cannot be read or taken as it is.
    """

    standing: Standing
    items: tuple[Any, ...]
    fields: tuple[Field, ...]
    answered: bool
    faulty: bool

    @property
    def anchor(self) -> str:
        """Where the summary of errors leads."""
        condition = self.standing.condition
        return f"c-{condition.stage}-{condition.key}"


def asked(
    found: Iterable[Standing],
    still_open: Iterable[Standing] | None,
    wrong: Collection[str] = (),
) -> list[Asked]:
    """The conditions as the form asks for them: an item that two of them want is asked for once.

    `still_open` are those that the answers just sent leave open, None when none were sent, and
    `wrong` the inputs that are to be mended first.
    """
    left = None if still_open is None else {s.condition for s in still_open}
    seen: set[str] = set()
    rows = []
    for standing in found:
        items = tuple(item for item in standing.items if item.key not in seen)
        seen |= {item.key for item in items}
        fields = tuple(FIELDS[key] for key in standing.fields)
        names = {f"i-{i.key}-note" for i in standing.items} | {f"f-{f.key}" for f in fields}
        faulty = not names.isdisjoint(wrong)
        answered = left is not None and standing.condition not in left and not faulty
        rows.append(Asked(standing, items, fields, answered, faulty))
    return rows
