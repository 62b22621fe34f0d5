"""Which transport a configuration's ``link`` means."""

from __future__ import annotations

from devicegw.agent.config import AgentConfig
from devicegw.link.config import MqttLink
from devicegw.link.mqtt import MqttTransport
from devicegw.link.transport import Transport, WebsocketTransport


def transport_of(config: AgentConfig) -> Transport:
    """Return the way to the server."""
    if isinstance(config.link, MqttLink):
        return MqttTransport(config.link, config.device_id, config.token)
    return WebsocketTransport(config.server_url or "", config.token)
