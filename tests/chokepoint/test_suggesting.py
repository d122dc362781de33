"""Suggestions from texts: developing counts, using, selling and serving do not."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.chokepoint.suggest import answer, flattened, suggest
from portfolio.chokepoint.taxonomy import FaultyTaxonomy, read_taxonomy, taxonomy
from portfolio.kernel.errors import InputError


def found(text: str) -> set[str]:
    return {s.technology.id for s in suggest(text)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("公司自主研发深紫外LED外延芯片，已量产。", {"uv-led"}),
        ("公司專注於光刻膠的研發與生產。", {"photoresist"}),
        ("公司专注于ＩＧＢＴ的研发与生产。", {"power-semi"}),
        ("公司采用进口芯片，集成视觉检测方案。", set()),
        ("代理销售光刻胶，兼营仓储。", set()),
        ("提供光刻胶涂布服务。", set()),
        ("", set()),
        ("一家餐饮企业。", set()),
    ],
)
def test_developing_is_told_from_using_selling_and_serving(text, expected) -> None:
    assert found(text) == expected


def test_the_words_a_suggestion_rests_on_stand_in_the_original_text() -> None:
    text = "公司自主研發ＩＧＢＴ功率模块。"
    for suggestion in suggest(text):
        assert text[suggestion.start : suggestion.end] == suggestion.evidence


def test_a_list_of_keywords_claims_less_than_a_sentence() -> None:
    stuffed = suggest("光刻胶 IGBT 碳化硅衬底 光刻机 MLCC FPGA 硅片 DRAM 激光雷达 滤波器")
    plain = suggest("公司研发、生产光刻胶。")
    assert plain[0].confidence > max((s.confidence for s in stuffed), default=0)


@given(st.text(max_size=300))
def test_any_text_is_survived_and_keeps_its_places(text) -> None:
    assert len(flattened(text)) == len(text)
    for suggestion in suggest(text):
        assert text[suggestion.start : suggestion.end] == suggestion.evidence


def test_an_enormous_text_is_read_in_part() -> None:
    assert found("公司自主研发光刻胶。" + "很长" * 500_000) == {"photoresist"}


def test_a_line_that_is_no_object_is_refused_by_its_number() -> None:
    assert json.loads(answer('{"id": "a", "text": "x"}', 1)) == {"id": "a", "technologies": []}
    for line in ("nonsense", '{"id": 1}', '{"id": 1, "text": 5}', "[]"):
        with pytest.raises(InputError) as refusal:
            answer(line, 7)
        assert refusal.value.params["row"] == 7


def test_the_taxonomy_is_whole() -> None:
    book = taxonomy()
    assert (len(book.domains), len(book.technologies)) == (13, 96)
    assert all(t.zh and t.en for t in book.technologies.values())
    head = 'schema_version=1\n[[domain]]\nid="d"\nzh="z"\nen="e"\n'
    row = '[[technology]]\nid="a"\ndomain="d"\nzh="z"\nen="e"\n'
    with pytest.raises(FaultyTaxonomy, match="twice"):
        read_taxonomy(head + row + row)
    with pytest.raises(FaultyTaxonomy, match="no domain"):
        read_taxonomy(head + row.replace('domain="d"', 'domain="x"'))
