"""What is wrong with a message is said the same way over both transports, and nothing breaks by it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from core.config.logs import SubjectFilter
from realtime.problems import Problem
from realtime.server import Server
from realtime.testing import CommandRefused, trolley_client
from tests.realtime.conftest import World

DEEP = "[" * 1000 + "]" * 1000
HOSTILE = {
    "a name twice": '"barcode": "a", "barcode": "b"',
    "a name twice, with a space behind it": '"barcode": "a", "barcode" : "b"',
    "a lone surrogate": '"barcode": "\\ud800"',
    "a lone surrogate as a name": '"\\ud800": 1',
    "NUL": '"barcode": "\\u0000"',
    "a million digits": '"quantity": ' + "9" * 60_000,
    "NaN": '"quantity": NaN',
    "a thousand levels where text belongs": f'"barcode": {DEEP}',
    "a thousand levels where nothing belongs": f'"other": {DEEP}',
}


def _client(server: Server, token: str | None = None, host: str = "localhost") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=server)  # type: ignore[arg-type]
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(transport=transport, base_url=f"http://{host}", headers=headers)


@pytest.mark.parametrize("members", HOSTILE.values(), ids=HOSTILE.keys())
async def test_what_no_store_can_keep_is_a_400_over_both_transports(
    world: World, server: Server, members: str
) -> None:
    token = await asyncio.to_thread(world.token)
    async with _client(server, token) as http:
        headers = {"Content-Type": "application/json"}
        answer = await http.post("/api/cart/add", content=f"{{{members}}}", headers=headers)
        assert answer.status_code == 400, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
    async with trolley_client(server, token) as phone:
        await phone.send(f'{{"id": "a1", "type": "cart.add", {members}}}')
        frame = await phone.next(lambda frame: frame["type"] == "reply")
        assert (frame["ok"], frame["problem"]["status"]) == (False, 400)
        assert (await phone.command("cart.add", barcode=world.barcode))["items_count"] == 1


async def test_an_address_nested_a_thousand_deep_is_a_400(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    deep = '{"a":' * 1000 + "1" + "}" * 1000
    async with _client(server, token) as http, trolley_client(server, token) as phone:
        headers = {"Content-Type": "application/json"}
        body = f'{{"billing_address": {deep}}}'
        answer = await http.post("/api/payments/create-from-cart", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json")
        await phone.send(f'{{"id": "a1", "type": "payment.create", "billing_address": {deep}}}')
        frame = await phone.next(lambda frame: frame["type"] == "reply")
        assert frame["problem"]["code"] == "invalid_json"
        assert await phone.command("ping") == {}


MALFORMED: list[tuple[str, dict[str, Any], str]] = [
    ("session.start", {"trolley_id": "TROLLEY", "user_id": "somebody"}, "user_id"),
    ("trolley.assign", {"trolley_id": "TROLLEY", "user_id": "somebody"}, "user_id"),
    ("alarm.acknowledge", {"branch": "BRANCH", "alarm_id": str(uuid4()), "assignee": "me"}, "assignee"),
    ("alarm.clear", {"branch": "BRANCH", "alarm_id": "7"}, "alarm_id"),
    ("session.end", {"session_id": "7"}, "session_id"),
    ("cart.add", {"product_id": "7"}, "product_id"),
    ("cart.add", {"barcode": "1", "session_id": "{" + str(uuid4()) + "}"}, "session_id"),
    ("cart.remove", {"item_id": "7"}, "item_id"),
    ("order.refund", {"order_id": "7", "reason": "broken"}, "order_id"),
    ("payment.confirm", {"payment_id": "7"}, "payment_id"),
]


@pytest.mark.parametrize(("name", "fields", "field"), MALFORMED)
async def test_a_malformed_id_is_a_400_that_names_it(
    world: World, server: Server, name: str, fields: dict[str, Any], field: str
) -> None:
    there = {"TROLLEY": world.trolleys[0], "BRANCH": world.branch.code}
    fields = {key: there.get(value, value) for key, value in fields.items()}
    staff = await asyncio.to_thread(world.staff, "staff", "manager")
    async with trolley_client(server, staff) as desk:
        with pytest.raises(CommandRefused) as refused:
            await desk.command(name, **fields)
    assert (refused.value.status, refused.value.code) == (400, "invalid_id")
    assert list(refused.value.problem["errors"]) == [field]


@pytest.mark.parametrize(
    ("name", "field", "code"),
    [
        ("session.start", "user_id", "user_not_found"),
        ("trolley.assign", "user_id", "user_not_found"),
        ("cart.remove", "item_id", "item_not_found"),
        ("order.refund", "order_id", "order_not_found"),
        ("payment.confirm", "payment_id", "payment_not_found"),
    ],
)
async def test_an_unknown_id_is_a_404(world: World, server: Server, name: str, field: str, code: str) -> None:
    more = {
        "session.start": {"trolley_id": world.trolleys[0]},
        "trolley.assign": {"trolley_id": world.trolleys[0]},
        "order.refund": {"reason": "broken"},
    }.get(name, {})
    staff = await asyncio.to_thread(world.staff, "staff", "manager")
    async with trolley_client(server, staff) as desk:
        with pytest.raises(CommandRefused) as refused:
            await desk.command(name, **more, **{field: str(uuid4())})
    assert (refused.value.status, refused.value.code) == (404, code)


async def test_ids_and_codes_are_read_in_capitals_and_without(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone:
        started = await phone.command("session.start", trolley_id=world.trolleys[0].lower())
        assert started["trolley_id"] == world.trolleys[0]
        product_id = str(world.products[0].pk).upper()
        session_id = started["session_id"].upper()
        added = await phone.command("cart.add", product_id=product_id, session_id=session_id)
        removed = await phone.command("cart.remove", item_id=added["item"]["id"].upper())
        assert removed["removed"] == 1
        assert (await phone.command("session.end", session_id=session_id))["trolley_unassigned"]


async def test_a_session_is_kept_and_ended_without_its_id(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone, _client(server, token) as http:
        for refused_name in ("session.heartbeat", "session.end"):
            with pytest.raises(CommandRefused) as refused:
                await phone.command(refused_name)
            assert (refused.value.status, refused.value.code) == (404, "session_not_found")
        session_id = (await phone.command("session.start", trolley_id=world.trolleys[0]))["session_id"]
        assert (await phone.command("session.heartbeat"))["session_id"] == session_id
        assert (await http.post("/api/session/heartbeat", json={})).json()["session_id"] == session_id
        ended = await phone.command("session.end")
        assert ended["session_id"] == session_id
        assert await phone.command("session.end") == ended
        assert (await http.post("/api/session/end", json={})).json() == ended


async def test_a_key_with_another_body_is_a_422_before_anything_else(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone, _client(server, token) as http:
        key = str(uuid4())
        await phone.command("cart.add", id=key, barcode=world.barcode)
        for body in (
            {"barcode": "nothing"},
            {"product_id": str(uuid4())},
            {"product_id": "7"},
            {"barcode": 7},
            {"barcode": world.barcode, "nonsense": 1},
        ):
            with pytest.raises(CommandRefused) as refused:
                await phone.command("cart.add", id=key, **body)
            assert (refused.value.status, refused.value.code) == (422, "key_reused")
            answer = await http.post("/api/cart/add", json=body, headers={"Idempotency-Key": key})
            assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")
        with pytest.raises(CommandRefused) as refused:
            await phone.command("cart.add", id=str(uuid4()), barcode="nothing")
        assert refused.value.code == "product_not_found"


async def test_a_used_key_with_another_thing_is_a_422_also_where_no_cart_keeps_it(
    world: World, server: Server
) -> None:
    staff = await asyncio.to_thread(world.staff)
    async with trolley_client(server, staff) as desk, _client(server, staff) as http:
        key, there = str(uuid4()), world.trolleys[0]
        first = await desk.command("trolley.unlock", id=key, trolley_id=there, reason="stuck")
        for body in (
            {"trolley_id": "NO_SUCH_TROLLEY", "reason": "stuck"},
            {"trolley_id": world.trolleys[1], "reason": "stuck"},
            {"trolley_id": there, "reason": "other"},
            {"trolley_id": there, "reason": 7},
            {"trolley_id": there},
        ):
            with pytest.raises(CommandRefused) as refused:
                await desk.command("trolley.unlock", id=key, **body)
            assert (refused.value.status, refused.value.code) == (422, "key_reused")
        assert await desk.command("trolley.unlock", id=key, trolley_id=there, reason="stuck") == first
        path, headers = f"/api/branches/{world.branch.code}/stock/receive", {"Idempotency-Key": key}
        line = {"product_id": str(world.products[0].pk), "quantity": 1}
        sent = {"lines": [line]}
        received = await http.post(path, json=sent, headers=headers)
        assert received.status_code == 201, received.text
        for other in ({"product_id": str(uuid4())}, {"product_id": "7"}, {"quantity": "many"}):
            refused_line = await http.post(path, json={"lines": [line | other]}, headers=headers)
            assert (refused_line.status_code, refused_line.json()["code"]) == (422, "key_reused")
        assert (await http.post(path, json=sent, headers=headers)).json() == received.json()


@pytest.mark.parametrize("wrong", [{"barcode": "nothing"}, {"barcode": 7}, {"product_id": "7"}])
async def test_a_key_whose_command_came_to_nothing_is_free(
    world: World, server: Server, wrong: dict[str, Any]
) -> None:
    staff, key = await asyncio.to_thread(world.staff), str(uuid4())
    async with trolley_client(server, staff) as desk:
        with pytest.raises(CommandRefused):
            await desk.command("cart.add", id=key, **wrong)
        assert (await desk.command("cart.add", id=key, barcode=world.barcode))["item"]["quantity"] == 1
        with pytest.raises(CommandRefused):
            await desk.command("trolley.unlock", id=key, trolley_id="NOWHERE", reason="stuck")
        there = world.trolleys[0]
        unlocked = await desk.command("trolley.unlock", id=key, trolley_id=there, reason="stuck")
        assert unlocked["trolley_id"] == there


async def test_over_http_a_key_counts_for_its_own_path_only(world: World, server: Server) -> None:
    staff = await asyncio.to_thread(world.staff)
    async with _client(server, staff) as http:
        headers, reason = {"Idempotency-Key": "one for all"}, {"reason": "stuck"}
        paths = [f"/api/branches/{world.branch.code}/carts/{number}/unlock" for number in (1, 2)]
        first, second = [await http.post(path, json=reason, headers=headers) for path in paths]
        assert (first.status_code, second.status_code) == (200, 200)
        for other in ({"reason": "other"}, {"reason": 7}, {}):
            refused = await http.post(paths[0], json=other, headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (422, "key_reused")
        goods = {"barcode": world.barcode}
        added = await http.post("/api/cart/add", json=goods, headers=headers)
        item = await http.post("/api/cart/items", json=goods, headers=headers)
        assert (added.status_code, item.status_code, item.json()["quantity"]) == (200, 201, 2)
        other_id = (
            await http.post("/api/cart/items", json={"product_id": str(world.products[1].pk)})
        ).json()["id"]
        for item_id in (item.json()["id"], other_id):
            path = f"/api/cart/items/{item_id}"
            changed = await http.patch(path, json={"quantity": 5}, headers=headers)
            assert (changed.status_code, changed.json()["quantity"]) == (200, 5)
            again = await http.patch(
                f"/api/v1/cart/items/{item_id.upper()}/", json={"quantity": 6}, headers=headers
            )
            assert (again.status_code, again.json()["code"]) == (422, "key_reused")


async def test_a_key_counts_for_its_own_route_only(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone:
        key = str(uuid4())
        added = await phone.command("cart.add", id=key, barcode=world.barcode)
        removed = await phone.command("cart.remove", id=key, item_id=added["item"]["id"])
        assert removed["removed"] == 1
        assert await phone.command("cart.add", id=key, barcode=world.barcode) == added


@pytest.mark.parametrize("status", [429, 503])
def test_whoever_is_to_come_again_is_told_when(status: int) -> None:
    assert Problem(status, "busy", "Not now.").document()["retry_after"] == 1
    assert Problem(status, "busy", "Not now.", retry_after=7).document()["retry_after"] == 7


async def test_hot_routes_send_the_headers_that_django_sends(
    world: World, server: Server, settings: Any
) -> None:
    token = await asyncio.to_thread(world.token)
    settings.SECURE_HSTS_SECONDS = 3600
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    async with _client(server, token) as http:
        added = await http.post("https://localhost/api/cart/add", json={"barcode": world.barcode})
        cart = await http.get("/api/cart")
        refused = await http.post("/api/cart/add", json={"barcode": "nothing"})
    assert added.headers["strict-transport-security"] == "max-age=3600; includeSubDomains"
    assert "strict-transport-security" not in cart.headers
    assert cart.headers["cache-control"] == "private, no-cache"
    assert {added.headers["cache-control"], refused.headers["cache-control"]} == {"no-store"}
    assert {each.headers["x-content-type-options"] for each in (added, cart, refused)} == {"nosniff"}


@pytest.mark.parametrize("host", ["elsewhere.example", "local_host", ""])
async def test_hot_routes_refuse_what_was_meant_for_another_host(
    world: World, server: Server, settings: Any, host: str
) -> None:
    settings.ALLOWED_HOSTS = ["localhost"]
    token = await asyncio.to_thread(world.token)
    async with _client(server, token) as http:
        answer = await http.get("/api/cart", headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_host")


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []
        self.addFilter(SubjectFilter())

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def kept() -> Iterator[list[logging.LogRecord]]:
    """What the logger ``cart`` is told."""
    handler, logger = _Kept(), logging.getLogger("cart")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler.records
    logger.removeHandler(handler)
    logger.setLevel(before)


async def test_a_refusal_leaves_one_line_with_the_ids_of_what_was_asked(
    world: World, server: Server, kept: list[logging.LogRecord]
) -> None:
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone, _client(server, token) as http:
        await phone.command("session.start", id="started-1", trolley_id=world.trolleys[0])
        assert [record.getMessage() for record in kept] == ["session.start: done"]
        kept.clear()
        with pytest.raises(CommandRefused):
            await phone.command("cart.add", id="scanned-1", barcode="nothing")
        await http.post("/api/cart/add", json={"barcode": "nothing"}, headers={"X-Request-ID": "request-1"})
    lines = [(record.getMessage(), record.__dict__["trolley_id"]) for record in kept]
    assert lines == [("cart.add: refused, 404 product_not_found", world.trolleys[0])] * 2
    assert [record.__dict__["command"] for record in kept] == ["cart.add", "cart.add"]
    assert [record.__dict__["request_id"] for record in kept] == ["cart.add-scanned-1", "request-1"]


async def test_who_is_refused_all_the_time_fills_no_log(
    world: World, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    token = await asyncio.to_thread(world.token)
    with caplog.at_level(logging.INFO, "realtime"), caplog.at_level(logging.INFO, "cart"):
        async with trolley_client(server, token) as phone:
            for _ in range(45):
                with pytest.raises(CommandRefused):
                    await phone.command("cart.add", barcode="nothing")
        lines = [record.getMessage() for record in caplog.records]
    assert len(lines) < 30
    counted = [int(line.split("; ")[-1].split()[0]) for line in lines if "socket" in line]
    assert sum(counted) + sum("404" in line for line in lines) == 45
