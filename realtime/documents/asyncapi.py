"""The AsyncAPI 3 document, generated from what serves: the command table, the frames, the feeds.

``python -m scripts.asyncapi`` writes docs/asyncapi.json; a test keeps it current.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from devicegw import wire as device
from realtime import wire
from realtime.commands.table import FRAMES
from realtime.documents import mqtt
from realtime.documents.schemas import schemas
from realtime.topics.events import TOPICS
from realtime.views.base import View

FILE = Path(__file__).resolve().parents[2] / "docs" / "asyncapi.json"
_PARAMETER = re.compile(r"{(\w+)}")
_BROKER = {"$ref": "#/servers/broker"}
_PEOPLE = {
    "shopper": ("/ws/shopper/", "Any user."),
    "branch": ("/ws/branch/{code}/", "Staff of the branch."),
    "chain": ("/ws/chain/{slug}/", "Chain admins."),
}
_CLOSING = (
    "Closes with 4401 (token), 4403 (role), 4408 (too slow), 4429 (too fast for long, or too many sockets),"
    " 1001 and 1012 (server stops)."
)


def document() -> dict[str, Any]:
    """Return the document."""
    builder = _Builder()
    incoming = builder.client_messages()
    outgoing = builder.server_messages()
    from_device = builder.messages("device.in", device.FromDevice)
    to_device = builder.messages("device.out", device.FromServer)
    channels = {
        name: _channel(address, f"{who} Subprotocol {wire.SUBPROTOCOL}. {_CLOSING}", incoming + outgoing)
        for name, (address, who) in _PEOPLE.items()
    }
    said = f"Devices, with their own token. Subprotocol {device.SUBPROTOCOL}."
    channels["device"] = _channel("/ws/device/", said, from_device + to_device)
    operations: dict[str, Any] = {}
    for name in _PEOPLE:
        operations |= _operations(name, incoming, outgoing)
    operations |= _operations("device", from_device, to_device)
    for topic in mqtt.TOPICS:
        names = builder.mqtt_messages(topic)
        channels[topic.name] = _channel(topic.address, topic.description, names) | {"servers": [_BROKER]}
        operations[f"{topic.name}.{topic.action}"] = _operation(topic.name, topic.action, names) | {
            "bindings": mqtt.bindings(topic)
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Smart Trolley, live",
            "version": "1.0.0",
            "description": "Commands and live topics over websockets. The same commands run over HTTP, "
            "see /api/schema. A reply comes only after its effect is durable. Sites with a broker of "
            "their own speak MQTT 5 with the bridge, which passes on what devices say.",
        },
        "servers": {
            "shop": {"host": "localhost:8000", "protocol": "ws", "description": "The server."},
            "broker": {
                "host": "localhost:1883",
                "protocol": "mqtt",
                "protocolVersion": "5.0",
                "description": "A site's own broker, with the bridge beside it.",
            },
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": builder.components(),
    }


def _channel(address: str, description: str, names: list[str]) -> dict[str, Any]:
    channel: dict[str, Any] = {
        "address": address,
        "description": description,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
    }
    if parameters := _PARAMETER.findall(address):
        channel["parameters"] = {each: {"description": f"The {each} in the address."} for each in parameters}
    return channel


def _operation(channel: str, action: str, names: list[str]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in names],
    }


def _operations(channel: str, incoming: list[str], outgoing: list[str]) -> dict[str, Any]:
    return {
        f"{channel}.receive": _operation(channel, "receive", incoming),
        f"{channel}.send": _operation(channel, "send", outgoing),
    }


class _Builder:
    def __init__(self) -> None:
        self._messages: dict[str, dict[str, Any]] = {}
        self._types: list[tuple[str, Any]] = []

    def _add(self, name: str, type_: Any, summary: str) -> str:
        self._messages[name] = {"name": name, "summary": summary}
        self._types.append((name, type_))
        return name

    def messages(self, prefix: str, union: Any) -> list[str]:
        """Add every member of a union of tagged structs."""
        return [
            self._add(f"{prefix}.{type_.__struct_config__.tag}", type_, _summary(type_))
            for type_ in union.__args__
        ]

    def mqtt_messages(self, topic: mqtt.MqttTopic) -> list[str]:
        """Add what is published on a topic of a broker."""
        return [
            self._add(f"{topic.name}.{_tag(type_)}", type_, _summary(type_, topic.description))
            for type_ in topic.messages
        ]

    def client_messages(self) -> list[str]:
        """Add commands and the socket's own frames."""
        names = [self._add(way.row.name, frame, way.row.summary) for frame, way in FRAMES.items()]
        return names + [
            self._add(str(frame.__struct_config__.tag), frame, _summary(frame))
            for frame in wire.SOCKET_FRAMES
        ]

    def server_messages(self) -> list[str]:
        """Add replies of every command, snapshots and events of every topic, and the rest."""
        names = [
            self._add(f"{way.row.name}.reply", _reply(way.row.answer), f"The answer to {way.row.name}.")
            for way in FRAMES.values()
        ]
        names += [
            self._add(f"{topic}.snapshot", _snapshot(topic, schema.snapshot), f"The whole topic {topic}.")
            for topic, schema in TOPICS.items()
        ]
        names += [
            self._add(f"{topic}.{event.__name__}", _event(topic, event), _summary(event))
            for topic, schema in TOPICS.items()
            for event in schema.events
        ]
        rest = {
            "problem": _PROBLEM_REPLY,
            "subscribed": wire.Subscribed,
            "notice": wire.Notice,
            "frames": wire.BusFrames,
            "inspection_ended": wire.InspectionEnded,
        }
        return names + [self._add(name, type_, _summary(type_)) for name, type_ in rest.items()]

    def components(self) -> dict[str, Any]:
        """Return messages and schemas."""
        found, components = schemas([type_ for _, type_ in self._types])
        for (name, _), schema in zip(self._types, found, strict=True):
            self._messages[name]["payload"] = schema
        return {"messages": self._messages, "schemas": components}


def _tag(type_: Any) -> str:
    config = getattr(type_, "__struct_config__", None)
    return str(config.tag or type_.__name__.lower()) if config is not None else "text"


def _summary(type_: Any, otherwise: str = "") -> str:
    if not isinstance(type_, type):
        return otherwise
    return str(type_.__doc__ or type_.__name__).strip().splitlines()[0]


def _frame(name: str, tag: str, doc: str, *fields: Any) -> Any:
    return msgspec.defstruct(name, fields, tag_field="type", tag=tag, namespace={"__doc__": doc})


@cache
def _reply(answer: type[View]) -> Any:
    fields = (("id", str), ("ok", bool), ("data", answer))
    return _frame(f"{answer.__name__}Reply", "reply", "Done and durable.", *fields)


def _snapshot(topic: str, data: type[View]) -> Any:
    fields = (("topic", str), ("epoch", str), ("offset", int), ("data", data))
    return _frame(f"{topic.title()}SnapshotFrame", "snapshot", "The whole topic at an offset.", *fields)


def _event(topic: str, data: type[View]) -> Any:
    """Return the frame of one event: its name fixes what its data are."""
    name = data.__name__
    fields = (("topic", str), ("offset", int), ("name", Literal[name]), ("at", str), ("data", data))
    return _frame(f"{topic.title()}{name}Frame", "event", f"{name} on the topic {topic}.", *fields)


_PROBLEM_REPLY = _frame(
    "ProblemReply",
    "reply",
    "The frame was refused; id is null if it could not be read.",
    ("id", str | None),
    ("ok", bool),
    ("problem", dict[str, Any]),
)


def text() -> str:
    """Return the document as it stands in docs/."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"
