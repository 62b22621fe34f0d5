"""Informs the actors of devices about revocations, wherever they were made."""

from __future__ import annotations

import logging

from actors.messages.device import Retire
from actors.runtime import Address, AskError
from core.fleet.directory import Directory
from realtime.devices.actor_port import DeviceActors

log = logging.getLogger("devices")


class Revocations:
    """Compares the directory with what was told. Whoever is told twice does nothing the second time,
    so after a restart all are told again and none can be forgotten."""

    def __init__(self, actors: DeviceActors, directory: Directory) -> None:
        self._actors = actors
        self._directory = directory
        self._told: set[str] = set()

    def look(self) -> None:
        """Tell those that have been revoked since the last look."""
        revoked = {device.id for device in self._directory.devices() if device.is_revoked}
        told = self._told & revoked
        for device_id in revoked - told:
            try:
                self._actors.tell(Address("device", device_id), Retire())
            except AskError as error:
                log.warning("device %s is told later that it is revoked: %r", device_id, error)
            else:
                told.add(device_id)
        self._told = told
