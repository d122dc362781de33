"""A web server that stands for WeCom, Feishu and DingTalk and is as strict as their documents say.

Started with a folder (and a port): listens on loopback, writes its port to `port`. It checks path,
format, size and signature of every message; what it has taken is a line in `accepted.jsonl`, what
it refused one in `refused.jsonl`. `orders.json` is read anew with each request: `answers` are given
one after the other, and the last one stays: "ok"; "busy", the platform's own code for too many
messages; "drop", which takes the message and cuts the line; "slow", which takes it and thinks for
`wait` seconds; or an HTTP status. `secrets` names each platform's secret.
"""

import base64
import hashlib
import hmac
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

BUSY = {"wecom": 45009, "feishu": 11232, "dingtalk": 130101}
HOUR = 3600
TOKEN = "robot-token-0001"


class Refused(Exception):
    """What the platform would answer: its code and its words."""


def signature(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


def wecom(url: Any, body: dict[str, Any], raw: bytes, secret: str) -> str:
    if parse_qs(url.query).get("key", [""])[0][: len(TOKEN)] != TOKEN:
        raise Refused(93000, "invalid webhook url")
    if set(body) != {"msgtype", "markdown"} or body["msgtype"] != "markdown":
        raise Refused(40008, "invalid message type")
    if len(body["markdown"]["content"].encode()) > 4096:
        raise Refused(40058, "markdown.content exceed max length 4096")
    return str(body["markdown"]["content"])


def feishu(url: Any, body: dict[str, Any], raw: bytes, secret: str) -> str:
    if not url.path.removeprefix("/open-apis/bot/v2/hook/").startswith(TOKEN):
        raise Refused(19001, "param invalid: incoming webhook access token invalid")
    if secret:
        stamp = body.pop("timestamp", "0")
        good = signature(f"{stamp}\n{secret}", "")
        if abs(time.time() - int(stamp)) > HOUR or body.pop("sign", "") != good:
            raise Refused(19021, "sign match fail or timestamp is not within one hour")
    if len(raw) > 20 * 1024 or set(body) != {"msg_type", "content"} or body["msg_type"] != "post":
        raise Refused(9499, "Bad Request")
    (post,) = body["content"]["post"].values()
    elements = [element for row in post["content"] for element in row]
    if not all(
        set(e) == ({"tag", "text", "href"} if e["tag"] == "a" else {"tag", "text"})
        for e in elements
    ):
        raise Refused(9499, "Bad Request")
    return "\n".join([post["title"], *(e["text"] for e in elements)])


def dingtalk(url: Any, body: dict[str, Any], raw: bytes, secret: str) -> str:
    asked = {name: values[0] for name, values in parse_qs(url.query).items()}
    if not asked.get("access_token", "").startswith(TOKEN):
        raise Refused(300001, "token is not exist")
    if secret:
        stamp = asked.get("timestamp", "0")
        good = signature(secret, f"{stamp}\n{secret}")
        if abs(time.time() * 1000 - int(stamp)) > HOUR * 1000 or asked.get("sign") != good:
            raise Refused(310000, "sign not match")
    if len(raw) > 20000 or set(body) != {"msgtype", "markdown"}:
        raise Refused(400040, "bad request")
    if set(body["markdown"]) != {"title", "text"} or not body["markdown"]["title"]:
        raise Refused(400040, "bad request")
    return str(body["markdown"]["text"])


PLATFORMS = {
    "/cgi-bin/webhook/send": wecom,
    "/open-apis/bot/v2/hook": feishu,
    "/robot/send": dingtalk,
}


class Handler(BaseHTTPRequestHandler):
    """One request, answered as the platform would."""

    folder: Path
    asked = 0
    protocol_version = "HTTP/1.1"

    def orders(self) -> dict[str, Any]:
        path = self.folder / "orders.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def ordered(self) -> Any:
        answers = self.orders().get("answers", [])
        number, Handler.asked = Handler.asked, Handler.asked + 1
        return answers[min(number, len(answers) - 1)] if answers else None

    def note(self, name: str, line: dict[str, Any]) -> None:
        with (self.folder / name).open("a") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def do_POST(self) -> None:
        url = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        check = next((c for path, c in PLATFORMS.items() if url.path.startswith(path)), None)
        if check is None:
            return self.answer(404, {})
        name = check.__name__
        ordered = self.ordered()
        if isinstance(ordered, int):
            return self.answer(ordered, None, {"Location": "http://127.0.0.1:1/"})
        if ordered == "busy":
            return self.said(name, BUSY[name], "too many")
        try:
            assert self.headers["Content-Type"].startswith("application/json")
            body = json.loads(raw)
            words = check(url, body, raw, self.orders().get("secrets", {}).get(name, ""))
        except Refused as refused:
            self.note("refused.jsonl", {"platform": name, "code": refused.args[0]})
            return self.said(name, *refused.args)
        frozen = json.dumps(body, ensure_ascii=False, sort_keys=True)
        line = {
            "platform": name,
            "to": (url.path + url.query).partition(TOKEN)[2].partition("&")[0],
            "words": words,
            "body": body,
            "sha256": hashlib.sha256(frozen.encode()).hexdigest(),
        }
        self.note("accepted.jsonl", line)
        if ordered == "slow":
            time.sleep(self.orders().get("wait", 3))
        if ordered == "drop":
            self.close_connection = True
            return self.connection.close()
        return self.said(name, 0, "ok")

    def said(self, name: str, code: int, words: str) -> None:
        fields = ("code", "msg") if name == "feishu" else ("errcode", "errmsg")
        self.answer(200, dict(zip(fields, (code, words), strict=True)))

    def answer(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *words: Any) -> None:
        """Quiet."""


class Quiet(ThreadingHTTPServer):
    """A caller that no longer waits is no news."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def serve(folder: Path, port: int) -> None:
    """Listen until killed."""
    Handler.folder = folder
    server = Quiet(("127.0.0.1", port), Handler)
    ready = folder / "port.part"
    ready.write_text(str(server.server_address[1]))
    ready.replace(folder / "port")
    server.serve_forever()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
