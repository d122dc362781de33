"""What the environment says: every setting, its default, and the refusal of unsafe ones."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

# Where robots of group chats may post: WeCom, Feishu and DingTalk.
OFFICIAL_ROBOT_HOSTS = ("qyapi.weixin.qq.com", "open.feishu.cn", "oapi.dingtalk.com")
MEBIBYTE = 1024 * 1024


class UnsafeSettings(RuntimeError):
    """The application would run in a way that must not happen in production."""


def from_environment(environ: Mapping[str, str], root: str) -> dict[str, Any]:
    """Settings for `create_app`; creates the instance folder and the development keys.

    Raises UnsafeSettings in production when a secret is missing or too short.
    """
    production = environ.get("APP_ENV", "development") == "production"
    instance = Path(environ.get("INSTANCE_PATH") or Path(root) / "instance").resolve()
    instance.mkdir(parents=True, exist_ok=True)
    database = environ.get("DATABASE_URL") or f"sqlite:///{instance / 'kawei.sqlite3'}"
    return {
        "APP_ENV": "production" if production else "development",
        "INSTANCE_PATH": str(instance),
        "SECRET_KEY": _secret("SECRET_KEY", environ, instance, production),
        "AUDIT_KEY": _secret("AUDIT_KEY", environ, instance, production),
        "SQLALCHEMY_DATABASE_URI": _with_driver(database),
        "BASE_URL": environ.get("BASE_URL", "http://127.0.0.1:" + environ.get("PORT", "5000")),
        "TRUSTED_HOSTS": _own_hosts(environ) if production else None,
        "TZ_DISPLAY": environ.get("TZ_DISPLAY", "Asia/Shanghai"),
        "SMTP_HOST": environ.get("SMTP_HOST", ""),
        "SMTP_PORT": int(environ.get("SMTP_PORT", "25")),
        "SMTP_USER": environ.get("SMTP_USER", ""),
        "SMTP_PASSWORD": environ.get("SMTP_PASSWORD", ""),
        "SMTP_TLS": _smtp_tls(environ),
        "ROBOT_HOSTS": _listed(environ.get("ROBOT_HOSTS", "")) or OFFICIAL_ROBOT_HOSTS,
        "ROBOT_TEST_HOSTS": _test_hosts(environ.get("ROBOT_TEST_HOSTS", ""), production),
        "MAIL_FROM": environ.get("MAIL_FROM", "Kawei <kawei@localhost>"),
        "SESSION_COOKIE_NAME": "__Host-form" if production else "form",
        "SESSION_COOKIE_SECURE": production,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "MAX_CONTENT_LENGTH": 10 * MEBIBYTE,
        "MAX_IMPORT_LENGTH": 64 * MEBIBYTE,
        "IMPORT_AT_ONCE_ROWS": 2000,
        "IMPORT_WORKER": True,
        "MAX_FORM_MEMORY_SIZE": MEBIBYTE,
        "MAX_FORM_PARTS": 500,
        "SESSION_IDLE_MINUTES": 30,
        "SESSION_HOURS": 12,
        "WTF_CSRF_TIME_LIMIT": None,
        "BABEL_DEFAULT_LOCALE": "zh_Hans_CN",
    }


def _own_hosts(environ: Mapping[str, str]) -> list[str] | None:
    """The host that links point to is the only one we answer as; a forged one gets a 400."""
    host = urlsplit(environ.get("BASE_URL", "")).hostname
    return [host, "127.0.0.1", "localhost"] if host else None


def _smtp_tls(environ: Mapping[str, str]) -> str:
    """How the way to the mail server is encrypted: "starttls", "implicit", or "" for not at all.
    Raises UnsafeSettings for anything else: what is misspelt must not send in the open."""
    asked = environ.get("SMTP_STARTTLS", "").lower() in {"1", "true", "yes"}
    tls = environ.get("SMTP_TLS", "").lower() or ("starttls" if asked else "")
    if tls not in {"", "starttls", "implicit"}:
        raise UnsafeSettings(f"SMTP_TLS is {tls!r}: it can be starttls or implicit")
    return tls


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip().lower() for part in text.split(",") if part.strip())


def _test_hosts(text: str, production: bool) -> tuple[str, ...]:
    """Hosts with port ("127.0.0.1:8099") that stand for the platforms of chats in a trial."""
    if text and production:
        raise UnsafeSettings("ROBOT_TEST_HOSTS speak plain http: never in production")
    return _listed(text)


def _with_driver(url: str) -> str:
    for scheme in ("postgres://", "postgresql://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


def _secret(name: str, environ: Mapping[str, str], instance: Path, production: bool) -> str:
    given = environ.get(name, "")
    if given and len(given) < 16:
        raise UnsafeSettings(f"{name} is too short: at least 16 characters")
    if given:
        return given
    if production and name == "SECRET_KEY":
        raise UnsafeSettings("SECRET_KEY must be set when APP_ENV=production")
    return _kept(instance / name.lower())


def _kept(path: Path) -> str:
    """A key made once and kept beside the database, readable by its owner alone."""
    if not path.exists():
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text().strip()
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
    return path.read_text().strip()
