"""Companies with tags, and an administrator at the draft of the taxonomy."""

from collections import Counter

import pytest
import sqlalchemy as sa

from portfolio.chokepoint.models import Tag, TagEvidence
from portfolio.companies.models import Company
from portfolio.extensions import db, unit_of_work
from portfolio.people.models import UserRole
from portfolio.taxonomies import jobs
from tests import factories
from tests.pages import sent_form
from tests.taxonomies.tagged import tag

TEXTS = {
    "both": "公司自主研发激光雷达和毫米波雷达。",
    "solid": "公司自主研发固态激光雷达，已量产。",
    "mechanical": "公司自主研发机械式激光雷达。",
    "vague": "公司从事车载感知产品的研发与生产。",
    "seller": "公司代理激光雷达。",
    "sight": "公司研发和生产光子测距雷。",
    "other": "一家餐饮企业。",
    "resist": "公司自主研发光刻胶，已量产。",
}


class Bench:
    """An administrator's browser, and the companies by what is said of them."""

    def __init__(self, app, client, companies: dict[str, Company], client_of) -> None:
        self.app, self.client, self.companies, self.client_of = app, client, companies, client_of

    def change(self, path: str, **values):
        """Fill the form of a page and send it."""
        path = f"/settings/taxonomy/{path}"
        sent = sent_form(self.client.get(path).text) | values
        return self.client.post(path, data=sent)

    def work(self) -> None:
        """Do what goes on in the background."""
        jobs.work(self.app)
        db.session.rollback()
        db.session.expire_all()

    def preview(self) -> str:
        """The preview, computed."""
        self.client.post("/settings/taxonomy/preview")
        self.work()
        return self.client.get("/settings/taxonomy/preview").text

    def publish(self, note: str = ""):
        """Publish the draft, and let suggestions follow."""
        sent = sent_form(self.preview()) | {"note": note}
        answer = self.client.post("/settings/taxonomy/publish", data=sent)
        self.work()
        return answer

    def tags(self, name: str) -> dict[str, str]:
        """What stands about a company now."""
        query = sa.select(Tag.technology, Tag.state).where(
            Tag.company_id == self.companies[name].id, Tag.superseded_at.is_(None)
        )
        return {row[0]: row[1] for row in db.session.execute(query)}

    def evidence(self) -> Counter[tuple[int, str, str]]:
        """What proves something now: company, technology and text."""
        columns = (TagEvidence.company_id, TagEvidence.technology, TagEvidence.text)
        query = sa.select(*columns).where(TagEvidence.superseded_at.is_(None))
        return Counter(tuple(row) for row in db.session.execute(query))

    def every_tag(self) -> dict[str, dict[str, str]]:
        """What stands about all of them."""
        return {name: found for name in self.companies if (found := self.tags(name))}


@pytest.fixture
def bench(app, cast, as_user) -> Bench:
    """Four companies with a tag of lidar: three claims and a rejection; one with a suggestion."""
    manager = cast["manager"]
    found = {n: factories.company(manager, description=text) for n, text in TEXTS.items()}
    for name in ("solid", "mechanical", "vague"):
        tag(found[name], "lidar", "confirmed", manager, "E2")
    tag(found["both"], "lidar", "suggested", manager)
    tag(found["seller"], "lidar", "rejected", manager)
    tag(found["resist"], "photoresist", "suggested", manager)
    with unit_of_work("user.roles"):
        db.session.add(UserRole(user_id=cast["admin"].id, role="reader"))
    db.session.expire_all()
    return Bench(app, as_user("admin"), found, as_user)
