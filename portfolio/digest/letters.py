"""A mail as a value: subject, texts and addresses become bytes that never change again."""

import datetime as dt
import re
import uuid
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from urllib.parse import quote

import css_inline

# Line ends and other control characters could end a header and begin another.
CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
URL_CHARACTERS = "%/:=&?~#+!$,;'@()*[]"
_inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=True)


@dataclass(frozen=True)
class Letter:
    """What a mail says, to whom and from whom."""

    sender: str
    to_name: str
    to_address: str
    subject: str
    text: str
    html: str
    message_id: str
    date: dt.datetime
    unsubscribe_url: str


def one_line(text: str) -> str:
    """The text without anything that could break out of a header."""
    return CONTROL.sub(" ", text).strip()


def ascii_address(address: str) -> str:
    """An address with its domain as the wire wants it; the local part stays."""
    local, _, domain = one_line(address).rpartition("@")
    return f"{local}@{domain.encode('idna').decode('ascii')}"


def sender_address(sender: str) -> str:
    """The bare address of `MAIL_FROM`, for the envelope."""
    return ascii_address(parseaddr(one_line(sender))[1])


def new_message_id(sender: str) -> str:
    """A message id under the sender's domain, made once per message."""
    return f"<{uuid.uuid4().hex}@{sender_address(sender).rpartition('@')[2]}>"


def inlined(html: str) -> str:
    """The page with its styles at the elements; the rules for phones and dark mode stay above."""
    return _inliner.inline(html)


def frozen(letter: Letter) -> bytes:
    """The mail's bytes: a retry sends the same ones, with the same Message-ID and Date."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _address(*parseaddr(one_line(letter.sender)))
    mail["To"] = _address(letter.to_name, letter.to_address)
    mail["Subject"] = one_line(letter.subject)
    mail["Date"] = format_datetime(letter.date.astimezone(dt.UTC).replace(microsecond=0))
    mail["Auto-Submitted"] = "auto-generated"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(letter.text, cte="base64")
    mail.add_alternative(inlined(letter.html), subtype="html", cte="base64")
    return _unfolded(letter) + mail.as_bytes()


def _unfolded(letter: Letter) -> bytes:
    # The library would encode long words here, and mail programs then see no address and no id.
    url = quote(one_line(letter.unsubscribe_url), safe=URL_CHARACTERS)
    lines = f"Message-ID: {one_line(letter.message_id)}\r\nList-Unsubscribe: <{url}>\r\n"
    return lines.encode("ascii")


def _address(name: str, address: str) -> Address:
    return Address(display_name=one_line(name), addr_spec=ascii_address(address))
