"""The application starts only when it is safe, and documents every setting it reads."""

import re
from pathlib import Path

import pytest

from app import create_app
from portfolio.settings import UnsafeSettings, from_environment
from tests.conftest import settings_for

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {"SECRET_KEY": "x" * 32, "APP_ENV": "production", "BASE_URL": "https://kawei.example"}


def read(tmp_path, **environ):
    return from_environment({"INSTANCE_PATH": str(tmp_path), **environ}, str(tmp_path))


def test_production_refuses_to_start_without_a_good_key(tmp_path) -> None:
    for key in ({}, {"SECRET_KEY": "short"}):
        with pytest.raises(UnsafeSettings):
            read(tmp_path, APP_ENV="production", **key)
    with pytest.raises(UnsafeSettings):
        read(tmp_path, **SECRETS | {"AUDIT_KEY": "short"})


def test_plain_http_to_robots_is_for_trials_alone(tmp_path) -> None:
    hosts = {"ROBOT_TEST_HOSTS": "127.0.0.1:8099"}
    assert read(tmp_path, **hosts)["ROBOT_TEST_HOSTS"] == ("127.0.0.1:8099",)
    with pytest.raises(UnsafeSettings):
        read(tmp_path, **SECRETS | hosts)


def test_production_sends_secure_cookies_and_answers_for_its_own_host(
    database_url, tmp_path
) -> None:
    wanted = read(tmp_path, **SECRETS) | settings_for(tmp_path, database_url)
    wanted |= {"APP_ENV": "production", "SERVER_NAME": None}
    client = create_app(wanted).test_client()
    page = client.get("/login", base_url="https://kawei.example")
    assert "Secure" in page.headers["Set-Cookie"] and "__Host-form" in page.headers["Set-Cookie"]
    assert "max-age=31536000" in page.headers["Strict-Transport-Security"]
    assert client.get("/login", base_url="https://evil.example").status_code == 400


def test_development_makes_its_keys_once_and_keeps_them_to_itself(tmp_path) -> None:
    first, second = read(tmp_path), read(tmp_path)
    assert first["SECRET_KEY"] == second["SECRET_KEY"] != first["AUDIT_KEY"]
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_a_server_address_gets_the_driver_we_ship(tmp_path) -> None:
    for given in ("postgres://u@h/d", "postgresql://u@h/d"):
        assert (
            read(tmp_path, DATABASE_URL=given)["SQLALCHEMY_DATABASE_URI"]
            == "postgresql+psycopg://u@h/d"
        )


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_every_variable_is_in_the_readme(name) -> None:
    source = (ROOT / "portfolio" / "settings.py").read_text(encoding="utf-8")
    variables = set(re.findall(r'environ\.get\("([A-Z_]+)"', source)) | {"SECRET_KEY", "AUDIT_KEY"}
    text = (ROOT / name).read_text(encoding="utf-8")
    assert len(variables) > 10
    assert not {v for v in variables if f"`{v}`" not in text}


def test_the_demo_is_never_loaded_in_production(app) -> None:
    app.config["APP_ENV"] = "production"
    result = app.test_cli_runner().invoke(args=["demo", "load"])
    assert result.exit_code == 1 and "演示" in result.stderr
