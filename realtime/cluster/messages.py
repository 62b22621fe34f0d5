"""Messages between processes, and the encoding of actor messages: msgpack by msgspec.

Both ends run the same code, so messages are the structs themselves with their tags.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from actors import branch, chain, notify
from actors.kit.decider import Decider, Look, Refusal
from actors.messages.device import ToLink
from actors.runtime import AskError, AskTimeout, Defect, KeyReused, Numbered, Outcome, Overloaded, Unavailable
from actors.runtime.kind import Stretch
from core.entities import ENTITIES


class RemoteCall(msgspec.Struct, array_like=True):
    """One request to the owner; ``id`` 0 wants no response."""

    id: int
    op: str
    """ask, tell, since, state_at, follow, unfollow, link_up, link_down, tap, reference, hello."""
    kind: str
    key: str
    command: bytes = b""
    command_id: str | None = None
    principal: str = ""
    timeout: float = 5.0
    epoch: str = ""
    offset: int = 0


class Result(msgspec.Struct, array_like=True):
    """What came of a call: a value by its operation, or the name and text of an AskError."""

    id: int
    value: bytes = b""
    error: str = ""
    text: str = ""


class _Outcome(msgspec.Struct, array_like=True):
    answer: bytes | None
    refusal: Refusal | None
    state: bytes
    seq: int
    epoch: str
    replayed: bool


class _Stretch(msgspec.Struct, array_like=True):
    epoch: str
    events: list[tuple[int, bytes, float]]
    head: int


class _Types(NamedTuple):
    command: msgspec.msgpack.Decoder[Any]
    answer: msgspec.msgpack.Decoder[Any]
    event: msgspec.msgpack.Decoder[Any]
    state: msgspec.msgpack.Decoder[Any]


def _types(decider: Decider[Any, Any, Any, Any]) -> _Types:
    decoder = msgspec.msgpack.Decoder
    answer = Any if decider.answer is None else decider.answer
    return _Types(
        decoder(decider.command | Look), decoder(answer), decoder(decider.event), decoder(decider.initial)
    )


_DECIDERS = {name: entity.decider for name, entity in ENTITIES.items()}
_KINDS = {
    name: _types(decider)
    for name, decider in {
        **_DECIDERS,
        "branch": branch.DECIDER,
        "chain": chain.DECIDER,
        "notify": notify.DECIDER,
    }.items()
}
_ERRORS: dict[str, type[AskError]] = {
    error.__name__: error for error in (Overloaded, Unavailable, AskTimeout, Defect, KeyReused)
}
encode = msgspec.msgpack.Encoder().encode
decode_calls = msgspec.msgpack.Decoder(list[RemoteCall]).decode
decode_results = msgspec.msgpack.Decoder(list[Result]).decode
decode_to_link = msgspec.msgpack.Decoder(ToLink).decode
_outcome = msgspec.msgpack.Decoder(_Outcome)
_stretch = msgspec.msgpack.Decoder(_Stretch | None)


def tap_of(call: RemoteCall) -> tuple[int, float]:
    """Return bus and seconds that a call of ``tap`` carries."""
    return msgspec.msgpack.decode(call.command, type=tuple[int, float])


def command_of(call: RemoteCall) -> Any:
    """Return the actor command that a call carries."""
    return _KINDS[call.kind].command.decode(call.command)


def failed(call: RemoteCall, error: BaseException) -> Result:
    """Return the error response for what an ask raised; an unknown error is a defect."""
    name = type(error).__name__
    return Result(call.id, error=name if name in _ERRORS else "Defect", text=str(error))


def error_of(result: Result) -> AskError:
    """Return what the ask raised at the owner."""
    return _ERRORS.get(result.error, Defect)(result.text)


def value_of(call: RemoteCall, value: Any) -> Result:
    """Return the result that carries an operation's value."""
    match call.op:
        case "ask":
            answer = None if value.answer is None else encode(value.answer)
            packed: Any = _Outcome(
                answer, value.refusal, encode(value.state), value.seq, value.epoch, value.replayed
            )
        case "since" if value is not None:
            events = [(each.offset, encode(each.event), each.at) for each in value.events]
            packed = _Stretch(value.epoch, events, value.head)
        case _:
            packed = value
    return Result(call.id, encode(packed))


def read_value(call: RemoteCall, data: bytes) -> Any:
    """Return the value that :func:`value_of` packed."""
    types = _KINDS[call.kind]
    match call.op:
        case "ask":
            got = _outcome.decode(data)
            answer = None if got.answer is None else types.answer.decode(got.answer)
            return Outcome(
                answer, got.refusal, types.state.decode(got.state), got.seq, got.epoch, got.replayed
            )
        case "tap":
            return msgspec.msgpack.decode(data, type=bool)
        case "since":
            stretch = _stretch.decode(data)
            if stretch is None:
                return None
            events = [Numbered(place, types.event.decode(event), at) for place, event, at in stretch.events]
            return Stretch(stretch.epoch, events, stretch.head)
        case _:
            return types.state.decode(data)
