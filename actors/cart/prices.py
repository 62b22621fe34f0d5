"""Decisions that re-price every line of a cart: a quote, and vouchers given and taken back."""

from __future__ import annotations

from msgspec.structs import replace

from actors.cart.evolve import evolve
from actors.cart.lines import MAX_TOTAL, offer_for, priced, too_dear
from actors.cart.state import State
from actors.cart.tells import signs_of_life
from actors.kit.decider import Context, Decision, refuse
from actors.messages.cart import (
    ApplyVoucher,
    DropVoucher,
    Line,
    LinesRepriced,
    Offer,
    PriceChange,
    Quoted,
    Reprice,
    VouchersChanged,
)
from actors.messages.pricing import Voucher

MAX_VOUCHERS = 5


def reprice(state: State, command: Reprice, ctx: Context) -> Decision:
    """Reprice every line that has an offer; report which changed."""
    if command.vouchers is not None:
        kept = {each.code: each for each in command.vouchers}
        vouchers = tuple(kept[each.code] for each in state.vouchers if each.code in kept)
        if vouchers != state.vouchers:
            return _with_vouchers(state, vouchers, command.offers, ctx)
    changed, changes = _changes(state, command.offers, ctx)
    if not changed:
        return Decision(
            answer=Quoted((), state.total, state.currency, state.revision), hints=signs_of_life(state)
        )
    return _done(state, LinesRepriced(changed, ctx.now), changes)


def apply(state: State, command: ApplyVoucher, ctx: Context) -> Decision:
    """Hold a voucher; one of the same code is replaced where it stands."""
    voucher = command.voucher
    if voucher.rule.valid_until is not None and ctx.now >= voucher.rule.valid_until:
        return refuse(400, "voucher_expired", "This voucher is not valid any more.", code_given=voucher.code)
    held = [voucher if each.code == voucher.code else each for each in state.vouchers]
    if voucher not in held:
        held.append(voucher)
    if len(held) > MAX_VOUCHERS:
        return refuse(
            400, "too_many_vouchers", f"A cart holds {MAX_VOUCHERS} vouchers.", maximum=MAX_VOUCHERS
        )
    return _with_vouchers(state, tuple(held), command.offers, ctx)


def drop(state: State, command: DropVoucher, ctx: Context) -> Decision:
    """Hold a voucher no longer."""
    left = tuple(each for each in state.vouchers if each.code != command.code)
    if len(left) == len(state.vouchers):
        return refuse(404, "voucher_not_found", "Your cart holds no such voucher.", code_given=command.code)
    return _with_vouchers(state, left, command.offers, ctx)


def _with_vouchers(
    state: State, vouchers: tuple[Voucher, ...], offers: dict[str, Offer], ctx: Context
) -> Decision:
    changed, changes = _changes(replace(state, vouchers=vouchers), offers, ctx)
    return _done(state, VouchersChanged(vouchers, changed, ctx.now), changes)


def _changes(
    state: State, offers: dict[str, Offer], ctx: Context
) -> tuple[tuple[Line, ...], tuple[PriceChange, ...]]:
    """Return the lines that have another price now, and their old and new prices."""
    changed: list[Line] = []
    changes: list[PriceChange] = []
    for old in state.lines.values():
        line = priced(state, old, old.quantity, offer_for(old, offers, state.currency), ctx)
        if line.unit_price != old.unit_price:
            changed.append(line)
            changes.append(PriceChange(old.line_id, old.unit_price, line.unit_price, line.line_total))
    return tuple(changed), tuple(changes)


def _done(state: State, event: LinesRepriced | VouchersChanged, changes: tuple[PriceChange, ...]) -> Decision:
    after = evolve(state, event)
    if after.total > MAX_TOTAL:
        return too_dear()
    answer = Quoted(changes, after.total, after.currency, after.revision)
    return Decision((event,), answer, hints=signs_of_life(state))
