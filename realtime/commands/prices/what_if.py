"""What a cart would cost in a branch at another time, and why: nothing is bought."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta

from actors.kit.money import zero
from actors.messages.cart import Line, key_of
from actors.messages.pricing import TIERS
from actors.pricing import price, promoted
from core.catalogue.live.catalogue import Catalogue
from realtime.commands.adding import PRODUCT, Quantity
from realtime.commands.prices.offered import offered, tier_of
from realtime.pipeline.row import Call, Command, Route, as_found, ask_nothing, in_branch
from realtime.problems import invalid
from realtime.views.amounts import DepositView, PromotionView, SavingView, TaxView, amounts_fields
from realtime.views.base import View
from realtime.views.cart import StepView
from realtime.wire import Body, Uuid, rfc3339

MOST_LINES = 100
_CLOCK = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$"


class WhatIfItem(Body):
    """So much of a product."""

    product_id: Uuid
    quantity: Quantity = 1
    variant_id: Uuid | None = None


class PriceWhatIf(Body):
    """What a cart would cost in a branch then. ``at`` is by the branch's clock; null: now."""

    branch: Annotated[str, Meta(min_length=1, max_length=64)]
    items: Annotated[tuple[WhatIfItem, ...], Meta(min_length=1, max_length=MOST_LINES)]
    at: Annotated[str, Meta(pattern=_CLOCK, examples=["2026-12-05T18:00"])] | None = None
    user_tier: Annotated[str, Meta(extra_json_schema={"enum": list(TIERS)})] | None = None


class WhatIfLineView(View, frozen=True):
    """One line; its promotions are named with the cart's."""

    id: str
    product_id: str
    variant_id: str | None
    name: str
    quantity: int
    unit_price: Decimal
    line_total: Decimal
    """Before promotions."""
    price_trace: tuple[StepView, ...]


class WhatIfView(View, frozen=True):
    """A whole cart as it would be; from ``subtotal`` on as in a cart."""

    branch: str
    at: str
    user_tier: str
    items: tuple[WhatIfLineView, ...]
    subtotal: Decimal
    savings: tuple[SavingView, ...]
    promotions: tuple[PromotionView, ...]
    deposits: tuple[DepositView, ...]
    taxes: tuple[TaxView, ...]
    tax_included: bool
    rounding: Decimal
    total_price: Decimal
    currency: str


async def _what_if(call: Call) -> WhatIfView:
    body, services, branch = call.body, call.services, call.place.thing
    tier = tier_of(body.user_tier, TIERS[0])
    catalogue = services.goods.catalogue(branch.chain)
    zone = ZoneInfo(branch.timezone)
    at = services.now() if body.at is None else _moment(body.at, zone)
    lines: dict[str, Line] = {}
    for item in body.items:
        line = _line(catalogue, item, branch.code, tier, at, lines)
        lines[key_of(line)] = line
    currency = branch.currency
    active = catalogue.promotions_then(branch.code, tier, at)
    found = promoted(lines, active.deals(lines, catalogue.finder()), currency)
    day = datetime.fromtimestamp(at, zone).date()
    amounts = catalogue.amounts(lines, currency, branch.code, day, found)
    return WhatIfView(
        branch=branch.code,
        at=rfc3339(at),
        user_tier=tier,
        items=tuple([_line_view(line) for line in lines.values()]),
        **amounts_fields(amounts, lines),
        total_price=amounts.total if lines else zero(currency),
        currency=currency,
    )


def _moment(text: str, zone: ZoneInfo) -> float:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()
    except (ValueError, OverflowError):
        raise invalid("at", f"There is no such time: {text}.") from None


def _line(
    catalogue: Catalogue, item: WhatIfItem, branch: str, tier: str, at: float, lines: dict[str, Line]
) -> Line:
    """Return the item as a line; one that is there already grows. Raises the 404 or 400."""
    offer = offered(catalogue, item.product_id, item.variant_id, branch, tier)
    key = key_of(offer)
    quantity = item.quantity + (lines[key].quantity if key in lines else 0)
    unit, total, trace = price(offer, quantity, at)
    name = offer.name if offer.variant_name is None else f"{offer.name}, {offer.variant_name}"
    return Line(
        key,
        offer.product_id,
        offer.barcode,
        name,
        quantity,
        unit,
        total,
        trace,
        at,
        offer.variant_id,
        offer.variant_name,
    )


def _line_view(line: Line) -> WhatIfLineView:
    return WhatIfLineView(
        id=line.line_id,
        product_id=line.product_id,
        variant_id=line.variant_id,
        name=line.name,
        quantity=line.quantity,
        unit_price=line.unit_price,
        line_total=line.line_total,
        price_trace=tuple(
            [StepView(rule=step.rule, unit_price=step.unit_price) for step in line.price_trace]
        ),
    )


ROWS = (
    Command(
        name="price.what_if",
        body=PriceWhatIf,
        answer=WhatIfView,
        permission="catalogue.watch",
        where=in_branch,
        refer=_what_if,
        command=ask_nothing,
        show=as_found,
        routes=(Route("POST", "/branches/{branch_id}/what-if"),),
        refusals=("invalid", *PRODUCT, "unknown_tier", "branch_not_found"),
        socket=False,
    ),
)
