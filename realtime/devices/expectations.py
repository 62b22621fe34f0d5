"""Tells the actors of devices that never connected to expect them, so that an alarm is raised."""

from __future__ import annotations

import logging

from actors.messages.device import Expect
from actors.runtime import Address, AskError
from core.fleet.directory import Directory
from core.fleet.models import DeviceShadow
from realtime.devices.actor_port import DeviceActors

log = logging.getLogger("devices")


class Expectations:
    """Compares the directory with the devices of which something is known.

    Whoever is told twice does nothing the second time.
    """

    def __init__(self, actors: DeviceActors, directory: Directory) -> None:
        self._actors = actors
        self._directory = directory
        self._known: set[str] = set()

    def look(self) -> None:
        """Tell those that are new since the last look and never connected. Blocking."""
        branches = {device.id: device.branch for device in self._directory.devices() if not device.is_revoked}
        new = branches.keys() - self._known
        if new:
            heard = DeviceShadow.objects.filter(device_id__in=new).values_list("device_id", flat=True)
            self._known |= {str(device_id) for device_id in heard}
        for device_id in sorted(new - self._known):
            try:
                self._actors.tell(Address("device", device_id), Expect(branches[device_id]))
            except AskError as error:
                log.warning("device %s is missed later: %r", device_id, error)
            else:
                self._known.add(device_id)
