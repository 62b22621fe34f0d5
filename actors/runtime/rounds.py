"""The end of each round of turns, and how to know that nothing goes on."""

from __future__ import annotations

import threading
import time

from actors.runtime.commits import Commits
from actors.runtime.entities.loading import Loader
from actors.runtime.turns.dispatcher import Dispatcher
from actors.runtime.turns.handover import Handover
from actors.runtime.turns.timers import TimedCall


class Rounds:
    """After a round its chunks go to the writer, its replies to their loops."""

    def __init__(self, dispatcher: Dispatcher, loader: Loader, commits: Commits, handover: Handover) -> None:
        self._dispatcher = dispatcher
        self._loader = loader
        self._commits = commits
        self._handover = handover
        self._waiting: list[threading.Event] = []

    def end(self) -> None:
        """A round of turns is over."""
        self._commits.hand_on()
        self._handover.flush()
        if self._waiting and self._quiet():
            for event in self._waiting:
                event.set()

    def _quiet(self) -> bool:
        """True if nothing is queued, being loaded or being written."""
        return self._commits.idle() and not self._loader.busy and self._dispatcher.idle()

    def wait_quiet(self, timeout: float) -> bool:
        """Wait until nothing is queued, being loaded or being written, for real seconds.

        On the dispatcher's own thread it has the turns itself.
        """
        until = time.monotonic() + timeout
        while self._dispatcher.pump(0.001):
            if self._quiet():
                return True
            if time.monotonic() > until:
                return False
        event = threading.Event()
        self._waiting.append(event)
        self._dispatcher.submit(TimedCall(lambda: None))
        try:
            return event.wait(timeout)
        finally:
            self._waiting.remove(event)
