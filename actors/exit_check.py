"""The decider of ``check/<order id>``: a trolley's goods against what was paid for, as the stock counts.

An order is checked once. What was scanned is compared when somebody says that this is all; what is missing
the order's own refund gives back, what was not paid is paid here or stays in the shop.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from actors.kit import money
from actors.kit.decider import (
    Commands,
    Context,
    Decider,
    Decision,
    Events,
    Move,
    Tell,
    TimeReached,
    counted,
    ignored,
    refuse,
)
from actors.messages.money.exit_check import (
    Answer,
    BeginCheck,
    CheckBegun,
    CheckFinished,
    CheckSettled,
    CheckStands,
    Command,
    Difference,
    Event,
    Expected,
    FinishCheck,
    Found,
    GoodsScanned,
    Outcome,
    ScanInCheck,
    SettleCheck,
)
from actors.messages.stock import AdjustStock

Phase = Literal["new", "open", "over", "settled"]
MOST_UNITS = 9999
"""Of one thing; nobody pushes more."""


class State(msgspec.Struct, frozen=True):
    """One check; it has the id of its order."""

    check_id: str
    seq: int = 0
    """Events so far; the journal's seq."""
    phase: Phase = "new"
    buyer_id: str = ""
    chain: str = ""
    branch: str = ""
    currency: str = ""
    expected: tuple[Expected, ...] = ()
    found: dict[str, Found] = {}
    """By SKU, in the order in which they came."""
    by: str = ""
    begun_at: float = 0.0
    outcome: Outcome | None = None
    missing: tuple[Difference, ...] = ()
    unpaid: tuple[Difference, ...] = ()
    finished_at: float | None = None
    settled_at: float | None = None
    method: str = ""
    """How what was not paid has been paid."""

    @property
    def amount_due(self) -> Decimal:
        """What is there and was not paid, as far as nobody has paid for it yet."""
        return money.zero(self.currency) if self.phase == "settled" else self._sum(self.unpaid)

    @property
    def refund_due(self) -> Decimal:
        """What was paid and is not there."""
        return self._sum(self.missing)

    def _sum(self, differences: Iterable[Difference]) -> Decimal:
        return sum((each.amount for each in differences), money.zero(self.currency))


# --- commands -----------------------------------------------------------------------


def _begin(state: State, command: BeginCheck, ctx: Context) -> Decision:
    event = CheckBegun(
        buyer_id=command.buyer_id,
        chain=command.chain,
        branch=command.branch,
        currency=command.currency,
        expected=command.expected,
        by=command.by,
        at=ctx.now,
    )
    return Decision((event,), CheckStands(state.check_id))


def _stands(state: State, command: Any, ctx: Context) -> Decision:
    return Decision(answer=CheckStands(state.check_id))


def _scan(state: State, command: ScanInCheck, ctx: Context) -> Decision:
    known = state.found.get(command.found.sku)
    units = command.found.units + (0 if known is None else known.units)
    if command.found.units < 1 or units > MOST_UNITS:
        return refuse(400, "invalid_quantity", f"Expected 1 to {MOST_UNITS} units, got {units}.")
    return Decision((GoodsScanned(command.found, ctx.now),), CheckStands(state.check_id))


def _finish(state: State, command: FinishCheck, ctx: Context) -> Decision:
    missing, unpaid = _missing(state), _unpaid(state)
    outcome: Outcome = "differences" if missing or unpaid else "clean"
    event = CheckFinished(outcome=outcome, missing=missing, unpaid=unpaid, at=ctx.now)
    return Decision((event,), CheckStands(state.check_id))


def _missing(state: State) -> tuple[Difference, ...]:
    """Take what was found off the lines, in their order; what is left of them is not there."""
    left = {sku: found.units for sku, found in state.found.items()}
    missing: list[Difference] = []
    for line in state.expected:
        there = min(line.units, left.get(line.sku, 0))
        left[line.sku] = left.get(line.sku, 0) - there
        if short := line.units - there:
            amount = line.unit_price * short
            missing.append(Difference(line.item_id, line.sku, line.name, short, amount))
    return tuple(missing)


def _unpaid(state: State) -> tuple[Difference, ...]:
    paid: dict[str, int] = {}
    for line in state.expected:
        paid[line.sku] = paid.get(line.sku, 0) + line.units
    more = ((each, each.units - paid.get(each.sku, 0)) for each in state.found.values())
    return tuple(
        Difference("", each.sku, each.name, units, each.unit_price * units)
        for each, units in more
        if units > 0
    )


def _settle(state: State, command: SettleCheck, ctx: Context) -> Decision:
    if not state.unpaid:
        return refuse(409, "nothing_to_pay", "Nothing in this trolley is unpaid.")
    due = state.amount_due
    amount = money.cash(due, state.currency) if command.method == "cash" else due
    event = CheckSettled(by=command.by, method=command.method, amount=amount, at=ctx.now)
    return Decision((event,), CheckStands(state.check_id))


def _unknown(state: State, command: Any, ctx: Context) -> Decision:
    return refuse(404, "check_not_found", "There is no such check.")


def _over(state: State, command: Any, ctx: Context) -> Decision:
    return refuse(409, "check_over", "This check is over.", outcome=state.outcome)


def _goes_on(state: State, command: Any, ctx: Context) -> Decision:
    return refuse(409, "check_goes_on", "This check is not finished yet.")


# --- changes -------------------------------------------------------------------------


def _begun(state: State, event: CheckBegun) -> State:
    return replace(
        state,
        phase="open",
        buyer_id=event.buyer_id,
        chain=event.chain,
        branch=event.branch,
        currency=event.currency,
        expected=event.expected,
        by=event.by,
        begun_at=event.at,
    )


def _scanned(state: State, event: GoodsScanned) -> State:
    known = state.found.get(event.found.sku)
    units = event.found.units + (0 if known is None else known.units)
    return replace(state, found={**state.found, event.found.sku: replace(event.found, units=units)})


def _finished(state: State, event: CheckFinished) -> State:
    return replace(
        state,
        phase="over",
        outcome=event.outcome,
        missing=event.missing,
        unpaid=event.unpaid,
        finished_at=event.at,
    )


def _settled(state: State, event: CheckSettled) -> State:
    return replace(state, phase="settled", method=event.method, settled_at=event.at)


def tells(state: State, event: Any) -> tuple[Tell, ...]:
    """Return the stock, of which more has left than was sold."""
    if not isinstance(event, CheckSettled):
        return ()
    reason = "Paid at the exit"
    return tuple(
        Tell("stock", state.branch, AdjustStock(sku=each.sku, reason=reason, delta=-each.units))
        for each in state.unpaid
    )


COMMANDS: Commands = {
    "new": {
        BeginCheck: _begin,
        ScanInCheck: _unknown,
        FinishCheck: _unknown,
        SettleCheck: _unknown,
        TimeReached: ignored,
    },
    "open": {
        BeginCheck: _stands,
        ScanInCheck: _scan,
        FinishCheck: _finish,
        SettleCheck: _goes_on,
        TimeReached: ignored,
    },
    "over": {
        BeginCheck: _over,
        ScanInCheck: _over,
        FinishCheck: _stands,
        SettleCheck: _settle,
        TimeReached: ignored,
    },
    "settled": {
        BeginCheck: _over,
        ScanInCheck: _over,
        FinishCheck: _stands,
        SettleCheck: _stands,
        TimeReached: ignored,
    },
}
EVENTS = Events[State](
    {
        "new": {CheckBegun: Move(_begun, ("open",))},
        "open": {GoodsScanned: Move(_scanned, ("open",)), CheckFinished: Move(_finished, ("over",))},
        "over": {CheckSettled: Move(_settled, ("settled",))},
        "settled": {},
    },
    counted,
)
evolve = EVENTS.evolve

DECIDER: Decider[State, Command, Event, Answer] = Decider(
    State, COMMANDS, EVENTS, tells, command=Command, event=Event, answer=Answer
)
