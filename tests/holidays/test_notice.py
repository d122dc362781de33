"""The yearly notice is read as it is published, and what cannot be so is refused with its sentence."""

import datetime as dt

import chinese_calendar
import pytest

from portfolio.holidays.named import missing
from portfolio.holidays.notice import read
from portfolio.kernel.calendar import CHINA, WorkCalendar
from portfolio.kernel.errors import InputError

# 国办发明电〔2024〕12号, the arrangement of 2025.
OF_2025 = """国务院办公厅关于2025年部分节假日安排的通知
国办发明电〔2024〕12号
经国务院批准，现将2025年元旦、春节、清明节、劳动节、端午节、国庆节和中秋节放假调休日期的具体安排通知如下。
一、元旦：1月1日（周三）放假1天，不调休。
二、春节：1月28日（农历除夕、周二）至2月4日（农历正月初七、周二）放假调休，共8天。1月26日（周日）、2月8日（周六）上班。
三、清明节：4月4日（周五）至6日（周日）放假，共3天。
四、劳动节：5月1日（周四）至5日（周一）放假调休，共5天。4月27日（周日）上班。
五、端午节：5月31日（周六）至6月2日（周一）放假，共3天。
六、国庆节、中秋节：10月1日（周三）至8日（周三）放假调休，共8天。9月28日（周日）、10月11日（周六）上班。
节假日期间，各地区、各部门要妥善安排好值班和安全、保卫、疫情防控等工作。
国务院办公厅
2024年11月12日
"""


def test_the_notice_of_2025_gives_the_calendar_that_is_known_of_it() -> None:
    read_now = read(OF_2025, 2025)
    overrides = dict.fromkeys(read_now.off, False) | dict.fromkeys(read_now.made_up, True)
    entered = WorkCalendar(overrides, frozenset({2025}))
    days = [dt.date(2025, 1, 1) + dt.timedelta(days=n) for n in range(365)]
    assert [entered.is_working_day(d) for d in days] == [
        chinese_calendar.is_workday(d) for d in days
    ]
    assert [CHINA.is_working_day(d) for d in days] == [entered.is_working_day(d) for d in days]


def test_what_a_notice_leaves_out_is_known_by_the_days_it_gives() -> None:
    assert not missing(OF_2025), "two holidays may stand in one sentence"
    part = OF_2025.partition("四、")[0]
    assert [one.zh for one in missing(part)] == ["劳动节", "端午节", "中秋节", "国庆节"]
    assert len(missing("")) == len(missing("春节期间上班。国庆节 2月8日上班")) == 7


def test_days_written_otherwise_and_a_holiday_that_begins_the_year_before() -> None:
    found = read("1、元旦: 2018-12-30 至 2019-01-01 放假\n2018年12月29日上班；5月1日—4日放假", 2019)
    assert found.off == (
        *(dt.date(2018, 12, 30), dt.date(2018, 12, 31), dt.date(2019, 1, 1)),
        *(dt.date(2019, 5, day) for day in range(1, 5)),
    )
    assert found.made_up == (dt.date(2018, 12, 29),)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "holiday.none"),
        ("关于2027年部分节假日安排的通知", "holiday.none"),
        ("元旦：1月1日（周四）放假", "holiday.weekday"),  # a Friday in 2027: the notice of 2026
        ("1月1日（周五）至3日（周日）放假，共5天", "holiday.count"),
        ("1月1日至3日", "holiday.neither"),
        ("1月1日放假，1月4日", "holiday.neither"),
        ("2月30日放假", "holiday.no_day"),
        ("3日放假", "holiday.no_day"),
        ("5月5日至1日放假", "holiday.range"),
        ("1月1日至10月3日放假", "holiday.range"),
        ("10月1、2、3日放假", "holiday.unread"),
        ("2026年5月1日放假", "holiday.other_year"),
        ("1月2日放假。1月2日上班", "holiday.both"),
        ("1月1日放假。1月4日上班", "holiday.no_weekend"),
        ("假" * 4001, "holiday.too_long"),
    ],
)
def test_what_cannot_be_so_is_refused_with_its_sentence(text: str, code: str) -> None:
    with pytest.raises(InputError) as refused:
        read(text, 2027)
    assert refused.value.code == code
