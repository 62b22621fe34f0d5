"""Keeps the actors of devices informed which trolleys belong into their slots.

A device hears it with every hello and report as well. This is for the time between two: a
trolley that is placed into a slot which has long been read is docked at once.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from actors.messages.device import AssignSlots, SlotOwner
from actors.runtime import Address, AskError
from core.fleet.directory import Directory
from realtime.devices.actor_port import DeviceActors

log = logging.getLogger("devices")

_Slots = Mapping[int, str]


class Placements:
    """Compares the directory with what it was at the last look. What changes while the server is down
    is in the devices' next hello."""

    def __init__(self, actors: DeviceActors, directory: Directory) -> None:
        self._actors = actors
        self._directory = directory
        self._known: dict[str, _Slots] | None = None

    def look(self) -> None:
        """Tell the devices whose slots have been given to others since the last look."""
        now = {
            device.id: dict(self._directory.slots(device.id))
            for device in self._directory.devices()
            if not device.is_revoked
        }
        known = now if self._known is None else self._known
        for device_id, slots in now.items():
            before = known.get(device_id, {})
            changed = sorted(slot for slot in {*before, *slots} if before.get(slot) != slots.get(slot))
            if changed and not self._tell(device_id, changed, slots):
                now[device_id] = dict(before)
        self._known = dict(now)

    def _tell(self, device_id: str, changed: list[int], slots: _Slots) -> bool:
        info = self._directory.device(device_id)
        branch = None if info is None else self._directory.branch(info.branch)
        free = branch is not None and branch.settings.returns_anywhere
        owners = tuple(
            SlotOwner(slot, self._directory.trolley(slots.get(slot, "")), free) for slot in changed
        )
        try:
            self._actors.tell(Address("device", device_id), AssignSlots(owners))
        except AskError as error:
            log.warning("device %s is told later which trolleys its slots hold: %r", device_id, error)
            return False
        return True
