"""Handlers of what staff does to a branch's stock: receive and adjust."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from actors.messages.stock import AdjustStock, Quantity, ReceiveStock, StockLevels
from core.accounts.principals import Principal
from realtime.commands.alarms import operated_branch
from realtime.commands.gateway import Answer, Direct, Gateway
from realtime.problems import not_found
from realtime.views.base import View
from realtime.wire import Body

Id = Annotated[str, Meta(min_length=1, max_length=64)]
Units = Annotated[int, Meta(ge=1, le=1_000_000)]
Change = Annotated[int, Meta(ge=-1_000_000, le=1_000_000)]
Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]


class ReceivedLine(Body):
    """So many units of a product, or of its variant."""

    product_id: Id
    quantity: Units
    variant_id: Id | None = None


class StockReceive(Body):
    """Take a delivery into a branch's stock."""

    branch: Id
    lines: Annotated[list[ReceivedLine], Meta(min_length=1, max_length=1000)]
    note: Annotated[str, Meta(max_length=200)] | None = None


class StockAdjust(Body):
    """Correct a branch's stock: what was ``counted``, or by how much it changed (``delta``).

    ``low_at`` raises an alarm from so few available units on; 0 turns it off.
    """

    branch: Id
    product_id: Id
    reason: Annotated[str, Meta(min_length=1, max_length=200)]
    variant_id: Id | None = None
    delta: Change | None = None
    counted: Count | None = None
    low_at: Count | None = None


class LevelView(View, frozen=True):
    """One SKU, as it stands."""

    product_id: str
    variant_id: str | None
    on_hand: int
    reserved: int
    available: int
    low_at: int


class LevelsView(View, frozen=True):
    """The SKUs that were named."""

    branch: str
    levels: tuple[LevelView, ...]


def receive(gateway: Gateway, who: Principal, body: StockReceive, key: str) -> Direct:
    """Begin ``stock.receive``."""
    branch = operated_branch(gateway, who, body.branch, "stock.manage")
    lines = tuple(
        Quantity(_sku(gateway, branch, line.product_id, line.variant_id), line.quantity)
        for line in body.lines
    )
    return _asked(gateway, who, branch, ReceiveStock(lines, body.note or ""), key)


def adjust(gateway: Gateway, who: Principal, body: StockAdjust, key: str) -> Direct:
    """Begin ``stock.adjust``."""
    branch = operated_branch(gateway, who, body.branch, "stock.manage")
    sku = _sku(gateway, branch, body.product_id, body.variant_id)
    command = AdjustStock(sku, body.reason, body.delta, body.counted, body.low_at)
    return _asked(gateway, who, branch, command, key)


def _sku(gateway: Gateway, branch: str, product_id: str, variant_id: str | None) -> str:
    """Return the SKU of something that the branch's chain has, sold or not. Raises the 404."""
    product = gateway.catalogue(gateway.branch(branch).chain).by_id(product_id)
    if product is None:
        raise not_found("product_not_found", "There is no such product here.")
    if variant_id is None:
        return product_id
    if all(each.variant_id != variant_id for each in product.variants):
        raise not_found("variant_not_found", "There is no such variant of the product.")
    return f"{product_id}/{variant_id}"


def _asked(gateway: Gateway, who: Principal, branch: str, command: Any, key: str) -> Direct:
    def shape(outcome: Any) -> Answer:
        found: StockLevels = outcome.answer
        levels = []
        for level in found.levels:
            product_id, _, variant_id = level.sku.partition("/")
            levels.append(
                LevelView(
                    product_id=product_id,
                    variant_id=variant_id or None,
                    on_hand=level.on_hand,
                    reserved=level.reserved,
                    available=level.on_hand - level.reserved,
                    low_at=level.low_at,
                )
            )
        return Answer(LevelsView(branch=branch, levels=tuple(levels)), outcome=outcome)

    return Direct(gateway.ask("stock", branch, command, who, key), shape)
