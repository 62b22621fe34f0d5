"""All that a process's consumers and HTTP routes share; put together once in asgi.py."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from core.telemetry.writer import SampleRow
from realtime.auth import Authenticator
from realtime.devices.links import Links
from realtime.devices.reports import ReportScheduler
from realtime.limits.allowances import Allowances, Rates
from realtime.limits.attempts import DEFAULTS, Kind, PerMinute
from realtime.limits.connections import Sockets
from realtime.pipeline.services import Services
from realtime.topics.streams import Topics


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Of one connection."""

    max_message_bytes: int = 64 * 1024
    max_queue_bytes: int = 1024 * 1024
    commands_per_s: float = 50.0
    commands_per_s_of_account: float = 0.0
    """Over all its sockets and requests; 0: twice a connection's."""
    commands_per_s_of_address: float = 0.0
    """Over all accounts but staff's; 0: ten times a connection's."""
    attempts: Mapping[Kind, PerMinute] = field(default_factory=DEFAULTS.copy)
    """Claims, codes and calls for help; of who works there only what is their own."""
    flood_s: float = 10.0
    """A socket that has been over its allowance for so long is closed."""
    sockets_of_account: int = 20
    sockets_of_address: int = 2000
    expiry_notice_s: float = 60.0
    """How long before its token ends a client is told."""
    sign_of_life_s: float = 10.0
    """How often an open socket of a shopper keeps the session alive; oftener where sessions are short."""
    device_heartbeat_s: float = 30.0
    device_telemetry_s: float = 60.0
    device_messages_per_s: float = 200.0
    """Of one device; more wait on its own link."""
    close_deadline_s: float = 20.0
    """How long a socket that is being closed may take what still waits for it."""


@dataclass(frozen=True, kw_only=True)
class Shared:
    """The parts; one of each in a process."""

    services: Services
    authenticator: Authenticator
    topics: Topics
    links: Links
    keep_sample: Callable[[SampleRow, Callable[[Exception | None], None]], None]
    """Make a sample durable; the answer comes on the loop. Raises SamplesFull."""
    limits: Limits = field(default_factory=Limits)
    report_scheduler: ReportScheduler = field(default_factory=ReportScheduler)
    allowed_origins: frozenset[str] = frozenset()
    """``*`` lets every origin in."""
    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic

    @cached_property
    def allowances(self) -> Allowances:
        """What accounts and addresses may still ask for."""
        limits = self.limits
        rates = Rates(
            limits.commands_per_s,
            limits.commands_per_s_of_account or 2 * limits.commands_per_s,
            limits.commands_per_s_of_address or 10 * limits.commands_per_s,
        )
        return Allowances(rates, self.monotonic)

    @cached_property
    def people(self) -> set[Any]:
        """The open sockets of people, which are rechecked when logins or roles change."""
        return set()

    @cached_property
    def sockets(self) -> Sockets:
        """The open sockets of each account and address."""
        return Sockets(self.limits.sockets_of_account, self.limits.sockets_of_address)

    def origin_allowed(self, origin: str | None) -> bool:
        """Return whether a browser page of this origin may connect; other clients send none."""
        return origin is None or "*" in self.allowed_origins or origin in self.allowed_origins
