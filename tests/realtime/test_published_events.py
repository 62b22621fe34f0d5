"""What is published is closed: every internal event becomes a public one; only what is listed goes out."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest

from actors.messages import device as on_device
from actors.messages import trolley as on_trolley
from realtime.documents import asyncapi
from realtime.topics.events import TOPICS
from realtime.topics.feeds import ALARM_EVENTS, DEVICE_EVENTS, NOTICES, TROLLEY_EVENTS

EVENTS = [(topic, event) for topic, schema in TOPICS.items() for event in schema.events]


def _names(union: Any) -> set[str]:
    return {each.__name__ for each in get_args(union)}


def test_a_branch_shows_every_event_of_its_trolleys() -> None:
    assert _names(on_trolley.Event) - TROLLEY_EVENTS.keys() == set()


def test_a_branch_shows_no_event_that_there_is_not() -> None:
    assert TROLLEY_EVENTS.keys() - _names(on_trolley.Event) == {"TrolleyChanged"}
    assert DEVICE_EVENTS.keys() - _names(on_device.Event) == {"DeviceChanged"}
    of_alarms = {"AlarmRaised", "AlarmAcknowledged", "AlarmReleased", "AlarmSnoozed", "AlarmCleared"}
    assert ALARM_EVENTS.keys() == of_alarms


def test_every_notice_is_an_event_of_its_own() -> None:
    assert NOTICES.keys() == {event.__name__ for event in TOPICS["notifications"].events}


@pytest.mark.parametrize(
    ("topic", "event"), EVENTS, ids=[f"{topic}.{each.__name__}" for topic, each in EVENTS]
)
def test_the_document_types_the_data_of_every_event(topic: str, event: type[msgspec.Struct]) -> None:
    components = asyncapi.document()["components"]
    reference = components["messages"][f"{topic}.{event.__name__}"]["payload"]["$ref"]
    frame = components["schemas"][reference.rpartition("/")[2]]
    assert frame["properties"]["name"] == {"enum": [event.__name__]}
    data = components["schemas"][frame["properties"]["data"]["$ref"].rpartition("/")[2]]
    assert data["properties"].keys() == {field.encode_name for field in msgspec.structs.fields(event)}
    assert data["description"]
