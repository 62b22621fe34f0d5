"""Vouchers for so many purchases, over the server: kept while somebody pays, counted once it is paid."""

from __future__ import annotations

import asyncio
from typing import Any

from core.catalogue.models import Voucher, VoucherUses
from realtime.server import Server
from realtime.testing import TrolleyClient, trolley_client
from tests.realtime.commerce.test_commerce_edges import refused, reloaded
from tests.realtime.conftest import World
from tests.realtime.paying import GOOD, shopping, stocked


async def offered(server: Server, world: World, **limits: int) -> Voucher:
    """Offer the voucher TEN, and return it."""
    await stocked(server, world)
    made: Voucher = await asyncio.to_thread(
        lambda: Voucher.objects.create(chain=world.chain, code="TEN", value=10, **limits)
    )
    await reloaded(server)
    return made


async def put_in(phone: TrolleyClient, world: World, trolley: int) -> None:
    await phone.command("session.start", trolley_id=world.trolleys[trolley])
    await phone.command("cart.add", product_id=str(world.products[0].pk))
    await phone.command("cart.apply_voucher", code="TEN")


async def pay(phone: TrolleyClient) -> dict[str, Any]:
    begun = await phone.command("payment.create")
    done: dict[str, Any] = await phone.command("payment.confirm", payment_id=begun["payment_id"], card=GOOD)
    assert done["status"] == "paid"
    return done


async def test_the_last_use_is_kept_for_whoever_is_at_the_till_and_freed_if_they_go(
    world: World, server: Server
) -> None:
    voucher = await offered(server, world, max_uses=1)
    async with (
        trolley_client(server, await asyncio.to_thread(world.token)) as one,
        trolley_client(server, await asyncio.to_thread(world.token, "other")) as two,
    ):
        for phone, trolley in ((one, 0), (two, 1)):
            await put_in(phone, world, trolley)
        assert (await one.command("cart.checkout"))["total"] == 90
        assert await refused(two, "cart.checkout") == (400, "voucher_used_up")
        await one.command("cart.cancel_checkout")
        running = await server.running()
        await running.settled()
        assert (await two.command("cart.checkout"))["total"] == 90
        assert (await pay(two))["amount"] == 90
        assert await refused(one, "payment.create") == (400, "voucher_used_up")
        await one.command("cart.drop_voucher", code="TEN")
        assert await refused(one, "cart.apply_voucher", code="TEN") == (400, "voucher_used_up")
        assert (await pay(one))["amount"] == 100
        await running.settled()
    row = await asyncio.to_thread(VoucherUses.objects.get, pk=voucher.pk)
    assert (row.used, row.held) == (1, 0)


async def test_one_person_uses_it_so_often_and_no_more(world: World, server: Server) -> None:
    await offered(server, world, max_per_person=1)
    async with trolley_client(server, await asyncio.to_thread(world.token)) as phone:
        await put_in(phone, world, 0)
        assert (await pay(phone))["amount"] == 90
        await (await server.running()).settled()
        await phone.command("session.start", trolley_id=world.trolleys[1])
        await phone.command("cart.add", product_id=str(world.products[0].pk))
        assert await refused(phone, "cart.apply_voucher", code="TEN") == (400, "voucher_used_up")
    async with trolley_client(server, await asyncio.to_thread(world.token, "other")) as phone:
        await put_in(phone, world, 2)
        assert (await pay(phone))["amount"] == 90


async def test_a_declined_payment_keeps_the_use_for_the_next_try(world: World, server: Server) -> None:
    voucher = await offered(server, world, max_uses=1)
    async with trolley_client(server, await asyncio.to_thread(world.token)) as phone:
        await shopping(phone, world, 1)
        await phone.command("cart.apply_voucher", code="TEN")
        begun = await phone.command("payment.create")
        no = await phone.command("payment.confirm", payment_id=begun["payment_id"], card="4000000000000002")
        assert no["status"] == "declined"
        assert (await pay(phone))["amount"] == 90
        await (await server.running()).settled()
    row = await asyncio.to_thread(VoucherUses.objects.get, pk=voucher.pk)
    assert (row.used, row.held) == (1, 0)
