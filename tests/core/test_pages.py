from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from core.payments.models import Payment
from core.payments.providers import registry
from core.web import health


@pytest.fixture
def pages(tmp_path: Path, settings: Any) -> Path:
    settings.PAGES_DIR = tmp_path
    for name in ("index", "shop", "branch", "login", "asyncapi"):
        (tmp_path / f"{name}.html").write_text(f"<!doctype html><title>{name}</title>")
    return tmp_path


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/", "index"),
        ("/shop", "shop"),
        ("/t/TROLLEY_01", "shop"),
        ("/branch/BRANCH-001", "branch"),
        ("/login", "login"),
        ("/docs/asyncapi", "asyncapi"),
    ],
)
def test_each_address_opens_its_page(pages: Path, client: Client, path: str, name: str) -> None:
    answer = client.get(path)
    assert f"<title>{name}</title>" in answer.content.decode()
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"


def test_an_unchanged_page_is_not_sent_again(pages: Path, client: Client) -> None:
    etag = client.get("/shop").headers["ETag"]
    assert client.get("/shop", headers={"If-None-Match": etag}).status_code == 304
    (pages / "shop.html").write_text("changed")
    assert client.get("/shop", headers={"If-None-Match": etag}).content == b"changed"


def test_a_page_that_is_not_installed_is_not_found(pages: Path, client: Client) -> None:
    (pages / "shop.html").unlink()
    assert client.get("/shop").status_code == 404


def test_only_an_import_map_may_be_inline_and_only_this_one(pages: Path, client: Client) -> None:
    body = '{"imports": {"preact": "/static/vendor/preact.js"}}'
    scripts = "<script>alert(1)</script><script src='/static/x.js'></script>"
    (pages / "shop.html").write_text(f'<script type="importmap">{body}</script>{scripts}')
    policy = client.get("/shop").headers["Content-Security-Policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
    assert scripts == f"script-src 'self' 'wasm-unsafe-eval' 'sha256-{digest}'"


def test_every_answer_carries_the_security_headers(pages: Path, client: Client, db: None) -> None:
    for path in ("/shop", "/api/demo", "/readyz", "/nowhere", "/admin/login/"):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["X-Frame-Options"] == "DENY", path
        assert headers["Referrer-Policy"] == "same-origin", path
        assert "script-src 'self'" in headers["Content-Security-Policy"], path
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], path


def test_the_pages_of_this_repository_are_there(client: Client) -> None:
    for path in ("/", "/shop", "/branch/X", "/catalogue", "/login", "/docs/asyncapi"):
        assert client.get(path).status_code == 200, path


def test_ready_means_that_every_probe_is_content(
    db: None, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    state: list[Exception] = []

    def probe() -> None:
        if state:
            raise state[0]

    forget = health.register("actors", probe)
    well = {"database": "ok", "journal": "ok", "channel_layer": "ok", "actors": "ok"}
    assert client.get("/readyz").json() == {"status": "ok", "checks": well}
    caplog.clear()  # the test before may have left something to recover from
    state.append(RuntimeError("the writer is gone"))
    for _ in range(2):
        answer = client.get("/readyz")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert answer.json()["checks"] == {**well, "actors": "failing"}
    assert b"writer" not in answer.content
    state.clear()
    assert client.get("/readyz").status_code == 200
    forget()
    assert "actors" not in client.get("/readyz").json()["checks"]
    said = [record.getMessage() for record in caplog.records if record.name == "core.web.health"]
    assert said == ["not ready: actors", "ready again: actors"]


def test_not_ready_without_a_database(db: None, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OSError("no route to the database")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", fail)
        assert client.get("/readyz").status_code == 503


def test_not_ready_without_the_redis_it_was_told_to_use(db: None, client: Client, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert client.get("/readyz").json()["checks"]["channel_layer"] == "failing"


def test_ready_with_a_redis_that_answers(db: None, client: Client, settings: Any, redis_url: str) -> None:
    settings.REDIS_URL = redis_url
    assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize("path", ["/static/js/boot.js", "/static/admin/css/base.css"])
def test_static_files_come_whole_with_what_caches_need(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.streaming) == (200, False)
    assert int(answer.headers["Content-Length"]) == len(answer.content) > 0
    again = client.get(path, headers={"If-Modified-Since": answer.headers["Last-Modified"]})
    assert (again.status_code, again.content) == (304, b"")
    part = client.get(path, headers={"Range": "bytes=2-5"})
    assert (part.status_code, part.content) == (206, answer.content[2:6])
    assert client.get("/static/nothing.js").status_code == 404


def _begun(provider: str) -> str:
    """A payment that was begun with a provider; returns its id."""
    now = timezone.now()
    row = Payment.objects.create(
        payment_id=uuid4(), user_id=uuid4(), branch_code="B", chain_slug="c", provider=provider,
        status="pending", amount=Decimal(1), refunded=Decimal(0), currency="INR", reservation_id=uuid4(),
        unsettled=True, refunds_refused=0, started_at=now, expires_at=now, updated_at=now,
    )  # fmt: skip
    return str(row.pk)


@pytest.fixture
def stripe_account(settings: Any) -> Iterator[None]:
    """The settings name an account at Stripe."""
    settings.STRIPE_SECRET_KEY = "sk_test_for_a_test"
    settings.STRIPE_PUBLISHABLE_KEY = "pk_test_for_a_test"
    settings.STRIPE_WEBHOOK_SECRET = "whsec_for_a_test"
    registry.forget()
    yield
    registry.forget()


@pytest.mark.django_db
@pytest.mark.usefixtures("stripe_account")
def test_a_providers_scripts_are_let_in_on_the_page_of_its_payments_only(client: Client) -> None:
    payment = _begun("stripe")
    policy = client.get(f"/pay/stripe/{payment}").headers["Content-Security-Policy"]
    assert "https://js.stripe.com" in policy
    assert "razorpay" not in policy
    assert "stripe" not in client.get("/shop").headers["Content-Security-Policy"]
    for path in (f"/pay/razorpay/{payment}", f"/pay/sandbox/{payment}", f"/pay/stripe/{uuid4()}"):
        assert client.get(path).status_code == 404, path


@pytest.mark.django_db
def test_a_provider_without_an_account_has_no_page(client: Client) -> None:
    registry.forget()
    assert client.get(f"/pay/stripe/{_begun('stripe')}").status_code == 404
