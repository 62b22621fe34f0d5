"""Who follows a cart hears that the promotions of their shop have changed, and nobody else does."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from actors.runtime import Address
from core.catalogue.live.promotions import Offered, offered
from core.catalogue.models import Promotion
from realtime.price_notices import PriceNotices
from realtime.server import Server
from realtime.testing import trolley_client
from tests.realtime.conftest import World

CHAINS = {"ann": "one", "ben": "two", "cat": None}


def ten(**fields: Any) -> Promotion:
    return Promotion(name="Ten", kind="price", percent=Decimal(10), **fields)


async def test_an_open_cart_hears_of_a_promotion_and_not_of_a_product(world: World, server: Server) -> None:
    async with trolley_client(server, await asyncio.to_thread(world.token)) as phone:
        await phone.subscribe("notifications")
        await phone.subscribe("cart")
        await phone.command("session.start", trolley_id=world.trolleys[0])
        row = ten(chain=world.chain)
        await asyncio.to_thread(row.save)
        first = await phone.event("notifications", "PricesChanged")
        await asyncio.to_thread(world.products[0].save)
        row.percent = Decimal(20)
        await asyncio.to_thread(row.save)
        second = await phone.event("notifications", "PricesChanged")
        assert second["offset"] == first["offset"] + 1


class Told:
    """Chains with their promotions, and who was told."""

    def __init__(self) -> None:
        self.offered: dict[str, tuple[Offered, ...]] = {"one": (), "two": ()}
        self.people: list[str] = []
        followed = {*(Address("cart", name) for name in CHAINS), Address("branch", "ann")}
        parts: Any = SimpleNamespace(tell=lambda address, _: self.people.append(address.key))
        directory: Any = SimpleNamespace(chains=lambda: [SimpleNamespace(slug=slug) for slug in self.offered])
        catalogue: Any = lambda slug: SimpleNamespace(offered=self.offered[slug])
        services: Any = SimpleNamespace(
            fleet=SimpleNamespace(directory=directory),
            places=SimpleNamespace(chain_of=CHAINS.__getitem__),
            now=lambda: 0.0,
        )
        self.notices = PriceNotices(parts, catalogue, lambda: followed, services)

    def after(self, **now: tuple[Offered, ...]) -> list[str]:
        """Return who is told once this is on offer."""
        self.offered |= now
        self.people.clear()
        self.notices.look()
        return sorted(self.people)


def test_those_in_another_chain_and_those_who_know_it_are_not_told(world: World) -> None:
    row = ten(chain=world.chain)
    row.save()
    there = offered(row)
    told = Told()
    assert told.after(two=(there,)) == []
    assert told.after() == []
    assert told.after(one=(there,)) == ["ann", "cat"]
    assert told.after(one=(offered(Promotion.objects.get(pk=row.pk)),)) == []
    assert told.after(two=(), three=(there,)) == ["ben", "cat"]
