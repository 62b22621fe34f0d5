from __future__ import annotations

import json
import logging
import logging.config
import os
import re
import secrets
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from core import checks
from core.accounts.models import User
from core.config import addresses, logs
from core.config.environment import Environment
from core.config.production import DEMO_PASSWORD, DEVELOPMENT_KEY, refuse
from tests.system.demo import demo_file

ROOT = Path(__file__).resolve().parent.parent.parent
KEY = "3V2sq_Nd8pFo1kYxw7TzLrQe-Jm5bHuAcGi9"
GOOD = {
    "debug": False,
    "secret_key": KEY,
    "signing_key": KEY[::-1],
    "hosts": ["shop.example"],
    "origins": ["https://shop.example"],
    "demo_shoppers": 0,
    "public_url": "https://shop.example",
}


def run(tmp_path: Path, *args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", *args],
        cwd=ROOT,
        env={**kept, "DATA_DIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("variable", "value", "read", "expected"),
    [
        ("PORT", "abc", lambda env: env.integer("PORT", 1), "whole number"),
        ("PORT", "0", lambda env: env.integer("PORT", 1, 1, 65535), "from 1 to 65535"),
        ("WAIT", "nan", lambda env: env.number("WAIT", 1.0), "number of at least 0"),
        ("DEBUG", "maybe", lambda env: env.flag("DEBUG", True), "1/true/yes/on"),
        ("MODE", "odd", lambda env: env.choice("MODE", "a", ("a", "b")), "one of a, b"),
        ("URL", "shop.example", lambda env: env.origin("URL", ""), "http(s)://host"),
        ("URL", "https://shop.example/x", lambda env: env.origin("URL", ""), "without a path"),
        (
            "DB",
            "mysql://x/y",
            lambda env: env.database("DB", Path("x")),
            "postgres:// or postgresql:// or sqlite://",
        ),
        ("MAIL", "mail.example:25", lambda env: env.mail("MAIL", ""), "begins with smtp://"),
        ("MAIL", "smtp://", lambda env: env.mail("MAIL", ""), "begins with smtp://"),
        ("MAIL", "smtp://h:port", lambda env: env.mail("MAIL", ""), "port number"),
        ("SMS", "smtp://x", lambda env: env.sms("SMS", ""), "console://, file://, twilio://"),
        ("SMS", "file://", lambda env: env.sms("SMS", ""), "got no folder"),
        ("SMS", "twilio://sid@api.twilio.com?from=+1", lambda env: env.sms("SMS", ""), "got no token"),
        ("SMS", "twilio://sid:token@api.twilio.com", lambda env: env.sms("SMS", ""), "got no from"),
        ("DB", "postgres://host", lambda env: env.database("DB", Path("x")), "got no name"),
        ("DB", "postgres://host:x/n", lambda env: env.database("DB", Path("x")), "port number"),
        ("DB", "sqlite://", lambda env: env.database("DB", Path("x")), "got no file"),
    ],
)
def test_errors_name_the_variable_and_what_was_expected(
    variable: str, value: str, read: Any, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ImproperlyConfigured) as error:
        read(Environment())
    assert str(error.value).startswith(f"{variable}: expected ")
    assert expected in str(error.value)


def test_errors_never_repeat_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", "hunter2://hunter2:hunter2"[:20])
    for read in (
        lambda env: env.secret("X", ""),
        lambda env: env.database("X", Path("x")),
    ):
        with pytest.raises(ImproperlyConfigured) as error:
            read(Environment())
        assert ":hunter2" not in str(error.value)


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", " ")
    env = Environment()
    assert env.integer("PORT", 8000) == 8000
    assert (env.flag("PORT", True), env.names("PORT", ["a"]), env.number("PORT", 1.5)) == (True, ["a"], 1.5)


def test_values_are_read_as_their_types(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "FLAG": "Off",
        "COUNT": " 12 ",
        "WAIT": "0.5",
        "NAMES": "a, b,,",
        "KIND": "B",
    }.items():
        monkeypatch.setenv(name, value)
    env = Environment()
    assert (env.flag("FLAG", True), env.integer("COUNT", 1), env.number("WAIT", 1.0)) == (False, 12, 0.5)
    assert (env.names("NAMES", []), env.choice("KIND", "a", ("a", "b"))) == (["a", "b"], "b")


def test_a_postgres_address_is_taken_apart() -> None:
    found = addresses.database("postgres://us%40er:p%2Fw@db.example:5433/shop?sslmode=require")
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"]) == (
        "us@er",
        "p/w",
        "db.example",
        "5433",
    )
    assert (found["NAME"], found["OPTIONS"]) == ("shop", {"sslmode": "require"})


@pytest.mark.parametrize(
    ("address", "file"), [("sqlite:////tmp/a.db", "/tmp/a.db"), ("sqlite:///a.db", "a.db")]
)
def test_a_sqlite_address_names_a_file(address: str, file: str) -> None:
    assert addresses.database(address)["NAME"] == Path(file).resolve()


def test_variables_that_belong_together_come_together(monkeypatch: pytest.MonkeyPatch) -> None:
    Environment().together("KEY", "SECRET")
    monkeypatch.setenv("KEY", "a")
    monkeypatch.setenv("SECRET", "b")
    Environment().together("KEY", "SECRET")
    monkeypatch.setenv("SECRET", " ")
    with pytest.raises(ImproperlyConfigured, match=r"^SECRET: expected, because KEY is set$"):
        Environment().together("KEY", "SECRET")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"debug": True}, "DEBUG"),
        ({"secret_key": DEVELOPMENT_KEY}, "SECRET_KEY"),
        ({"signing_key": DEVELOPMENT_KEY}, "SIGNING_KEY"),
        ({"hosts": ["shop.example", "*"]}, "ALLOWED_HOSTS"),
        ({"origins": ["*"]}, "ALLOWED_ORIGINS"),
        ({"demo_shoppers": 3}, "DEMO_SHOPPERS"),
        ({"secret_key": "k" * 50}, "SECRET_KEY"),
        ({"signing_key": "0123456789" * 2}, "SIGNING_KEY"),
        ({"public_url": "http://localhost:8000"}, "PUBLIC_URL"),
        ({"hosts": [".shop.example"]}, "ALLOWED_HOSTS"),
    ],
)
def test_production_refuses_what_is_only_good_for_development(change: dict[str, Any], named: str) -> None:
    refuse(**GOOD)
    with pytest.raises(ImproperlyConfigured, match=f"\n{named}: expected "):
        refuse(**{**GOOD, **change})


@pytest.mark.parametrize("switch", [{"ENVIRONMENT": "production"}, {"DEBUG": "0"}])
def test_a_production_process_with_the_defaults_does_not_start(
    tmp_path: Path, switch: dict[str, str]
) -> None:
    done = run(tmp_path, "check", **switch)
    assert done.returncode != 0
    assert "SECRET_KEY: expected a secret of your own" in done.stderr
    assert DEVELOPMENT_KEY not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_production_process_with_the_demos_accounts_does_not_start(tmp_path: Path) -> None:
    shutil.copy(demo_file(), tmp_path / "demo.sqlite3")
    production = {
        "DATABASE_URL": f"sqlite:///{tmp_path}/demo.sqlite3",
        "ENVIRONMENT": "production",
        "SECRET_KEY": KEY,
        "ALLOWED_HOSTS": "shop.example",
        "PUBLIC_URL": "https://shop.example",
    }
    done = run(tmp_path, "check", **production)
    assert done.returncode != 0
    assert f"got {', '.join(sorted(checks.DEMO_USERNAMES))}" in done.stderr
    assert run(tmp_path, "load_demo", **production, SIGNING_KEY="s" * 50).returncode != 0


def test_demo_accounts_with_other_passwords_are_nobodys_business(db: None, settings: Any) -> None:
    settings.PRODUCTION = True
    User.objects.create_user("manager", password="a password of its own")
    checks.refuse_demo_accounts()
    User.objects.create_user("shopper", password=DEMO_PASSWORD)
    with pytest.raises(ImproperlyConfigured, match="got shopper"):
        checks.refuse_demo_accounts()
    assert [found.id for found in checks.check_demo_accounts()] == ["core.E001"]


def test_json_log_lines_carry_what_extra_brought() -> None:
    record = logging.makeLogRecord({"name": "cart", "msg": "added %s", "args": ("tea",), "trolley": "T-1"})
    line = json.loads(logs.json_formatter().format(record))
    assert (line["logger"], line["message"], line["trolley"]) == ("cart", "added tea", "T-1")
    assert line["at"].endswith("+00:00")


def test_a_loggers_file_can_be_named(tmp_path: Path) -> None:
    found = logs.configuration("json", "info", {"devices": str(tmp_path / "devices.log")})
    assert found["loggers"]["devices"]["handlers"] == ["stderr", "devices"]
    assert found["handlers"]["devices"]["filename"] == str(tmp_path / "devices.log")
    assert found["loggers"]["cart"]["handlers"] == ["stderr"]


def test_every_variable_is_documented_and_every_documented_one_is_read() -> None:
    source = "".join(path.read_text() for path in (ROOT / "core" / "settings").glob("*.py"))
    read = set(re.findall(r'\benv\.\w+\(\s*"([A-Z_]+)"', source)) | {
        f"LOG_FILE_{name.upper()}" for name in logs.LOGGERS
    }
    # What `make run` alone reads of it; the settings are the server's.
    read |= set(re.findall(r'environ\.get\("(HOST)"', (ROOT / "scripts" / "run.py").read_text()))
    page = (ROOT / "docs" / "CONFIGURATION.md").read_text()
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)} == read


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("", {"BACKEND": ""}),
        ("console://", {"BACKEND": "django.core.mail.backends.console.EmailBackend"}),
        (
            "file:///var/mail/out",
            {"BACKEND": "django.core.mail.backends.filebased.EmailBackend", "FILE_PATH": "/var/mail/out"},
        ),
        (
            "smtp://u:p%40ss@mail.example",
            {"PORT": 587, "HOST_PASSWORD": "p@ss", "USE_TLS": True, "USE_SSL": False},
        ),
        ("smtp://mail.example:25?tls=0", {"PORT": 25, "HOST_USER": "", "USE_TLS": False}),
        (
            "smtps://u:p@mail.example",
            {"HOST": "mail.example", "PORT": 465, "USE_TLS": False, "USE_SSL": True},
        ),
    ],
)
def test_the_mail_server_is_one_address(address: str, expected: dict[str, Any]) -> None:
    found = addresses.mail(address)
    assert {name: found[name] for name in expected} == expected


def test_a_wrong_mail_address_is_refused_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL", "imap://user:very-secret@mail.example")
    with pytest.raises(ImproperlyConfigured) as refused:
        Environment().mail("MAIL", "")
    assert "very-secret" not in str(refused.value)


def test_the_data_are_nobody_elses_on_this_machine(tmp_path: Path) -> None:
    data = tmp_path / "new" / "data"
    assert run(data, "migrate", "-v0", "accounts", "zero").returncode == 0
    assert data.stat().st_mode & 0o777 == 0o700
    for file in data.glob("*.sqlite3*"):
        assert file.stat().st_mode & 0o777 == 0o600, file
    (data / "trolley.sqlite3").chmod(0o644)
    assert run(data, "check").returncode == 0
    assert (data / "trolley.sqlite3").stat().st_mode & 0o777 == 0o600


def test_the_good_key_is_good_and_so_are_those_that_tools_make() -> None:
    for key in (KEY, secrets.token_hex(32), secrets.token_urlsafe(32)):
        refuse(**{**GOOD, "secret_key": key})
