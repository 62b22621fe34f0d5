from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from django.db import OperationalError
from django.test import Client

from core import problems
from core.accounts.models import User
from core.privacy import api as privacy
from core.rest.json import Renderer
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
        ("POST", "/api/auth/token", b"{", "application/json", 400, "invalid_json"),
        ("POST", "/api/auth/token", b"\xff", "application/json", 400, "invalid_json"),
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
    answer = nobody.post("/api/auth/token", {"username": "a", "password": "b", "pin": "1"})
    assert answer.json()["errors"] == {
        "pin": ["This field is not known. Expected: language, otp, password, username."]
    }


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


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/api/nope", "/api/products/abc/def", "/api/devices/null,null/x"])
def test_an_unknown_address_of_the_api_is_a_problem_for_every_method(
    people: dict[str, User], method: str, path: str
) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(people["platform"])
    answer = browser.generic(method, path, b"{}", content_type="application/json")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")


def test_a_cookie_never_authenticates_the_api(people: dict[str, User]) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(people["platform"])
    assert browser.get("/api/me").status_code == 401
    assert browser.delete("/api/me").status_code == 401


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("path", ["/nope", "/branch/a/b/c", "/media/nothing", "/x/AAAA"])
def test_people_see_a_page_where_there_is_none(nobody: Api, settings: Any, debug: bool, path: str) -> None:
    settings.DEBUG = debug
    answer = nobody.get(path)
    assert answer.status_code == 404
    assert b"/static/js/missing.js" in answer.content


def test_a_busy_database_is_not_our_defect(nobody: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: Any, **__: Any) -> Any:
        raise OperationalError("database is locked")

    monkeypatch.setattr(User.objects, "all", locked)
    answer = nobody.post("/api/auth/token", {"username": "a", "password": "b"})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"[" * 100_000 + b"]" * 100_000, None),
        (b'{"\\ud800":1}', "A name"),
        (b'{"username":"a","password":"\\ud800"}', "password"),
        (b'{"username":"a\\u0000","password":"b"}', "username"),
        (b'{"username":"a","username":"b","password":"b"}', "username"),
        (b'{"username":' + b"1" * 100_000 + b"}", None),
        (b'{"username":NaN}', None),
    ],
)
@pytest.mark.parametrize("path", ["/api/auth/token", "/api/auth/register", "/api/devices/register"])
def test_no_json_is_too_odd_for_a_clear_answer(
    nobody: Api, path: str, body: bytes, field: str | None
) -> None:
    answer = nobody.send("POST", path, body, "application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json")
    assert list(answer.json().get("errors", {})) == ([field] if field else [])


def test_a_body_that_is_too_long_is_413(nobody: Api) -> None:
    answer = nobody.send("POST", "/api/auth/token", b" " * 3_000_000, "application/json")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_whatever_a_name_holds_it_can_be_written(nobody: Api) -> None:
    assert Renderer().render({"a\udc00": ["b\ud800"]}) == b'{"a\\\\udc00":["b\\\\ud800"]}'


def test_a_503_outside_of_views_says_when_to_come_again(rf: Any) -> None:
    assert problems.respond(rf.get("/api/x"), 503, "Busy.").headers["Retry-After"] == "1"
