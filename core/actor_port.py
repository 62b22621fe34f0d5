"""The port by which views ask actors; the process that reaches the actors implements it.

The hot commands ask on the server's own loop. A view of Django runs in a thread and may
wait, so here an ask blocks until its answer is durable. Without a running server
(a management command, a worker) every ask is refused as unavailable.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from actors.kit.decider import Look
from core.accounts.principals import Principal
from core.problems import Problem


class Asker(Protocol):
    """Takes kind, key, command, command id and principal's label; returns the runtime's Outcome.

    Raises Problem for what the runtime raises: overloaded, late, unavailable.
    """

    def __call__(
        self, kind: str, key: str, command: msgspec.Struct, command_id: str | None, principal: str
    ) -> Any:
        """Ask and wait; never on the thread of the actors' loop."""


_askers: list[Asker] = []


def register(asker: Asker) -> Callable[[], None]:
    """Let views ask through ``asker`` from now on; return the way to stop that."""
    _askers.append(asker)
    return lambda: _askers.remove(asker)


def ask(kind: str, key: str, command: msgspec.Struct, who: Principal, command_id: str | None = None) -> Any:
    """Return the accepted Outcome of the entity; raises Problem for a refusal or a timeout."""
    scoped = None if command_id is None else f"{who.id}:{command_id}"
    outcome = outcome_of(kind, key, command, scoped, who.label)
    refusal = outcome.refusal
    if refusal is not None:
        raise Problem(refusal.status, refusal.code, refusal.detail, **refusal.extra)
    return outcome


def outcome_of(kind: str, key: str, command: msgspec.Struct, command_id: str | None, principal: str) -> Any:
    """Return the Outcome, refused or not, once it is durable: for those who are no person and no device."""
    if not _askers:
        raise Problem(503, "unavailable", "The actors do not run in this process.", retry_after=5)
    return _askers[-1](kind, key, command, command_id, principal)


def look(kind: str, key: str, who: Principal) -> Any:
    """Return the entity's state after everything that was decided before; raises Problem."""
    return ask(kind, key, Look(), who).state
