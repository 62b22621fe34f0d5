from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest

from core.accounts.models import User
from core.privacy import api as privacy
from tests.core.support import Api

MEMBERS = {"type", "title", "status", "detail", "instance", "code", "error", "message"}


@pytest.mark.parametrize(
    ("method", "path", "body", "kind", "status", "code"),
    [
        ("GET", "/api/nowhere", b"", "", 404, "not_found"),
        ("GET", "/api/", b"", "", 404, "not_found"),
        ("GET", "/api/v1/nowhere/", b"", "", 404, "not_found"),
        ("GET", "/api/trolleys/a%00b", b"", "", 404, "not_found"),
        ("GET", "/api/me", b"", "", 401, "not_authenticated"),
        ("PUT", "/api/auth/token", b"{}", "application/json", 405, "method_not_allowed"),
        ("POST", "/api/auth/token", b"{", "application/json", 400, "parse_error"),
        ("POST", "/api/auth/token", b"\xff", "application/json", 400, "parse_error"),
        ("POST", "/api/auth/token", b"[]", "application/json", 400, "invalid"),
        (
            "POST",
            "/api/auth/token",
            b"a=1",
            "application/x-www-form-urlencoded",
            415,
            "unsupported_media_type",
        ),
        ("POST", "/api/auth/token", b"{}", "application/json", 400, "invalid"),
    ],
)
def test_every_error_is_a_problem_document(
    nobody: Api, method: str, path: str, body: bytes, kind: str, status: int, code: str
) -> None:
    answer = nobody.send(method, path, body, kind)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    found = answer.json()
    assert set(found) >= MEMBERS
    assert (found["status"], found["code"], found["instance"]) == (status, code, unquote(path))
    assert found["error"] == found["message"] == found["detail"]


def test_an_unknown_field_is_named(nobody: Api) -> None:
    answer = nobody.post("/api/auth/token", {"username": "a", "password": "b", "otp": "1"})
    assert answer.json()["errors"] == {"otp": ["This field is not known."]}


def test_null_for_an_optional_field_is_the_same_as_leaving_it_out(nobody: Api) -> None:
    body = {"username": "mia", "password": "seven wild geese", "email": None}
    assert nobody.post("/api/auth/register", body).status_code == 201
    assert User.objects.get(username="mia").email == ""


def test_a_401_says_how_to_authenticate(nobody: Api) -> None:
    assert nobody.get("/api/me").headers["WWW-Authenticate"] == "Bearer"


def test_a_bad_token_says_what_is_wrong_with_it(db: None) -> None:
    assert Api(token="nonsense").get("/api/me").json()["code"] == "token_invalid"


def test_a_defect_is_logged_and_tells_nothing(
    people: dict[str, User], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(user: Any) -> Any:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(privacy, "everything_about", fail)
    answer = Api(people["shopper"]).get("/api/me/export")
    assert (answer.status_code, answer.json()["code"]) == (500, "server_error")
    assert b"secret of the house" not in answer.content
    assert "the secret of the house" in caplog.text


@pytest.mark.parametrize("path", ["/api/v1/me", "/api/me/", "/api/v1/me/"])
def test_the_version_and_the_trailing_slash_are_optional(people: dict[str, User], path: str) -> None:
    assert Api(people["shopper"]).get(path).json()["username"] == "shopper"
