"""How the events of approvals by staff change the cart."""

from __future__ import annotations

from msgspec.structs import replace

from actors.cart.state import Phase, State
from actors.kit.decider import Move
from actors.messages.cart import Line, key_of
from actors.messages.needs import NeedSettled, NeedsRaised, NeedsWithdrawn


def _raised(state: State, event: NeedsRaised) -> State:
    needs = (*state.needs, *event.needs)
    return replace(state, revision=state.revision + 1, updated_at=event.at, needs=needs)


def _withdrawn(state: State, event: NeedsWithdrawn) -> State:
    gone = {each.need_id for each in event.needs}
    kept = tuple(each for each in state.needs if each.need_id not in gone)
    return replace(state, revision=state.revision + 1, updated_at=event.at, needs=kept)


def _settled(state: State, event: NeedSettled) -> State:
    needs = tuple(event.need if each.need_id == event.need.need_id else each for each in state.needs)
    after = replace(state, revision=state.revision + 1, updated_at=event.at, needs=needs)
    return after if event.line is None else _weighed(after, event.line)


def _weighed(state: State, line: Line) -> State:
    """The line stands where it stood, as the one piece that it is now."""
    lines: dict[str, Line] = {}
    total, units = state.total + line.line_total, state.units + line.quantity
    for key, old in state.lines.items():
        if old.line_id == line.line_id:
            total, units = total - old.line_total, units - old.quantity
            lines[key_of(line)] = line
        else:
            lines[key] = old
    return replace(state, lines=lines, total=total, units=units)


def moves(phase: Phase) -> dict[type, Move]:
    """Return the transitions of requests to staff; sessions come and go beside them."""
    return {
        NeedsRaised: Move(_raised, (phase,)),
        NeedsWithdrawn: Move(_withdrawn, (phase,)),
        NeedSettled: Move(_settled, (phase,)),
    }
