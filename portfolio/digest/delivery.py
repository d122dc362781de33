"""How mail leaves: through a real SMTP server, or as files in the outbox when there is none."""

import os
import re
import smtplib
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from portfolio.digest import faults, letters
from portfolio.digest.states import Outcome, Verdict, verdict_of

TIMEOUT_SECONDS = 20
# A server may take long to store a mail before it says so (RFC 5321, 4.5.3.2.6: ten minutes); who
# hangs up earlier makes it come twice.
ANSWER_SECONDS = 600
UNSAFE = re.compile(r"[^A-Za-z0-9._@+-]+")
STARTTLS, IMPLICIT = "starttls", "implicit"
LEADING_DOT = re.compile(rb"(?m)^\.")


class Transport(Protocol):
    """Hands one mail over. `may_go` is asked right before the mail's own data is sent."""

    def hand_over(self, parcel: "Parcel", may_go: Callable[[], bool]) -> Outcome:
        """Try once."""

    def close(self) -> None:
        """End the connection, if any."""


class Parcel(Protocol):
    """What a transport needs to know of a message."""

    @property
    def period(self) -> str: ...

    @property
    def address(self) -> str: ...

    @property
    def message_id(self) -> str: ...

    @property
    def mime(self) -> bytes: ...


class Outbox:
    """Writes `<period>-<address>-<message>.eml`; the same message always is the same file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def hand_over(self, parcel: Parcel, may_go: Callable[[], bool]) -> Outcome:
        """Write the file under its last name in one step, so that nobody sees half of it."""
        if not may_go():
            return Outcome(Verdict.LOST_CLAIM)
        faults.reach("before_data")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / file_name(parcel)
            draft = path.with_suffix(f".{os.getpid()}.part")
            with draft.open("wb") as file:
                file.write(parcel.mime)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except OSError as error:
            return Outcome(Verdict.UNREACHABLE, None, str(error))
        faults.reach("before_answer")
        return Outcome(Verdict.ACCEPTED, None, path.name)

    def close(self) -> None:
        """Nothing is held open."""


def file_name(parcel: Parcel) -> str:
    """The name of a message in the outbox."""
    message = parcel.message_id.strip("<>").partition("@")[0]
    return f"{parcel.period}-{UNSAFE.sub('_', parcel.address)}-{message}.eml"


class Smtp:
    """One connection to the mail server, kept for the batch; one recipient per transaction."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = config
        self.sender = letters.sender_address(config["MAIL_FROM"])
        self.connection: smtplib.SMTP | None = None

    def hand_over(self, parcel: Parcel, may_go: Callable[[], bool]) -> Outcome:
        """Envelope, question, data; what happened in which phase decides what it means."""
        refused = self._envelope(parcel)
        if refused is not None:
            return refused
        if not may_go():
            self.close()
            return Outcome(Verdict.LOST_CLAIM)
        faults.reach("before_data")
        return self._data(parcel.mime)

    def _envelope(self, parcel: Parcel) -> Outcome | None:
        kept = self.connection is not None
        outcome = self._try_envelope(parcel)
        if outcome and kept and outcome.verdict is Verdict.UNREACHABLE:
            # Servers end connections after some mails; a fresh one tells whether it is more.
            return self._try_envelope(parcel)
        return outcome

    def _try_envelope(self, parcel: Parcel) -> Outcome | None:
        try:
            smtp = self._connected()
            code, text = smtp.mail(self.sender)
            if verdict_of(code) is not Verdict.ACCEPTED:
                self.close()
                # What is said of the sender is said of every mail, and against none of them.
                return Outcome(Verdict.UNREACHABLE, code, _words(text))
            code, text = smtp.rcpt(letters.ascii_address(parcel.address))
            if verdict_of(code) is not Verdict.ACCEPTED:
                return self._answered(code, text)
        except UnicodeError:
            self.close()
            return Outcome(Verdict.REFUSED, None, "the address cannot be written in ASCII")
        except smtplib.SMTPResponseException as error:
            self.close()
            return Outcome(Verdict.UNREACHABLE, error.smtp_code, _words(error.smtp_error))
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            return Outcome(Verdict.UNREACHABLE, None, str(error))
        return None

    def _data(self, mime: bytes) -> Outcome:
        smtp = self.connection
        if smtp is None:
            return Outcome(Verdict.UNREACHABLE)
        try:
            code, text = smtp.docmd("DATA")
            if code != 354:
                return self._answered(code, text)
            smtp.send(LEADING_DOT.sub(b"..", mime) + b".\r\n")
            faults.reach("before_answer")
            return self._answered(*self._last_reply(smtp))
        except (OSError, smtplib.SMTPException) as error:
            # The server may have taken the mail: the repeat will be flagged.
            self.close()
            return Outcome(Verdict.UNANSWERED, None, str(error))

    @staticmethod
    def _last_reply(smtp: smtplib.SMTP) -> tuple[int, bytes]:
        if smtp.sock is not None:
            smtp.sock.settimeout(ANSWER_SECONDS)
        answer = smtp.getreply()
        if smtp.sock is not None:
            smtp.sock.settimeout(TIMEOUT_SECONDS)
        return answer

    def _answered(self, code: int, text: bytes) -> Outcome:
        verdict = verdict_of(code)
        if verdict is not Verdict.ACCEPTED:
            self.close()
        return Outcome(verdict, code, _words(text))

    def _connected(self) -> smtplib.SMTP:
        if self.connection is not None:
            return self.connection
        host, port = self.config["SMTP_HOST"], self.config["SMTP_PORT"]
        name = self.sender.rpartition("@")[2]
        smtp = _greeted(host, port, name, self.config["SMTP_TLS"])
        try:
            if self.config["SMTP_TLS"] == STARTTLS:
                smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo_or_helo_if_needed()
            if self.config["SMTP_USER"]:
                smtp.login(self.config["SMTP_USER"], self.config["SMTP_PASSWORD"])
        except (OSError, smtplib.SMTPException):
            smtp.close()
            raise
        self.connection = smtp
        return smtp

    def close(self) -> None:
        """Say goodbye where the server still listens."""
        smtp, self.connection = self.connection, None
        if smtp is None:
            return
        try:
            smtp.quit()
        except (OSError, smtplib.SMTPException):
            smtp.close()


def _greeted(host: str, port: int, name: str, tls: str) -> smtplib.SMTP:
    """A connection that was greeted; one that is encrypted from the start where it has to be. Both
    kinds of encryption look at the server's certificate and name."""
    if tls != IMPLICIT:
        return smtplib.SMTP(host, port, local_hostname=name, timeout=TIMEOUT_SECONDS)
    context = ssl.create_default_context()
    return smtplib.SMTP_SSL(
        host, port, local_hostname=name, timeout=TIMEOUT_SECONDS, context=context
    )


def _words(text: bytes | str) -> str:
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return letters.one_line(plain)


def outbox_folder(config: Mapping[str, Any]) -> Path:
    """Where mail is written without a server."""
    return Path(config["INSTANCE_PATH"]) / "outbox"


def transport(config: Mapping[str, Any]) -> Transport:
    """The way mail leaves under these settings."""
    return Smtp(config) if config["SMTP_HOST"] else Outbox(outbox_folder(config))
