"""Publishing goes on behind the page: all of it or nothing, by one person, told to everybody else."""

import threading

import sqlalchemy as sa

from portfolio.chokepoint import taxonomy_queries
from portfolio.chokepoint.models import Tag
from portfolio.chokepoint.taxonomy_models import TaxonomyEdition
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.errors import InputError
from portfolio.people.models import User
from portfolio.taxonomies import proof_operations, publish_operations, queries
from portfolio.taxonomies.models import TaxonomyPublication
from tests.conftest import NOW
from tests.pages import sent_form

PREVIEW, PUBLISH = "/settings/taxonomy/preview", "/settings/taxonomy/publish"
PROGRESS = "/settings/taxonomy/publication"


def asked(bench) -> dict[str, str]:
    """A draft that moves tags, previewed: what the form sends that publishes it."""
    bench.change("technologies/lidar/id", id="laser-radar")
    return sent_form(bench.preview())


def test_a_page_says_where_it_stands_and_may_be_left(bench, monkeypatch) -> None:
    assert bench.client.get(PROGRESS).status_code == 404
    sent, before = asked(bench), bench.every_tag()
    answer = bench.client.post(PUBLISH, data=sent)
    assert answer.location == PREVIEW and bench.every_tag() == before, "nothing in the request"
    page = bench.client.get(PREVIEW).text
    assert "Admin" in page and f'hx-get="{PROGRESS}"' in page and f'action="{PUBLISH}"' not in page
    assert "草稿正在发布" in bench.client.get("/settings/taxonomy").text
    twice = bench.client.post(PUBLISH, data=sent)
    assert twice.status_code == 409 and "草稿正在发布" in twice.text
    dropped = bench.client.post("/settings/taxonomy/discard", data={"version": sent["version"]})
    assert dropped.status_code == 409 and queries.draft() is not None
    seen: list[str] = []
    follow = proof_operations.follow

    def looked(*args) -> None:
        with db.engine.connect() as other:  # what somebody else sees in the middle of it
            editions = other.scalar(sa.select(sa.func.count(TaxonomyEdition.id)))
            row = other.execute(sa.select(TaxonomyPublication)).one()
        seen.append(f"{editions} {publish_operations.progress(row)}")
        follow(*args)

    monkeypatch.setattr(proof_operations, "follow", looked)
    bench.work()
    assert seen == ["0 (0, 5)"], "nothing before all of it"
    assert bench.every_tag() != before and taxonomy_queries.latest()[1] == 2
    answer = bench.client.get(PROGRESS)
    assert answer.headers["HX-Redirect"] == "/chokepoints/taxonomy/editions"
    assert "技术分类第 2 版已生效" in bench.client.get("/chokepoints/taxonomy/editions").text


def test_what_fails_in_the_middle_changes_nothing_and_says_so(bench, monkeypatch) -> None:
    sent, before = asked(bench), bench.every_tag()
    bench.client.post(PUBLISH, data=sent)

    def broken(*_args) -> None:
        raise RuntimeError("no room left")

    with monkeypatch.context() as broke:
        broke.setattr(proof_operations, "follow", broken)
        bench.work()
    assert bench.every_tag() == before and taxonomy_queries.latest()[1] == 1
    assert bench.client.get(PROGRESS).headers["HX-Refresh"] == "true"
    page = bench.client.get(PREVIEW).text
    assert "未能发布，没有任何改动" in page and f'action="{PUBLISH}"' in page
    assert bench.client.post(PUBLISH, data=sent).status_code == 302
    # Whoever wrote meanwhile what the draft does not fit is told of as well.
    with unit_of_work("taxonomy.draft"):
        queries.draft().note = ""
        queries.draft().updated_at = NOW
    bench.work()
    assert (
        bench.every_tag() == before and "已有他人保存了这条记录" in bench.client.get(PREVIEW).text
    )


def test_of_two_who_publish_at_once_one_does_and_the_other_is_told(bench, app) -> None:
    sent, admin_id = asked(bench), queries.draft().updated_by_id
    db.session.remove()
    start, told = threading.Barrier(2), []

    def publish() -> None:
        with app.app_context():
            actor = db.session.get(User, admin_id)
            start.wait(10)
            try:
                with unit_of_work("taxonomy.publish", actor):
                    version = int(sent["version"])
                    publish_operations.ask(version, sent["mark"], "", actor, NOW)
                told.append("asked")
            except InputError as error:
                told.append(error.code)
            finally:
                db.session.remove()

    def work() -> None:
        with app.app_context():
            start.wait(10)
            publish_operations.carry_out(1)
            db.session.remove()

    for doing in (publish, work):  # those who ask, and then two workers who took it up
        threads = [threading.Thread(target=doing) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(told) == ["asked", "taxonomy.publishing"]
    assert db.session.query(TaxonomyEdition).count() == 1
    row = db.session.query(TaxonomyPublication).one()
    assert row.edition_id == db.session.query(TaxonomyEdition).one().id and not row.refusal
    standing = sa.select(Tag.technology).where(Tag.superseded_at.is_(None), Tag.state != "rejected")
    assert "lidar" not in set(db.session.scalars(standing))
