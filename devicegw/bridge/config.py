"""The bridge's configuration: a file, arguments, or both; an argument goes before the file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec import Meta, Struct

from devicegw.errors import ConfigError
from devicegw.link.config import PREFIX, BrokerConfig, Level, Prefix


class ServiceConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """The account under which the bridge watches branches and opens locks; the role staff is enough."""

    username: Annotated[str, Meta(min_length=1)]
    password_file: Annotated[str, Meta(min_length=1)]

    def password(self) -> str:
        """Return the password. Raises OSError."""
        return Path(self.password_file).read_text().strip()


class HomeAssistant(Struct, frozen=True, forbid_unknown_fields=True):
    """Announce trolleys to Home Assistant."""

    prefix: Prefix = "homeassistant"


class BridgeConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """All of it."""

    server_url: Annotated[str, Meta(pattern=r"^wss?://")]
    """Of the server itself, without a path: wss://shop.example"""
    broker: BrokerConfig
    prefix: Prefix = PREFIX
    name: Level = "bridge"
    """Tells bridges at one broker apart; two of one name cut each other off."""
    branches: tuple[str, ...] = ()
    """Codes of the branches whose trolleys are shown; devices need no entry."""
    service: ServiceConfig | None = None
    home_assistant: HomeAssistant | None = None
    session_s: Annotated[int, Meta(ge=1, le=3600)] = 30
    """How long the broker keeps what comes for us while we are away; a command still goes by its own time."""
    alive_file: str | None = None
    """Touched while all is well."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["json", "text"] = "json"

    @property
    def device_url(self) -> str:
        """Return where devices connect."""
        return f"{self.server_url.rstrip('/')}/ws/device/"


def arguments(description: str) -> argparse.ArgumentParser:
    """Return a parser of everything that may be set without a file."""
    parser = argparse.ArgumentParser(prog="python -m devicegw.bridge", description=description)
    parser.add_argument("--config", type=Path, help="path of bridge.json")
    parser.add_argument("--server", help="ws://host:port or wss://host")
    parser.add_argument(
        "--broker", help="mqtt://host:port or mqtts://host, with user@ if the broker wants one"
    )
    parser.add_argument("--broker-password-file")
    parser.add_argument("--branch", action="append", help="code of a branch to show; repeatable")
    parser.add_argument("--username", help="of the service account")
    parser.add_argument("--password-file", help="of the service account")
    parser.add_argument("--prefix")
    parser.add_argument("--home-assistant", action="store_true", help="announce trolleys to Home Assistant")
    parser.add_argument("--alive-file", help="touched while all is well")
    parser.add_argument("--log-format", choices=("json", "text"))
    return parser


def from_arguments(options: argparse.Namespace) -> BridgeConfig:
    """Return the checked configuration. Raises ConfigError naming the key."""
    raw = _file(options.config)
    raw |= _given(options)
    try:
        config = msgspec.convert(raw, BridgeConfig)
    except msgspec.ValidationError as error:
        raise ConfigError(str(error)) from error
    if config.branches and config.service is None:
        raise ConfigError("service: expected with branches, got nothing")
    if config.service is not None:
        _readable("service.password_file", config.service.password_file)
    if config.broker.password_file is not None:
        _readable("broker.password_file", config.broker.password_file)
    return config


def _file(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error


def _given(options: argparse.Namespace) -> dict[str, Any]:
    plain = {
        "server_url": options.server,
        "branches": options.branch,
        "prefix": options.prefix,
        "alive_file": options.alive_file,
        "log_format": options.log_format,
    }
    raw: dict[str, Any] = {key: value for key, value in plain.items() if value is not None}
    if options.broker is not None:
        raw["broker"] = broker_of(options.broker, options.broker_password_file)
    if options.username is not None:
        raw["service"] = {"username": options.username, "password_file": options.password_file}
    if options.home_assistant:
        raw["home_assistant"] = {}
    return raw


def broker_of(url: str, password_file: str | None = None) -> dict[str, Any]:
    """Return the ``broker`` that a URL means. Raises ConfigError."""
    parts = urlsplit(url)
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
        raise ConfigError(f"broker: expected mqtt://host or mqtts://host, got {url}")
    found: dict[str, Any] = {
        "host": parts.hostname,
        "port": parts.port,
        "username": unquote(parts.username) if parts.username else None,
        "password_file": password_file,
        "tls": {} if parts.scheme == "mqtts" else None,
    }
    return {key: value for key, value in found.items() if value is not None}


def _readable(key: str, path: str) -> None:
    try:
        Path(path).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{key}: {error}") from error
