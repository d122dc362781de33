"""A mail's bytes: headers nobody can break out of, both texts, the same whenever read back."""

import dataclasses
import datetime as dt
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.digest import letters

LETTER = letters.Letter(
    sender="卡位 Kawei <kawei@fund.example>",
    to_name="张三",
    to_address="zhang@fund.example",
    subject="[卡位周报] 2026-W48 · 3 项进展",
    text="本期进展\n.一行以点开头\n" + "长" * 3000 + "\n",
    html="<!doctype html><html><head><style>.a{color:#123456}@media(max-width:480px){.a{color:red"
    "!important}}</style></head><body><p class='a'>你好</p></body></html>",
    message_id="<abc123@fund.example>",
    date=dt.datetime(2026, 11, 23, 0, 30, tzinfo=dt.UTC),
    unsubscribe_url="https://kawei.example/digests/unsubscribe/" + "WzEsMV0." * 12,
)


def parsed(letter: letters.Letter) -> EmailMessage:
    mail = message_from_bytes(letters.frozen(letter), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def test_the_headers_are_those_a_retry_and_an_unsubscribe_need() -> None:
    mail = parsed(LETTER)
    assert mail["Message-ID"] == LETTER.message_id
    assert mail["Date"] == "Mon, 23 Nov 2026 00:30:00 +0000"
    assert mail["Subject"] == LETTER.subject
    assert mail["To"].addresses[0].display_name == "张三"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_the_unsubscribe_address_stands_on_its_line_as_it_is() -> None:
    line = f"\r\nList-Unsubscribe: <{LETTER.unsubscribe_url}>\r\n".encode()
    assert line in letters.frozen(LETTER)


def test_both_texts_arrive_whole_and_no_line_is_too_long() -> None:
    mail, data = parsed(LETTER), letters.frozen(LETTER)
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None and text.get_content().replace("\r\n", "\n") == LETTER.text
    assert html is not None and "你好" in html.get_content()
    assert data.isascii() and all(len(line) <= 998 for line in data.split(b"\r\n"))
    assert b"\n" not in data.replace(b"\r\n", b"")


def test_styles_stand_at_the_elements_and_rules_for_phones_stay() -> None:
    html = letters.inlined(LETTER.html)
    assert 'style="color: #123456' in html and "@media" in html


@pytest.mark.parametrize("field", ["subject", "to_name", "to_address", "sender", "message_id"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028", "\x85", "\x0b"])
def test_a_line_end_never_makes_another_header(field: str, end: str) -> None:
    value = getattr(LETTER, field)
    evil = value.replace(">", f"{end}Bcc: thief@evil.example>") if ">" in value else value
    evil = evil if evil != value else f"{value}{end}Bcc: thief@evil.example"
    try:
        mail = parsed(dataclasses.replace(LETTER, **{field: evil}))
    except ValueError:
        return  # an address that is none any more is refused, which is as good
    assert mail["Bcc"] is None
    assert b"\r\nBcc:" not in letters.frozen(dataclasses.replace(LETTER, **{field: evil}))


@given(st.text(max_size=200), st.text(max_size=60))
def test_any_subject_and_name_come_back_on_one_line(subject: str, name: str) -> None:
    data = letters.frozen(
        dataclasses.replace(
            LETTER,
            subject=subject.encode("utf-8", "ignore").decode(),
            to_name=name.encode("utf-8", "ignore").decode(),
        )
    )
    heads = [h.split(b":")[0] for h in data.split(b"\r\n\r\n")[0].split(b"\r\n") if h[:1] != b" "]
    assert sorted(heads) == sorted(
        b"Message-ID List-Unsubscribe From To Subject Date Auto-Submitted List-Unsubscribe-Post "
        b"MIME-Version Content-Type".split()
    )


def test_a_domain_in_chinese_is_written_as_the_wire_wants_it() -> None:
    assert letters.ascii_address("li@例子.中国") == "li@xn--fsqu00a.xn--fiqs8s"
    mail = parsed(dataclasses.replace(LETTER, to_address="li@例子.中国"))
    assert mail["To"].addresses[0].addr_spec == "li@xn--fsqu00a.xn--fiqs8s"


def test_message_ids_differ_and_stand_under_the_senders_domain() -> None:
    first, second = (letters.new_message_id(LETTER.sender) for _ in range(2))
    assert first != second and first.endswith("@fund.example>")
