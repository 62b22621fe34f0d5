"""Home Assistant's MQTT discovery: a lock and two sensors for every trolley that has a slot.

Shapes after Home Assistant's pages "MQTT lock" and "MQTT binary sensor". A lock there has
one command topic for both directions, so the command names its ``op``; closing is answered
``unsupported`` by boards whose latches shut by themselves.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from devicegw.bridge.trolleys import TrolleyTopics
from devicegw.mqtt_wire import TrolleyStatus

COMMAND = (
    "{\"id\":\"ha-{{ now().timestamp() | round(3) | string | replace('.', '-') }}\","
    '"at":"{{ utcnow().isoformat() }}","reason":"Home Assistant","op":"{{ value | lower }}"}'
)
LOCK = "{{ {'open': 'UNLOCKED', 'closed': 'LOCKED'}.get(value_json.lock.reported, 'None') }}"
PRESENT = "{{ {'docked': 'ON', 'out': 'OFF'}.get(value_json.custody, 'None') }}"
FAULT = "{{ 'ON' if value_json.lock_fault else 'OFF' }}"


def announcements(
    prefix: str, topics: TrolleyTopics, availability: str, branch: str, status: TrolleyStatus
) -> dict[str, bytes]:
    """Return topic -> payload, to be retained; nothing for a trolley without a slot."""
    if status.place is None:
        return {}
    key = re.sub(r"[^A-Za-z0-9_-]", "_", f"trolley_{status.trolley_id}")
    common: dict[str, Any] = {
        "state_topic": topics.status,
        "availability_topic": availability,
        "device": {
            "identifiers": [key],
            "name": f"Trolley {status.cart_number}",
            "manufacturer": "Smart Trolley",
            "suggested_area": branch,
        },
    }
    lock = {
        "name": "Lock",
        "command_topic": topics.unlock,
        "command_template": COMMAND,
        "value_template": LOCK,
        "optimistic": False,
        "qos": 1,
    }
    present = {"name": "In its slot", "device_class": "occupancy", "value_template": PRESENT}
    fault = {"name": "Lock fault", "device_class": "problem", "value_template": FAULT}
    return {
        f"{prefix}/{component}/{key}/{name}/config": msgspec.json.encode(
            {**entity, **common, "unique_id": f"{key}_{name}"}
        )
        for component, name, entity in (
            ("lock", "lock", lock),
            ("binary_sensor", "present", present),
            ("binary_sensor", "fault", fault),
        )
    }
