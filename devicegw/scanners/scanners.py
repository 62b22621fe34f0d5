"""Barcode readers at the Pi: each on a thread of its own, each for one trolley."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from devicegw import wire
from devicegw.bus.port import PortLost
from devicegw.link.queue import OutboxQueue
from devicegw.scanners.config import ScannerConfig
from devicegw.scanners.keymap import PARSERS
from devicegw.scanners.port import Source, scanner_port

_log = logging.getLogger("devices.scanners")

READ_S = 0.2
"""Longest wait for a byte; also the pause that ends a barcode without a line end."""
REOPEN_S = 1.0


class Scanner:
    """One reader: opened, read, and opened again after it was unplugged."""

    def __init__(self, config: ScannerConfig, scanned: Callable[[str], None]) -> None:
        self._config = config
        self._scanned = scanned
        self._parser = PARSERS[config.reads_as]()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"scanner {config.port}", daemon=True)
        self._open = False
        self._scans = 0

    def start(self) -> None:
        """Begin to read. Does not wait for the port."""
        self._thread.start()

    def stop(self) -> None:
        """Stop reading; what was read has been handed over when this returns."""
        self._stopping.set()
        self._thread.join()

    def health(self) -> dict[str, Any]:
        """Return the state for telemetry."""
        config = self._config
        return {"port": config.port, "trolley": config.trolley_id, "open": self._open, "scans": self._scans}

    def _run(self) -> None:
        missing_logged = False
        while not self._stopping.is_set():
            try:
                source = scanner_port(self._config)
            except PortLost as error:
                if not missing_logged:
                    missing_logged = True
                    _log.warning("scanner unavailable: %s", error)
                self._stopping.wait(REOPEN_S)
                continue
            _log.info("scanner available: %s", self._config.port)
            missing_logged = False
            self._parser.reset()
            self._open = True
            try:
                self._read(source)
            except PortLost as error:
                missing_logged = True
                _log.warning("scanner unavailable: %s", error)
            finally:
                self._open = False
                source.close()

    def _read(self, source: Source) -> None:
        while not self._stopping.is_set():
            data = source.read(READ_S)
            for barcode in self._parser.feed(data) if data else self._parser.idle():
                self._scans += 1
                self._scanned(barcode)


class Scanners:
    """All readers of a device; what they read goes into the queue, in order."""

    def __init__(self, configs: tuple[ScannerConfig, ...], queue: OutboxQueue) -> None:
        loop = asyncio.get_running_loop()

        def into_queue(trolley_id: str) -> Callable[[str], None]:
            def scanned(barcode: str) -> None:
                at = wire.utc(time.time())
                scan = wire.Scan(seq=0, trolley_id=trolley_id, barcode=barcode, id=uuid.uuid4().hex, at=at)
                with contextlib.suppress(RuntimeError):  # the loop has closed: the agent was killed
                    loop.call_soon_threadsafe(queue.put, scan)

            return scanned

        self._scanners = [Scanner(config, into_queue(config.trolley_id)) for config in configs]

    def start(self) -> None:
        """Give every reader its thread."""
        for scanner in self._scanners:
            scanner.start()

    async def stop(self) -> None:
        """Stop them all; all that was read is in the queue when this returns."""
        for scanner in self._scanners:
            await asyncio.to_thread(scanner.stop)
        handed_over = asyncio.Event()
        asyncio.get_running_loop().call_soon(handed_over.set)
        await handed_over.wait()

    def health(self) -> list[dict[str, Any]]:
        """Return the state of every reader for telemetry."""
        return [scanner.health() for scanner in self._scanners]
