"""A thread that delivers the sandbox's webhooks when they are due."""

from __future__ import annotations

import logging
import threading

from django.db import DatabaseError

from core.config.database import fresh_connections
from core.payments.providers.registry import find
from core.payments.providers.sandbox import RETRY_S, Sandbox

log = logging.getLogger("payments")


class SandboxWebhooks:
    """Sleeps until something is due; ``wake`` it when there may be something new."""

    def __init__(self) -> None:
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="sandbox-webhooks", daemon=True)

    def start(self) -> None:
        """Begin with what a process before this one has left."""
        self._wake.set()
        self._thread.start()

    def wake(self) -> None:
        """Look again; from any thread."""
        self._wake.set()

    def stop(self) -> None:
        """Stop delivering."""
        self._stopping = True
        self._wake.set()

    def _run(self) -> None:
        wait: float | None = None
        while True:
            self._wake.wait(wait)
            self._wake.clear()
            if self._stopping:
                return
            wait = self._deliver()

    def _deliver(self) -> float | None:
        try:
            with fresh_connections():
                sandbox = find("sandbox")
                return sandbox.deliver_due() if isinstance(sandbox, Sandbox) else None
        except DatabaseError:
            log.warning("the sandbox's webhooks cannot be read", exc_info=True)
            return RETRY_S
