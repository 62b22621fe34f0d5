"""Prices: of a product, a quote of the cart, vouchers."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from actors import pricing
from actors.cart import State as CartState
from actors.kit.money import zero
from actors.messages.cart import ApplyVoucher, DropVoucher, Offer, PriceChange, Quoted, Reprice
from actors.messages.pricing import TIERS, Voucher
from core.catalogue.live.catalogue import Catalogue
from realtime.commands.adding import PRODUCT, Quantity
from realtime.commands.carts import offers_of
from realtime.commands.prices.offered import offered, tier_of
from realtime.limits.attempts import TOO_MANY
from realtime.pipeline.asking import Accepted
from realtime.pipeline.row import Ask, Call, Command, Route, as_found, ask_nothing, own
from realtime.problems import Problem, not_found
from realtime.views.base import View
from realtime.views.budget import BudgetStatus, BudgetView, budget_view
from realtime.views.cart import StepView
from realtime.wire import Body, Uuid

VoucherCode = Annotated[str, Meta(min_length=1, max_length=40)]


# --- bodies -------------------------------------------------------------------


class PriceGet(Body):
    """What so many of a product cost, and why."""

    product_id: Uuid
    quantity: Quantity = 1
    variant_id: Uuid | None = None
    user_tier: Annotated[str, Meta(extra_json_schema={"enum": list(TIERS)})] | None = None


class CartQuote(Body):
    """Price every line again."""


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
    budget_status: BudgetStatus
    budget: BudgetView | None


# --- price.get ------------------------------------------------------------------


async def _price(call: Call) -> PriceView:
    """Price through the engine that prices carts."""
    body, who, services = call.body, call.who, call.services
    tier = tier_of(body.user_tier, who.tier)

    def has(catalogue: Catalogue) -> bool:
        return catalogue.by_id(body.product_id) is not None

    catalogue = services.goods.catalogue(await services.places.find_chain(services.asking, who, has))
    branch = services.places.branch_of(who.id)
    offer = offered(catalogue, body.product_id, body.variant_id, branch, tier)
    return _price_view(offer, body.quantity, tier, services.now())


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


async def _look(call: Call) -> CartState:
    state: CartState = (await call.services.asking.look("cart", call.who.id, call.who)).state
    return state


async def _refer_quote(call: Call) -> Reprice:
    """Return today's offers of all lines; vouchers that are not valid any more go."""
    state = await _look(call)
    offers = offers_of(call.services, call.who, state.lines.values())
    found = [await _voucher(call, each.code) for each in state.vouchers]
    return Reprice(offers, tuple(each for each in found if each is not None))


async def _refer_apply(call: Call) -> ApplyVoucher:
    state = await _look(call)
    voucher = await _voucher(call, call.body.code)
    if voucher is None:
        raise not_found("voucher_not_found", "There is no such voucher here.")
    await _refuse_used_up(call, state, voucher)
    return ApplyVoucher(voucher, offers_of(call.services, call.who, state.lines.values()))


async def _refuse_used_up(call: Call, state: CartState, voucher: Voucher) -> None:
    """Say early what the checkout would refuse; it is the checkout that counts."""
    voucher_id, most, own = voucher.rule.rule_id, voucher.max_uses, voucher.max_per_person
    used = own is not None and state.voucher_uses.get(voucher_id, 0) >= own
    if not used and most is not None:
        used = (await call.services.asking.look("voucher", voucher_id, call.who)).state.used >= most
    if used:
        raise Problem(400, "voucher_used_up", "This voucher is used up.", code_given=voucher.code)


async def _refer_drop(call: Call) -> DropVoucher:
    offers = offers_of(call.services, call.who, (await _look(call)).lines.values())
    return DropVoucher(call.body.code.strip().upper(), offers)


async def _voucher(call: Call, code: str) -> Voucher | None:
    services = call.services
    chain = await services.places.find_chain(services.asking, call.who)
    catalogue = services.goods.catalogue(chain)
    return catalogue.voucher(code, services.places.branch_of(call.who.id), services.now())


def _to_cart(call: Call, command: Reprice | ApplyVoucher | DropVoucher) -> Ask:
    return Ask("cart", call.who.id, command)


def _quoted(call: Call, command: object, outcome: Accepted[Quoted]) -> QuoteView:
    answer = outcome.answer
    status, budget = budget_view(answer.standing)
    return QuoteView(
        changes=tuple(_change(change) for change in answer.changes),
        cart_total=call.services.goods.due(outcome.state, answer.cart_total),
        budget_status=status,
        budget=budget,
        currency=answer.currency,
        revision=answer.revision,
    )


def _change(change: PriceChange) -> PriceChangeView:
    return PriceChangeView(
        item_id=change.line_id,
        old_unit_price=change.old_unit_price,
        new_unit_price=change.new_unit_price,
        new_line_total=change.new_line_total,
    )


ROWS = (
    Command(
        name="cart.quote",
        body=CartQuote,
        answer=QuoteView,
        permission="own",
        where=own,
        refer=_refer_quote,
        command=_to_cart,
        show=_quoted,
        kept_in_cart=True,
        shows_cart=True,
        routes=(Route("POST", "/cart/quote"),),
    ),
    Command(
        name="cart.apply_voucher",
        attempt="voucher",
        body=CartApplyVoucher,
        answer=QuoteView,
        permission="own",
        where=own,
        refer=_refer_apply,
        command=_to_cart,
        show=_quoted,
        kept_in_cart=True,
        shows_cart=True,
        routes=(Route("POST", "/cart/vouchers"),),
        refusals=("voucher_not_found", "voucher_expired", "voucher_used_up", "too_many_vouchers", TOO_MANY),
    ),
    Command(
        name="cart.drop_voucher",
        body=CartDropVoucher,
        answer=QuoteView,
        permission="own",
        where=own,
        refer=_refer_drop,
        command=_to_cart,
        show=_quoted,
        kept_in_cart=True,
        shows_cart=True,
        routes=(Route("DELETE", "/cart/vouchers/{code}"),),
        refusals=("voucher_not_found",),
    ),
    Command(
        name="price.get",
        body=PriceGet,
        answer=PriceView,
        permission="own",
        where=own,
        refer=_price,
        command=ask_nothing,
        show=as_found,
        routes=(Route("GET", "/pricing/{product_id}/price", query=True),),
        refusals=(*PRODUCT, "unknown_tier"),
        socket=False,
    ),
)
