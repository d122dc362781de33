"""The taxonomy for reading, and editions of the fund on top of what came with the program."""

import json
from dataclasses import replace

import sqlalchemy as sa

from portfolio.chokepoint import taxonomy_queries as queries
from portfolio.chokepoint.amending import differences
from portfolio.chokepoint.suggest import suggest
from portfolio.chokepoint.taxonomy import Note, shipped
from portfolio.chokepoint.taxonomy_models import TaxonomyEdition
from portfolio.extensions import db, unit_of_work
from tests import factories
from tests.conftest import NOW


def publish(actor, **changed) -> None:
    """An edition in which lidar differs."""
    old = queries.taxonomy()
    lidar = replace(old.technologies["lidar"], **changed)
    new = replace(old, technologies={**old.technologies, "lidar": lidar})
    changes = [{"kind": "edit", "differences": differences(old, new)}]
    with unit_of_work("taxonomy.publish", actor):
        number = queries.latest()[1] + 1
        edition = TaxonomyEdition(
            number=number,
            note="",
            changes=json.dumps(changes),
            published_at=NOW,
            published_by_id=actor.id,
        )
        db.session.add(edition)


def test_everybody_reads_the_taxonomy_and_finds_words_in_it(as_user, cast) -> None:
    client = as_user("committee")
    page = client.get("/chokepoints/taxonomy").text
    for t in shipped().technologies.values():
        assert f'id="{t.id}"' in page and t.zh in page
    for words in ("2018年35项卡脖子技术", "工业六基", "十大重点领域", "青岛重点产业链", "第 1 版"):
        assert words in page
    page = client.get("/chokepoints/taxonomy?q=ＬＩＤＡＲ").text
    assert 'id="lidar"' in page and "<mark>" in page and 'id="photoresist"' not in page
    page = client.get("/chokepoints/taxonomy?list=qingdao-chains&domain=marine").text
    assert 'id="ship-power"' in page and 'id="hydrogen"' not in page
    assert "没有找到" in client.get("/chokepoints/taxonomy?q=nothing-like-it").text


def test_the_tagger_and_every_page_follow_an_edition(app, as_user, cast) -> None:
    text = "公司自主研发光子测距雷。"
    company = factories.company(cast["manager"], description=text)
    assert not suggest(text, queries.lexicon())
    note = Note("前装量产以国产为主", 62_500_000, 2025, "行业年报")
    aliases = (*shipped().technologies["lidar"].aliases, "光子测距雷")
    publish(cast["admin"], zh="激光测距雷达", aliases=aliases, note=note)
    assert [s.technology.zh for s in suggest(text, queries.lexicon())] == ["激光测距雷达"]
    assert not suggest(text)
    client = as_user("manager")
    client.post(f"/companies/{company.id}/suggestions")
    assert "激光测距雷达" in client.get(f"/companies/{company.id}").text
    page = client.get("/chokepoints/taxonomy").text
    assert "第 2 版" in page and "62.5%" in page and "行业年报" in page
    run = app.test_cli_runner()
    run_file = app.config["INSTANCE_PATH"] + "/texts.jsonl"
    with open(run_file, "w", encoding="utf-8") as file:
        file.write(json.dumps({"id": 1, "text": text}))
    answer = run.invoke(args=["chokepoint", "suggest", run_file])
    assert json.loads(answer.output)["technologies"][0]["id"] == "lidar"
    publish(cast["admin"], aliases=shipped().technologies["lidar"].aliases)
    assert not suggest(text, queries.lexicon())
    assert suggest(text, queries.words_of(queries.taxonomy_of(2)))


def test_reading_the_taxonomy_asks_the_database_once(as_user, queries) -> None:
    client = as_user("reader")
    client.get("/chokepoints")
    db.session.rollback()
    queries.clear()
    client.get("/chokepoints")
    assert len([q for q in queries if "taxonomy_edition" in q]) == 1
    db.session.rollback()
    queries.clear()
    client.get("/digests")
    assert not [q for q in queries if "taxonomy_edition" in q]


def test_without_a_database_the_shipped_words_serve(app, tmp_path) -> None:
    file = tmp_path / "texts.jsonl"
    file.write_text(json.dumps({"id": 1, "text": "公司自主研发光刻胶。"}), encoding="utf-8")
    with unit_of_work("taxonomy.publish"):
        cascade = " CASCADE" if db.engine.name == "postgresql" else ""
        db.session.execute(sa.text(f"DROP TABLE {TaxonomyEdition.__tablename__}{cascade}"))
    answer = app.test_cli_runner().invoke(args=["chokepoint", "suggest", str(file)])
    assert '"photoresist"' in answer.stdout and "随程序" in answer.stderr
