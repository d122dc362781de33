"""Who carries deals over is told at each stage of which it is not said where its deals go."""

import re
from typing import Any

import pytest

from portfolio.flows import drafts
from tests.flows.editing import SETTINGS, draft_with, publish, without_screening
from tests.pages import sent_form

QUESTION = "Say where deals in “{}” go: the new version has no such stage."
TITLES = {"pool": "Project pool", "screening": "Screening"}


@pytest.fixture
def address(deals, cast) -> str:
    """Of the page that carries over to a version with neither a pool nor screening."""

    def change(draft: dict[str, Any]) -> None:
        without_screening(draft)
        row = {"key": "talks", "zh": "接洽", "en": "Talks", "committee": False, "condition": []}
        pool = next(n for n, stage in enumerate(draft["stage"]) if stage["key"] == "pool")
        draft["stage"][pool] = {"_id": drafts.next_id(draft), **row}
        for checklist in draft["checklist"]:
            if checklist["stage"] == "pool":
                checklist["stage"] = "talks"
        for move in draft["moves"]:
            if move.get("to") == "pool":
                move["to"] = "talks"

    return f"{SETTINGS}/versions/{publish(cast, draft_with(cast, change)).id}/carry"


@pytest.fixture
def admin(as_user):
    client = as_user("admin")
    client.set_cookie("lang", "en")
    return client


def told(page: str) -> set[str]:
    """The keys of the stages whose select says that it is wrong, and by which text."""
    wrong = set()
    for key in re.findall(r'<select [^>]*name="map-(\w+)"[^>]*aria-invalid="true"', page):
        text = re.search(rf'<p class="err" id="map-{key}-err">(?:<svg.*?</svg>)?(.*?)</p>', page)
        assert text[1] == QUESTION.format(TITLES[key])
        assert f'<a href="#map-{key}">{text[1]}</a>' in page.split('id="errsum"')[1]
        wrong.add(key)
    return wrong


def chosen(page: str) -> dict[str, str]:
    sent = sent_form(page)
    return {name: value for name, value in sent.items() if name.startswith("map-")}


def test_one_is_asked_first_and_nothing_is_wrong_yet(address, admin) -> None:
    answer = admin.get(address)
    assert answer.status_code == 200 and 'id="errsum"' not in answer.text
    assert chosen(answer.text) == {"map-pool": "", "map-screening": ""}


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [
        ({"map-pool": "", "map-screening": ""}, {"pool", "screening"}),
        ({"map-pool": "talks", "map-screening": ""}, {"screening"}),
        ({"map-pool": "lead", "map-screening": "nowhere"}, {"screening"}),
        ({"map-screening": "talks"}, {"pool"}),
    ],
)
def test_what_is_not_said_is_asked_where_it_belongs(address, admin, sent, wrong) -> None:
    for answer in (admin.get(address, query_string=sent), admin.post(address, data=sent)):
        assert answer.status_code == 422
        assert told(answer.text) == wrong
        assert "What is carried over" not in answer.text
        kept = {f"map-{key}": "" if key in wrong else sent[f"map-{key}"] for key in TITLES}
        assert chosen(answer.text) == kept


def test_what_is_said_is_shown_and_nothing_is_wrong(address, admin) -> None:
    answer = admin.get(address, query_string={"map-pool": "talks", "map-screening": "lead"})
    assert answer.status_code == 200
    assert "What is carried over" in answer.text and 'id="errsum"' not in answer.text
