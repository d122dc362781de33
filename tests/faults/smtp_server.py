"""A real SMTP server in a process of its own, which misbehaves as its orders say.

Started with a folder: listens on a free loopback port, which it writes to `port`; every mail it
has taken is a line in `accepted.jsonl`. `orders.json` is read anew in each transaction:
`mail` lists answers to senders, `rcpt` and `data` map an address to answers given one after the other (the last one stays; "*" is
everybody; "wait 3" thinks for three seconds first), `drop` lists addresses after whose mail the
connection is cut instead of answered, `wait` is how many seconds to think between taking a mail and saying
so, `slow` the same for single addresses.
"""

import asyncio
import hashlib
import json
import ssl
import sys
from collections import Counter
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


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

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if ordered := self.answer("mail", address):
            return ordered
        envelope.mail_from = address
        return "250 OK"

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
        orders = self.orders()
        await asyncio.sleep(orders.get("slow", {}).get(address, orders.get("wait", 0)))
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

    def log_in(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        mechanism: str,
        data: LoginPassword,
    ) -> AuthResult:
        """Everybody may; the password is noted as it came."""
        (self.folder / "password").write_bytes(data.password)
        return AuthResult(success=True)


def protocol(folder: Path, loop: asyncio.AbstractEventLoop) -> tuple[Any, ssl.SSLContext | None]:
    """What makes a session, and the encryption of the whole connection: `server.pem` in the folder
    makes it an encrypted one, from the start where there is `implicit` too."""
    handler, certificate = Handler(folder), folder / "server.pem"
    if not certificate.exists():
        return lambda: SMTP(handler, hostname="mail.test", loop=loop), None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    implicit = (folder / "implicit").exists()
    upgrade = {} if implicit else {"tls_context": context, "require_starttls": True}
    login = {"authenticator": handler.log_in, "auth_require_tls": not implicit}
    return lambda: SMTP(handler, loop=loop, **upgrade, **login), context if implicit else None


async def serve(folder: Path, port: int) -> None:
    """Listen until killed."""
    loop = asyncio.get_running_loop()
    session, context = protocol(folder, loop)
    server = await loop.create_server(session, "127.0.0.1", port, ssl=context)
    ready = folder / "port.part"
    ready.write_text(str(server.sockets[0].getsockname()[1]))
    ready.replace(folder / "port")
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0))
