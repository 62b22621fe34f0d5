"""Which transport a configuration's ``link`` means."""

from __future__ import annotations

from devicegw.broker import MqttLink
from devicegw.config import AgentConfig
from devicegw.mqttlink import MqttTransport
from devicegw.transport import Transport, WebsocketTransport


def transport_of(config: AgentConfig) -> Transport:
    """Return the way to the server."""
    if isinstance(config.link, MqttLink):
        return MqttTransport(config.link, config.device_id, config.token)
    return WebsocketTransport(config.server_url or "", config.token)
