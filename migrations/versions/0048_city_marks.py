"""A company is told by its name without the 市 behind its city: 青岛市海纳 is likely 青岛海纳."""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op
from pypinyin import lazy_pinyin
from pypinyin.seg.simpleseg import seg

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

NAMES = ("name", "former")


def upgrade() -> None:
    columns = ("id", "company_id", "kind", "value")
    key = sa.table("company_key", *map(sa.column, columns))
    bind = op.get_bind()
    found = sa.select(key).where(key.c.kind.in_(NAMES), key.c.value.like("%市%"))
    for row in bind.execute(found.order_by(key.c.kind.desc(), key.c.id)).all():  # names first
        told = _CITY.sub(r"\1", row.value)
        if told == row.value:
            continue
        own = key.c.company_id == row.company_id
        same = sa.and_(own, key.c.value == told)
        if row.kind == "name":
            bind.execute(sa.delete(key).where(same, key.c.kind == "former"))
            spoken = sa.update(key).where(own, key.c.kind == "sound")
            bind.execute(spoken.values(value=_sound(told)))
        elif bind.scalar(sa.select(sa.func.count()).where(same, key.c.kind.in_(NAMES))):
            bind.execute(sa.delete(key).where(key.c.id == row.id))
            continue
        bind.execute(sa.update(key).where(key.c.id == row.id).values(value=told))


# How names were told when this was written: what becomes of the rule since is for later migrations.
_PLACES = [
    "中国",
    "北京",
    "上海",
    "天津",
    "重庆",
    "河北",
    "山西",
    "辽宁",
    "吉林",
    "黑龙江",
    "江苏",
    "浙江",
    "安徽",
    "福建",
    "江西",
    "山东",
    "河南",
    "湖北",
    "湖南",
    "广东",
    "海南",
    "四川",
    "贵州",
    "云南",
    "陕西",
    "甘肃",
    "青海",
    "台湾",
    "内蒙古",
    "广西",
    "西藏",
    "宁夏",
    "新疆",
    "香港",
    "澳门",
    "济南",
    "青岛",
    "淄博",
    "枣庄",
    "东营",
    "烟台",
    "潍坊",
    "济宁",
    "泰安",
    "威海",
    "日照",
    "临沂",
    "德州",
    "聊城",
    "滨州",
    "菏泽",
    "崂山",
    "黄岛",
    "西海岸",
    "城阳",
    "李沧",
    "市南",
    "市北",
    "即墨",
    "胶州",
    "平度",
    "莱西",
    "石家庄",
    "唐山",
    "保定",
    "太原",
    "呼和浩特",
    "包头",
    "沈阳",
    "大连",
    "鞍山",
    "长春",
    "哈尔滨",
    "南京",
    "无锡",
    "徐州",
    "常州",
    "苏州",
    "南通",
    "盐城",
    "扬州",
    "镇江",
    "泰州",
    "杭州",
    "宁波",
    "温州",
    "嘉兴",
    "湖州",
    "绍兴",
    "金华",
    "台州",
    "合肥",
    "芜湖",
    "蚌埠",
    "福州",
    "厦门",
    "泉州",
    "南昌",
    "赣州",
    "郑州",
    "洛阳",
    "武汉",
    "宜昌",
    "襄阳",
    "长沙",
    "株洲",
    "湘潭",
    "广州",
    "深圳",
    "珠海",
    "佛山",
    "惠州",
    "东莞",
    "中山",
    "南宁",
    "柳州",
    "海口",
    "成都",
    "绵阳",
    "贵阳",
    "昆明",
    "拉萨",
    "西安",
    "宝鸡",
    "咸阳",
    "兰州",
    "西宁",
    "银川",
    "乌鲁木齐",
]
_CITY = re.compile(f"^({'|'.join(sorted(_PLACES, key=len, reverse=True))})市(?=.)")
_LATIN = re.compile(r"[0-9a-z]+")


def _folded(text: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def _sound(text: str) -> str:
    spoken: list[str] = []
    for word in seg(text):
        if _LATIN.fullmatch(word):
            spoken += word
        else:
            spoken += (_folded(s) or s for s in lazy_pinyin([word], errors=list))
    return _folded("".join(spoken))


def downgrade() -> None:
    """Keys of either rule are found by either: nothing is put back."""
