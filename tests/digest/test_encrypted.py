"""The way to the mail server, encrypted: whose certificate is not trusted gets neither mail nor password."""

import datetime as dt
import ipaddress
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from portfolio.digest import delivery
from portfolio.digest.states import Verdict
from portfolio.settings import UnsafeSettings, from_environment
from tests.servers import MailServer

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Mail:
    period: str = "2026-W49"
    address: str = "reader@fund.example"
    message_id: str = "<1@fund.example>"
    mime: bytes = b"Subject: x\r\n\r\nx\r\n"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for the loopback address that only itself vouches for, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    pem = serialization.Encoding.PEM
    path.write_bytes(key.private_bytes(pem, form, plain) + made.public_bytes(pem))
    return path


@pytest.mark.parametrize("tls", [delivery.STARTTLS, delivery.IMPLICIT])
def test_a_mail_goes_to_a_server_alone_whose_certificate_is_trusted(
    tls: str, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "server.pem").write_bytes(certificate.read_bytes())
    if tls == delivery.IMPLICIT:
        (tmp_path / "implicit").touch()
    server = MailServer(tmp_path)
    server.start()
    config = {"MAIL_FROM": "Kawei <kawei@fund.example>", "SMTP_HOST": HOST, "SMTP_TLS": tls}
    config |= {"SMTP_PORT": server.port, "SMTP_USER": "kawei", "SMTP_PASSWORD": "a-password"}

    def sent() -> delivery.Outcome:
        with closing(delivery.Smtp(config)) as way:
            return way.hand_over(Mail(), lambda: True)

    try:
        refused = sent()
        assert refused.verdict is Verdict.UNREACHABLE
        assert "certificate" in refused.text.lower()
        assert not (tmp_path / "password").exists()
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert sent().verdict is Verdict.ACCEPTED
        assert (tmp_path / "password").read_text() == "a-password"
        assert len(server.accepted()) == 1
    finally:
        server.stop()


def test_how_the_way_is_encrypted_is_said_or_refused(tmp_path: Path) -> None:
    def tls(**environ: str) -> str:
        return from_environment({"INSTANCE_PATH": str(tmp_path), **environ}, ".")["SMTP_TLS"]

    assert [tls(), tls(SMTP_TLS="implicit"), tls(SMTP_STARTTLS="1")] == ["", "implicit", "starttls"]
    with pytest.raises(UnsafeSettings, match="SMTP_TLS"):
        tls(SMTP_TLS="start-tls")
