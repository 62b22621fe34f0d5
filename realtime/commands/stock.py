"""What staff does to a branch's stock: receive and adjust."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from actors.messages.stock import AdjustStock, Quantity, ReceiveStock, StockLevels
from realtime.pipeline.asking import Accepted
from realtime.pipeline.row import Ask, Call, Command, Route, in_branch
from realtime.problems import not_found
from realtime.views.base import View
from realtime.wire import ONE_LINE, Body, Uuid, read_id

Id = Annotated[str, Meta(min_length=1, max_length=64)]
Units = Annotated[int, Meta(ge=1, le=1_000_000)]
Change = Annotated[int, Meta(ge=-1_000_000, le=1_000_000)]
Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]


class ReceivedLine(Body):
    """So many units of a product, or of its variant."""

    product_id: Uuid
    quantity: Units
    variant_id: Uuid | None = None


class StockReceive(Body):
    """Take a delivery into a branch's stock."""

    branch: Id
    lines: Annotated[list[ReceivedLine], Meta(min_length=1, max_length=1000)]
    note: Annotated[str, Meta(max_length=200, extra=ONE_LINE)] | None = None


class StockAdjust(Body):
    """Correct a branch's stock: what was ``counted``, or by how much it changed (``delta``).

    ``low_at`` raises an alarm from so few available units on; 0 turns it off.
    """

    branch: Id
    product_id: Uuid
    reason: Annotated[str, Meta(min_length=1, max_length=200, extra=ONE_LINE)]
    variant_id: Uuid | None = None
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


def _receive(call: Call, found: object) -> Ask:
    body: StockReceive = call.body
    lines = tuple(
        Quantity(_sku(call, line.product_id, line.variant_id), line.quantity) for line in body.lines
    )
    return Ask("stock", call.place.thing.code, ReceiveStock(lines, body.note or ""))


def _adjust(call: Call, found: object) -> Ask:
    body: StockAdjust = call.body
    sku = _sku(call, body.product_id, body.variant_id)
    command = AdjustStock(
        sku=sku, reason=body.reason, delta=body.delta, counted=body.counted, low_at=body.low_at
    )
    return Ask("stock", call.place.thing.code, command)


def _sku(call: Call, product_id: str, variant_id: str | None) -> str:
    """Return the SKU of something that the branch's chain has, sold or not. Raises the 404."""
    product_id = read_id("product_id", product_id)
    product = call.services.goods.catalogue(call.place.chain).by_id(product_id)
    if product is None:
        raise not_found("product_not_found", "There is no such product here.")
    if variant_id is None:
        return product_id
    variant_id = read_id("variant_id", variant_id)
    if all(each.variant_id != variant_id for each in product.variants):
        raise not_found("variant_not_found", "There is no such variant of the product.")
    return f"{product_id}/{variant_id}"


def _levels(call: Call, found: object, outcome: Accepted[StockLevels]) -> LevelsView:
    answer = outcome.answer
    levels = []
    for level in answer.levels:
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
    return LevelsView(branch=call.place.thing.code, levels=tuple(levels))


_REFUSALS = ("branch_not_found", "product_not_found", "variant_not_found", "invalid_quantity")

ROWS = (
    Command(
        name="stock.receive",
        body=StockReceive,
        answer=LevelsView,
        permission="stock.manage",
        where=in_branch,
        command=_receive,
        show=_levels,
        routes=(Route("POST", "/branches/{branch_id}/stock/receive", 201),),
        refusals=_REFUSALS,
    ),
    Command(
        name="stock.adjust",
        body=StockAdjust,
        answer=LevelsView,
        permission="stock.manage",
        where=in_branch,
        command=_adjust,
        show=_levels,
        routes=(Route("POST", "/branches/{branch_id}/stock/adjust"),),
        refusals=(*_REFUSALS, "below_reserved", "count_or_change"),
    ),
)
