"""The MQTT part of the AsyncAPI document: the topics of a site's broker, as docs/MQTT.md lists them."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from devicegw import mqtt_wire
from devicegw.wire import Telemetry

BRANCH = "cartwise/{chain}/{branch}"
"""What the topics of a branch begin with, unless the site has set another prefix."""


class MqttTopic(NamedTuple):
    """One topic, from the point of view of the bridge, which acts for the server."""

    name: str
    address: str
    action: Literal["send", "receive"]
    messages: tuple[Any, ...]
    description: str
    retained: bool = False


TOPICS = (
    MqttTopic(
        "mqtt.device.login",
        f"{BRANCH}/devices/{{device}}/login",
        "receive",
        (mqtt_wire.Login,),
        "A device begins a connection. Only the bridge may read it.",
    ),
    MqttTopic(
        "mqtt.device.status",
        f"{BRANCH}/devices/{{device}}/status",
        "receive",
        mqtt_wire.ON_STATUS,
        "What a device has to say. Online and Offline are retained; Offline is its last will.",
    ),
    MqttTopic(
        "mqtt.device.telemetry",
        f"{BRANCH}/devices/{{device}}/telemetry",
        "receive",
        (Telemetry,),
        "A device's health.",
    ),
    MqttTopic(
        "mqtt.device.commands",
        f"{BRANCH}/devices/{{device}}/commands",
        "send",
        mqtt_wire.ON_COMMANDS,
        "What a device is told; the user property `connection` names the connection it is for.",
    ),
    MqttTopic(
        "mqtt.trolley.status",
        f"{BRANCH}/carts/{{trolley}}/status",
        "send",
        (mqtt_wire.TrolleyStatus,),
        "A trolley as it is now.",
        retained=True,
    ),
    MqttTopic(
        "mqtt.trolley.unlock",
        f"{BRANCH}/carts/{{trolley}}/unlock",
        "receive",
        (mqtt_wire.TrolleyCommand,),
        "Open a trolley's lock. Never retained.",
    ),
    MqttTopic(
        "mqtt.trolley.lock",
        f"{BRANCH}/carts/{{trolley}}/lock",
        "receive",
        (mqtt_wire.TrolleyCommand,),
        "Shut a trolley's lock; answered `unsupported` where latches shut by themselves.",
    ),
    MqttTopic(
        "mqtt.bridge.status",
        "cartwise/bridge/{name}/status",
        "send",
        (mqtt_wire.BridgeStatus,),
        "Whether the bridge of that name is there; `offline` is its last will. Plain text.",
        retained=True,
    ),
)


def bindings(topic: MqttTopic) -> dict[str, Any]:
    """Return the MQTT binding of the topic's operation: QoS 1 everywhere."""
    return {"mqtt": {"qos": 1, "retain": topic.retained, "bindingVersion": "0.2.0"}}
