"""Simulated boards in config.json."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from devicegw.errors import ConfigError
from devicegw.simulator.boards import FAULTS

OF_SLOT = ("stuck", "chatter")
"""Faults of one lock; the others are of a board."""
OF_BUS = ("echo",)
"""Faults of the line."""


class SimulatedFault(Struct, frozen=True, forbid_unknown_fields=True):
    """Something that is wrong from the start; see devicegw.simulator.boards."""

    name: str
    board: int | None = None
    """All boards if none is named."""
    slot: int | None = None
    """Of ``stuck`` and ``chatter``: board << 4 | lock."""
    value: float | None = None


class SimulatorConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """Boards without hardware, inside this process, at the line's true pace."""

    seed: int = 16
    unlock_ms: Annotated[float, Meta(ge=0)] = 150.0
    turnaround_ms: Annotated[float, Meta(ge=0)] = 2.0
    auto_pull_s: Annotated[float, Meta(ge=0)] | None = None
    control: str | None = None
    """A unix socket that takes commands, as devicegw.simulator.process's does."""
    faults: tuple[SimulatedFault, ...] = ()


def check(key: str, config: SimulatorConfig, addresses: Sequence[int]) -> None:
    """Check the faults against the boards there are. Raises ConfigError."""
    for place, fault in enumerate(config.faults):
        _check_fault(f"{key}.faults[{place}]", fault, addresses)


def _check_fault(key: str, fault: SimulatedFault, addresses: Sequence[int]) -> None:
    if fault.name not in (*FAULTS, *OF_SLOT, *OF_BUS):
        raise ConfigError(
            f"{key}.name: expected one of {', '.join([*FAULTS, *OF_SLOT, *OF_BUS])}, got {fault.name}"
        )
    if (fault.name in OF_SLOT) != (fault.slot is not None):
        raise ConfigError(f"{key}.slot: expected with {' or '.join(OF_SLOT)} and nothing else")
    board = fault.board if fault.slot is None else fault.slot >> 4
    if board is not None and board not in addresses:
        raise ConfigError(f"{key}: expected one of the boards {addresses}, got {board}")
