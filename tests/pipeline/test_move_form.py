"""The form of a move says everything that is wrong at once, and offers only what fits."""

import io
import json
import re

import pytest

from portfolio.companies.models import Company, Document
from portfolio.extensions import db, unit_of_work
from portfolio.pipeline import gate_queries
from portfolio.pipeline.models import StageEvent
from tests import factories
from tests.pages import sent_form


def errors_of(page: str) -> set[str]:
    return set(re.findall(r'id="([^"]+)-err"', page))


def conditions_of(page: str) -> set[str]:
    """The open conditions that a form lists as passed over."""
    return set(re.findall(r'<li class="open"><svg.*?</svg> <span>(.*?) <span', page, re.DOTALL))


def reasons_of(page: str, kind: str) -> int:
    select = page.partition('name="reason_code"')[2].partition("</select>")[0]
    return len(re.findall(rf'value="{kind}_', select))


def test_everything_wrong_with_a_hold_is_said_at_once_and_nothing_typed_is_lost(
    as_user, cast
) -> None:
    deal = factories.deal(cast["manager"])
    client, path = as_user("manager"), f"/deals/{deal.id}/moves"
    sent = sent_form(client.get(f"{path}?kind=hold").text)
    page = client.post(path, data=sent | {"note": "太短", "revisit_on": "2026-02-30"})
    assert page.status_code == 422
    assert errors_of(page.text) == {"reason_code", "note", "revisit_on"}
    assert "太短</textarea>" in page.text and 'value="2026-02-30"' in page.text
    assert page.text.count('<p class="err" id="revisit_on-err"') == 1
    page = client.post(path, data=sent | factories.WHY_HELD | {"revisit_on": "2020-01-01"})
    assert errors_of(page.text) == {"revisit_on"}


def test_unreadable_answers_open_conditions_and_a_bad_proof_are_said_together(
    as_user, cast
) -> None:
    deal = factories.deal(cast["manager"])
    with unit_of_work("company.change", cast["manager"]):
        db.session.get_one(Company, deal.company_id).uscc = None
    client, path = as_user("manager"), f"/deals/{deal.id}/moves"
    sent = sent_form(client.get(path).text)
    page = client.post(path, data=sent | {"f-company.uscc": "9137", "i-s02-state": "na"})
    assert page.status_code == 422
    assert errors_of(page.text) == {"f-company.uscc", "i-s02-note"}
    summary = page.text.partition('id="errsum"')[2].partition("</ul>")[0]
    links = re.findall(r'href="#([^"]+)"', summary)
    assert links == ["f-company.uscc", "i-s02-note", "c-lead-source", "c-pool-sector"]
    assert all(f'id="{link}"' in page.text for link in links)


def test_a_proof_sent_with_a_refused_move_is_not_half_kept(as_user, cast) -> None:
    deal = factories.deal(cast["manager"])
    client, path = as_user("manager"), f"/deals/{deal.id}/moves"
    sent = sent_form(client.get(path).text)
    proof = {"i-s02-state": "done", "i-s02-file": (io.BytesIO(b"proof"), "查重.pdf")}
    page = client.post(path, data=sent | proof)
    assert page.status_code == 422 and "查重.pdf" not in client.get(f"/deals/{deal.id}").text
    assert db.session.query(Document).count() == 0 and not gate_queries.checks_of(deal.id)
    kept = {**proof, "i-s02-file": (io.BytesIO(b"proof"), "查重.pdf"), "save": "1"}
    assert client.post(path, data=sent | kept).status_code == 302, "saved without moving"
    db.session.expire_all()
    assert db.session.query(Document).count() == 1
    assert gate_queries.checks_of(deal.id)["s02"].document_version_id is not None


@pytest.mark.parametrize(
    ("kind", "offered"),
    [("skip", {}), ("back", {"r": 28, "h": 6}), ("hold", {"h": 6}), ("reject", {"r": 28})],
)
def test_only_reasons_that_fit_the_kind_of_move_are_offered(as_user, cast, kind, offered) -> None:
    deal = factories.advance(factories.deal(cast["manager"]), cast["manager"], "pool")
    page = as_user("partner").get(f"/deals/{deal.id}/moves?kind={kind}").text
    assert {k: n for k in "prh" if (n := reasons_of(page, k))} == offered
    if kind == "skip":
        short = as_user("partner").post(
            f"/deals/{deal.id}/moves", data=factories.seen(deal, kind="skip", note="急")
        )
        assert errors_of(short.text) == {"note"} and 'href="#c-' not in short.text


def test_nothing_is_passed_over_that_the_form_did_not_show(as_user, cast) -> None:
    deal = factories.deal(cast["manager"])
    client, path = as_user("partner"), f"/deals/{deal.id}/moves"
    first, chosen = (client.get(f"{path}?kind=skip{to}").text for to in ("", "&to_stage=ic"))
    assert conditions_of(first) < conditions_of(chosen)
    why = {"note": "联合投资方已完成全部尽调", "to_stage": "ic"}
    other = client.post(path, data=sent_form(first) | why)
    assert other.status_code == 422 and "另一阶段的条件" in other.text
    assert conditions_of(other.text) == conditions_of(chosen) and why["note"] in other.text
    assert client.post(path, data=sent_form(other.text)).status_code == 302
    db.session.expire_all()
    event = db.session.query(StageEvent).order_by(StageEvent.id.desc()).first()
    kept = {row["zh"] for row in json.loads(event.overridden)}
    assert (deal.stage, kept) == ("ic", conditions_of(chosen))
    trails = {
        a: as_user("compliance").get(f"/audit?action=deal.{a}").text for a in ("skip", "move")
    }
    assert why["note"] in trails["skip"] and why["note"] not in trails["move"]


def test_each_field_says_whether_it_may_stay_empty(as_user, cast) -> None:
    deal = factories.deal(cast["manager"])
    client = as_user("manager")
    marked = {}
    for kind in ("forward", "hold", "reject"):
        page = client.get(f"/deals/{deal.id}/moves?kind={kind}").text
        labels = re.findall(r'<label for="(\w+)">(.*?)</label>', page)
        marked[kind] = {name: "（选填）" in text for name, text in labels}
    assert marked["hold"] == {"reason_code": False, "note": False, "revisit_on": False}
    assert marked["reject"]["reason_code"] is False
    assert marked["forward"]["note"] is True and marked["forward"].get("reason_code", True) is True
