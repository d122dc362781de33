"""A real SMTP server in a process of its own, which misbehaves as its orders say.

Started with a folder: listens on a free loopback port, which it writes to `port`; every mail it
has taken is a line in `accepted.jsonl`. `orders.json` is read anew in each transaction:
`rcpt` and `data` map an address to answers given one after the other (the last one stays; "*" is
everybody; "wait 3" thinks for three seconds first), `drop` lists addresses after whose mail the
connection is cut instead of answered, `wait` is how many seconds to think between taking a mail and saying so.
"""

import asyncio
import hashlib
import json
import sys
from collections import Counter
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session


class Handler:
    """Answers as ordered and notes what was taken."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: Counter[tuple[str, str]] = Counter()

    def orders(self) -> dict[str, Any]:
        path = self.folder / "orders.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def answer(self, phase: str, address: str) -> str | None:
        """The ordered answer for this time, or None."""
        listed = self.orders().get(phase, {})
        answers = listed.get(address, listed.get("*"))
        if not answers:
            return None
        number = self.asked[(phase, address)]
        self.asked[(phase, address)] += 1
        return str(answers[min(number, len(answers) - 1)]) or None

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        ordered = self.answer("rcpt", address)
        if ordered and ordered.startswith("wait "):
            await asyncio.sleep(float(ordered.removeprefix("wait ")))
        elif ordered:
            return ordered
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        address = envelope.rcpt_tos[0]
        ordered = self.answer("data", address)
        if ordered:
            return ordered
        self.note(address, bytes(envelope.content or b""))
        await asyncio.sleep(self.orders().get("wait", 0))
        if address in self.orders().get("drop", []) and not self.answer("dropped", address):
            self.forget_drop(address)
            server.transport.abort()
        return "250 taken"

    def forget_drop(self, address: str) -> None:
        """The answer is lost once, not for ever."""
        orders = self.orders()
        orders["drop"].remove(address)
        (self.folder / "orders.json").write_text(json.dumps(orders))

    def note(self, address: str, content: bytes) -> None:
        mail = message_from_bytes(content, policy=policy.default)
        line = {
            "to": address,
            "message_id": mail["Message-ID"],
            "date": mail["Date"],
            "subject": mail["Subject"],
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        with (self.folder / "accepted.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")


async def serve(folder: Path, port: int) -> None:
    """Listen until killed."""
    handler = Handler(folder)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(handler, hostname="mail.test", loop=loop), "127.0.0.1", port
    )
    ready = folder / "port.part"
    ready.write_text(str(server.sockets[0].getsockname()[1]))
    ready.replace(folder / "port")
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0))
