"""The decider of ``voucher/<voucher id>``: at most so many uses, of all carts together.

A use is kept from the checkout to its end, as the goods are, so a code cannot be sold twice over.
How a checkout ends is the cart's word. How often one person may use a code is the business of that
person's cart, which knows what it has paid for.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from actors.kit.decider import (
    NOTHING,
    Commands,
    Context,
    Decider,
    Decision,
    Events,
    Move,
    Tell,
    TimeReached,
    ignored,
)
from actors.messages.money.checkout import VoucherGone, VoucherKept
from actors.messages.money.voucher import (
    Command,
    Event,
    FreeVoucher,
    HoldVoucher,
    UseVoucher,
    VoucherDenied,
    VoucherFreed,
    VoucherHeld,
    VoucherUsed,
)


class State(msgspec.Struct, frozen=True):
    """One voucher."""

    voucher_id: str
    phase: str = "open"
    seq: int = 0
    """Events so far; the journal's."""
    used: int = 0
    """Checkouts that were paid with it."""
    held: dict[str, str] = {}
    """Checkouts under way: reservation -> user."""


def tells(state: State, event: Any) -> tuple[Tell, ...]:
    """Return the reply to the cart that requested it."""
    if isinstance(event, VoucherHeld):
        return (Tell("cart", event.user_id, VoucherKept(event.reservation_id, state.voucher_id)),)
    if isinstance(event, VoucherDenied):
        return (Tell("cart", event.user_id, VoucherGone(event.reservation_id, state.voucher_id)),)
    return ()


def _hold(state: State, command: HoldVoucher, ctx: Context) -> Decision:
    if command.reservation_id in state.held:
        return NOTHING
    if state.used + len(state.held) >= command.max_uses:
        return Decision((VoucherDenied(command.reservation_id, command.user_id, ctx.now),))
    return Decision((VoucherHeld(command.reservation_id, command.user_id, ctx.now),))


def _free(state: State, command: FreeVoucher, ctx: Context) -> Decision:
    if command.reservation_id not in state.held:
        return NOTHING
    return Decision((VoucherFreed(command.reservation_id, ctx.now),))


def _use(state: State, command: UseVoucher, ctx: Context) -> Decision:
    if command.reservation_id not in state.held:
        return NOTHING
    return Decision((VoucherUsed(command.reservation_id, ctx.now),))


def _held(state: State, event: VoucherHeld) -> State:
    held = {**state.held, event.reservation_id: event.user_id}
    return replace(state, seq=state.seq + 1, held=held)


def _denied(state: State, event: VoucherDenied) -> State:
    return replace(state, seq=state.seq + 1)


def _freed(state: State, event: VoucherFreed) -> State:
    return replace(state, seq=state.seq + 1, held=_without(state, event.reservation_id))


def _used(state: State, event: VoucherUsed) -> State:
    held = _without(state, event.reservation_id)
    return replace(state, seq=state.seq + 1, used=state.used + 1, held=held)


def _without(state: State, reservation_id: str) -> dict[str, str]:
    return {known: user_id for known, user_id in state.held.items() if known != reservation_id}


COMMANDS: Commands = {
    "open": {HoldVoucher: _hold, FreeVoucher: _free, UseVoucher: _use, TimeReached: ignored},
}
EVENTS = Events[State](
    {
        "open": {
            VoucherHeld: Move(_held, ("open",)),
            VoucherDenied: Move(_denied, ("open",)),
            VoucherFreed: Move(_freed, ("open",)),
            VoucherUsed: Move(_used, ("open",)),
        }
    }
)
evolve = EVENTS.evolve

DECIDER: Decider[State, Command, Event, None] = Decider(
    State, COMMANDS, EVENTS, tells, command=Command, event=Event
)
