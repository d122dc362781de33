"""Everybody who walks the house on the demo data finds every door they are shown open."""

import re
from collections import deque
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import portfolio.demo
from portfolio.demo.operations import PASSWORD
from portfolio.people.policy import ROLES

pytestmark = pytest.mark.xdist_group("demo")  # it is loaded once for all that look at it
STORY = Path(portfolio.demo.__path__[0]) / "story.toml"
MOST_PAGES = 90
MOST_OF_A_KIND = 3
LINK = re.compile(r'(?:href|hx-get)="(/[^"#]*)')
FILES = (".csv", ".xlsx", ".css", ".js", ".svg", ".eml", ".ics")


def kind_of(path: str) -> str:
    """Pages that differ in numbers and values alone are of one kind."""
    parts = urlsplit(path)
    names = sorted(re.findall(r"(?:^|&)([a-z_]+)=", parts.query.replace("&amp;", "&")))
    return re.sub(r"\d+", "N", parts.path) + "?" + ",".join(names)


def test_no_link_leads_anyone_astray(house) -> None:
    accounts = re.findall(r"\w+@demo\.example", STORY.read_text(encoding="utf-8"))
    assert {address.split("@")[0] for address in accounts} >= set(ROLES) - {"reader"}
    for address in accounts:
        role = address.split("@")[0]
        client = house.test_client()
        account = {"email": address, "password": PASSWORD}
        assert client.post("/login", data=account).status_code == 302, role
        waiting, seen, walked = deque(["/"]), {}, 0
        while waiting and walked < MOST_PAGES:
            path = waiting.popleft()
            answer = client.get(path.replace("&amp;", "&"))
            walked += 1
            assert answer.status_code < 400, f"{role}: {path} answers {answer.status_code}"
            text = answer.text if answer.mimetype == "text/html" else ""
            answer.close()  # a file that was handed out
            assert ">None<" not in text and "&lt;function" not in text, f"{role}: {path}"
            for link in LINK.findall(text):
                kind = kind_of(link)
                known = seen.setdefault(kind, set())
                if urlsplit(link).path.endswith(FILES) or link.startswith("/static"):
                    continue
                if link not in known and len(known) < MOST_OF_A_KIND:
                    known.add(link)
                    waiting.append(link)
        assert walked >= 8, f"{role} finds hardly anything"
