"""What a checkout does with vouchers that have a limited number of uses.

How often one person may use a voucher, the cart knows itself, for all of a person's purchases go
through it. Of a voucher that so many purchases share, ``voucher/<id>`` keeps a use for the checkout
before the stock is asked: the cart tells it so when it freezes, and how the checkout ended. As with
the stock, a voucher is only told to free what it has said it keeps.
"""

from __future__ import annotations

from typing import Any

import msgspec

from actors.cart import payment as cart_paying
from actors.cart.state import State, held_of, limited
from actors.kit.decider import NOTHING, Context, Decision, Handler, Refusal, ignored
from actors.messages.money.checkout import (
    CheckoutCancelled,
    CheckoutExpired,
    CheckoutRefused,
    CheckoutVoucherKept,
    VoucherGone,
    VoucherKept,
    VouchersFreed,
    VouchersUsed,
)
from actors.messages.money.paying import CheckoutPaid
from actors.messages.pricing import Voucher


def exhausted(state: State) -> Refusal | None:
    """Return why the cart cannot be frozen with the vouchers that it holds, or None."""
    for voucher in limited(state):
        most = voucher.max_per_person
        if most is not None and state.voucher_uses.get(voucher.rule.rule_id, 0) >= most:
            return _used_up(voucher, f"You have used the voucher {voucher.code} as often as you may.")
    return None


def ended(state: State, now: float) -> Refusal | None:
    """Return the refusal that names a held voucher whose time is over, or None."""
    for voucher in state.vouchers:
        until = voucher.rule.valid_until
        if until is not None and now >= until:
            sentence = f"The voucher {voucher.code} is not valid any more. Take it out to go on."
            return Refusal(400, "voucher_expired", sentence, {"code_given": voucher.code})
    return None


def free(state: State, command: VoucherKept, ctx: Context) -> Decision:
    """The checkout that wanted it is over."""
    return Decision((VouchersFreed(command.reservation_id, (command.voucher_id,), ctx.now),))


def kept(state: State, command: VoucherKept, ctx: Context) -> Decision:
    """A use of the voucher is this checkout's."""
    held = held_of(state)
    if command.reservation_id != held.reservation_id:
        return free(state, command, ctx)
    if command.voucher_id in held.vouchers_kept:
        return NOTHING
    return Decision((CheckoutVoucherKept(command.reservation_id, command.voucher_id, ctx.now),))


def gone(state: State, command: VoucherGone, cleared: tuple[int, float | None], ctx: Context) -> Decision:
    """Every use is taken: thaw, and name the voucher."""
    held = held_of(state)
    voucher = next((each for each in held.vouchers if each.rule.rule_id == command.voucher_id), None)
    if command.reservation_id != held.reservation_id or held.reserved or voucher is None:
        return NOTHING
    event = CheckoutRefused(
        reservation_id=held.reservation_id,
        shortages=(),
        items_cleared=cleared[0],
        saved_until=cleared[1],
        at=ctx.now,
    )
    if held.paid is not None:
        return cart_paying.unreserved(state, event, ctx)
    why = _used_up(voucher, f"The voucher {voucher.code} is used up. Take it out to go on.")
    return Decision((event,), settles=((held.request_id, why),))


def settling(handler: Handler) -> Handler:
    """Return the handler that adds what the end of a checkout means for its vouchers."""

    def handle(state: State, command: Any, ctx: Context) -> Decision:
        return _settled(state, handler(state, command, ctx), ctx)

    return handler if handler is ignored else handle


def _settled(state: State, decision: Decision, ctx: Context) -> Decision:
    held = state.checkout
    if held is None or not held.vouchers:
        return decision
    for event in decision.events:
        more: Any = None
        if isinstance(event, CheckoutPaid):
            counted = tuple(each.rule.rule_id for each in held.vouchers if each.max_per_person is not None)
            more = VouchersUsed(held.reservation_id, held.vouchers_kept, counted, ctx.now)
        elif isinstance(event, CheckoutRefused | CheckoutCancelled | CheckoutExpired) and held.vouchers_kept:
            more = VouchersFreed(held.reservation_id, held.vouchers_kept, ctx.now)
        if more is not None:
            return msgspec.structs.replace(decision, events=(*decision.events, more))
    return decision


def _used_up(voucher: Voucher, sentence: str) -> Refusal:
    return Refusal(400, "voucher_used_up", sentence, {"code_given": voucher.code})
