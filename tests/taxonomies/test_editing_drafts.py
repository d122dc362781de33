"""The draft of the taxonomy: changes at their fields, on top of each other, on a newer edition."""

import pytest

from portfolio.chokepoint import taxonomy_queries
from portfolio.chokepoint.taxonomy import shipped
from portfolio.chokepoint.taxonomy_models import TaxonomyEdition
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.errors import InputError
from portfolio.taxonomies import editing, queries
from portfolio.taxonomies.models import TaxonomyDraft
from tests.pages import sent_form

NEW = {
    "id": "quantum-radar",
    "domain": "instruments",
    "zh": "引力透镜雷达",
    "en": "Quantum radar",
    "aliases": "引力透镜雷达整机、量子测距",
}


WRONG: list[tuple[dict[str, str], str]] = [
    ({"id": "X y"}, "不能作编号"),
    ({"id": "lidar"}, "已存在"),
    ({"zh": ""}, "请填写名称"),
    ({"zh": "·"}, "请填写名称"),
    ({"zh": "激光雷达"}, "已是 lidar 的名称"),
    ({"domain": "nowhere"}, "aria-invalid"),
    ({"aliases": "量子测距、量子测距"}, "重复"),
    ({"aliases": "量子测距", "loose": "量子測距"}, "重复"),
    ({"exclude": "量子测距"}, "不能用来排除自己"),
    ({"aliases": "长" * 61}, "超过 60 个字"),
    ({"note_text": "多靠进口"}, "请填写年份"),
    ({"note_text": "多靠进口", "note_year": "2025"}, "请填写来源"),
    ({"note_share": "140", "note_year": "2025", "note_source": "年报"}, "0 至 100"),
    ({"note_share": "很多", "note_year": "2025", "note_source": "年报"}, "很多"),
]


def test_what_cannot_be_is_refused_at_its_field(as_user) -> None:
    client = as_user("admin")
    for values, said in WRONG:
        sent = NEW | {"version": "0"} | values
        page = client.post("/settings/taxonomy/technologies/new", data=sent)
        assert page.status_code == 422
        assert said in page.text and 'aria-invalid="true"' in page.text, values
    assert queries.draft() is None


def test_a_technology_is_put_into_a_draft_and_published(bench) -> None:
    note = {"note_share": "１２.5%", "note_year": "2025", "note_source": "行业年报"}
    answer = bench.change("technologies/new", **NEW, **note, lists=["2018-35"])
    assert answer.status_code == 302
    assert bench.change("domains/new", id="quantum", zh="量子", en="Quantum").status_code == 302
    assert bench.change("technologies/quantum-radar", domain="quantum").status_code == 302
    page = bench.client.get("/settings/taxonomy").text
    assert "引力透镜雷达" in page and "新增领域" in page
    assert "quantum-radar" not in bench.client.get("/chokepoints/taxonomy").text
    page = bench.preview()
    assert "库中标签和建议均无变化" in page and "请再确认" not in page
    assert bench.publish("补充量子").status_code == 302
    page = bench.client.get("/chokepoints/taxonomy").text
    assert "引力透镜雷达" in page and "12.5%" in page and "第 2 版" in page
    page = bench.client.get("/chokepoints/taxonomy/editions").text
    assert "补充量子" in page and "Admin" in page and "量子测距" in page
    assert queries.draft() is None
    assert db.session.query(TaxonomyEdition).one().settled_at is not None
    assert "quantum-radar" in bench.client_of("manager").get("/companies/1/tags").text
    assert bench.client_of("manager").get("/settings/taxonomy").status_code == 403


def test_a_change_that_is_taken_out_leaves_what_hung_on_it_unfit(bench) -> None:
    bench.change("technologies/new", **NEW)
    bench.change("technologies/quantum-radar", loose="测距")
    page = bench.client.post("/settings/taxonomy/drop", data={"version": "2", "place": "0"})
    assert page.status_code == 409
    version = str(queries.draft().version)
    bench.client.post("/settings/taxonomy/drop", data={"version": version, "place": "0"})
    page = bench.client.get("/settings/taxonomy").text
    assert "此项不再适用" in page
    assert "有 1 项修改已不适用" in bench.client.get("/settings/taxonomy/preview").text
    version = str(queries.draft().version)
    bench.client.post("/settings/taxonomy/drop", data={"version": version, "place": "0"})
    assert queries.draft() is None


def test_ids_lead_on_and_never_in_a_circle(bench) -> None:
    assert bench.change("technologies/lidar/id", id="laser-radar").status_code == 302
    page = bench.change("technologies/laser-radar/id", id="lidar")
    assert page.status_code == 422 and "循环指向" in page.text
    for parts in (
        {},
        {"p0_id": "a-1", "p0_zh": "甲项", "p0_en": "A"},
        {"p0_id": "x", "p1_id": "x"},
    ):
        page = bench.change("technologies/laser-radar/split", **parts)
        assert page.status_code == 422 and "至少需要两项" in page.text
    page = bench.change("technologies/laser-radar/merge", into="")
    assert page.status_code == 422 and "要并入的另一项" in page.text
    page = bench.change("technologies/laser-radar")
    assert page.status_code == 422 and "没有任何改动" in page.text


def test_publishing_over_a_newer_edition_is_refused_with_a_way_on(bench) -> None:
    bench.change("technologies/new", **NEW)
    bench.preview()
    row = queries.draft()
    changes, base = row.changes, row.base
    said = {"created_at": row.created_at, "updated_at": row.updated_at}
    said |= {"created_by_id": row.created_by_id, "updated_by_id": row.updated_by_id}
    assert bench.publish().status_code == 302
    # The same draft once more, as a colleague would have it who began before that.
    with unit_of_work("taxonomy.draft"):
        db.session.add(
            TaxonomyDraft(
                base=base,
                changes=changes.replace("quantum-radar", "photon-radar").replace("量子", "光子"),
                **said,
            )
        )
    page = bench.publish()
    assert page.status_code == 409 and "第 2 版已生效" in page.text
    page = bench.client.get("/settings/taxonomy").text
    assert "期间第 2 版已生效" in page and "引力透镜雷达" in page
    version = str(queries.draft().version)
    stale = bench.client.post("/settings/taxonomy/base", data={"version": version, "onto": "1"})
    assert stale.status_code == 409
    bench.client.post("/settings/taxonomy/base", data={"version": version, "onto": "2"})
    assert bench.publish().status_code == 302
    assert {"quantum-radar", "photon-radar"} <= taxonomy_queries.taxonomy().technologies.keys()


def test_who_has_not_seen_the_preview_of_this_draft_publishes_nothing(bench) -> None:
    bench.change("technologies/new", **NEW)
    seen = sent_form(bench.preview())
    bench.change("technologies/quantum-radar", loose="测距")
    answer = bench.client.post("/settings/taxonomy/publish", data=seen)
    assert answer.status_code == 409
    seen["version"] = str(queries.draft().version)
    answer = bench.client.post("/settings/taxonomy/publish", data=seen)
    assert answer.status_code == 422 and "预览不一致" in answer.text
    bench.client.post("/settings/taxonomy/discard", data={"version": seen["version"]})
    assert queries.draft() is None


def test_every_technology_that_is_shipped_may_be_edited() -> None:
    for technology in shipped().technologies.values():
        words = {name: getattr(technology, name) for name in editing.SERIES}
        editing.check_words(words)
    with pytest.raises(InputError, match="word_twice"):
        editing.check_words({"aliases": ("光刻胶", "光刻胶"), "loose": (), "exclude": ()})
    with pytest.raises(InputError, match="excludes_itself"):
        editing.check_words({"aliases": ("光刻胶 & 半导体",), "loose": (), "exclude": ("光刻胶",)})
