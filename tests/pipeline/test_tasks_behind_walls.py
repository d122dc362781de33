"""A task about a confidential deal is given to somebody who can see it."""

from portfolio.companies.models import Task
from portfolio.extensions import db
from tests import factories


def test_a_task_on_a_confidential_deal_goes_to_its_team_alone(cast, as_user) -> None:
    deal = factories.deal(cast["manager"], walled=True)
    client = as_user("manager")
    page = client.get(f"/deals/{deal.id}/tasks").text
    assert cast["manager"].name in page and cast["outsider"].name not in page
    sent = {"title": "核对保密协议", "owner_id": str(cast["outsider"].id)}
    assert client.post(f"/deals/{deal.id}/tasks", data=sent).status_code == 422
    sent["owner_id"] = str(cast["manager"].id)
    assert client.post(f"/deals/{deal.id}/tasks", data=sent).status_code == 302
    task = db.session.query(Task).one()
    page = client.get(f"/records/task/{task.id}").text
    assert cast["outsider"].name not in page
    changed = {"title": "核对", "owner_id": str(cast["outsider"].id), "version": str(task.version)}
    assert client.post(f"/records/task/{task.id}", data=changed).status_code == 422


def test_a_task_on_an_open_deal_goes_to_whoever_reads_deals(cast, as_user) -> None:
    deal = factories.deal(cast["manager"])
    page = as_user("manager").get(f"/deals/{deal.id}/tasks").text
    assert cast["outsider"].name in page and cast["admin"].name not in page
