"""Orders for the tests of this floor, placed as a cart would place them."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from uuid import uuid4

from actors.messages.cart import Line, PriceStep
from actors.messages.money.order import PlaceOrder
from actors.messages.money.purchase import Purchase
from actors.runtime.address import Address
from realtime.server import Server
from tests.realtime.conftest import World


async def bought(server: Server, world: World, *quantities: int, by: str = "shopper") -> str:
    """Let somebody have bought so many of the first products; return the order's id."""
    running = await server.owner()
    user = await asyncio.to_thread(world.user, by)
    lines = []
    for quantity, product in zip(quantities or (2, 1), world.products, strict=False):
        unit = product.price
        lines.append(
            Line(
                str(uuid4()),
                str(product.pk),
                product.barcode,
                product.name,
                quantity,
                unit,
                unit * quantity,
                (PriceStep("base", unit),),
                running.services.now(),
            )
        )
    total = sum((line.line_total for line in lines), Decimal("0.00"))
    order_id = str(uuid4())
    purchase = Purchase(
        reservation_id=str(uuid4()),
        branch=world.branch.code,
        chain=world.chain.slug,
        session_id=None,
        trolley_id=world.trolleys[0],
        lines=tuple(lines),
        total=total,
        currency=world.chain.currency,
    )
    command = PlaceOrder(str(user.pk), purchase)
    running.host.system.tell(Address("order", order_id), command, f"test:{order_id}")
    await running.settled()
    return order_id
