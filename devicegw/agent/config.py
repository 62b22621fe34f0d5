"""The agent's config.json: read once, checked whole, every error names its key.

What a part can be told stands beside that part; here they are put together.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from devicegw.bus import config as buses
from devicegw.bus.config import BusConfig
from devicegw.errors import ConfigError
from devicegw.firmware.config import UpdaterConfig
from devicegw.link.config import MqttLink, WebsocketLink
from devicegw.scanners.config import ScannerConfig
from devicegw.simulator import config as simulator
from devicegw.simulator.config import SimulatorConfig

MAX_LOCKS = 640
"""A hello names every slot and must fit into one message of 64 KiB."""


class AgentBus(BusConfig, frozen=True, forbid_unknown_fields=True):
    """A bus of real boards, or of simulated ones."""

    simulator: SimulatorConfig | None = None
    """Only with the protocol simulator."""


class AgentConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. The token stands in it or, better, in a file of its own."""

    device_id: Annotated[str, Meta(min_length=1)]
    state_dir: Annotated[str, Meta(min_length=1)]
    """Where the outbox lives; made if missing."""
    buses: Annotated[tuple[AgentBus, ...], Meta(min_length=1, max_length=256)]
    server_url: Annotated[str, Meta(pattern="^wss?://")] | None = None
    """E.g. wss://shop.example/ws/device/; needed unless ``link`` goes over a broker."""
    link: WebsocketLink | MqttLink = WebsocketLink()
    device_token: str | None = None
    device_token_file: str | None = None
    """Read at every connection, so a renewed token needs no restart."""
    registration: str | None = None
    """By which claim code we came in (a digest); written by ``--register``, never by hand."""
    scanners: tuple[ScannerConfig, ...] = ()
    firmware: UpdaterConfig | None = None
    """Without it no firmware is taken."""
    outbox_limit: Annotated[int, Meta(ge=100)] = 20_000
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["json", "text"] = "json"
    """``json`` is one object a line, ``text`` is for eyes."""

    def token(self) -> str:
        """Return the device token. Raises ConfigError naming the key it could not be read from."""
        if self.device_token is not None:
            return self.device_token.strip()
        try:
            token = Path(self.device_token_file or "").read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"device_token_file: {error}") from error
        if not token:
            raise ConfigError(f"device_token_file: {self.device_token_file} is empty")
        return token


def load(path: Path) -> AgentConfig:
    """Return the checked configuration. Raises ConfigError."""
    try:
        config = msgspec.json.decode(path.read_bytes(), type=AgentConfig)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    _check(config)
    return config


def _check(config: AgentConfig) -> None:
    """Check what no single field shows."""
    if (config.device_token is None) == (config.device_token_file is None):
        raise ConfigError("device_token: expected exactly one of device_token and device_token_file")
    config.token()
    if config.server_url is None and isinstance(config.link, WebsocketLink):
        raise ConfigError("server_url: expected unless link.kind is mqtt, got nothing")
    locks = sum(board.locks for bus in config.buses for board in bus.boards)
    if locks > MAX_LOCKS:
        raise ConfigError(f"buses: expected at most {MAX_LOCKS} locks on one device, got {locks}")
    ports = [bus.port for bus in config.buses] + [scanner.port for scanner in config.scanners]
    for index, port in enumerate(ports):
        if port in ports[:index]:
            raise ConfigError(f"{_port_key(config, index)}: {port} is configured twice")
    for index, bus in enumerate(config.buses):
        _check_bus(f"buses[{index}]", bus)


def _port_key(config: AgentConfig, index: int) -> str:
    buses = len(config.buses)
    return f"buses[{index}].port" if index < buses else f"scanners[{index - buses}].port"


def _check_bus(key: str, bus: AgentBus) -> None:
    buses.check(key, bus)
    if bus.simulator is None:
        return
    if bus.protocol != "simulator":
        raise ConfigError(f"{key}.simulator: expected only with protocol simulator, got {bus.protocol}")
    simulator.check(f"{key}.simulator", bus.simulator, [board.address for board in bus.boards])
