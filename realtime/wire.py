"""What goes over a socket: closed schemas of the frames, their encoding, errors that name the field.

Client frames are ``{"id", "type", ...}``. Those of commands are made from the
command table (:func:`frame_of`); the few that the socket itself understands are
here. Server frames are here too. Money is a JSON number with the currency's
decimals, times are RFC 3339 UTC with milliseconds.
"""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Literal, get_args, get_type_hints

import msgspec
from msgspec import Meta, inspect

from core.wire import closed, ids
from core.wire.json import DEEPEST, InvalidJSON, check
from core.wire.lines import NotOneLine, few_lines, one_line
from devicegw.wire import Frame as BusFrame
from realtime import unfit
from realtime.problems import Problem, invalid

SUBPROTOCOL = "trolley.v1"
Id = Annotated[str, Meta(min_length=1, max_length=64, pattern="^[A-Za-z0-9_-]+$")]
"""The client's name for a command (a UUID by convention), also its idempotency key.

No slash or colon in it: the ids that entities give their own messages have both,
and nobody may forge one.
"""
Uuid = Annotated[
    str, Meta(min_length=1, max_length=64, extra={"format": "uuid"}, extra_json_schema={"format": "uuid"})
]
"""An id that the server gave, as RFC 9562 writes it; read by :func:`read_id`."""
TopicName = Annotated[str, Meta(min_length=1, max_length=128)]


class Body(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Base of command bodies: closed, the same over HTTP and the socket."""


class _Frame(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, tag_field="type", omit_defaults=True):
    id: Id


# --- client frames of the socket itself -------------------------------------


class Subscribe(_Frame, tag="subscribe"):
    """Follow a topic. ``epoch`` and ``offset`` of the last event seen resume without a gap."""

    topic: TopicName
    epoch: str | None = None
    offset: Annotated[int, Meta(ge=0)] | None = None


class Unsubscribe(_Frame, tag="unsubscribe"):
    """Stop following a topic."""

    topic: TopicName


class Renew(_Frame, tag="auth.renew"):
    """Put a fresh access token of the same person in place of the one that expires."""

    token: str


class Ping(_Frame, tag="ping"):
    """Answered with an empty reply; also a way to measure the round trip."""


class InspectBus(_Frame, tag="device.inspect"):
    """Show what passes on a device's serial bus, to this socket only (managers).

    Again: for so long from now. 0 seconds: no more.
    """

    device_id: Annotated[str, Meta(min_length=1, max_length=64)]
    bus: Annotated[int, Meta(ge=0, le=255)] = 0
    seconds: Annotated[float, Meta(ge=0, le=300)] = 30.0


SOCKET_FRAMES: tuple[type[msgspec.Struct], ...] = (Subscribe, Unsubscribe, Renew, Ping, InspectBus)


# --- server frames ------------------------------------------------------------


class Reply(msgspec.Struct, tag_field="type", tag="reply", frozen=True, omit_defaults=True):
    """The answer to one client frame; ``id`` null when the frame's id could not be read."""

    id: str | None
    ok: bool
    data: Any = msgspec.UNSET
    problem: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


class Subscribed(msgspec.Struct, tag_field="type", tag="subscribed", frozen=True):
    """The topic is followed; ``recovered`` true: the events missed follow, else a snapshot."""

    topic: str
    epoch: str
    offset: int
    recovered: bool


class Snapshot(msgspec.Struct, tag_field="type", tag="snapshot", frozen=True):
    """The topic's whole state at ``offset`` of ``epoch``; forget what was known before."""

    topic: str
    epoch: str
    offset: int
    data: Any


class Event(msgspec.Struct, tag_field="type", tag="event", frozen=True):
    """One change of a topic; offsets follow each other without a gap."""

    topic: str
    offset: int
    name: str
    at: str
    data: Any


class BusFrames(msgspec.Struct, tag_field="type", tag="frames"):
    """What passed on a bus since the last one, after ``device.inspect``; best effort."""

    device_id: str
    bus: int
    dropped: int
    """Frames that passed and are not shown."""
    frames: tuple[BusFrame, ...]


class Notice(msgspec.Struct, tag_field="type", tag="notice", frozen=True, omit_defaults=True):
    """Something the client should know of its connection: ``token_expiring``, ``server_stopping``."""

    code: str
    message: str
    expires_at: str | None = None


class InspectionEnded(msgspec.Struct, tag_field="type", tag="inspection_ended"):
    """No more frames of a bus come, though the time asked for is not over."""

    device_id: str
    bus: int
    reason: Literal["offline"]


_encoder = msgspec.json.Encoder(decimal_format="number")


def encode(value: object) -> bytes:
    """Return JSON with exact money (a Decimal is written digit by digit as a number)."""
    return _encoder.encode(value)


def encode_text(value: object) -> str:
    """Return the same as text, as ASGI wants it for a text frame."""
    return _encoder.encode(value).decode()


def reply_ok(id_: str, data: object) -> str:
    """Return the frame that answers ``id_`` with success."""
    return _encoder.encode(Reply(id_, True, data)).decode()


def reply_problem(id_: str | None, problem: Problem) -> str:
    """Return the frame that answers ``id_`` with a problem document."""
    return _encoder.encode(Reply(id_, False, problem=problem.document())).decode()


def rfc3339(posix: float) -> str:
    """Return POSIX seconds as RFC 3339 UTC with milliseconds and a Z."""
    second, milliseconds = divmod(round(posix * 1000), 1000)
    return _to_the_second(second) + _FRACTIONS[milliseconds]


_FRACTIONS = [f".{milliseconds:03}Z" for milliseconds in range(1000)]


@lru_cache(1024)
def _to_the_second(posix: int) -> str:
    # Nearly every time that is shown lies in one of the last few seconds.
    return datetime.fromtimestamp(posix, UTC).isoformat()[:-6]


def maybe_time(posix: float | None) -> str | None:
    """Return the time as RFC 3339, or None."""
    return None if posix is None else rfc3339(posix)


# --- reading -------------------------------------------------------------------


def frame_of(name: str, body: type[Body]) -> type[msgspec.Struct]:
    """Return the socket frame of a command: its body plus ``id`` and ``type``."""
    title = "".join(part.title() for part in re.split(r"[._]", name))
    return msgspec.defstruct(
        f"{title}Frame",
        [("id", Id)],
        bases=(body,),
        kw_only=True,
        forbid_unknown_fields=True,
        omit_defaults=True,
        tag_field="type",
        tag=name,
        module=__name__,
    )


UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)
"""What reading a message of a stranger may raise; see :func:`decode_problem`."""
_UNKNOWN_FIELD = re.compile(r"unknown field `(?P<field>[^`]*)`(?: - at `\$(?P<path>[^`]*)`)?")
_MISSING_FIELD = re.compile(r"missing required field `(?P<field>[^`]*)`(?: - at `\$(?P<path>[^`]*)`)?")
_UNKNOWN_TYPE = re.compile(r"Invalid value '(?P<name>.*)' - at `\$\.type`")
_AT = re.compile(r"^(?P<sentence>.*?)(?: - at `\$(?P<path>[^`]*)`)?$", re.S)


def decode_problem(error: Exception, known: Collection[str] | None = None, what: str = "field") -> Problem:
    """Return the 400 for a message that could not be read, naming the field that is wrong.

    ``known`` are the fields that the message as a whole may have, where that is known.
    """
    if isinstance(error, RecursionError):
        return Problem(400, "invalid_json", f"Expected at most {DEEPEST} levels within each other, got more.")
    if isinstance(error, InvalidJSON):
        return Problem(400, "invalid_json", str(error))
    if not isinstance(error, msgspec.ValidationError):
        return Problem(400, "invalid_json", f"The message is not JSON: {error}")
    text = str(error)
    if match := _UNKNOWN_TYPE.search(text):
        return invalid("type", f"Unknown type {match['name']!r}.", code="unknown_type")
    if match := _UNKNOWN_FIELD.search(text):
        said = closed.sentence(None if match["path"] else known, what)
        return invalid(_join(match), said, code="unknown_field")
    if match := _MISSING_FIELD.search(text):
        return invalid(_join(match), "This field is required.", code="missing_field")
    match = _AT.match(text)
    path = (match["path"] or "").lstrip(".") if match else ""
    sentence = match["sentence"] if match else text
    if not path:
        return invalid(None, sentence + ".", code="invalid_message")
    return invalid(path, sentence + ".", code="invalid_field", why=unfit.reason(sentence))


def _join(match: re.Match[str]) -> str:
    path = (match["path"] or "").lstrip(".")
    return f"{path}.{match['field']}" if path else match["field"]


def id_fields(body: type[Body]) -> tuple[str, ...]:
    """Return the fields of a body that hold an id of the server's."""
    hints = get_type_hints(body, include_extras=True)
    return tuple(
        name for name in body.__struct_fields__ if hints[name] == Uuid or Uuid in get_args(hints[name])
    )


_canonical = lru_cache(16_384)(ids.canonical)


def read_id(field: str, text: str) -> str:
    """Return an id in small letters. Raises the 400 that names the field."""
    try:
        return _canonical(text)
    except ids.InvalidId as error:
        raise invalid(field, str(error), code="invalid_id") from None


ONE_LINE: dict[str, Any] = {"text": one_line}
"""``extra`` of a field that people write a line in: kept in its normal form, see ``core.wire.lines``."""
FEW_LINES: dict[str, Any] = {"text": few_lines}
"""The same of one that may have several lines."""


def text_fields(body: type[Body]) -> tuple[tuple[str, Callable[[str], str]], ...]:
    """Return the fields of a body that people write in, and how each is read."""
    found = []
    for name, hint in get_type_hints(body, include_extras=True).items():
        for kind in (hint, *get_args(hint)):
            for meta in getattr(kind, "__metadata__", ()):
                if isinstance(meta, Meta) and meta.extra and "text" in meta.extra:
                    found.append((name, meta.extra["text"]))
    return tuple(found)


def body_reader(body: type[Body]) -> Callable[[Any], None] | None:
    """Return what reads all ids and texts of such a body in place, or None if it has none. Raises the 400."""
    ids_of, texts = id_reader(body), text_fields(body)
    if not texts:
        return ids_of

    def put(body: Any) -> None:
        if ids_of is not None:
            ids_of(body)
        for name, read in texts:
            text = getattr(body, name)
            if text is None:
                continue
            try:
                setattr(body, name, read(text))
            except NotOneLine as error:
                raise invalid(name, str(error), code="unfit") from None

    return put


def id_reader(body: type[Body]) -> Callable[[Any], None] | None:
    """Return what reads all ids of such a body in place, or None if it has none. Raises the 400.

    The same ids come again and again, so what was read is kept.
    """
    names = id_fields(body)
    if not names:
        return None
    get = operator.attrgetter(*names)

    @lru_cache(16_384)
    def read(given: Any) -> tuple[tuple[str, str], ...]:
        texts = given if len(names) > 1 else (given,)
        pairs = [(name, text) for name, text in zip(names, texts, strict=True) if text is not None]
        return tuple((name, small) for name, text in pairs if (small := read_id(name, text)) != text)

    def put(body: Any) -> None:
        for name, text in read(get(body)):
            setattr(body, name, text)

    return put


class FrameHead(msgspec.Struct):
    """What can be read of a frame however wrong the rest is."""

    id: Id | None = None
    type: str = ""


_head = msgspec.json.Decoder(FrameHead)


def head_of(data: str | bytes) -> FrameHead:
    """Return id and type of a frame, neither where they cannot be read."""
    try:
        return _head.decode(data)
    except UNREADABLE:
        return FrameHead()


def fields_of(frames: Iterable[type[msgspec.Struct]]) -> dict[str, Collection[str]]:
    """Return the fields that a frame of each type may have."""
    return {str(each.__struct_config__.tag): ("type", *each.__struct_encode_fields__) for each in frames}


_PLAIN = (
    inspect.StrType,
    inspect.IntType,
    inspect.BoolType,
    inspect.NoneType,
    inspect.LiteralType,
)


def reader(frames: Iterable[type[msgspec.Struct]]) -> Callable[[str], Any]:
    """Return what reads frames of these types: closed, each name once, nothing that no store can keep.

    It raises one of UNREADABLE. msgspec takes a name that comes twice and escapes of lone surrogates. A
    frame without escapes whose fields are all plain has as many names as fields that are set, and at least
    as many colons as names; only what differs is read once more.
    """
    types = tuple(frames)
    decode = msgspec.json.Decoder(functools.reduce(operator.or_, types)).decode
    most = {type_: _most_names(type_) for type_ in types}
    values = msgspec.structs.astuple

    def read(text: str) -> Any:
        frame = decode(text)
        if "\\" in text or text.count(":") != most[type(frame)] - values(frame).count(None):
            check(text.encode())
        return frame

    return read


def _most_names(frame: type[msgspec.Struct]) -> int:
    """Return how many names a frame of plain fields has at most, with its type; else 0, always too few."""
    fields = msgspec.structs.fields(frame)
    plain = all(_is_plain(inspect.type_info(field.type)) for field in fields)
    return len(fields) + 1 if plain else 0


def _is_plain(type_: object) -> bool:
    if isinstance(type_, inspect.Metadata):
        return _is_plain(type_.type)
    if isinstance(type_, inspect.UnionType):
        return all(_is_plain(each) for each in type_.types)
    return isinstance(type_, _PLAIN)
