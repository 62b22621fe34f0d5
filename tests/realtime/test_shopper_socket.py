"""The shopper's socket: handshake, every command, every named error."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import jwt
import pytest
from django.conf import settings

from actors.messages.cart import AddItem
from actors.runtime.address import Address
from actors.runtime.asks import Reply
from core.accounts.credentials import logins
from core.accounts.models import User
from core.catalogue.models import PriceRule, ProductCode, RecalledLot
from realtime.server import Server, limits
from realtime.testing import CommandRefused, SocketClosed, trolley_client
from tests.realtime.conftest import World
from tests.realtime.paying import http


async def test_a_shopper_claims_shops_changes_their_mind_and_ends(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone:
        started = await phone.command("session.start", trolley_id=world.trolleys[0])
        assert started["is_assigned"] is True
        assert started["assigned_to"] == world.user().username
        assert started["branch"] == world.branch.code
        assert started["restore"] is None
        added = await phone.command("cart.add", barcode=world.barcode, session_id=started["session_id"])
        assert added["product"] == {"barcode": world.barcode, "name": "Product 0", "price": 100.0}
        assert (added["cart_total"], added["items_count"], added["total_items"]) == (100.0, 1, 1)
        item = added["item"]["id"]
        changed = await phone.command("cart.set_quantity", item_id=item, quantity=3)
        assert (changed["item"]["line_total"], changed["cart_total"]) == (300.0, 300.0)
        assert (await phone.command("cart.set_quantity", item_id=item, quantity=0))["item"] is None
        await phone.command("cart.add", product_id=str(world.products[1].pk), quantity=2)
        beat = await phone.command("session.heartbeat")
        assert beat["session_id"] == started["session_id"]
        ended = await phone.command("session.end", session_id=started["session_id"])
        assert (ended["trolley_unassigned"], ended["items_cleared"]) == (True, 1)
        again = await phone.command("session.end", session_id=started["session_id"])
        assert again == ended


async def test_lines_of_an_abandoned_session_come_back(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone:
        first = await phone.command("session.start", trolley_id=world.trolleys[0])
        await phone.command("cart.add", barcode=world.barcode, quantity=2)
        await phone.command("session.end", session_id=first["session_id"], outcome="abandoned")
        second = await phone.command("session.start", trolley_id=world.trolleys[0])
        assert second["restore"]["items_count"] == 1
        restored = await phone.command("cart.restore")
        assert (restored["restored"], restored["cart_total"]) == (1, 200.0)
        assert (await phone.command("cart.quote"))["changes"] == []
        assert (await phone.command("cart.clear"))["removed"] == 1


async def test_the_price_of_a_quote_is_todays(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    running = await server.running()
    async with trolley_client(server, token) as phone:
        await phone.command("cart.add", barcode=world.barcode)
        product = world.products[0]
        product.price = product.price + 1
        await asyncio.to_thread(product.save)
        await asyncio.to_thread(running.references.reload)
        changes = (await phone.command("cart.quote"))["changes"]
        assert [(each["old_unit_price"], each["new_unit_price"]) for each in changes] == [(100.0, 101.0)]


async def test_a_repeated_id_gives_the_first_answer_and_changes_nothing(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone:
        id_ = str(uuid4())
        first = await phone.command("cart.add", id=id_, barcode=world.barcode)
        assert await phone.command("cart.add", id=id_, barcode=world.barcode) == first
        with pytest.raises(CommandRefused) as refused:
            await phone.command("cart.add", id=id_, barcode=world.barcode, quantity=2)
        assert (refused.value.status, refused.value.code) == (422, "key_reused")


async def test_who_repeats_what_is_long_past_is_not_read_until_that_is_answered(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, other = [await asyncio.to_thread(world.token, name) for name in ("one", "two")]
    actors = (await server.running()).shared.services.asking.actors
    asked, answered, look_back = asyncio.Event(), asyncio.Event(), actors.state_at

    async def later(address: Address, seq: int) -> Any:
        asked.set()
        await answered.wait()
        return await look_back(address, seq)

    monkeypatch.setattr(actors, "state_at", later)
    async with trolley_client(server, token) as phone, trolley_client(server, other) as beside:
        first = await phone.command("cart.add", id="old", barcode=world.barcode)
        second = await phone.command("cart.add", id="new", barcode=world.barcode)
        # The last one is what the cart is by now, so nothing is looked up.
        assert await phone.command("cart.add", id="new", barcode=world.barcode) == second
        assert not asked.is_set()
        await phone.begin("cart.add", id="old", barcode=world.barcode)
        await asked.wait()
        ping = await phone.begin("ping")
        for _ in range(5):
            await beside.command("ping")
        answered.set()
        frames = [await phone.next(lambda frame: frame["type"] == "reply") for _ in range(2)]
        assert [frame["id"] for frame in frames] == ["old", ping]
        assert frames[0]["data"] == first


async def test_the_same_id_of_two_shoppers_is_two_commands(world: World, server: Server) -> None:
    tokens = [await asyncio.to_thread(world.token, name) for name in ("one", "two")]
    id_ = str(uuid4())
    async with trolley_client(server, tokens[0]) as one, trolley_client(server, tokens[1]) as two:
        await one.command("session.start", id=id_, trolley_id=world.trolleys[0])
        with pytest.raises(CommandRefused) as refused:
            await two.command("session.start", id=id_, trolley_id=world.trolleys[0])
        assert refused.value.code == "trolley_in_use"
        assert refused.value.problem["error"] == "Trolley already in use"
        assert refused.value.problem["assigned_to"] == world.user("one").username


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"barcode": "no-such-code"}, 404, "product_not_found"),
        ({"barcode": "4006381333932"}, 400, "barcode_check_digit"),
        ({"product_id": str(uuid4())}, 404, "product_not_found"),
        ({}, 400, "which_product"),
        ({"barcode": "1", "product_id": str(uuid4())}, 400, "which_product"),
        ({"barcode": "1", "variant_id": str(uuid4())}, 400, "which_product"),
        ({"barcode": "{barcode}", "session_id": str(uuid4())}, 404, "session_not_found"),
        ({"barcode": "{off}"}, 400, "product_unavailable"),
        ({"product_id": "{product}", "variant_id": str(uuid4())}, 404, "variant_not_found"),
    ],
)
async def test_an_add_that_cannot_be_is_refused_by_name(
    world: World, server: Server, fields: dict[str, Any], status: int, code: str
) -> None:
    names = {
        "barcode": world.barcode,
        "off": world.barcode[:-1] + "off",
        "product": str(world.products[0].pk),
    }
    fields = {name: value.format(**names) for name, value in fields.items()}
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone:
        with pytest.raises(CommandRefused) as refused:
            await phone.command("cart.add", **fields)
        assert (refused.value.status, refused.value.code) == (status, code)


async def test_a_gs1_message_is_sold_by_its_weight_and_an_expired_one_is_not(
    world: World, server: Server
) -> None:
    product, message = world.products[0], "]C10109501101530003310300050010LOT-7\x1d17"
    product.barcode = "9501101530003"
    await asyncio.to_thread(product.save)
    running = await server.running()
    await asyncio.to_thread(running.references.reload)
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone:
        added = await phone.command("cart.add", barcode=message + "991231")
        assert (added["item"]["unit_price"], added["cart_total"]) == (50.0, 50.0)
        for scanned, code in ((message + "200101", "label_expired"), (GS1_OF_NOTHING, "label_empty")):
            with pytest.raises(CommandRefused) as refused:
                await phone.command("cart.add", barcode=scanned)
            assert (refused.value.status, refused.value.code) == (400, code)
            assert "LOT-7, expired on 2020-01-01" in str(refused.value.problem) or code == "label_empty"


async def test_a_recalled_lot_is_refused_and_a_cart_that_holds_it_cannot_be_paid(
    world: World, server: Server
) -> None:
    product, message = world.products[0], "]C10109501101530003310300050010lot-7"
    product.barcode = "9501101530003"
    await asyncio.to_thread(product.save)
    running = await server.running()
    await asyncio.to_thread(running.references.reload)
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone:
        item = (await phone.command("cart.add", barcode=message))["item"]
        assert (item["available"], item["recalled"]) == (True, [])
        await phone.command("cart.add", barcode="]C10109501101530003" + "10LOT-9")
        recalled = RecalledLot(product=product, lot="LOT-7", reason="Glass")
        await asyncio.to_thread(recalled.save)
        await asyncio.to_thread(running.references.reload)
        with pytest.raises(CommandRefused) as refused:
            await phone.command("cart.add", barcode=message)
        assert (refused.value.status, refused.value.code) == (400, "label_recalled")
        assert "lot lot-7, was called back" in str(refused.value.problem)
        cart = await whole_cart(server, token)
        assert [(one["available"], one["recalled"]) for one in cart["items"]] == [
            (False, ["lot-7"]),
            (True, []),
        ]
        assert cart["has_unavailable_items"]
        with pytest.raises(CommandRefused) as refused:
            await phone.command("cart.checkout", branch=world.branch.code)
        assert [one["item_id"] for one in refused.value.problem["items"]] == [item["id"]]
        assert refused.value.code == "items_unavailable"


async def test_what_is_weighed_is_priced_anew_and_what_is_printed_is_not(
    world: World, server: Server
) -> None:
    product, gtin = world.products[0], "]C10109501101530003"
    product.barcode = "9501101530003"
    await asyncio.to_thread(product.save)
    running = await server.running()
    await asyncio.to_thread(running.references.reload)
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone:
        await phone.command("cart.add", barcode=gtin + "3103000500")
        await phone.command("cart.add", barcode=gtin + "3922004500")
        product.price = Decimal("80")
        await asyncio.to_thread(product.save)
        rule = PriceRule(
            chain=world.chain,
            name="A tenth off",
            kind="sale",
            effect="percent",
            value=Decimal(10),
            product=product,
        )
        await asyncio.to_thread(rule.save)
        await asyncio.to_thread(running.references.reload)
        quoted = await phone.command("cart.quote")
        assert [(one["old_unit_price"], one["new_unit_price"]) for one in quoted["changes"]] == [(50.0, 36.0)]
        cart = await whole_cart(server, token)
        assert [one["unit_price"] for one in cart["items"]] == [36.0, 45.0]
        assert [step["rule"].split(":")[0] for step in cart["items"][0]["price_trace"]] == [
            "base",
            "sale",
            "weight",
        ]
        assert (cart["subtotal"], cart["total_price"]) == (85.0, 81.0)
        assert [one["amount"] for one in cart["savings"]] == [4.0]


async def test_the_code_of_a_case_puts_as_many_into_the_cart(world: World, server: Server) -> None:
    product = world.products[0]
    await asyncio.to_thread(ProductCode.objects.create, product=product, code="10012345678902", units=12)
    running = await server.running()
    await asyncio.to_thread(running.references.reload)
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone:
        added = await phone.command("cart.add", barcode="10012345678902", quantity=2)
        assert (added["item"]["quantity"], added["cart_total"]) == (24, 2400.0)
        with pytest.raises(CommandRefused) as refused:
            await phone.command("cart.add", barcode="10012345678902", quantity=99)
        assert "cases of 12" in str(refused.value.problem)


async def whole_cart(server: Server, token: str) -> dict[str, Any]:
    async with http(server, token) as shopper:
        cart: dict[str, Any] = (await shopper.get("/api/cart")).json()
    return cart


GS1_OF_NOTHING = "]C101095011015300033103000000"


@pytest.mark.parametrize(
    ("text", "code"),
    [("{", "invalid_json"), ('{"id":"a","type":"fly"}', "unknown_type"), ("[]", "invalid_message")],
)
async def test_a_frame_that_is_none_is_answered_and_the_socket_stays_open(
    world: World, server: Server, text: str, code: str
) -> None:
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone:
        await phone.send(text)
        frame = await phone.frame()
        assert (frame["ok"], frame["problem"]["code"]) == (False, code)
        assert frame["id"] == ("a" if "id" in text else None)
        assert await phone.command("ping") == {}


async def test_a_message_over_64_kib_is_refused_and_the_socket_stays_open(
    world: World, server: Server
) -> None:
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone:
        await phone.send('{"id":"a","type":"ping","x":"' + "é" * 40_000 + '"}')
        assert (await phone.frame())["problem"]["code"] == "message_too_large"
        assert await phone.command("ping") == {}


class TestLimits:
    @pytest.fixture
    def options(self) -> dict[str, Any]:
        return {"limits": replace(limits(), commands_per_s=5.0)}

    async def test_more_commands_than_allowed_are_answered_with_429(
        self, world: World, server: Server
    ) -> None:
        token = await asyncio.to_thread(world.token)
        async with trolley_client(server, token) as phone:
            ids = [await phone.begin("ping") for _ in range(7)]
            problems = []
            for id_ in ids:
                try:
                    await phone.reply(id_)
                except CommandRefused as refused:
                    problems.append((refused.status, refused.problem["retry_after"]))
            assert problems
            assert set(problems) == {(429, 1)}


async def test_pipelined_commands_are_carried_out_in_order(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone:
        ids = [await phone.begin("cart.add", barcode=world.barcode) for _ in range(50)]
        replies = [await phone.reply(id_) for id_ in ids]
        assert [reply["total_items"] for reply in replies] == list(range(1, 51))


async def test_nothing_of_a_command_stays_once_it_is_answered(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone:
        for _ in range(10):
            await phone.command("cart.add", barcode=world.barcode)
        asked = [each for each in gc.get_objects() if type(each) is Reply and type(each.command) is AddItem]
        assert len(asked) <= 1  # the writer may just be letting go of the last


async def test_a_handshake_without_a_good_token_is_closed_with_4401(world: World, server: Server) -> None:
    expired = jwt.encode(
        {"sub": str(uuid4()), "aud": "trolley", "iat": 1, "exp": 2}, settings.SIGNING_KEY, algorithm="HS256"
    )
    for token in (None, "rubbish", expired):
        async with trolley_client(server, token) as phone:
            assert await phone.closed() == 4401


async def test_a_browser_page_of_another_origin_is_refused(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    with pytest.raises(SocketClosed):
        async with trolley_client(server, token, origin="https://evil.example"):
            pass
    async with trolley_client(server, token, origin=settings.ALLOWED_ORIGINS[0]) as phone:
        assert await phone.command("ping") == {}


async def test_an_unknown_path_is_refused(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    with pytest.raises(SocketClosed):
        async with trolley_client(server, token, "/ws/nowhere/"):
            pass


def _token(user: User, left_s: float, now: float) -> str:
    """A token of a login of the user's that ends so soon."""
    login = logins.begin(user)
    body = {
        "sub": str(user.pk),
        "aud": "trolley",
        "iat": int(now),
        "exp": now + left_s,
        "sid": str(login.pk),
    }
    return jwt.encode(body, settings.SIGNING_KEY, algorithm="HS256")


class TestExpiry:
    @pytest.fixture
    def options(self) -> dict[str, Any]:
        return {"limits": replace(limits(), expiry_notice_s=60.0)}

    async def test_a_token_that_ends_is_announced_renewed_or_closes_the_socket(
        self, world: World, server: Server
    ) -> None:
        now = (await server.running()).shared.now()
        user = await asyncio.to_thread(world.user)
        ending = await asyncio.to_thread(_token, user, 4, now)
        async with trolley_client(server, ending) as phone:
            notice = await phone.frame()
            assert (notice["type"], notice["code"]) == ("notice", "token_expiring")
            assert await phone.closed() == 4401

    async def test_a_renewed_token_keeps_the_socket_open(self, world: World, server: Server) -> None:
        now = (await server.running()).shared.now()
        user = await asyncio.to_thread(world.user)
        fresh = await asyncio.to_thread(world.token)
        ending = await asyncio.to_thread(_token, user, 8, now)
        async with trolley_client(server, ending) as phone:
            await phone.command("auth.renew", token=fresh)
            with pytest.raises(CommandRefused) as refused:
                other = await asyncio.to_thread(world.token, "other")
                await phone.command("auth.renew", token=other)
            assert refused.value.code == "token_invalid"
            notice = await phone.next(lambda frame: frame["type"] == "notice")
            assert notice["code"] == "token_expiring"
            assert await phone.command("ping") == {}
