"""The hot commands over HTTP: the table's routes, their exact statuses and bodies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from realtime.server import Server
from tests.realtime.conftest import World
from tests.realtime.paying import state_of


@pytest.fixture
async def http(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the server's HTTP side."""
    transport = httpx.ASGITransport(app=server)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


@pytest.fixture
async def shopper(world: World, http: httpx.AsyncClient) -> httpx.AsyncClient:
    """The client, logged in as a shopper."""
    http.headers["Authorization"] = f"Bearer {await asyncio.to_thread(world.token)}"
    return http


async def _start(client: httpx.AsyncClient, world: World) -> dict[str, Any]:
    answer = await client.post("/api/session/qr-scan", json={"trolley_id": world.trolleys[0]})
    assert answer.status_code == 201
    body: dict[str, Any] = answer.json()
    return body


async def test_a_scan_is_created_once_and_the_same_session_again(
    world: World, shopper: httpx.AsyncClient
) -> None:
    started = await _start(shopper, world)
    again = await shopper.post("/api/session/qr-scan/", json={"trolley_id": world.trolleys[0]})
    assert (again.status_code, again.json()["session_id"]) == (200, started["session_id"])
    assert started["message"]
    assert started["cart"]["items"] == []


async def test_the_three_bodies_of_an_add_are_one_command(world: World, shopper: httpx.AsyncClient) -> None:
    session = (await _start(shopper, world))["session_id"]
    scanned = await shopper.post("/api/cart/add", json={"session_id": session, "barcode": world.barcode})
    assert scanned.status_code == 200
    assert scanned.json()["product"] == {"barcode": world.barcode, "name": "Product 0", "price": 100.0}
    assert (scanned.json()["cart_total"], scanned.json()["items_count"]) == (100.0, 1)
    assert scanned.json()["cart"]["total_items"] == 1
    product = str(world.products[0].pk)
    added = await shopper.post(
        "/api/v1/cart/add/", json={"product_id": product, "quantity": 2, "variant_id": None}
    )
    assert added.status_code == 200
    assert added.json().keys() == {"message", "cart"}
    assert added.json()["message"] == "Item added successfully"
    item = await shopper.post("/api/cart/items", json={"product_id": product, "quantity": 1})
    assert item.status_code == 201
    assert (item.json()["quantity"], item.json()["line_total"]) == (4, 400.0)
    assert b'"line_total":400.00' in item.content


async def test_items_are_changed_and_removed(world: World, shopper: httpx.AsyncClient) -> None:
    item = (await shopper.post("/api/cart/items", json={"product_id": str(world.products[0].pk)})).json()
    path = f"/api/cart/items/{item['id']}"
    changed = await shopper.patch(path, json={"quantity": 5})
    assert (changed.status_code, changed.json()["quantity"]) == (200, 5)
    gone = await shopper.patch(path, json={"quantity": 0})
    assert (gone.status_code, gone.content) == (204, b"")
    missing = await shopper.delete(path)
    assert (missing.status_code, missing.json()["code"]) == (404, "item_not_found")
    await shopper.post("/api/cart/items", json={"product_id": str(world.products[1].pk)})
    cleared = await shopper.delete("/api/cart/items")
    assert cleared.status_code == 204
    assert (await shopper.get("/api/cart")).json()["items"] == []


async def test_the_cart_has_an_etag_that_follows_its_revision(
    world: World, shopper: httpx.AsyncClient
) -> None:
    first = await shopper.get("/api/cart")
    assert first.status_code == 200
    unchanged = await shopper.get("/api/cart", headers={"If-None-Match": first.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    await shopper.post("/api/cart/items", json={"product_id": str(world.products[0].pk)})
    changed = await shopper.get("/api/cart/", headers={"If-None-Match": first.headers["etag"]})
    assert (changed.status_code, changed.json()["revision"]) == (200, 1)
    assert set(changed.json()) == {
        "id", "items", "items_count", "total_items", "total_price", "currency", "has_unavailable_items",
        "budget_status", "budget", "sustainability_score", "carbon_kg", "revision", "updated_at",
        "saved", "sessions", "vouchers", "checkout", "needs", "subtotal", "savings", "deposits", "taxes",
        "tax_included", "rounding", "promotions",
    }  # fmt: skip
    head = await shopper.head("/api/cart")
    assert (head.status_code, head.content) == (200, b"")


async def test_the_same_key_gives_the_same_bytes_and_changes_nothing(
    world: World, shopper: httpx.AsyncClient
) -> None:
    key = {"Idempotency-Key": "any key: with / signs"}
    body = {"product_id": str(world.products[0].pk), "quantity": 2}
    first = await shopper.post("/api/cart/add", json=body, headers=key)
    await shopper.post("/api/cart/add", json=body)
    again = await shopper.post("/api/cart/add", json=body, headers=key)
    assert again.content == first.content
    assert (await shopper.get("/api/cart")).json()["total_items"] == 4
    reused = await shopper.post("/api/cart/add", json={**body, "quantity": 3}, headers=key)
    assert (reused.status_code, reused.json()["code"]) == (422, "key_reused")


async def test_session_end_is_the_same_every_time(world: World, shopper: httpx.AsyncClient) -> None:
    session = {"session_id": (await _start(shopper, world))["session_id"]}
    beat = await shopper.post("/api/session/heartbeat", json=session)
    assert (beat.status_code, "expires_at" in beat.json()) == (200, True)
    ended = await shopper.post("/api/session/end", json=session)
    assert ended.status_code == 200
    assert ended.json()["trolley_unassigned"] is True
    assert (await shopper.post("/api/session/end", json=session)).json() == ended.json()
    late = await shopper.post("/api/session/heartbeat", json=session)
    assert (late.status_code, late.json()["code"]) == (409, "session_ended")


async def test_restore_and_quote(world: World, shopper: httpx.AsyncClient) -> None:
    session = (await _start(shopper, world))["session_id"]
    await shopper.post("/api/cart/items", json={"product_id": str(world.products[0].pk)})
    await shopper.post("/api/session/end", json={"session_id": session})
    restored = await shopper.post("/api/cart/restore")
    assert (restored.status_code, restored.json()["items_count"]) == (200, 1)
    quoted = await shopper.post("/api/cart/quote")
    assert (quoted.status_code, quoted.json()["changes"]) == (200, [])


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/api/session/qr-scan", {}, 400, "missing_field"),
        ("POST", "/api/session/qr-scan", {"trolley_id": "NONE"}, 404, "trolley_not_found"),
        ("POST", "/api/session/qr-scan", {"trolley_id": "http://x/y"}, 400, "qr_malformed"),
        ("POST", "/api/session/qr-scan", {"trolley_id": "http://x/t/A?k=n.bad"}, 400, "qr_invalid"),
        (
            "POST",
            "/api/session/end",
            {"session_id": "018f6f2e-9c7b-7a43-8d05-1f2a3b4c5d6e"},
            404,
            "session_not_found",
        ),
        ("POST", "/api/session/end", {"session_id": "nope", "who": 1}, 400, "unknown_field"),
        ("POST", "/api/session/end", {"session_id": 7}, 400, "invalid_field"),
        ("POST", "/api/cart/add", {"barcode": "nothing"}, 404, "product_not_found"),
        ("POST", "/api/cart/items", {"product_id": "x", "quantity": 1000}, 400, "invalid_field"),
        ("PATCH", "/api/cart/items/x", {"quantity": 1, "item_id": "y"}, 400, "unknown_field"),
        (
            "PATCH",
            "/api/cart/items/018f6f2e-9c7b-7a43-8d05-1f2a3b4c5d6e",
            {"quantity": 1},
            404,
            "item_not_found",
        ),
        ("PUT", "/api/cart/items/x", {"quantity": 1}, 405, "method_not_allowed"),
        ("GET", "/api/cart/add", None, 405, "method_not_allowed"),
    ],
)
async def test_every_error_is_a_problem_document(
    shopper: httpx.AsyncClient, method: str, path: str, body: Any, status: int, code: str
) -> None:
    answer = await shopper.request(method, path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "instance", "error", "message"} <= answer.json().keys()
    assert answer.json()["instance"] == path


async def test_an_unknown_name_is_refused_in_the_same_words_by_every_body_and_query(
    shopper: httpx.AsyncClient,
) -> None:
    command = await shopper.post("/api/session/heartbeat", json={"who": 1})
    assert command.json()["errors"] == {"who": ["This field is not known. Expected: session_id."]}
    price = await shopper.get(f"/api/pricing/{uuid4()}/price?colour=red")
    assert price.json()["errors"]["colour"][0].startswith("This parameter is not known. Expected: ")
    body = await shopper.post("/api/auth/token", json={"username": "a", "password": "b", "who": 1})
    assert body.json()["errors"] == {
        "who": ["This field is not known. Expected: language, otp, password, username."]
    }
    query = await shopper.get("/api/orders?colour=red")
    assert query.json()["errors"]["colour"][0].startswith("This parameter is not known. Expected: ")


async def test_a_body_that_is_not_json_is_refused(shopper: httpx.AsyncClient) -> None:
    wrong = await shopper.post("/api/cart/add", content=b"{", headers={"Content-Type": "application/json"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid_json")
    form = await shopper.post("/api/cart/add", data={"barcode": "1"})
    assert (form.status_code, form.json()["code"]) == (415, "unsupported_media_type")
    long = json.dumps({"barcode": "x" * 70_000})
    big = await shopper.post("/api/cart/add", content=long, headers={"Content-Type": "application/json"})
    assert (big.status_code, big.json()["code"]) == (413, "message_too_large")


async def test_a_caller_without_a_good_token_gets_401(http: httpx.AsyncClient) -> None:
    for headers in ({}, {"Authorization": "Bearer rubbish"}, {"Authorization": "Basic eDp5"}):
        answer = await http.get("/api/cart", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_what_is_not_hot_is_djangos(shopper: httpx.AsyncClient) -> None:
    assert (await shopper.get("/readyz")).json()["checks"]["actors"] == "ok"
    assert (await shopper.get("/api/me")).status_code == 200


async def test_a_server_that_answers_is_alive(http: httpx.AsyncClient) -> None:
    alive = await http.get("/healthz")
    assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
    assert alive.headers["cache-control"] == "no-store"
    head = await http.head("/healthz")
    assert (head.status_code, head.content) == (200, b"")
    assert (await http.post("/healthz")).status_code == 405


async def test_a_plain_path_of_djangos_goes_before_a_pattern_of_the_table(shopper: httpx.AsyncClient) -> None:
    assert "sandbox" in (await shopper.get("/api/payments/providers")).text
    assert (await shopper.get("/api/payments/none")).json()["code"] == "invalid_id"


async def test_a_conflict_names_the_holder(world: World, http: httpx.AsyncClient) -> None:
    one, two = [await asyncio.to_thread(world.token, name) for name in ("one", "two")]
    body = {"trolley_id": world.trolleys[0]}
    await http.post("/api/session/qr-scan", json=body, headers={"Authorization": f"Bearer {one}"})
    lost = await http.post("/api/session/qr-scan", json=body, headers={"Authorization": f"Bearer {two}"})
    assert lost.status_code == 409
    assert lost.json()["error"] == "Trolley already in use"
    assert lost.json()["assigned_to"] == world.user("one").username
    other = {"trolley_id": world.trolleys[1]}
    second = await http.post("/api/session/qr-scan", json=other, headers={"Authorization": f"Bearer {one}"})
    assert (second.status_code, second.json()["code"]) == (409, "user_has_trolley")


async def test_staff_act_on_trolleys_by_number(world: World, http: httpx.AsyncClient) -> None:
    staff = {"Authorization": f"Bearer {await asyncio.to_thread(world.staff)}"}
    path = f"/api/branches/{world.branch.code}/carts/1"
    on = await http.post(f"{path}/maintenance", json={"on": True, "notes": "wheel"}, headers=staff)
    assert (on.status_code, on.json()) == (
        200, {"trolley_id": world.trolleys[0], "on": True, "notes": "wheel"},
    )  # fmt: skip
    opened = await http.post(f"{path}/unlock", json={"reason": "stuck"}, headers=staff)
    assert (opened.status_code, opened.json()["lock"]["desired"]) == (200, "open")
    locked = await http.post(f"{path}/lock", headers=staff)
    assert (locked.status_code, locked.json()["code"]) == (409, "unsupported")
    blank = await http.post(f"{path}/unlock", json={"reason": "  "}, headers=staff)
    assert blank.status_code == 400
    nobody = await http.post(
        f"/api/branches/{world.branch.code}/carts/99/unlock", json={"reason": "stuck"}, headers=staff
    )
    assert (nobody.status_code, nobody.json()["code"]) == (404, "trolley_not_found")


async def test_a_kiosk_and_staff_start_and_end_for_others(world: World, http: httpx.AsyncClient) -> None:
    device = world.device_token()
    staff = await asyncio.to_thread(world.staff)
    user = str((await asyncio.to_thread(world.customer, "guest")).pk)
    body = {"trolley_id": world.trolleys[2], "user_id": user}
    kiosk = {"Authorization": f"Bearer {device}"}
    nobody = await http.post("/api/session/qr-scan", json={**body, "user_id": str(uuid4())}, headers=kiosk)
    assert (nobody.status_code, nobody.json()["code"]) == (404, "user_not_found")
    unnamed = await http.post("/api/session/qr-scan", json={"trolley_id": world.trolleys[2]}, headers=kiosk)
    assert unnamed.status_code == 400
    started = await http.post("/api/session/qr-scan", json=body, headers=kiosk)
    assert (started.status_code, started.json()["assigned_to"]) == (201, world.user("guest").username)
    refused = await http.get("/api/cart", headers=kiosk)
    assert refused.status_code == 403
    ended = await http.post(
        "/api/session/end",
        json={"session_id": started.json()["session_id"]},
        headers={"Authorization": f"Bearer {staff}"},
    )
    assert (ended.status_code, ended.json()["trolley_unassigned"]) == (200, True)


async def test_a_running_session_ends_with_its_account(
    world: World, server: Server, shopper: httpx.AsyncClient
) -> None:
    started = await _start(shopper, world)
    assert (await state_of(server, "trolley", world.trolleys[0])).session_id == started["session_id"]
    assert (await shopper.delete("/api/me")).status_code == 204
    assert (await state_of(server, "trolley", world.trolleys[0])).session_id is None


async def test_readiness_is_told_by_the_writer(
    shopper: httpx.AsyncClient, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """How a writer finds out that it can write again is in tests/runtime/test_commits.py."""
    assert (await shopper.get("/readyz")).status_code == 200
    system = (await server.owner()).host.system
    with pytest.MonkeyPatch.context() as full:
        full.setattr(system, "why_not_writable", lambda: OSError("no space left on device"))
        for _ in range(3):
            answer = await shopper.get("/readyz")
            assert (answer.status_code, answer.json()["checks"]["actors"]) == (503, "failing")
            assert answer.headers["Retry-After"] == "5"
    assert (await shopper.get("/readyz")).status_code == 200
    said = [record.getMessage() for record in caplog.records if record.name == "core.web.health"]
    assert said == ["not ready: actors", "ready again: actors"]
