"""A draft never takes back unseen what was published since, and is published once, however many try."""

import json
import re
import threading

import pytest
import sqlalchemy as sa

from portfolio.extensions import db, unit_of_work
from portfolio.flows import operations
from portfolio.flows import queries as flows
from portfolio.flows.models import PipelineDraft
from portfolio.kernel.errors import InputError
from portfolio.people.models import User
from portfolio.pipeline import queries
from portfolio.pipeline.models import PipelineVersion
from tests.conftest import NOW
from tests.flows.editing import SETTINGS, definition
from tests.pages import sent_form


@pytest.fixture
def admin(as_user):
    client = as_user("admin")
    client.set_cookie("lang", "en")
    return client


@pytest.fixture
def overtaken(admin) -> str:
    """The address of a draft with a title of its own, begun before version 4 came in force."""
    address = admin.post(f"{SETTINGS}/drafts", data={"key": "direct"}).location
    form = sent_form(admin.get(address).text) | {"en": "My way"}
    assert admin.post(address, data=form).status_code == 302
    came_in_force(4, {"zh": "移交线索", "en": "Handed leads"})
    return address


def came_in_force(number: int, titles: dict[str, str]) -> None:
    """A version that no draft was published as, such as one that came with an upgrade."""
    before = queries.current_pipeline("direct")
    whole = json.loads(before.definition) | {"version": number}
    whole["stage"][0] |= titles
    with unit_of_work("seed"):
        before.current = False
        db.session.flush()
        text = json.dumps(whole, ensure_ascii=False)
        row = PipelineVersion(key="direct", version=number, definition=text, published_at=NOW)
        db.session.add(row)


def form_of(admin, address: str, action: str) -> dict[str, str]:
    page = admin.get(f"{address}/preview").text
    form = re.search(
        rf'<form method="post" action="{address}/{action}">.*?</form>', page, re.DOTALL
    )
    assert form, page
    return sent_form(form[0], "action")


def test_what_came_in_force_meanwhile_is_shown_before_it_is_overruled(admin, overtaken) -> None:
    assert "Version 4 came in force after" in admin.get(overtaken).text
    page = admin.get(f"{overtaken}/preview").text
    told = page.split('id="overtaken"')[1].split("</section>")[0]
    assert "<ins>Handed leads</ins>" in told and "My way" not in told
    refused = admin.post(f"{overtaken}/publish", data=form_of(admin, overtaken, "publish"))
    assert refused.status_code == 409 and "Version 4 came in force" in refused.text
    assert queries.current_pipeline("direct").version == 4
    kept = form_of(admin, overtaken, "base") | {"do": "keep"}
    came_in_force(5, {"en": "Leads once more"})
    again = admin.post(f"{overtaken}/base", data=kept)
    assert again.status_code == 409 and "Leads once more" in again.text
    kept = form_of(admin, overtaken, "base") | {"do": "keep"}
    assert admin.post(f"{overtaken}/base", data=kept).status_code == 302
    page = admin.get(f"{overtaken}/preview").text
    assert "overtaken" not in page and "<del>Leads once more</del>" in page
    done = admin.post(f"{overtaken}/publish", data=form_of(admin, overtaken, "publish"))
    assert done.status_code == 302
    in_force = queries.pipeline_of(queries.current_pipeline("direct"))
    assert (in_force.version, in_force.en) == (6, "My way")
    assert in_force.first.en != "Leads once more"


def test_a_draft_that_was_overtaken_can_be_begun_anew(admin, overtaken) -> None:
    form = form_of(admin, overtaken, "base") | {"do": "anew"}
    assert admin.post(f"{overtaken}/base", data=form).status_code == 302
    assert definition(overtaken)["stage"][0]["en"] == "Handed leads"
    assert definition(overtaken)["en"] != "My way"
    assert admin.post(f"{overtaken}/base", data=form).status_code == 409  # it stands on it now
    assert "Nothing." in admin.get(f"{overtaken}/preview").text


def test_of_those_who_publish_a_draft_at_once_one_does_and_the_others_are_told(
    app, cast, monkeypatch
) -> None:
    with unit_of_work("pipeline.begin", cast["admin"]):
        row = operations.begin(queries.current_pipeline("direct"), cast["admin"], NOW)
        draft = json.loads(row.definition) | {"en": "Ours"}
        operations.save(row, draft, "", row.version, cast["admin"], NOW)
    draft_id, version, admin_id = row.id, row.version, cast["admin"].id
    db.session.commit()
    start, inside = threading.Barrier(2), threading.Barrier(2)
    told: list[str] = []
    read = flows.versions

    def waiting(key: str = ""):
        found = read(key)
        try:  # whoever comes so far waits for the other, which must not come so far
            inside.wait(1)
        except threading.BrokenBarrierError:
            inside.reset()
        return found

    def publish() -> None:
        with app.app_context():
            mine = db.session.get(PipelineDraft, draft_id)
            actor = db.session.get(User, admin_id)
            start.wait()
            try:
                with unit_of_work("pipeline.publish", actor):
                    made = operations.publish(mine, version, actor, NOW)
                told.append(f"version {made.version}")
            except InputError as error:
                told.append(error.code)
            except Exception as error:
                told.append(repr(error))
            finally:
                db.session.remove()

    monkeypatch.setattr(flows, "versions", waiting)
    threads = [threading.Thread(target=publish) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["draft.gone", "version 4"]
    numbers = sa.select(PipelineVersion.version).where(PipelineVersion.key == "direct")
    assert sorted(db.session.scalars(numbers)) == [1, 2, 3, 4]
    in_force = numbers.where(PipelineVersion.current)
    assert db.session.scalars(in_force).all() == [4]
