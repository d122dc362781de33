"""A form on a page, read as a browser would send it back."""

from html.parser import HTMLParser
from typing import Any


class FormReader(HTMLParser):
    """Fields of the form whose opening tag carries `marker`, with what they hold."""

    def __init__(self, page: str, marker: str = "data-guard") -> None:
        super().__init__()
        self.marker, self.inside = marker, False
        self.sent: dict[str, Any] = {}
        self._select: tuple[str, bool] | None = None
        self._textarea = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.inside = self.marker in given
        if not self.inside:
            return
        name = given.get("name", "")
        if tag == "input" and name:
            ticked = given.get("type") not in {"checkbox", "radio"} or "checked" in given
            if ticked and name in self.sent and given.get("type") == "checkbox":
                self.sent[name] = [*self._before(name), given.get("value", "")]
            elif ticked:
                self.sent[name] = given.get("value", "")
        elif tag == "select":
            self._select = name, "multiple" in given
            if "multiple" in given:
                self.sent[name] = []
            else:  # one that is there again is sent again
                self.sent[name] = [*self._before(name), ""] if name in self.sent else ""
        elif tag == "option" and self._select:
            self._choose(given)
        elif tag == "textarea":
            self._textarea, self.sent[name] = name, ""

    def _choose(self, given: dict[str, str]) -> None:
        assert self._select
        name, several = self._select
        if "selected" not in given:
            return
        value, before = given.get("value", ""), self._before(name)
        if several:
            self.sent[name] = [*before, value]
        else:
            self.sent[name] = [*before[:-1], value] if len(before) > 1 else value

    def _before(self, name: str) -> list[str]:
        known = self.sent[name]
        return known if isinstance(known, list) else [known]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        if tag == "select":
            self._select = None
        if tag == "textarea" and self._textarea:
            self.sent[self._textarea] = self.sent[self._textarea].lstrip("\r\n")
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.sent[self._textarea] += data


def sent_form(page: str, marker: str = "data-guard") -> dict[str, Any]:
    """The fields of a form as a browser would send them back unchanged."""
    return FormReader(page, marker).sent
