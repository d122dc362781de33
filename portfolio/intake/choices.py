"""Which of two differing values an import takes: for the file, by column, by value (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

KEEP, TAKE = "keep", "take"
ANSWERS = (KEEP, TAKE)


@dataclass(frozen=True)
class Choices:
    """The nearest answer counts: the one for the value, else for its column, else for the file.
    `formulas` says whether the values of computed cells are read as if they had been typed."""

    whole: str = KEEP
    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    formulas: str = KEEP

    def takes(self, row: int, name: str) -> bool:
        """Whether the file's value in this row and field replaces the one that is there."""
        by_column = self.columns.get(name, self.whole)
        return self.values.get(place(row, name), by_column) == TAKE

    def as_json(self) -> dict[str, object]:
        """Plain values, which `read_choices` reads back."""
        said = {"whole": self.whole, "formulas": self.formulas}
        return {**said, "columns": dict(self.columns), "values": dict(self.values)}


def place(row: int, name: str) -> str:
    """What a value is called: its row and its field."""
    return f"{row}-{name}"


def read_choices(said: Mapping[str, object]) -> Choices:
    """Choices of plain values; whatever is no answer is left out."""
    whole, formulas = (
        str(said[name]) if said.get(name) in ANSWERS else KEEP for name in ("whole", "formulas")
    )
    return Choices(whole, _answers(said.get("columns")), _answers(said.get("values")), formulas)


def _answers(said: object) -> dict[str, str]:
    if not isinstance(said, Mapping):
        return {}
    return {str(name): str(answer) for name, answer in said.items() if answer in ANSWERS}


def answered(
    old: Choices, sent: Mapping[str, str], differences: Sequence[Mapping[str, Any]]
) -> Choices:
    """The choices after a form was sent: `whole`, `column-…` and `value-…`, each keep or take, and
    `formulas`. A value's answer is kept only where its column would say otherwise."""
    columns = dict(old.columns)
    for name in {str(d["field"]) for d in differences}:
        if f"column-{name}" in sent:
            columns.pop(name, None)
            if sent[f"column-{name}"] in ANSWERS:
                columns[name] = sent[f"column-{name}"]
    whole, formulas = (
        sent[name] if sent.get(name) in ANSWERS else known
        for name, known in (("whole", old.whole), ("formulas", old.formulas))
    )
    general = Choices(whole, columns)
    values = dict(old.values)
    for difference in differences:
        row, name = int(difference["row"]), str(difference["field"])
        answer = sent.get(f"value-{place(row, name)}")
        if answer in ANSWERS:
            values.pop(place(row, name), None)
            if (answer == TAKE) != general.takes(row, name):
                values[place(row, name)] = answer
    return Choices(whole, columns, values, formulas)
