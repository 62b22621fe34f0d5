"""Keeps trolleys in use informed of their branch's settings that changed since they were claimed."""

from __future__ import annotations

import logging

from actors.messages.trolley import UseTerms
from actors.runtime import Address, AskError, System
from core.fleet.directory import BranchInfo, Directory
from core.fleet.models import Trolley

log = logging.getLogger("realtime")


class Terms:
    """Compares the branches' settings with what they were at the last look.

    At the first look, every trolley that somebody has is told: its branch may have decided otherwise while
    the server was down. Who claims later takes the settings along.
    """

    def __init__(self, actors: System, directory: Directory) -> None:
        self._actors = actors
        self._directory = directory
        self._known: dict[str, BranchInfo] = {}

    def look(self) -> None:
        """Tell the trolleys of the branches that have changed. Blocking."""
        now = {branch.code: branch for branch in self._directory.branches()}
        changed = [code for code, branch in now.items() if _terms(branch) != _terms(self._known.get(code))]
        self._known = now
        if not changed:
            return
        held = Trolley.objects.exclude(phase="available").filter(branch__code__in=changed)
        for code in held.values_list("trolley_id", flat=True):
            ref = self._directory.trolley(code)
            try:
                if ref is not None:
                    self._actors.tell(Address("trolley", code), UseTerms(ref))
            except AskError as error:
                log.warning("trolley %s goes by its branch's older settings: %r", code, error)


def _terms(branch: BranchInfo | None) -> tuple[object, ...] | None:
    return None if branch is None else (branch.settings, branch.currency, branch.is_active)
