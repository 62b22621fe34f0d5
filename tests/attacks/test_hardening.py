"""What a stranger is told, and what a browser or a proxy may keep."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from core.accounts.models import User


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("path", ["/", "/api/me", "/admin/login/", "/readyz"])
def test_a_wrong_host_is_told_nothing_of_the_settings(settings: Any, path: str, debug: bool) -> None:
    settings.DEBUG = debug
    answer = Client(headers={"Host": "evil.example"}).get(path)
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_host"
    assert len(answer.content) < 1000
    assert b"SETTINGS" not in answer.content.upper()


@pytest.mark.django_db
def test_nobody_keeps_tokens_or_what_is_one_persons() -> None:
    User.objects.create_user("mia", password="seven wild geese")
    login = Client().post(
        "/api/auth/token", {"username": "mia", "password": "seven wild geese"}, "application/json"
    )
    assert login.headers["Cache-Control"] == "no-store"
    mine = Client(headers={"Authorization": f"Bearer {login.json()['access']}"})
    for path in ("/api/me", "/api/orders", "/api/me/export"):
        answer = mine.get(path)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store", path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    body = {"refresh": login.json()["refresh"]}
    renewed = Client().post("/api/auth/token/refresh", body, "application/json")
    assert renewed.headers["Cache-Control"] == "no-store"


def test_scripts_and_styles_come_from_here_and_talk_to_nobody_else() -> None:
    policy = Client().get("/login").headers["Content-Security-Policy"]
    parts = dict(part.split(" ", 1) for part in policy.split("; "))
    assert parts["style-src"] == "'self'"
    assert parts["connect-src"] == "'self' ws://testserver"
    assert "'unsafe-inline'" not in policy
    assert parts["object-src"] == parts["frame-ancestors"] == "'none'"


def test_no_address_after_signing_in_leads_away(node: str) -> None:
    program = Path(__file__).with_name("next.mjs")
    done = subprocess.run([node, "--test", str(program)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.django_db
def test_the_last_platform_admin_cannot_be_erased_with_a_stolen_password() -> None:
    admin = User.objects.create_superuser("root-of-all", password="seven wild geese")
    body = {"username": "root-of-all", "password": "seven wild geese"}
    login = Client().post("/api/auth/token", body, "application/json").json()
    mine = Client(headers={"Authorization": f"Bearer {login['access']}"})
    answer = mine.delete("/api/me", {"password": "seven wild geese"}, "application/json")
    assert (answer.status_code, answer.json()["code"]) == (409, "last_platform_admin")
    assert User.objects.filter(pk=admin.pk).exists()
