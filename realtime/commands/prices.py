"""Handlers of what asks for prices: a product's price, a quote of the cart, vouchers."""

from __future__ import annotations

import itertools
from collections.abc import Coroutine
from decimal import Decimal
from typing import Annotated, Any

from msgspec import Meta

from actors import pricing
from actors.cart.decider import State as CartState
from actors.kit.money import zero
from actors.messages.cart import ApplyVoucher, DropVoucher, Offer, PriceChange, Quoted, Reprice
from actors.messages.pricing import TIERS, Voucher
from core.accounts.principals import Principal
from realtime.commands.carts import ItemId, Quantity, offers_of
from realtime.commands.gateway import Answer, Gateway
from realtime.problems import Problem, invalid, not_found
from realtime.views.base import View
from realtime.views.cart import StepView
from realtime.wire import Body

VoucherCode = Annotated[str, Meta(min_length=1, max_length=40)]


# --- bodies -------------------------------------------------------------------


class PriceGet(Body):
    """What so many of a product cost, and why."""

    product_id: ItemId
    quantity: Quantity = 1
    variant_id: ItemId | None = None
    user_tier: str | None = None


class CartQuote(Body):
    """Price every line afresh."""


class CartApplyVoucher(Body):
    """Hold a voucher's code in the cart."""

    code: VoucherCode


class CartDropVoucher(Body):
    """Take a voucher's code out of the cart."""

    code: VoucherCode


# --- answers --------------------------------------------------------------------


class PriceView(View, frozen=True):
    """A price and how it came about; discounts are amounts off a unit."""

    product_id: str
    variant_id: str | None
    quantity: int
    user_tier: str
    base_price: Decimal
    variant_adjustment: Decimal
    sale_discount: Decimal
    quantity_discount: Decimal
    tier_discount: Decimal
    final_unit_price: Decimal
    total: Decimal
    currency: str
    trace: tuple[StepView, ...]


class PriceChangeView(View, frozen=True):
    """One line whose price has changed."""

    item_id: str
    old_unit_price: Decimal
    new_unit_price: Decimal
    new_line_total: Decimal


class QuoteView(View, frozen=True):
    """Lines whose price differs now; they carry the new price already."""

    changes: tuple[PriceChangeView, ...]
    cart_total: Decimal
    currency: str
    revision: int


# --- a product's price --------------------------------------------------------------


async def price(gateway: Gateway, who: Principal, body: PriceGet, key: str) -> Answer:
    """Answer ``price.get`` through the engine that prices carts."""
    tier = who.tier if body.user_tier is None else body.user_tier.upper()
    if tier not in TIERS:
        raise invalid("user_tier", f"Expected one of {', '.join(TIERS)}.", code="unknown_tier")
    chain = gateway.chain_of(who.id) or await gateway.find_chain(who, lambda each: _in(each, body))
    product = gateway.catalogue(chain).by_id(body.product_id)
    if product is None:
        raise not_found("product_not_found", "There is no such product here.")
    if not product.is_active:
        raise Problem(400, "product_unavailable", f"{product.name} is not available.")
    try:
        offer = gateway.catalogue(chain).offer(product, body.variant_id, gateway.branch_of(who.id), tier)
    except KeyError:
        raise not_found("variant_not_found", "There is no such variant of the product.") from None
    return Answer(_price_view(offer, body.quantity, tier, gateway.now()))


def _in(catalogue: Any, body: PriceGet) -> bool:
    return catalogue.by_id(body.product_id) is not None


def _price_view(offer: Offer, quantity: int, tier: str, at: float) -> PriceView:
    unit, total, trace = pricing.price(offer, quantity, at)
    nothing = zero(offer.currency)
    off = {"sale": nothing, "quantity": nothing, "tier": nothing}
    for before, step in itertools.pairwise(trace):
        stage = step.rule.partition(":")[0]
        if stage in off:
            off[stage] = before.unit_price - step.unit_price
    return PriceView(
        product_id=offer.product_id,
        variant_id=offer.variant_id,
        quantity=quantity,
        user_tier=tier,
        base_price=offer.price,
        variant_adjustment=nothing if offer.adjustment is None else offer.adjustment,
        sale_discount=off["sale"],
        quantity_discount=off["quantity"],
        tier_discount=off["tier"],
        final_unit_price=unit,
        total=total,
        currency=offer.currency,
        trace=tuple(StepView(rule=step.rule, unit_price=step.unit_price) for step in trace),
    )


# --- the cart's prices ---------------------------------------------------------------


def quote(gateway: Gateway, who: Principal, body: CartQuote, key: str) -> Coroutine[Any, Any, Answer]:
    """Begin ``cart.quote``; vouchers that are not valid any more go."""
    return _quote(gateway, who, key)


async def _quote(gateway: Gateway, who: Principal, key: str) -> Answer:
    state = (await gateway.look("cart", who.id, who)).state
    offers = offers_of(gateway, who, state.lines.values())
    held: tuple[Voucher, ...] = state.vouchers
    found = [await _voucher(gateway, who, each.code) for each in held]
    vouchers = tuple(each for each in found if each is not None)
    return await _ask(gateway, who, Reprice(offers, vouchers), key)


def apply_voucher(
    gateway: Gateway, who: Principal, body: CartApplyVoucher, key: str
) -> Coroutine[Any, Any, Answer]:
    """Begin ``cart.apply_voucher``."""
    return _apply(gateway, who, body.code, key)


async def _apply(gateway: Gateway, who: Principal, code: str, key: str) -> Answer:
    state = (await gateway.look("cart", who.id, who)).state
    voucher = await _voucher(gateway, who, code)
    if voucher is None:
        raise not_found("voucher_not_found", "There is no such voucher here.")
    await _still_good(gateway, who, state, voucher)
    offers = offers_of(gateway, who, state.lines.values())
    return await _ask(gateway, who, ApplyVoucher(voucher, offers), key)


async def _still_good(gateway: Gateway, who: Principal, state: CartState, voucher: Voucher) -> None:
    """Say early what the checkout would refuse; it is the checkout that counts."""
    voucher_id, most, own = voucher.rule.rule_id, voucher.max_uses, voucher.max_per_person
    used = own is not None and state.voucher_uses.get(voucher_id, 0) >= own
    if not used and most is not None:
        used = (await gateway.look("voucher", voucher_id, who)).state.used >= most
    if used:
        raise Problem(400, "voucher_used_up", "This voucher is used up.", code_given=voucher.code)


def drop_voucher(
    gateway: Gateway, who: Principal, body: CartDropVoucher, key: str
) -> Coroutine[Any, Any, Answer]:
    """Begin ``cart.drop_voucher``."""
    return _drop(gateway, who, body.code, key)


async def _drop(gateway: Gateway, who: Principal, code: str, key: str) -> Answer:
    state = (await gateway.look("cart", who.id, who)).state
    offers = offers_of(gateway, who, state.lines.values())
    return await _ask(gateway, who, DropVoucher(code.strip().upper(), offers), key)


async def _voucher(gateway: Gateway, who: Principal, code: str) -> Voucher | None:
    chain = gateway.chain_of(who.id) or await gateway.find_chain(who)
    return gateway.catalogue(chain).voucher(code, gateway.branch_of(who.id), gateway.now())


async def _ask(gateway: Gateway, who: Principal, command: Any, key: str) -> Answer:
    outcome = await gateway.outcome(gateway.ask("cart", who.id, command, who, key))
    answer: Quoted = outcome.answer
    view = QuoteView(
        changes=tuple(_change(change) for change in answer.changes),
        cart_total=answer.cart_total,
        currency=answer.currency,
        revision=answer.revision,
    )
    return Answer(view, outcome=outcome)


def _change(change: PriceChange) -> PriceChangeView:
    return PriceChangeView(
        item_id=change.line_id,
        old_unit_price=change.old_unit_price,
        new_unit_price=change.new_unit_price,
        new_line_total=change.new_line_total,
    )
