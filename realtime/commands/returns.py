"""Returns: a person reports which trolley came back, and into which slot."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from msgspec import Meta

from actors.messages.cart import EndSession
from actors.messages.returns import ReturnPlaced, ReturnScanned
from actors.messages.trolley import Place as Slot
from actors.messages.trolley import TrolleyRef
from actors.trolley import State as TrolleyState
from core.accounts.principals import may
from realtime.commands.assignments import Number, Text, named_trolley
from realtime.commands.sessions import trolley_place
from realtime.pipeline.asking import Accepted
from realtime.pipeline.lookups import QR
from realtime.pipeline.row import Ask, Call, Command, CommandPlace, Route
from realtime.problems import invalid
from realtime.views.base import View
from realtime.wire import Body, Uuid


class TrolleyReturn(Body):
    """Say which trolley came back. ``slot`` (with ``device_id``) if more than one slot asks."""

    branch: Text | None = None
    trolley_id: Text | None = None
    cart_number: Number | None = None
    device_id: Uuid | None = None
    slot: Annotated[int, Meta(ge=0, le=0xFFFF)] | None = None


class PlaceView(View, frozen=True):
    """A lock slot."""

    device_id: str
    slot: int


class Returned(View, frozen=True):
    """``place``: the slot that it stands in, null without lock hardware."""

    trolley_id: str
    returned: Literal[True]
    place: PlaceView | None


class _Returning(NamedTuple):
    state: TrolleyState
    slot: Slot | None
    staff: bool

    @property
    def held(self) -> bool:
        """Whether staff ends a session with it."""
        return self.staff and self.state.phase == "held"


def _returned_at(call: Call) -> CommandPlace:
    """Return the trolley's branch: staff there ends the session with it.

    A shopper only says which trolley it was; whether it was theirs is known where returns are matched.
    """
    shopper = call.who.kind == "user" and not call.who.grants
    return trolley_place(named_trolley(call), call.who.id if shopper else "")


async def _refer_return(call: Call) -> _Returning:
    who, ref = call.who, call.place.thing
    slot = _slot(call, ref)
    state: TrolleyState = (await call.services.asking.look("trolley", ref.trolley_id, who)).state
    return _Returning(state, slot, may(who, "trolley.operate", ref.chain, ref.branch))


def _slot(call: Call, ref: TrolleyRef) -> Slot | None:
    body: TrolleyReturn = call.body
    if body.slot is None:
        return None
    device_id = body.device_id or (None if ref.place is None else ref.place.device_id)
    info = None if device_id is None else call.services.fleet.directory.device(device_id)
    if device_id is None or info is None or info.branch != ref.branch:
        raise invalid("device_id", "Name the device of the slot, one of this branch.")
    return Slot(device_id, body.slot)


def _return(call: Call, returning: _Returning) -> Ask | None:
    ref: TrolleyRef = call.place.thing
    if returning.held and returning.state.custody != "out" and returning.slot is None:
        return None  # It never left its slot: there is only the session to end.
    command = ReturnScanned(ref.trolley_id, returning.slot, call.who.id, returning.staff)
    return Ask("yard", ref.branch, command)


async def _returned(call: Call, returning: _Returning, outcome: Accepted[ReturnPlaced] | None) -> Returned:
    answer = None if outcome is None else outcome.answer
    if returning.held:
        await end_session(call, returning.state)
    placed = None if answer is None else answer.place
    shown = None if placed is None else PlaceView(device_id=placed.device_id, slot=placed.slot)
    return Returned(trolley_id=call.place.thing.trolley_id, returned=True, place=shown)


async def end_session(call: Call, state: TrolleyState) -> None:
    """End the holder's session with the trolley, as part of the same command."""
    asking = call.services.asking
    end = EndSession(state.session_id or "", "abandoned")
    await asking.outcome(asking.ask("cart", state.user_id or "", end, call.who, f"{call.key}:end"))


ROWS = (
    Command(
        name="trolley.return",
        body=TrolleyReturn,
        answer=Returned,
        permission="trolley.operate",
        where=_returned_at,
        for_owner=True,
        refer=_refer_return,
        command=_return,
        show=_returned,
        routes=(Route("POST", "/branches/{branch_id}/carts/return"),),
        refusals=(
            "invalid",
            "trolley_not_found",
            "which_trolley",
            *QR,
            "not_your_trolley",
            "no_slot_waits",
            "which_slot",
            "not_out",
        ),
    ),
)
