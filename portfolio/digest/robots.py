"""Robots of group chats: their platforms as data, addresses, messages, signatures, answers (pure)."""

import base64
import hashlib
import hmac
import json
import re
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlsplit

from portfolio.digest.outline import Outline, fitted
from portfolio.digest.states import Outcome, Verdict
from portfolio.kernel.errors import InputError

LONGEST_ADDRESS = 500
TOKEN = re.compile(r"[A-Za-z0-9_-]{8,200}")
SECRET = re.compile(r"[A-Za-z0-9_+/=-]{8,200}")
# What a signature adds to a message when it leaves.
SIGNED_BYTES = 120
TOO_MANY, UNAVAILABLE = 429, 503


@dataclass(frozen=True)
class Code:
    """What a platform's code means; `final` where trying again cannot help."""

    zh: str
    en: str
    final: bool = False


@dataclass(frozen=True)
class Platform:
    """One row of robots.toml."""

    key: str
    zh: str
    en: str
    host: str
    path: str
    parameter: str
    format: str
    signature: str
    most_bytes: int
    code: str
    said: str
    codes: Mapping[int, Code]

    def target(self, token: str) -> str:
        """Path and query of a robot's webhook."""
        return f"{self.path}?{self.parameter}={token}" if self.parameter else self.path + token

    def token(self, path: str, query: str) -> str | None:
        """The token that path and query of an address hold; None when they are not this one's."""
        if not self.parameter:
            given = path.removeprefix(self.path)
            own = path.startswith(self.path) and not query
        else:
            pairs = parse_qsl(query, keep_blank_values=True)
            own = path == self.path and [name for name, _ in pairs] == [self.parameter]
            given = pairs[0][1] if own else ""
        return given if own and TOKEN.fullmatch(given) else None


def _load() -> dict[str, Platform]:
    rows = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return {key: _platform(key, row) for key, row in rows.items() if isinstance(row, dict)}


def _platform(key: str, row: dict[str, Any]) -> Platform:
    codes = {int(code): Code(**said) for code, said in row.pop("codes").items()}
    return Platform(key=key, codes=codes, **row)


PLATFORMS = _load()


@dataclass(frozen=True)
class Address:
    """A webhook's address, taken to pieces: it is only ever put together from these again."""

    platform: Platform
    host: str
    token: str


def address_of(text: str, hosts: Collection[str], test_hosts: Collection[str] = ()) -> Address:
    """Read a webhook's address.

    Only https, only a host that stands on the list as it is written there, no name, password, port
    or fragment, and nothing beside what the platform documents. `test_hosts` ("127.0.0.1:8099")
    speak plain http. Raises InputError.
    """
    text = text.strip()
    if not text:
        raise InputError("robot.missing")
    if not text.isascii() or re.search(r"[\x00-\x20\x7f\\]", text) or len(text) > LONGEST_ADDRESS:
        raise InputError("robot.malformed")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise InputError("robot.malformed") from error
    host = (parts.hostname or "").lower()
    if parts.scheme == "http" and f"{host}:{port}" in test_hosts and "@" not in parts.netloc:
        host = f"{host}:{port}"
    elif parts.scheme != "https" or parts.netloc.lower() not in {host, f"{host}:443"}:
        raise InputError("robot.https")
    elif host not in hosts:
        raise InputError("robot.host", value=host, hosts=", ".join(hosts))
    for platform in PLATFORMS.values():
        token = platform.token(parts.path, parts.query)
        if token is not None and not parts.fragment:
            return Address(platform, host, token)
    raise InputError("robot.unknown")


def ending(secret: str) -> str:
    """As much of a secret as a page may show: whoever knows it recognises it."""
    return secret[-4:]


def _wecom_markdown(outline: Outline, locale: str) -> dict[str, Any]:
    return {"msgtype": "markdown", "markdown": {"content": outline.markdown("\n")}}


def _dingtalk_markdown(outline: Outline, locale: str) -> dict[str, Any]:
    text = outline.markdown("\n\n")
    return {"msgtype": "markdown", "markdown": {"title": outline.title, "text": text}}


def _feishu_post(outline: Outline, locale: str) -> dict[str, Any]:
    """A post: its texts are texts and nothing else, links are elements of their own."""
    rows = [
        [{"tag": "a", "text": line.text, "href": line.url}]
        if line.url
        else [{"tag": "text", "text": line.text}]
        for line in outline.all_lines()
    ]
    post = {"title": outline.title, "content": rows}
    language = "en_us" if locale == "en" else "zh_cn"
    return {"msg_type": "post", "content": {"post": {language: post}}}


FORMATS: dict[str, Callable[[Outline, str], dict[str, Any]]] = {
    "wecom_markdown": _wecom_markdown,
    "dingtalk_markdown": _dingtalk_markdown,
    "feishu_post": _feishu_post,
}


def message(platform: Platform, outline: Outline, locale: str) -> bytes:
    """The request's bytes, as short as the platform wants them; every attempt sends the same."""

    def size(part: Outline) -> int:
        made = FORMATS[platform.format](part, locale)
        if platform.format == "wecom_markdown":
            return len(made["markdown"]["content"].encode())
        return len(_bytes(made)) + SIGNED_BYTES

    return _bytes(FORMATS[platform.format](fitted(outline, size, platform.most_bytes), locale))


def words_of(body: bytes) -> str:
    """What a message says, as it is kept: its markdown, or the lines of a post."""
    value = json.loads(body)
    if "markdown" in value:
        return str(value["markdown"].get("content") or value["markdown"].get("text"))
    (post,) = value["content"]["post"].values()
    lines = [
        " ".join((e["text"], e.get("href", ""))).strip() for row in post["content"] for e in row
    ]
    return "\n".join([post["title"], *lines])


def _bytes(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _feishu_signed(target: str, body: bytes, secret: str, now: float) -> tuple[str, bytes]:
    """Time in seconds and signature stand in the body: time and secret are the key, of nothing."""
    stamp = str(int(now))
    made = base64.b64encode(hmac.digest(f"{stamp}\n{secret}".encode(), b"", hashlib.sha256))
    return target, f'{{"timestamp":"{stamp}","sign":"{made.decode()}",'.encode() + body[1:]


def _dingtalk_signed(target: str, body: bytes, secret: str, now: float) -> tuple[str, bytes]:
    """Time in milliseconds and signature stand in the query: the secret is the key."""
    stamp = str(int(now * 1000))
    made = hmac.digest(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256)
    sign = quote_plus(base64.b64encode(made))
    return f"{target}&timestamp={stamp}&sign={sign}", body


SIGNATURES: dict[str, Callable[[str, bytes, str, float], tuple[str, bytes]]] = {
    "feishu": _feishu_signed,
    "dingtalk": _dingtalk_signed,
}


def request_of(
    platform: Platform, token: str, secret: str, body: bytes, now: float
) -> tuple[str, bytes]:
    """What is asked for and sent at this moment (seconds since 1970): signed where there is a secret."""
    target = platform.target(token)
    return SIGNATURES[platform.signature](target, body, secret, now) if secret else (target, body)


def outcome_of(platform: Platform, status: int, body: bytes) -> Outcome:
    """What an answer means. Platforms refuse with status 200 and a code in the body; an answer that
    has no code comes from something in between, which may have passed the message on or not."""
    code, said = _answer(platform, body)
    if code is None:
        return Outcome(_verdict_of_status(status), status, said)
    if code == 0:
        return Outcome(Verdict.ACCEPTED, 0, said)
    known = platform.codes.get(code)
    return Outcome(Verdict.REFUSED if known and known.final else Verdict.DEFERRED, code, said)


def _answer(platform: Platform, body: bytes) -> tuple[int | None, str]:
    try:
        found = json.loads(body)
        code = found[platform.code]
        return int(code), str(found.get(platform.said, ""))
    except (ValueError, TypeError, KeyError, OverflowError):
        return None, " ".join(body[:200].decode("utf-8", "replace").split())


def _verdict_of_status(status: int) -> Verdict:
    if status == TOO_MANY:
        return Verdict.DEFERRED
    if status == UNAVAILABLE:
        return Verdict.UNREACHABLE
    # A redirect is not followed: whoever moved the address must enter the new one.
    return Verdict.REFUSED if 300 <= status < 500 else Verdict.UNANSWERED
