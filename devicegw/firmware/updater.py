"""Updating to an offered firmware: download, verify, install, restart, check, keep or roll back.

Every step is told through the outbox. The restart is the process's end with status RESTART;
the service manager starts the package's agent, which hands over to the current version.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random

from devicegw import wire
from devicegw.errors import ConfigError
from devicegw.firmware.config import UpdaterConfig
from devicegw.firmware.download import CutOff, FirmwareRefused, fetch, verify
from devicegw.firmware.versions import BadImage, Trial, Versions
from devicegw.link.link import Backoff
from devicegw.link.queue import OutboxQueue

_log = logging.getLogger("devices.firmware")

TRIAL = "+trial"
"""Behind the version in hello until it is healthy: the server takes the bare version for the end."""
RESTART = 75
"""Exit status that asks to be started again (EX_TEMPFAIL)."""
TRIES = 30
"""Cuts in a row without a byte of progress until a download is given up."""

Silent = Callable[[], Awaitable[list[int]]]
"""Returns the slots that do not answer now."""


class Updater:
    """One update at a time. One event loop; ``start`` once, ``stop`` before the queue closes."""

    def __init__(
        self,
        config: UpdaterConfig | None,
        root: Path,
        *,
        running: str,
        token: Callable[[], str],
        queue: OutboxQueue,
        silent: Silent,
        restart: Callable[[], None],
        healthy: Callable[[], None],
        backoff: Backoff | None = None,
    ) -> None:
        self._config = config
        self._versions = Versions(root)
        self._running = running
        self._token = token
        self._queue = queue
        self._silent = silent
        self._restart = restart
        self._healthy = healthy
        self._backoff = backoff or Backoff()
        self._random = Random()
        self._offer: wire.Firmware | None = None
        self._job: asyncio.Task[None] | None = None
        self._updating = False
        self._stopped = False

    def take(self, message: wire.Firmware | wire.FirmwareCancel) -> None:
        """Take an offer, or its end. A repeat of what is under way changes nothing."""
        if isinstance(message, wire.FirmwareCancel):
            if (
                self._offer is not None
                and self._offer.rollout_id == message.rollout_id
                and not self._updating
            ):
                self._end()
            return
        if self._updating or (self._is_busy and self._offer == message):
            return
        self._end()
        self._offer = message
        self._job = asyncio.create_task(self._bring(message))

    async def look_after(self, link_up: asyncio.Event) -> None:
        """If this start is a trial: stay when link and boards are there in time, else return."""
        trial = await asyncio.to_thread(self._versions.trial)
        if self._config is None or trial is None or trial.state != "trying" or trial.version != self._running:
            return
        self._updating = True
        why = await self._illness(link_up, trial, self._config.health_s)
        if why is None:
            await asyncio.to_thread(self._versions.keep, trial)
            self._say(trial.rollout_id, "updated")
            self._updating = False
            self._healthy()
            return
        await asyncio.to_thread(self._versions.go_back, trial, why)
        self._say(trial.rollout_id, "failed", why)
        self._restart()

    async def stop(self) -> None:
        """End what can be ended; a download goes on where it was after the next start."""
        self._stopped = True
        if self._job is not None:
            self._job.cancel()
            await asyncio.gather(self._job, return_exceptions=True)

    # --- one update -----------------------------------------------------------

    @property
    def _is_busy(self) -> bool:
        return self._job is not None and not self._job.done()

    def _end(self) -> None:
        if self._job is not None:
            self._job.cancel()
        self._offer = None

    def _say(self, rollout_id: str, state: wire.FirmwareStep, detail: str = "") -> None:
        _log.info("firmware %s", state, extra={"rollout_id": rollout_id, "detail": detail})
        self._queue.put(wire.FirmwareState(seq=0, rollout_id=rollout_id, state=state, detail=detail[:500]))

    async def _bring(self, offer: wire.Firmware) -> None:
        try:
            await self._try(offer)
        except (FirmwareRefused, BadImage, ConfigError, OSError) as error:
            self._say(offer.rollout_id, "failed", str(error))

    async def _try(self, offer: wire.Firmware) -> None:
        config, versions = self._config, self._versions
        if config is None:
            raise FirmwareRefused("This Pi's configuration has no firmware.public_key.")
        if offer.version == self._running:
            self._say(offer.rollout_id, "updated")
            return
        before = await asyncio.to_thread(versions.trial)
        if before is not None and before.rollout_id == offer.rollout_id and before.state == "failed":
            raise FirmwareRefused(before.detail)
        versions.path(offer.version)
        part = versions.root / "download" / f"{offer.sha256}.part"
        await asyncio.to_thread(part.parent.mkdir, parents=True, exist_ok=True)
        self._say(offer.rollout_id, "downloading")
        await self._download(offer, part)
        self._say(offer.rollout_id, "downloaded")
        try:
            await asyncio.to_thread(verify, offer, part, config.public_key)
        except FirmwareRefused:
            await asyncio.to_thread(part.unlink)
            raise
        self._say(offer.rollout_id, "verified")
        await asyncio.to_thread(versions.unpack, part, offer.version)
        self._updating = True
        self._say(offer.rollout_id, "updating")
        silent = await self._silent()
        trial = Trial(offer.rollout_id, offer.version, versions.current, silent=silent)
        await asyncio.to_thread(versions.begin, trial)
        await asyncio.to_thread(part.unlink)
        self._restart()

    async def _download(self, offer: wire.Firmware, part: Path) -> None:
        failures, had = 0, -1
        while True:
            try:
                await asyncio.to_thread(fetch, offer, self._token(), part, lambda: self._wants(offer))
                return
            except CutOff as error:
                have = part.stat().st_size if part.exists() else 0
                failures = 0 if have > had else failures + 1
                had = have
                if failures >= TRIES:
                    raise FirmwareRefused(f"the download made no progress: {error}") from error
                _log.warning("firmware cut off at %d of %d bytes: %s", have, offer.size, error)
                await asyncio.sleep(self._backoff.pause(failures, self._random))

    def _wants(self, offer: wire.Firmware) -> bool:
        return self._offer is offer and not self._stopped

    async def _illness(self, link_up: asyncio.Event, trial: Trial, within_s: float) -> str | None:
        missing = "the link did not come up"
        try:
            async with asyncio.timeout(within_s):
                await link_up.wait()
                missing = "boards did not answer that answered before"
                while set(await self._silent()) - set(trial.silent):
                    await asyncio.sleep(within_s / 20)
        except TimeoutError:
            return f"Within {within_s:g} s {missing}."
        return None
