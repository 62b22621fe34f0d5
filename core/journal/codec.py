"""How messages become bytes for the journal, and come back years later.

A codec is made of the message unions of one kind of entity. An event's name is
its tag; a changed event gets a higher version and an upcaster from the one before.
Decimals are written as JSON numbers with their own digits, so ``500.00`` stays that.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Generic, TypeVar, get_args

import msgspec

from actors.kit.decider import Refusal

State = TypeVar("State", bound=msgspec.Struct)
Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
"""Takes the fields of version n, returns those of version n + 1."""

_ENCODER = msgspec.json.Encoder(decimal_format="number")
encode: Callable[[Any], bytes] = _ENCODER.encode
"""The one JSON encoding of the journal."""


class UnknownEvent(ValueError):
    """The journal holds an event that this program does not know: it is older than its journal."""


def members(union: Any) -> tuple[type[msgspec.Struct], ...]:
    """Return the struct types of a union, or of a single type."""
    return tuple(get_args(union)) or (union,)


def tag_of(struct: type[msgspec.Struct]) -> str:
    """Return the tag by which a message is known; raises ValueError if it has none."""
    tag = struct.__struct_config__.tag
    if not isinstance(tag, str):
        raise ValueError(f"expected a struct with a text tag, got {struct.__name__}")
    return tag


class JsonCodec(Generic[State]):
    """Events, answers and state of one kind of entity as JSON.

    ``versions`` names the events that are past version 1. ``upcasters`` has one entry for each
    (name, version) below the current one. ``renamed``: names of today by those that events were once
    recorded under. ``volatile`` fields of the state are left out of snapshots.
    ``bodies`` says for a command what its sender said,
    without what the edge adds afresh at each try (offers, new ids); it is what a repeat is known by.
    """

    def __init__(
        self,
        *,
        events: Any,
        answers: Any,
        state: type[State],
        state_version: int,
        volatile: Sequence[str] = (),
        versions: Mapping[str, int] | None = None,
        upcasters: Mapping[tuple[str, int], Upcaster] | None = None,
        renamed: Mapping[str, str] | None = None,
        bodies: Mapping[type, Callable[[Any], Any]] | None = None,
    ) -> None:
        self.events = members(events)
        self.state = state
        self.state_version = state_version
        self.volatile = tuple(volatile)
        self._upcasters = dict(upcasters or {})
        self._renamed = dict(renamed or {})
        self._bodies = {command: (tag_of(command), body) for command, body in (bodies or {}).items()}
        versions = dict(versions or {})
        self._names = {event: (tag_of(event), versions.get(tag_of(event), 1)) for event in self.events}
        self._decoders = {tag_of(event): msgspec.json.Decoder(event) for event in self.events}
        self._types = {tag_of(event): event for event in self.events}
        self._state_decoder = msgspec.json.Decoder(state)
        self._answer_decoder = msgspec.json.Decoder(answers | Refusal)
        self._require_upcasters(versions)
        if wrong := {
            old: new for old, new in self._renamed.items() if old in self._types or new not in self._types
        }:
            raise ValueError(f"expected names of old for names of today, got {wrong}")

    def _require_upcasters(self, versions: Mapping[str, int]) -> None:
        wanted = {(name, old) for name, new in versions.items() for old in range(1, new)}
        if unknown := versions.keys() - self._types.keys():
            raise ValueError(f"expected versions of known events, got {sorted(unknown)}")
        if wanted != self._upcasters.keys():
            missing = sorted(wanted ^ self._upcasters.keys())
            raise ValueError(f"expected one upcaster for each old version, differs in {missing}")

    def event_name(self, event: Any) -> tuple[str, int]:
        """Return the name and current version of an event; raises UnknownEvent."""
        try:
            return self._names[type(event)]
        except KeyError:
            raise UnknownEvent(f"{type(event).__name__} is no event of this entity") from None

    encode_event: Callable[[Any], bytes] = staticmethod(encode)
    """Return the event's JSON object."""

    def decode_event(self, name: str, version: int, data: bytes) -> Any:
        """Return the event as its current type; an older version passes its upcasters first.

        Raises UnknownEvent for a name or a version that this program does not have.
        """
        today = self.name_today(name)
        current = self._names[self._types[today]][1] if today in self._types else 0
        if not 1 <= version <= current:
            raise UnknownEvent(f"expected an event of this program, got {name} version {version}")
        if version == current and name == today:
            return self._decoders[name].decode(data)
        return self._upcast(today, version, current, data)

    def name_today(self, name: str) -> str:
        """Return the name that a recorded event goes by now."""
        return self._renamed.get(name, name)

    def _upcast(self, name: str, version: int, current: int, data: bytes) -> Any:
        fields = _exact(data)
        fields.pop("type", None)  # the name that it had
        for old in range(version, current):
            fields = self._upcasters[name, old](fields)
        return self._decoders[name].decode(encode(fields))

    def encode_state(self, state: State) -> bytes:
        """Return the state's JSON for a snapshot, as a replay of the events would make it."""
        return encode(self.lasting(state))

    def lasting(self, state: State) -> State:
        """Return the state without what is in memory only."""
        defaults = {
            field.name: field.default_factory() if field.default is msgspec.NODEFAULT else field.default
            for field in msgspec.structs.fields(self.state)
            if field.name in self.volatile
        }
        return msgspec.structs.replace(state, **defaults)

    def decode_state(self, data: bytes, version: int) -> State | None:
        """Return the snapshot's state, or None if it was made by another version of the state."""
        return self._state_decoder.decode(data) if version == self.state_version else None

    encode_answer: Callable[[Any], bytes] = staticmethod(encode)
    """Return the JSON of an answer or a Refusal."""

    def decode_answer(self, data: bytes) -> Any:
        """Return the answer or Refusal."""
        return self._answer_decoder.decode(data)

    def fingerprint(self, command: Any) -> int:
        """Return a number for the command's body that is the same in every process."""
        known = self._bodies.get(type(command))
        if known is None:
            return zlib.crc32(encode(command))
        tag, body = known
        return zlib.crc32(encode((tag, body(command))))

    def schemas(self) -> Iterable[tuple[str, int, dict[str, Any]]]:
        """Yield name, version and JSON schema of every event, for the test that guards them."""
        for event, (name, version) in self._names.items():
            yield name, version, msgspec.json.schema(event)


def _exact(data: bytes) -> dict[str, Any]:
    """Decode an object of unknown shape with every number that has a point as Decimal."""
    fields: dict[str, Any] = json.loads(data, parse_float=Decimal)
    return fields
