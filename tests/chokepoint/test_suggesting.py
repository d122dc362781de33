"""Suggestions from texts: developing counts, using, selling and serving do not."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.chokepoint.folding import flattened, unmarked
from portfolio.chokepoint.suggest import Role, answer, readings, suggest
from portfolio.chokepoint.taxonomy import FaultyTaxonomy, read_taxonomy, shipped
from portfolio.kernel.errors import InputError

CLAIMS = "公司自主研发深紫外LED、光刻胶和IGBT模块，采用五轴联动数控机床，代理MLCC。<b>量子</b>計算"
ACROSS = (
    "上海光学、各种业务、多种源头、控制种植、实时统计、实时频率、习惯导致、检测流程、观测角度、"
    "电源表面、供电调度、内燃机配件、冷却液流道、扩大储备、镀锌铁丝、独立加工、充电液冷、空间位置、"
    "低碳陶土、全球管理、软胶囊、薄膜包衣、最新药品、发动机车间、系列控制、汽车轴套、多轮对话、"
    "总线控制、合规控制、遮光罩、下载板块、民航发展、民航电话、核心磁环、独特气味、双马达、存算分离、"
    "食品加工中心"
)
WIDE = str.maketrans({chr(c): chr(c + 0xFEE0) for c in range(0x21, 0x7F)})


def found(text: str) -> set[str]:
    return {s.technology.id for s in suggest(text)}


def role(text: str, technology: str) -> Role:
    return next(s.role for s in readings(text) if s.technology.id == technology)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("公司自主研发深紫外LED外延芯片，已量产。", {"uv-led"}),
        ("公司專注於光刻膠的研發與生產。", {"photoresist"}),
        ("公司专注于ＩＧＢＴ的研发与生产。", {"power-semi"}),
        ("電源管理晶片設計公司，自主研發。", {"chip-analog"}),
        ("The company develops solid-state LiDAR sensors.", {"lidar"}),
        ("公司采用进口芯片，集成视觉检测方案。", set()),
        ("代理销售光刻胶，兼营仓储。", set()),
        ("", set()),
        ("一家餐饮企业。", set()),
    ],
)
def test_developing_is_told_from_using_and_selling(text, expected) -> None:
    assert found(text) == expected


def test_a_name_across_the_end_of_one_word_and_the_start_of_the_next_is_none() -> None:
    wrong = {w: found(f"公司主要从事{w}的研发、生产。") for w in ACROSS.split("、")}
    assert {w: names for w, names in wrong.items() if names} == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("提供光刻胶涂布服务。", set()),
        ("公司生产激光雷达外壳。", set()),
        ("公司从事盾构机租赁。", set()),
        ("公司研发激光雷达。", {"lidar"}),
        ("公司生产光刻机零部件。", {"semi-parts"}),
        ("公司研发IGBT功率模块测试设备。", {"test-packaging"}),
    ],
)
def test_the_head_of_a_compound_decides(text, expected) -> None:
    assert found(text) - {"power-semi"} == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("公司研发磁光开关，用于激光雷达。", {"optics"}),
        ("公司研发应用于激光雷达的磁光开关。", {"optics"}),
        ("公司的客户包括光刻机、激光雷达等领域的厂商。", set()),
        ("为光刻机企业提供洁净家具。", set()),
        ("公司主营业务为激光雷达的研发、生产和销售。", {"lidar"}),
        ("控股子公司主营业务为光模块的研制生产。", {"optical-chips"}),
        ("公司主要产品为光模块，用于数据中心。", {"optical-chips"}),
        ("公司定位为国内领先的激光雷达供应商。", {"lidar"}),
        ("谐波减速器、激光雷达的研发、生产和销售。", {"reducers", "lidar"}),
        ("谐波减速器、激光雷达的销售、安装和维修。", set()),
        ("一般项目：轴承销售；半导体分立器件制造；仪器仪表制造；电子专用材料研发。", set()),
        ("一般项目：光纤激光器的研发、生产；货物进出口。", {"lasers"}),
        ("公司不涉及光刻机业务。", set()),
        ("公司拟收购某公司，其自主研发光刻胶。", set()),
        ("参股公司研发光刻胶。", set()),
        ("控股子公司研发光刻胶。", {"photoresist"}),
    ],
)
def test_the_verb_that_governs_a_name_decides(text, expected) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "technology", "expected"),
    [
        ("公司采用五轴联动数控机床加工零件。", "cnc", Role.USES),
        ("公司代理光刻胶。", "photoresist", Role.SELLS),
        ("公司从事盾构机维修。", "tbm", Role.SERVES),
        ("产品应用于激光雷达。", "lidar", Role.MENTIONS),
        ("公司研发激光雷达。", "lidar", Role.DEVELOPS),
    ],
)
def test_each_technology_that_is_named_has_its_role(text, technology, expected) -> None:
    assert role(text, technology) == expected


def test_the_words_a_suggestion_rests_on_stand_in_the_original_text() -> None:
    text = "公司自主研發ＩＧＢＴ功率模块。"
    suggestion = suggest(text)[0]
    assert text[suggestion.start : suggestion.end] == suggestion.evidence == "ＩＧＢＴ"
    assert {text[a:b] for a, b in suggestion.places} >= {"自主研發", "ＩＧＢＴ"}


def test_a_list_of_keywords_claims_little_and_says_so() -> None:
    stuffed = readings("光刻胶 IGBT 碳化硅衬底 光刻机 MLCC FPGA 硅片 DRAM 激光雷达 滤波器")
    plain = suggest("公司研发、生产光刻胶。")
    assert all(s.stuffed for s in stuffed)
    assert not plain[0].stuffed
    assert plain[0].confidence > 0.8 > 0.5 > max(s.confidence for s in stuffed)
    over = readings("光刻胶" * 50)
    assert over[0].stuffed
    assert over[0].confidence < 0.5


def test_a_text_in_html_is_read_as_its_words() -> None:
    text = "<p class='量子计算'>公司<b>自主研发</b>&nbsp;光刻胶。<script>研发激光雷达</script></p>"
    assert found(text) == {"photoresist"}
    assert found("<script>" + "x " * 50_000 + "</script>公司自主研发光刻胶。") == {"photoresist"}
    assert found("🚀公司自主研发光刻胶🔥。") == {"photoresist"}


@given(st.text(max_size=300))
def test_any_text_is_survived_and_keeps_its_places(text) -> None:
    assert len(flattened(text)) == len(text) == len(unmarked(text))
    for suggestion in readings(text):
        assert text[suggestion.start : suggestion.end] == suggestion.evidence
        assert all(0 <= a < b <= len(text) for a, b in suggestion.places)
        assert 0 <= suggestion.confidence <= 1


@given(st.text(max_size=100))
def test_flattening_again_changes_nothing(text) -> None:
    assert flattened(flattened(text)) == flattened(text)


@given(
    st.lists(
        st.sampled_from([*CLAIMS, "，", "。", "研发", "SiC MOSFET", "CPU", "芯片"]), max_size=40
    )
)
def test_full_width_letters_and_signs_change_no_tag(pieces) -> None:
    text = "".join(pieces)
    wide = text.translate(WIDE) if "<" not in text and ">" not in text else text
    assert [(s.technology.id, s.confidence) for s in readings(wide)] == [
        (s.technology.id, s.confidence) for s in readings(text)
    ]


@pytest.mark.parametrize(
    "piece",
    [
        "光刻胶",
        "光刻胶、",
        "研发",
        "为光刻胶",
        "<script>",
        "<",
        "&",
        "芯",
        "光刻胶,",
        "a",
        "股份光刻胶",
    ],
)
def test_an_enormous_text_is_read_in_bounded_time(piece) -> None:
    begun = time.process_time()
    readings(piece * (1_000_000 // len(piece)))
    assert time.process_time() - begun < 5


def test_an_enormous_text_is_read_in_part() -> None:
    assert found("公司自主研发光刻胶。" + "很长" * 500_000) == {"photoresist"}


def test_a_line_that_is_no_object_is_refused_by_its_number() -> None:
    nothing = {"id": "a", "technologies": [], "stuffed": False}
    assert json.loads(answer('{"id": "a", "text": "x"}', 1)) == nothing
    listed = json.dumps(
        {"id": "a", "text": "光刻机、光刻胶、大硅片、存储芯片、掩模版、激光雷达、数据库"}
    )
    assert json.loads(answer(listed, 1)) == nothing | {"stuffed": True}
    for line in ("nonsense", '{"id": 1}', '{"id": 1, "text": 5}', "[]", "[" * 100_000):
        with pytest.raises(InputError) as refusal:
            answer(line, 7)
        assert refusal.value.params["row"] == 7


def test_the_taxonomy_is_whole() -> None:
    book = shipped()
    assert (len(book.domains), len(book.technologies)) == (13, 96)
    assert all(t.zh and t.en for t in book.technologies.values())
    head = 'schema_version=1\n[[domain]]\nid="d"\nzh="z"\nen="e"\n'
    row = '[[technology]]\nid="a"\ndomain="d"\nzh="z"\nen="e"\n'
    with pytest.raises(FaultyTaxonomy, match="twice"):
        read_taxonomy(head + row + row)
    with pytest.raises(FaultyTaxonomy, match="no domain"):
        read_taxonomy(head + row.replace('domain="d"', 'domain="x"'))
