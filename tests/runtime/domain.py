"""A tiny domain for the runtime's tests: purses that pay each other, and a volatile board that counts."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from actors.runtime import Kind


class Context(NamedTuple):
    now: float
    command_id: str
    principal: str


class Refusal(msgspec.Struct, frozen=True, tag="Refusal"):
    status: int
    code: str


class Tell(NamedTuple):
    kind: str
    key: str
    command: Any
    durable: bool = True
    numbered: bool = True


class Decision(msgspec.Struct, frozen=True):
    events: tuple[Any, ...] = ()
    answer: Any = None
    refusal: Any = None
    pending: bool = False
    settles: tuple[tuple[str, Any], ...] = ()
    memory: Any = None
    hints: tuple[Tell, ...] = ()


class TimeReached(msgspec.Struct, frozen=True, tag="TimeReached"):
    pass


class Look(msgspec.Struct, frozen=True, tag="Look"):
    pass


class Add(msgspec.Struct, frozen=True, tag="Add"):
    """Answer: Total. A negative sum below zero is refused."""

    by: int


class Pay(msgspec.Struct, frozen=True, tag="Pay"):
    """Pending until the other purse has taken it. Answer: Total."""

    to: str
    by: int


class Take(msgspec.Struct, frozen=True, tag="Take"):
    by: int
    payer: str
    pay_id: str


class Taken(msgspec.Struct, frozen=True, tag="Taken"):
    pay_id: str


class Fill(msgspec.Struct, frozen=True, tag="Fill"):
    """Add what is missing; writes nothing when enough is there. Answer: Total."""

    upto: int


class Share(msgspec.Struct, frozen=True, tag="Share"):
    """Let another purse be filled up to what is in this one; it is told without a number."""

    to: str


class Peek(msgspec.Struct, frozen=True, tag="Peek"):
    """Answers without an event."""


class Sign(msgspec.Struct, frozen=True, tag="Sign"):
    """Changes memory only."""


class Raise(msgspec.Struct, frozen=True, tag="Raise"):
    """The decider raises."""


class Alarm(msgspec.Struct, frozen=True, tag="Alarm"):
    """Set a deadline in seconds from now."""

    within: float


class Ring(msgspec.Struct, frozen=True, tag="Ring"):
    """Tell the edge ``bell`` durably."""


class Total(msgspec.Struct, frozen=True, tag="Total"):
    total: int


class Added(msgspec.Struct, frozen=True, tag="Added"):
    by: int


class Paid(msgspec.Struct, frozen=True, tag="Paid"):
    to: str
    by: int
    pay_id: str


class Received(msgspec.Struct, frozen=True, tag="Received"):
    by: int
    payer: str
    pay_id: str


class Shared(msgspec.Struct, frozen=True, tag="Shared"):
    to: str
    total: int


class Settled(msgspec.Struct, frozen=True, tag="Settled"):
    pay_id: str


class AlarmSet(msgspec.Struct, frozen=True, tag="AlarmSet"):
    at: float


class AlarmWent(msgspec.Struct, frozen=True, tag="AlarmWent"):
    at: float


class Rung(msgspec.Struct, frozen=True, tag="Rung"):
    pass


class Purse(msgspec.Struct, frozen=True):
    """``signs`` is memory: lost at a reload."""

    key: str = ""
    total: int = 0
    open_pays: dict[str, int] = {}
    alarm_at: float | None = None
    rings: int = 0
    signs: int = 0


Event = Added | Paid | Received | Shared | Settled | AlarmSet | AlarmWent | Rung


class Codec:
    """JSON by tag."""

    state_version = 1

    def __init__(self, state: type = Purse) -> None:
        self._event = msgspec.json.Decoder(Event)
        self._answer = msgspec.json.Decoder(Total | Refusal)
        self._state = msgspec.json.Decoder(state)
        self.encode_event: Callable[[Any], bytes] = msgspec.json.encode
        self.encode_state: Callable[[Any], bytes] = msgspec.json.encode
        self.encode_answer: Callable[[Any], bytes] = msgspec.json.encode

    def event_name(self, event: Any) -> tuple[str, int]:
        return type(event).__name__, 1

    def decode_event(self, name: str, version: int, data: bytes) -> Any:
        return self._event.decode(data)

    def decode_state(self, data: bytes, version: int) -> Any:
        return self._state.decode(data) if version == self.state_version else None

    def decode_answer(self, data: bytes) -> Any:
        return self._answer.decode(data)

    def fingerprint(self, command: Any) -> int:
        return zlib.crc32(msgspec.json.encode(command))


class PurseDecider:
    """The durable kind ``purse``."""

    context = Context
    look = Look
    on_deadline = TimeReached()

    def initial(self, key: str) -> Purse:
        return Purse(key)

    def decide(self, state: Purse, command: Any, ctx: Context) -> Decision:
        match command:
            case Add(by):
                if state.total + by < 0:
                    return Decision(refusal=Refusal(409, "too_little"))
                return Decision((Added(by),), answer=Total(state.total + by))
            case Fill(upto):
                missing = upto - state.total
                if missing <= 0:
                    return Decision(answer=Total(state.total))
                return Decision((Added(missing),), answer=Total(upto))
            case Pay(to, by):
                if state.total < by:
                    return Decision(refusal=Refusal(409, "too_little"))
                return Decision((Paid(to, by, ctx.command_id),), pending=True)
            case Take(by, payer, pay_id):
                return Decision((Received(by, payer, pay_id),))
            case Taken(pay_id):
                if pay_id not in state.open_pays:
                    return Decision()
                return Decision((Settled(pay_id),), settles=((pay_id, Total(state.total)),))
            case Share(to):
                return Decision((Shared(to, state.total),), answer=Total(state.total))
            case Peek():
                return Decision(answer=Total(state.total))
            case Sign():
                return Decision(memory=msgspec.structs.replace(state, signs=state.signs + 1))
            case Alarm(within):
                return Decision((AlarmSet(ctx.now + within),), answer=Total(state.total))
            case TimeReached():
                if state.alarm_at is None or state.alarm_at > ctx.now:
                    return Decision()
                return Decision((AlarmWent(ctx.now),))
            case Ring():
                return Decision((Rung(),), answer=Total(state.total))
        raise RuntimeError(f"cannot decide {command}")

    def evolve(self, state: Purse, event: Any) -> Purse:
        change = msgspec.structs.replace
        match event:
            case Added(by):
                return change(state, total=state.total + by)
            case Paid(_, by, pay_id):
                return change(state, total=state.total - by, open_pays={**state.open_pays, pay_id: by})
            case Received(by, _, _):
                return change(state, total=state.total + by)
            case Settled(pay_id):
                left = {k: v for k, v in state.open_pays.items() if k != pay_id}
                return change(state, open_pays=left)
            case AlarmSet(at):
                return change(state, alarm_at=at)
            case AlarmWent():
                return change(state, alarm_at=None, rings=state.rings + 1)
            case Rung() | Shared():
                return state
        raise ValueError(f"unknown event {event}")

    def tells(self, state: Purse, event: Any) -> tuple[Tell, ...]:
        match event:
            case Paid(to, by, pay_id):
                return (Tell("purse", to, Take(by, state.key, pay_id)),)
            case Shared(to, total):
                return (Tell("purse", to, Fill(total), numbered=False),)
            case Received(_, payer, pay_id):
                return (Tell("purse", payer, Taken(pay_id)),)
            case Rung():
                return (Tell("bell", state.key, Sign()),)
            case Added(by):
                return (Tell("board", "all", Add(by), durable=False),)
        return ()

    def deadline(self, state: Purse) -> float | None:
        return state.alarm_at

    def awake(self, state: Purse, now: float) -> Purse:
        return state


class Board(msgspec.Struct, frozen=True):
    total: int = 0


class BoardDecider:
    """The volatile kind ``board``: sums what it is told."""

    context = Context
    look = Look
    on_deadline = TimeReached()

    def initial(self, key: str) -> Board:
        return Board()

    def decide(self, state: Board, command: Any, ctx: Context) -> Decision:
        return Decision((Added(command.by),), answer=Total(state.total + command.by))

    def evolve(self, state: Board, event: Any) -> Board:
        return Board(state.total + event.by)

    def tells(self, state: Board, event: Any) -> tuple[Tell, ...]:
        return ()

    def deadline(self, state: Board) -> float | None:
        return None

    def awake(self, state: Board, now: float) -> Board:
        return state


def kinds(**purse: Any) -> list[Kind]:
    """Return the kinds ``purse`` (with the given options) and ``board``."""
    return [Kind("purse", PurseDecider(), Codec(), **purse), Kind("board", BoardDecider(), durable=False)]
