"""Decisions about a cart's checkout: an exchange with the branch's stock that any crash may interrupt.

The cart goes first: it freezes (``CheckoutRequested``), commits, and tells the stock to reserve.
The stock keeps all of it or nothing, commits, and tells back. From then on the cart alone
decides how the reservation ends, and tells the stock: cancelled, expired (to the moment, by the
cart's own timer), or sold (see ``cart_paying``). It never tells the stock to release what the stock
has not said it keeps, so a release cannot overtake its reservation; what arrives for a checkout
that is over already is given back at once.

A session that ends while the cart is frozen: ended by the shopper, the checkout is cancelled
and the lines are cleared and saved, as ever; expired, because a phone sleeps or shows its bank's
page, the checkout goes on with its lines, which belong to the reservation now. When it thaws
afterwards, they are cleared and saved then.
"""

from __future__ import annotations

from typing import Any

from actors.cart import payment as cart_paying
from actors.cart import vouchers as cart_vouchers
from actors.cart.lines import currency_mismatch, empty
from actors.cart.needs import open_need, over_limit
from actors.cart.state import State, held_of
from actors.cart.tells import signs_of_life
from actors.kit.decider import NOTHING, Context, Decision, Refusal, TimeReached, refuse
from actors.messages.cart import CloseSession, sku_of
from actors.messages.money.checkout import (
    CancelCheckout,
    CheckedOut,
    Checkout,
    CheckoutCancelled,
    CheckoutExpired,
    CheckoutOver,
    CheckoutRefused,
    CheckoutRequested,
    CheckoutReserved,
    ReservationMade,
    ReservationOverdue,
    ReservationRefused,
    ReservationReturned,
    VoucherGone,
    Wish,
)
from actors.messages.money.paying import RequestPayment
from actors.messages.stock import Shortage
from actors.pricing import bill, promoted

# --- while the cart is open ------------------------------------------------------------


def start(state: State, command: Checkout, ctx: Context, wish: Wish | None = None) -> Decision:
    """Freeze the cart and ask the stock; with a ``wish``, to pay then."""
    if not state.lines:
        return empty(state)
    gone = [line for key, line in state.lines.items() if key in command.unavailable]
    if gone:
        names = ", ".join(line.name for line in gone)
        items = [_named(line) for line in gone]
        return refuse(400, "items_unavailable", f"Not sold any more: {names}.", items=items)
    why = over_limit(state) or open_need(state)
    why = why or cart_vouchers.ended(state, ctx.now) or cart_vouchers.exhausted(state)
    if why is not None:
        return Decision(refusal=why)
    session = next((each for each in state.sessions if each.branch == command.branch), None)
    saved = promoted(state.lines, command.deals, state.currency)
    event = CheckoutRequested(
        reservation_id=command.reservation_id,
        branch=command.branch,
        request_id=ctx.command_id,
        expires_at=ctx.now + command.hold_s,
        session_id=None if session is None else session.session_id,
        restore_s=0.0 if session is None else session.restore_s,
        at=ctx.now,
        wish=wish,
        amounts=bill(state.lines, state.currency, command.terms, saved),
    )
    return Decision((event,), pending=True, hints=signs_of_life(state))


def start_and_pay(state: State, command: RequestPayment, ctx: Context) -> Decision:
    """Freeze the cart; the payment begins when the stock keeps the goods."""
    if not state.lines:
        return empty(state)
    if command.currency not in (None, state.currency):
        return currency_mismatch(state, command.currency or "")
    if command.checkout is None:
        return refuse(409, "no_checkout", "There is no checkout to pay for.")
    wish = Wish(command.payment_id, command.provider, command.chain)
    return start(state, command.checkout, ctx, wish)


def nothing_to_cancel(state: State, command: CancelCheckout, ctx: Context) -> Decision:
    """Refuse: the cart is not frozen."""
    return refuse(404, "no_checkout", "There is no checkout to cancel.")


def give_back(state: State, command: ReservationMade, ctx: Context) -> Decision:
    """The checkout that wanted it is over."""
    return Decision((ReservationReturned(command.reservation_id, command.branch, ctx.now),))


def overdue(state: State, command: ReservationOverdue, ctx: Context) -> Decision:
    """Answer the stock about an old reservation: it is released unless sold, or its checkout goes on."""
    frozen = state.checkout
    if frozen is not None and frozen.reservation_id == command.reservation_id:
        return expire(state, TimeReached(), ctx)
    if command.reservation_id in state.sold:
        return NOTHING
    return Decision((ReservationReturned(command.reservation_id, command.branch, ctx.now),))


# --- while it is frozen ------------------------------------------------------------------


def frozen(state: State, command: Any, ctx: Context) -> Decision:
    """Refuse a change of a frozen cart."""
    held = held_of(state)
    return refuse(
        409,
        "cart_frozen",
        "Your cart is at the checkout. Cancel the checkout to change it.",
        reservation_id=held.reservation_id,
        expires_at=held.expires_at,
    )


def again(state: State, command: Checkout, ctx: Context) -> Decision:
    """Give the checkout that goes on."""
    held = held_of(state)
    if not held.reserved:
        return refuse(409, "checkout_in_progress", "A checkout is under way; try again in a moment.")
    return Decision(
        answer=CheckedOut(held.reservation_id, held.expires_at, state.revision), hints=signs_of_life(state)
    )


def cancel(state: State, command: CancelCheckout, ctx: Context) -> Decision:
    """Thaw the cart."""
    held = held_of(state)
    if held.paid is not None:
        return refuse(409, "already_paid", "This is paid already.", payment_id=held.paid.payment_id)
    event, settles = cancelled(state, "cancelled", ctx)
    answer = CheckoutOver(held.reservation_id, state.revision + 1)
    return Decision((event,), answer, settles=settles, hints=signs_of_life(state))


def made(state: State, command: ReservationMade, ctx: Context) -> Decision:
    """The stock keeps the goods."""
    held = held_of(state)
    if command.reservation_id != held.reservation_id:
        return give_back(state, command, ctx)
    if held.reserved:
        return NOTHING
    if held.paid is not None:
        return cart_paying.made(state, command, ctx)
    event = CheckoutReserved(held.reservation_id, ctx.now)
    if held.wish is not None:
        asked, answer = cart_paying.ask(state, held.wish, ctx)
        return Decision((event, asked), settles=((held.request_id, answer),))
    done = CheckedOut(held.reservation_id, held.expires_at, state.revision + 1)
    return Decision((event,), settles=((held.request_id, done),))


def refused(state: State, command: ReservationRefused, ctx: Context) -> Decision:
    """There is not enough: thaw, and name each line."""
    held = held_of(state)
    if command.reservation_id != held.reservation_id or held.reserved:
        return NOTHING
    cleared, until = _cleared(state, ctx)
    event = CheckoutRefused(
        reservation_id=held.reservation_id,
        shortages=command.shortages,
        items_cleared=cleared,
        saved_until=until,
        at=ctx.now,
    )
    if held.paid is not None:
        return cart_paying.unreserved(state, event, ctx)
    return Decision((event,), settles=((held.request_id, _insufficient(state, command.shortages)),))


def voucher_gone(state: State, command: VoucherGone, ctx: Context) -> Decision:
    """A voucher is used up: thaw, and name it."""
    return cart_vouchers.gone(state, command, _cleared(state, ctx), ctx)


def expire(state: State, command: TimeReached, ctx: Context) -> Decision:
    """The time is over."""
    held = held_of(state)
    if not held.reserved or not ctx.reached(held.expires_at):
        return NOTHING
    cleared, until = _cleared(state, ctx)
    event = CheckoutExpired(
        reservation_id=held.reservation_id,
        branch=held.branch,
        items_cleared=cleared,
        saved_until=until,
        at=ctx.now,
    )
    return Decision((event,))


# --- a session ends ------------------------------------------------------------------------


def survives(state: State, command: CloseSession) -> bool:
    """Return whether the checkout goes on with its lines after this end of a session."""
    held = state.checkout
    return held is not None and (command.outcome != "abandoned" or held.paid is not None)


def ended_with(
    state: State, command: CloseSession, ctx: Context
) -> tuple[tuple[Any, ...], tuple[tuple[str, Any], ...]]:
    """Return what ends the checkout when a session's end takes its lines: events and pending answers."""
    held = state.checkout
    if held is None:
        return (), ()
    event, settles = cancelled(state, "session_ended", ctx)
    return (event,), settles


# --- parts -----------------------------------------------------------------------------------


def cancelled(
    state: State, reason: Any, ctx: Context
) -> tuple[CheckoutCancelled, tuple[tuple[str, Any], ...]]:
    """Return the event that thaws the cart, and the refusal of the pending checkout request."""
    held = held_of(state)
    cleared, saved_until = (0, None) if reason == "session_ended" else _cleared(state, ctx)
    event = CheckoutCancelled(
        reservation_id=held.reservation_id,
        branch=held.branch,
        reserved=held.reserved,
        reason=reason,
        items_cleared=cleared,
        saved_until=saved_until,
        at=ctx.now,
    )
    if held.reserved:
        return event, ()
    why = Refusal(409, "checkout_cancelled", "The checkout was cancelled before the stock had answered.")
    return event, ((held.request_id, why),)


def _cleared(state: State, ctx: Context) -> tuple[int, float | None]:
    """Return what a thaw does with the lines: nothing, unless their session ended meanwhile."""
    held = held_of(state)
    if held.session_id is None or state.sessions:
        return 0, None
    return len(state.lines), ctx.now + held.restore_s


def _insufficient(state: State, shortages: tuple[Shortage, ...]) -> Refusal:
    short = {each.sku: each for each in shortages}
    items = [
        {**_named(line), "wanted": short[sku].wanted, "available": short[sku].available}
        for line in state.lines.values()
        if (sku := sku_of(line)) in short
    ]
    names = ", ".join(f"{each['name']} ({each['available']} of {each['wanted']})" for each in items)
    return Refusal(400, "insufficient_stock", f"Not enough in stock: {names}.", {"items": items})


def _named(line: Any) -> dict[str, Any]:
    return {
        "item_id": line.line_id,
        "product_id": line.product_id,
        "variant_id": line.variant_id,
        "name": line.name,
    }
