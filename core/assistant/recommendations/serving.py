"""The models that are in use, a chain each, in the memory of this process."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from core.assistant.recommendations import files

log = logging.getLogger(__name__)

_LOOK_S = 5.0


class Models:
    """Looks now and then whether there is a newer file; without one that can be used there is no model."""

    def __init__(self, now: Callable[[], float], path: Callable[[str], Path] = files.path_of) -> None:
        self._now = now
        self._path = path
        self._known: dict[str, tuple[int, files.Model | None]] = {}
        self._looked: dict[str, float] = {}
        self._lock = threading.Lock()

    def known(self, chain: str) -> files.Model | None:
        """Return the chain's model as it is in memory."""
        return self._known.get(chain, (0, None))[1]

    def is_due(self, chain: str) -> bool:
        """Return whether it is time to look for a newer one."""
        return self._now() - self._looked.get(chain, -_LOOK_S) >= _LOOK_S

    def look(self, chain: str) -> None:
        """Map the chain's file if it is another one than before. Blocking."""
        with self._lock:
            self._looked[chain] = self._now()
            path = self._path(chain)
            try:
                stamp = path.stat().st_mtime_ns
            except FileNotFoundError:
                self._known.pop(chain, None)
                return
            if stamp == self._known.get(chain, (0, None))[0]:
                return
            try:
                model: files.Model | None = files.read(path)
            except (FileNotFoundError, files.UnusableModel) as error:
                log.warning("the model of %s cannot be used: %s", chain, error)
                model = self.known(chain)
            self._known[chain] = (stamp, model)
