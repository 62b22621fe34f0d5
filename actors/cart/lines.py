"""Decisions about a cart's lines: add, change, remove, clear, restore.

Every handler prices the whole quantity of a line with the offer that the edge put
into the command, and writes the result and its trace into the event.
"""

from __future__ import annotations

import uuid
from decimal import Decimal

from msgspec.structs import replace

from actors.cart.budget import with_standing
from actors.cart.evolve import evolve, total_with
from actors.cart.needs import followed
from actors.cart.state import State
from actors.cart.tells import signs_of_life
from actors.kit.decider import Context, Decision, refuse
from actors.messages.cart import (
    AddItem,
    CartCleared,
    ClearCart,
    ItemAdded,
    ItemPut,
    ItemRemoved,
    ItemsGone,
    Line,
    LinesRestored,
    Offer,
    QuantityChanged,
    RemoveItem,
    Restored,
    RestoreLines,
    SetQuantity,
    key_of,
)
from actors.pricing import price

MAX_QUANTITY = 999
MAX_LINES = 500
MAX_TOTAL = Decimal(9_999_999_999)
"""What the read model's column holds; nobody shops for more."""


def add(state: State, command: AddItem, ctx: Context) -> Decision:
    """Add to the product's line, or make one. The hot path."""
    offer = command.offer
    if state.currency != offer.currency and (state.lines or state.sessions):
        return currency_mismatch(state, offer.currency)
    if command.session_id is not None:
        refusal = _check_session(state, command.session_id)
        if refusal is not None:
            return refusal
    old = state.lines.get(key_of(offer))
    more = command.quantity
    quantity = more if old is None else old.quantity + more
    if more < 1 or quantity > MAX_QUANTITY:
        return _invalid_quantity(quantity)
    unit, line_total, trace = price(offer, quantity, ctx.now, state.vouchers)
    if old is None:
        if len(state.lines) >= MAX_LINES:
            return _full()
        line_id, added_at, count = command.line_id or _line_id(state, ctx), ctx.now, len(state.lines) + 1
    else:
        line_id, added_at, count = old.line_id, old.added_at, len(state.lines)
    line = Line(
        line_id,
        offer.product_id,
        offer.barcode,
        offer.name,
        quantity,
        unit,
        line_total,
        trace,
        added_at,
        offer.variant_id,
        offer.variant_name,
        offer.label,
        offer.weight_g,
        offer.restricted,
        _with_lot(old, offer.lot) if offer.lot else () if old is None else old.lots,
    )
    total = total_with(state, line, old)
    if total > MAX_TOTAL:
        return too_dear()
    done = Decision(
        (ItemAdded(line, more, command.session_id, offer.currency, ctx.now),),
        ItemPut(line, total, offer.currency, count, state.units + more, state.revision + 1),
        hints=signs_of_life(state) if state.sessions else (),
    )
    if offer.restricted is not None:
        done = followed(state, done, ctx)
    return done if state.budget is None else with_standing(state, done, ctx)


def quantity(state: State, command: SetQuantity, ctx: Context) -> Decision:
    """Set a line's quantity; 0 removes it. With an offer the whole line gets today's price."""
    if command.quantity == 0:
        return remove(state, RemoveItem(command.line_id), ctx)
    if not 1 <= command.quantity <= MAX_QUANTITY:
        return _invalid_quantity(command.quantity)
    old = state.line(command.line_id)
    if old is None:
        return _no_line(command.line_id)
    offer = command.offer
    if offer is not None and key_of(offer) != key_of(old):
        return refuse(400, "offer_mismatch", "The offer is for another product.", item_id=command.line_id)
    if offer is not None and offer.currency != state.currency:
        return currency_mismatch(state, offer.currency)
    line = priced(state, old, command.quantity, offer, ctx)
    if line == old:
        return Decision(answer=_item_put(state, line), hints=signs_of_life(state))
    if state.total - old.line_total + line.line_total > MAX_TOTAL:
        return too_dear()
    event = QuantityChanged(line, ctx.now)
    return Decision((event,), _item_put(evolve(state, event), line), hints=signs_of_life(state))


def remove(state: State, command: RemoveItem, ctx: Context) -> Decision:
    """Take a line out."""
    if state.line(command.line_id) is None:
        return _no_line(command.line_id)
    event = ItemRemoved(command.line_id, ctx.now)
    return Decision((event,), _items_gone(evolve(state, event), 1), hints=signs_of_life(state))


def clear(state: State, command: ClearCart, ctx: Context) -> Decision:
    """Take every line out; an empty cart stays as it is."""
    if not state.lines:
        return Decision(answer=_items_gone(state, 0), hints=signs_of_life(state))
    event = CartCleared(len(state.lines), ctx.now)
    return Decision((event,), _items_gone(evolve(state, event), len(state.lines)), hints=signs_of_life(state))


def restore(state: State, command: RestoreLines, ctx: Context) -> Decision:
    """Bring saved lines back, merged into lines of the same product, at today's price if there is one."""
    if not state.saved or state.saved_until is None or ctx.now > state.saved_until:
        return refuse(404, "nothing_to_restore", "There are no saved lines to bring back.")
    if state.saved_currency != state.currency and (state.lines or state.sessions):
        return currency_mismatch(state, state.saved_currency)
    lines = []
    for saved in state.saved:
        there = state.lines.get(key_of(saved))
        quantity = min(MAX_QUANTITY, saved.quantity + (0 if there is None else there.quantity))
        offer = offer_for(saved, command.offers, state.saved_currency)
        line = priced(state, there or saved, quantity, offer, ctx)
        lots = tuple(dict.fromkeys((*line.lots, *saved.lots)))
        lines.append(line if lots == line.lots else replace(line, lots=lots))
    event = LinesRestored(tuple(lines), ctx.now)
    after = evolve(state, event)
    if len(after.lines) > MAX_LINES or after.total > MAX_TOTAL:
        return too_dear()
    answer = Restored(len(lines), after.total, after.currency, len(after.lines), after.units, after.revision)
    return Decision((event,), answer, hints=signs_of_life(state))


# --- parts ------------------------------------------------------------------------


def priced(state: State, line: Line, quantity: int, offer: Offer | None, ctx: Context) -> Line:
    """Return the line with that quantity, at the offer's price or at its snapshotted one."""
    if offer is None:
        return replace(line, quantity=quantity, line_total=line.unit_price * quantity)
    unit, line_total, trace = price(offer, quantity, ctx.now, state.vouchers)
    return replace(
        line,
        quantity=quantity,
        unit_price=unit,
        line_total=line_total,
        price_trace=trace,
        restricted=offer.restricted,
    )


def offer_for(line: Line, offers: dict[str, Offer], currency: str) -> Offer | None:
    """Return today's offer of the line, or None; one in another currency is none."""
    offer = offers.get(key_of(line))
    return offer if offer is not None and offer.currency == currency else None


def _with_lot(old: Line | None, lot: str) -> tuple[str, ...]:
    known = () if old is None else old.lots
    return known if lot in known else (*known, lot)


def _line_id(state: State, ctx: Context) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"line:{state.user_id}:{ctx.command_id}"))


def _item_put(state: State, line: Line) -> ItemPut:
    return ItemPut(line, state.total, state.currency, len(state.lines), state.units, state.revision)


def _items_gone(state: State, removed: int) -> ItemsGone:
    return ItemsGone(removed, state.total, state.currency, len(state.lines), state.units, state.revision)


def _check_session(state: State, session_id: str) -> Decision | None:
    opened = state.session(session_id)
    if opened is not None and opened.end_id is None:
        return None
    if opened is not None or state.over(session_id) is not None:
        return refuse(409, "session_ended", "This session is over.", session_id=session_id)
    return refuse(404, "session_not_found", "You have no such session.", session_id=session_id)


def currency_mismatch(state: State, currency: str) -> Decision:
    """Return the refusal of another currency than the cart's."""
    return refuse(
        400,
        "currency_mismatch",
        f"Your cart is in {state.currency}; this is in {currency}.",
        expected=state.currency,
        got=currency,
    )


def _invalid_quantity(quantity: int) -> Decision:
    return refuse(
        400,
        "invalid_quantity",
        f"A line holds 1 to {MAX_QUANTITY} units, not {quantity}.",
        minimum=1,
        maximum=MAX_QUANTITY,
    )


def _no_line(line_id: str) -> Decision:
    return refuse(404, "item_not_found", "There is no such item in your cart.", item_id=line_id)


def _full() -> Decision:
    return refuse(400, "cart_full", f"A cart holds {MAX_LINES} lines at most.", maximum=MAX_LINES)


def empty(state: State) -> Decision:
    """Return the refusal of a cart without lines, in the words that clients know."""
    cart_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"cart:{state.user_id}"))
    sentence = f"Cart is empty. Please add items first. Cart ID: {cart_id}"
    return refuse(400, "cart_empty", sentence, cart_id=cart_id, user_id=state.user_id)


def too_dear() -> Decision:
    """Return the refusal of a cart that no read model could hold."""
    return refuse(400, "total_too_high", f"A cart's total is {MAX_TOTAL} at most.", maximum=int(MAX_TOTAL))
