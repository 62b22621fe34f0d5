"""How events change a user's cart: its lines and sessions; a checkout's are in ``evolve_checkout``.

Adding an item is the busiest command of the system, so its way through here is
kept short: lines are a dict copied on write, and the total runs along.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from actors.cart import evolve_budget, evolve_needs
from actors.cart.evolve_budget import trip_over
from actors.cart.evolve_checkout import moves
from actors.cart.state import ENDED_KEPT, EndedSession, OpenedSession, Phase, State, phase_of
from actors.kit import money
from actors.kit.decider import Events, Move
from actors.messages.cart import (
    CartCleared,
    ItemAdded,
    ItemRemoved,
    Line,
    LinesRepriced,
    LinesRestored,
    QuantityChanged,
    SessionAttached,
    SessionDetached,
    SessionEndRequested,
    SessionRefused,
    VouchersChanged,
    key_of,
)

# --- lines ----------------------------------------------------------------------


def _with_lines(
    state: State, lines: dict[str, Line], total: Decimal, units: int, currency: str, at: float
) -> State:
    return replace(
        state,
        revision=state.revision + 1,
        currency=currency,
        lines=lines,
        total=total,
        units=units,
        updated_at=at,
    )


def total_with(state: State, line: Line, old: Line | None) -> Decimal:
    """Return the total with ``line`` in the place of ``old``, in the line's own decimals."""
    if old is not None:
        return state.total - old.line_total + line.line_total
    return state.total + line.line_total if state.lines else line.line_total


def _added(state: State, event: ItemAdded) -> State:
    line = event.line
    lines = state.lines.copy()
    key = key_of(line)
    old = lines.get(key)
    lines[key] = line
    total = total_with(state, line, old)
    return _with_lines(state, lines, total, state.units + event.quantity, event.currency, event.at)


def _put(state: State, changed: tuple[Line, ...], currency: str, at: float) -> State:
    lines, units = state.lines.copy(), state.units
    total = state.total if lines else money.zero(currency)
    for line in changed:
        key = key_of(line)
        old = lines.get(key)
        if old is not None:
            total, units = total - old.line_total, units - old.quantity
        lines[key] = line
        total, units = total + line.line_total, units + line.quantity
    return _with_lines(state, lines, total, units, currency, at)


def _quantity_changed(state: State, event: QuantityChanged) -> State:
    return _put(state, (event.line,), state.currency, event.at)


def _repriced(state: State, event: LinesRepriced) -> State:
    return _put(state, event.lines, state.currency, event.at)


def _vouchers_changed(state: State, event: VouchersChanged) -> State:
    return replace(_put(state, event.lines, state.currency, event.at), vouchers=event.vouchers)


def _restored(state: State, event: LinesRestored) -> State:
    after = _put(state, event.lines, state.currency if state.lines else state.saved_currency, event.at)
    return replace(after, saved=(), saved_until=None, saved_currency="")


def _removed(state: State, event: ItemRemoved) -> State:
    lines, total, units = {}, state.total, state.units
    for key, line in state.lines.items():
        if line.line_id == event.line_id:
            total, units = total - line.line_total, units - line.quantity
        else:
            lines[key] = line
    state = replace(state, removed=state.removed + 1)
    return _with_lines(state, lines, total, units, state.currency, event.at)


def _cleared(state: State, event: CartCleared) -> State:
    state = replace(state, removed=state.removed + len(state.lines))
    return _with_lines(state, {}, money.zero(state.currency), 0, state.currency, event.at)


# --- sessions -------------------------------------------------------------------


def _attached(state: State, event: SessionAttached) -> State:
    opened = OpenedSession(
        session_id=event.session_id,
        trolley_id=event.trolley_id,
        branch=event.branch,
        chain=event.chain,
        currency=event.currency,
        restore_s=event.restore_s,
        since=event.at,
    )
    currency = state.currency if state.lines else event.currency
    return replace(
        state,
        phase="shopping",
        revision=state.revision + 1,
        currency=currency,
        total=state.total if state.lines else money.zero(currency),
        sessions=(*state.sessions, opened),
        ended=tuple(each for each in state.ended if each.session_id != event.session_id),
        finders=(),
        updated_at=event.at,
    )


def _refused(state: State, event: SessionRefused) -> State:
    return replace(state, revision=state.revision + 1, updated_at=event.at)


def _end_requested(state: State, event: SessionEndRequested) -> State:
    sessions = tuple(
        replace(each, end_id=event.end_id) if each.session_id == event.session_id else each
        for each in state.sessions
    )
    return replace(
        state, phase=phase_of(sessions), revision=state.revision + 1, sessions=sessions, updated_at=event.at
    )


def _detached(state: State, event: SessionDetached) -> State:
    sessions = tuple(each for each in state.sessions if each.session_id != event.session_id)
    state = trip_over(state)
    over = EndedSession(event.session_id, event.trolley_id, event.outcome, event.items_cleared)
    after = replace(
        state,
        phase=phase_of(sessions),
        revision=state.revision + 1,
        sessions=sessions,
        ended=(*state.ended, over)[-ENDED_KEPT:],
        updated_at=event.at,
        joiners=tuple(each for each in state.joiners if each[0] != event.session_id),
    )
    if not sessions:
        after = replace(after, vouchers=(), removed=0)
    if event.items_cleared == 0:
        return after
    if event.saved_until is not None:
        after = replace(
            after,
            saved=tuple(state.lines.values()),
            saved_until=event.saved_until,
            saved_currency=state.currency,
        )
    return replace(after, lines={}, total=money.zero(state.currency), units=0)


def _line_moves(phase: Phase) -> dict[type, Move]:
    """Lines may change in every phase: a cart is the shopper's own, with a trolley or without."""
    to = (phase,)
    return {
        ItemAdded: Move(_added, to),
        QuantityChanged: Move(_quantity_changed, to),
        ItemRemoved: Move(_removed, to),
        CartCleared: Move(_cleared, to),
        LinesRestored: Move(_restored, to),
        LinesRepriced: Move(_repriced, to),
        VouchersChanged: Move(_vouchers_changed, to),
        **moves(phase),
        **evolve_needs.moves(phase),
        **evolve_budget.moves(phase),
    }


EVENTS = Events[State](
    {
        "free": {
            SessionAttached: Move(_attached, ("shopping",)),
            **_line_moves("free"),
        },
        "shopping": {
            SessionAttached: Move(_attached, ("shopping",)),
            SessionRefused: Move(_refused, ("shopping",)),
            SessionEndRequested: Move(_end_requested, ("ending", "shopping")),
            SessionDetached: Move(_detached, ("free", "shopping", "ending")),
            **_line_moves("shopping"),
        },
        "ending": {
            SessionAttached: Move(_attached, ("shopping",)),
            SessionRefused: Move(_refused, ("ending",)),
            SessionDetached: Move(_detached, ("free", "ending")),
            **_line_moves("ending"),
        },
    }
)
evolve = EVENTS.evolve
