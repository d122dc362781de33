"""Tags and suggestions follow what becomes of their technologies, as the preview said they would."""

import json
from collections import Counter

import pytest
import sqlalchemy as sa

from portfolio.audit.models import AuditEntry
from portfolio.chokepoint import operations as chokepoint
from portfolio.chokepoint import taxonomy_queries
from portfolio.chokepoint.models import Tag
from portfolio.chokepoint.suggest import suggest
from portfolio.extensions import db, unit_of_work
from portfolio.people.models import UserRole
from portfolio.taxonomies import queries
from portfolio.taxonomies.models import TaxonomyEffect
from portfolio.taxonomies.run_operations import published
from tests.conftest import NOW
from tests.taxonomies.tagged import tag

SOLID = {
    "p0_id": "solid-lidar",
    "p0_zh": "固态测距",
    "p0_en": "Solid-state",
    "p0_aliases": "固态激光雷达",
}
SPUN = {"p1_id": "spun-lidar", "p1_zh": "机械测距", "p1_en": "Spun", "p1_aliases": "机械式激光雷达"}


def effects() -> Counter[tuple[str, str, str]]:
    """What the preview says, without the companies."""
    columns = (TaxonomyEffect.effect, TaxonomyEffect.technology, TaxonomyEffect.becomes)
    return Counter(tuple(row) for row in db.session.execute(sa.select(*columns)))


def test_another_id_takes_everything_along_and_the_trail_shows_it(bench) -> None:
    bench.change("technologies/lidar/id", id="laser-radar")
    bench.preview()
    assert effects() == {
        ("moved", "lidar", "laser-radar"): 3,
        ("follows", "lidar", "laser-radar"): 1,
        ("carried", "lidar", "laser-radar"): 1,
    }
    before = bench.every_tag()
    assert bench.publish().status_code == 302
    moved = {
        n: dict.fromkeys(["laser-radar"], t["lidar"]) for n, t in before.items() if "lidar" in t
    }
    assert bench.every_tag() == {**before, **moved}
    rows = db.session.scalars(sa.select(Tag).where(Tag.company_id == bench.companies["solid"].id))
    old, new = sorted(rows, key=lambda row: row.id)
    assert old.superseded_at == new.recorded_at
    assert (new.level, new.recorded_by_id) == ("E2", old.recorded_by_id)
    assert {technology for _, technology, _ in bench.evidence()} == {"laser-radar"}
    assert bench.evidence().total() == 3
    trail = db.session.scalars(
        sa.select(AuditEntry).where(AuditEntry.object_type == "chokepoint_tag")
    )
    assert "taxonomy.publish" in {entry.action for entry in trail}
    page = bench.client_of("manager").get(f"/companies/{bench.companies['solid'].id}").text
    assert "激光雷达" in page and "验收报告" in page
    assert 'href="#laser-radar"' in bench.client.get("/chokepoints/taxonomy").text
    page = bench.client_of("manager").get("/companies?technology=lidar").text
    assert bench.companies["solid"].name_zh in page, "an old address leads on"
    # Nothing is suggested a second time under the new id.
    with unit_of_work("tag.suggest"):
        assert chokepoint.refresh_suggestions(bench.companies["solid"], NOW) == 0


def test_a_split_assigns_by_text_and_by_hand_and_leaves_the_rest_for_review(bench) -> None:
    assert bench.change("technologies/lidar/split", **SOLID, **SPUN, rule="text").status_code == 302
    page = bench.preview()
    assert "未归入任何一项的词" in page
    found = effects()
    assert found["moved", "lidar", "solid-lidar"] == found["moved", "lidar", "spun-lidar"] == 1
    assert found["undecided", "lidar", "solid-lidar"] == 1
    assert found["carried", "lidar", "spun-lidar"] == 1
    vague = bench.companies["vague"]
    path = "/settings/taxonomy/preview/effects?effect=undecided&from=lidar&to=solid-lidar"
    page = bench.client.get(path).text
    assert vague.name_zh in page and "手工指定" in page
    page = bench.client.get(path.replace("undecided", "moved")).text
    assert "<mark>固态激光雷达</mark>" in page
    hand = {f"to-{vague.id}": "spun-lidar", "place": "0", "version": str(queries.draft().version)}
    bench.client.post("/settings/taxonomy/preview/assignments", data=hand)
    bench.work()
    assert effects()["moved", "lidar", "spun-lidar"] == 2
    assert bench.publish().status_code == 302
    assert bench.every_tag() == {
        "solid": {"solid-lidar": "confirmed"},
        "mechanical": {"spun-lidar": "confirmed"},
        "vague": {"spun-lidar": "confirmed"},
        "seller": {"solid-lidar": "rejected", "spun-lidar": "rejected"},
        "resist": {"photoresist": "suggested"},
    }


def test_two_in_one_keep_the_better_proven_tag(bench, cast) -> None:
    tag(bench.companies["solid"], "photoresist", "confirmed", cast["manager"], "E4")
    tag(bench.companies["mechanical"], "photoresist", "suggested", cast["manager"])
    bench.change("technologies/lidar/merge", into="photoresist")
    assert bench.publish().status_code == 302
    found = bench.every_tag()
    assert found["solid"] == found["mechanical"] == {"photoresist": "confirmed"}
    query = sa.select(Tag.level).where(
        Tag.company_id == bench.companies["solid"].id, Tag.superseded_at.is_(None)
    )
    assert db.session.scalar(query) == "E4"
    assert found["seller"] == {"photoresist": "rejected"}


def test_a_retired_technology_keeps_its_tags_and_loses_its_suggestions(bench) -> None:
    bench.change("technologies/lidar/use")
    bench.preview()
    assert effects()["stays", "lidar", ""] == 3
    assert effects()["vanishes", "lidar", ""] == 1
    bench.publish()
    assert bench.every_tag()["solid"] == {"lidar": "confirmed"}
    assert "both" not in bench.every_tag()
    assert 'value="lidar"' not in bench.client_of("manager").get("/companies/1/tags").text
    bench.change("technologies/lidar/use")
    bench.publish()
    assert "lidar" in taxonomy_queries.taxonomy().technologies


def expected(bench) -> set[tuple[int, str, str]]:
    """What the whole library says by both taxonomies, computed without shortcuts."""
    found = queries.drafted()
    old, new = (taxonomy_queries.words_of(book) for book in (found.base, found.book))
    told = set()
    for company in bench.companies.values():
        before, after = (
            {s.technology.id for s in suggest(company.description, w)} for w in (old, new)
        )
        stands = {
            row.technology: row.state
            for row in db.session.scalars(
                sa.select(Tag).where(Tag.company_id == company.id, Tag.superseded_at.is_(None))
            )
        }
        told |= {(company.id, "appears", t) for t in after - before if t not in stands}
        told |= {
            (company.id, "vanishes", t)
            for t, state in stands.items()
            if state == "suggested" and t in before - after
        }
    return told


@pytest.mark.parametrize(
    ("technology", "values"),
    [
        ("lidar", {"loose": "固态", "aliases": "光子测距雷、车载感知产品"}),
        ("lidar", {"exclude": "激光雷达和毫米波、固态激光雷达，", "aliases": "光子测距雷"}),
        ("photoresist", {"zh": "光敏胶", "aliases": "光子测距", "loose": ""}),
        ("photoresist", {"domain": "software"}),
    ],
)
def test_the_preview_is_what_a_full_recomputation_gives(bench, technology, values) -> None:
    assert bench.change(f"technologies/{technology}", **values).status_code == 302
    bench.preview()
    query = sa.select(TaxonomyEffect.company_id, TaxonomyEffect.effect, TaxonomyEffect.technology)
    rows = db.session.execute(query.add_columns(TaxonomyEffect.becomes)).all()
    assert {(c, e, b if e == "appears" else t) for c, e, t, b in rows} == expected(bench)
    assert bool(rows) == ("domain" not in values)
    before = bench.every_tag()
    bench.publish()
    after = bench.every_tag()
    names = {company.id: name for name, company in bench.companies.items()}
    for company_id, effect, technology_id, becomes in rows:
        name = names[company_id]
        if effect == "appears":
            assert after[name][becomes] == "suggested" and becomes not in before.get(name, {})
        else:
            assert technology_id not in after.get(name, {})
    changed = {names[row[0]] for row in rows}
    assert {n: t for n, t in before.items() if n not in changed} == {
        n: t for n, t in after.items() if n not in changed
    }


@pytest.mark.parametrize("act", ["id", "split", "merge", "use"])
def test_an_edition_that_is_taken_back_leaves_tags_as_they_were(bench, cast, act) -> None:
    values = {
        "id": {"id": "laser-radar"},
        "split": {**SOLID, **SPUN, "rule": "none"},
        "merge": {"into": "photoresist"},
        "use": {},
    }[act]
    before, book = bench.every_tag(), taxonomy_queries.taxonomy()
    proofs = bench.evidence()
    bench.change(f"technologies/lidar/{act}", **values)
    assert bench.publish().status_code == 302
    assert bench.every_tag() != before
    decided = {}
    if act == "split":  # somebody decides meanwhile
        with unit_of_work("tag.reject"):
            row = db.session.scalars(
                sa.select(Tag).where(
                    Tag.company_id == bench.companies["vague"].id, Tag.superseded_at.is_(None)
                )
            ).first()
            chokepoint.reject(row, "看过现场，并非激光雷达", cast["manager"], NOW)
        decided = {"vague": {"lidar": "rejected"}}
    page = bench.client.get("/chokepoints/taxonomy/editions").text
    edition = taxonomy_queries.editions()[0]
    assert f"/settings/taxonomy/editions/{edition.id}/return" in page
    bench.client.post(f"/settings/taxonomy/editions/{edition.id}/return")
    again = bench.client.post(f"/settings/taxonomy/editions/{edition.id}/return")
    assert again.status_code == 302
    assert "已有一份草稿" in bench.client.get("/settings/taxonomy").text
    assert bench.publish().status_code == 302
    after = bench.every_tag()
    # A suggestion that went is not made up again: the text suggests it once it is read again.
    want = {**before, **decided}
    if act == "use":
        assert {n: t for n, t in after.items() if n != "both"} == {
            n: t for n, t in want.items() if n != "both"
        }
        assert after["both"]["lidar"] == "suggested"
    else:
        assert after == want
    assert bench.evidence() == proofs
    now = taxonomy_queries.taxonomy()
    assert (now.technologies, now.former) == (book.technologies, book.former)


def test_a_technology_that_companies_carry_is_not_taken_back_unseen(bench, cast) -> None:
    new = {"id": "photon", "domain": "instruments", "zh": "光子测距", "en": "Photon"}
    bench.change("technologies/new", **new, aliases="光子测距雷")
    bench.publish()
    assert bench.tags("sight") == {"photon": "suggested"}
    tag(bench.companies["other"], "photon", "confirmed", cast["manager"])
    edition = taxonomy_queries.editions()[0]
    bench.client.post(f"/settings/taxonomy/editions/{edition.id}/return")
    assert "有 1 家企业带有“photon”" in bench.preview()
    assert bench.publish().status_code == 422
    assert json.loads(edition.changes)[0]["kind"] == "add"
    assert published(edition).book.technologies["photon"].zh == "光子测距"


def test_who_may_not_read_companies_sees_counts_alone(bench, cast) -> None:
    bench.change("technologies/lidar/id", id="laser-radar")
    bench.preview()
    path = "/settings/taxonomy/preview/effects?effect=moved"
    assert bench.companies["solid"].name_zh in bench.client.get(path).text
    with unit_of_work("user.roles"):
        db.session.execute(sa.delete(UserRole).where(UserRole.role == "reader"))
    db.session.expire_all()
    client = bench.client_of("admin")
    page = client.get(path).text
    assert "3 家" in page and bench.companies["solid"].name_zh not in page
