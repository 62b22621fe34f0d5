"""The Pi's process: ``smart-trolley-agent --config config.json``, also ``python -m devicegw.agent``.

Start-up, in this order: configuration, outbox, buses, scanners, link (connect,
authenticate, hello, heartbeat), telemetry, watchdog. The buses come before the link,
because hello says what the hardware says. A bus or a scanner whose port is missing
does not hold up the rest.

Stop, on SIGTERM or SIGINT: link first, so that no command comes in; scanners; buses,
which end every unlock by name; outbox, which keeps those ends for the next run. Exit
status: 0 stopped, 2 configuration wrong, 75 another firmware is to run, 1 a bus failed by
our own defect (after both the service manager starts us again).

``--register`` lets the Pi into a branch and writes its configuration (0: it is in, 1: the
server said no). ``--check`` tries everything the configuration names once and prints a table (0: all
well, 1: not), ``--discover`` asks every address of every serial port (0: something
answered). Neither moves a lock.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sqlite3
import sys
import uuid
from functools import partial
from importlib import metadata
from pathlib import Path

from devicegw import wire
from devicegw.agent import config as configuration
from devicegw.agent.buses import Buses
from devicegw.agent.check import check, table
from devicegw.agent.config import AgentConfig
from devicegw.agent.discover import BAUDRATES, PATIENCE_S, UNITS, ports
from devicegw.agent.discover import run as run_discovery
from devicegw.agent.registration import NotRegistered, RegistrationRequest, register
from devicegw.agent.sdnotify import Notifier, Watchdog, WatchedProgress
from devicegw.agent.transports import transport_of
from devicegw.clock import Clock, SystemClock
from devicegw.errors import ConfigError
from devicegw.firmware.updater import RESTART, TRIAL, Updater
from devicegw.firmware.versions import MARK, Versions
from devicegw.link.link import Backoff, ServerLink
from devicegw.link.outbox import Outbox
from devicegw.link.queue import OutboxQueue
from devicegw.logs import set_up
from devicegw.scanners.scanners import Scanners

_log = logging.getLogger("devices.agent")

_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from devicegw.agent import main; sys.exit(main())"
"""Runs the agent of another directory, older or newer: every version has ``devicegw.agent.main``."""
CONFIG = Path("/etc/smart-trolley/config.json")
FIRST_HEALTH_S = 5.0
"""So soon after the start whoever hung up the boards can see on the page how they do."""
BUS_STILL_S = 10.0
"""A bus's thread that has not come round for so long (and three polls) stands still."""
LINK_STILL_S = 300.0
"""The same of the link: longer than connecting, pausing and three heartbeats take together."""


def firmware() -> str:
    """Return the version of this software, as hello names it."""
    unpacked = Path(__file__).parents[2] / MARK
    if unpacked.is_file():
        return unpacked.read_text().strip()
    try:
        return metadata.version("smart-trolley")
    except metadata.PackageNotFoundError:
        return "unpackaged"


class Agent:
    """Wires outbox, buses and link, and runs them until stopped."""

    def __init__(
        self,
        config: AgentConfig,
        clock: Clock | None = None,
        backoff: Backoff | None = None,
        *,
        notifier: Notifier | None = None,
        watchdog_usec: str | None = None,
    ) -> None:
        self._config = config
        self._clock = clock or SystemClock()
        self._backoff = backoff
        self._notifier = notifier or Notifier(None)
        self._watchdog_usec = watchdog_usec
        self._stop = asyncio.Event()
        self._failure: BaseException | None = None
        self._wants_restart = False

    def stop(self) -> None:
        """Begin to stop; ``run`` returns soon after."""
        self._stop.set()

    async def run(self) -> int:
        """Run until ``stop``; return the exit status. Raises ConfigError for an unusable state_dir."""
        config = self._config
        outbox = _open_outbox(config)
        queue = OutboxQueue(outbox, config.outbox_limit)
        await queue.start()
        buses = Buses(config, queue, self._clock, uuid.uuid4().hex, self._version(), self._fail)
        buses.start()
        scanners = Scanners(config.scanners, queue)
        scanners.start()
        updater, link = self._updater_and_link(queue, buses)
        trial = asyncio.create_task(updater.look_after(link.welcomed))
        running = asyncio.create_task(link.run())
        others = [
            asyncio.create_task(self._tell_health(buses, scanners, queue, link)),
            asyncio.create_task(self._stop.wait()),
        ]
        watchdog = asyncio.create_task(self._watchdog(buses, link).run())
        self._notifier.ready()
        _log.info("agent started", extra={"device_id": config.device_id, "buses": len(config.buses)})
        try:
            await asyncio.wait({running, *others}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._notifier.stopping()
            link.stop()
            for task in (*others, watchdog, trial):
                task.cancel()
            ended = await asyncio.gather(running, *others, watchdog, trial, return_exceptions=True)
            await updater.stop()
            await scanners.stop()
            await buses.stop()
            await queue.close()
        for result in ended:
            if isinstance(result, Exception):
                self._fail(result)
        _log.info("agent stopped")
        if self._failure is not None:
            return 1
        return RESTART if self._wants_restart else 0

    def _updater_and_link(self, queue: OutboxQueue, buses: Buses) -> tuple[Updater, ServerLink]:
        """Return updater and link: offers come over the link, and a healthy version sends a new hello."""
        config = self._config
        link: ServerLink
        updater = Updater(
            config.firmware,
            firmware_root(config),
            running=firmware(),
            token=config.token,
            queue=queue,
            silent=buses.silent,
            restart=self._want_restart,
            healthy=lambda: self._healthy(buses, link),
        )
        transport = transport_of(config)
        link = ServerLink(transport, buses, queue, self._clock, firmware=updater.take, backoff=self._backoff)
        return updater, link

    def _version(self) -> str:
        """Return the version for the hello: one on trial does not count yet."""
        trial = Versions(firmware_root(self._config)).trial()
        on_trial = trial is not None and trial.state == "trying" and trial.version == firmware()
        return firmware() + (TRIAL if on_trial else "")

    @staticmethod
    def _healthy(buses: Buses, link: ServerLink) -> None:
        buses.firmware = firmware()
        link.greet_again()

    def _want_restart(self) -> None:
        self._wants_restart = True
        self._stop.set()

    def _watchdog(self, buses: Buses, link: ServerLink) -> Watchdog:
        """Watch every bus's thread and the link. A server that is away is no standstill: we keep trying."""
        slowest = max(bus.timings.poll_s for bus in self._config.buses)

        def steps_of(index: int) -> int:
            return buses.steps[index]

        watched = [
            WatchedProgress(f"bus {bus.port}", partial(steps_of, index), BUS_STILL_S + 3 * slowest)
            for index, bus in enumerate(self._config.buses)
        ]
        watched.append(WatchedProgress("link", lambda: link.turns, LINK_STILL_S))
        return Watchdog(self._notifier, self._watchdog_usec, watched)

    def _fail(self, error: BaseException) -> None:
        self._failure = error
        _log.critical("the agent failed", exc_info=error)
        self._stop.set()

    async def _tell_health(
        self, buses: Buses, scanners: Scanners, queue: OutboxQueue, link: ServerLink
    ) -> None:
        pause = FIRST_HEALTH_S
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(link.reconfigured.wait(), min(pause, link.config.telemetry_s))
                link.reconfigured.clear()
                continue
            pause = link.config.telemetry_s
            data = await buses.telemetry() | {"scanners": scanners.health()}
            queue.put(wire.Telemetry(seq=0, at=wire.utc(self._clock.now()), data=data))


def firmware_root(config: AgentConfig) -> Path:
    """Return where versions of this software lie side by side."""
    return Path(config.state_dir) / "firmware"


def hand_over(config: AgentConfig, argv: list[str]) -> None:
    """Become the current version, if it is not us. Called by the installed package only."""
    if config.firmware is None or (Path(__file__).parents[2] / MARK).is_file():
        return
    root = firmware_root(config)
    version = Versions(root).boot() if root.is_dir() else None
    if version is not None:
        os.execv(sys.executable, [sys.executable, "-c", _START, str(version), *argv])  # noqa: S606 - itself, anew


def _open_outbox(config: AgentConfig) -> Outbox:
    try:
        return Outbox(Path(config.state_dir) / "outbox.sqlite3", config.outbox_limit)
    except (OSError, sqlite3.Error) as error:
        raise ConfigError(f"state_dir: {error}") from error


async def _run(config: AgentConfig) -> int:
    notifier = Notifier(os.environ.get("NOTIFY_SOCKET"))
    agent = Agent(config, notifier=notifier, watchdog_usec=os.environ.get("WATCHDOG_USEC"))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, agent.stop)
    return await agent.run()


def arguments() -> argparse.ArgumentParser:
    """Return what may be typed; the server shows a technician a command of it."""
    first = (__doc__ or "").split("\n\n")[0]
    parser = argparse.ArgumentParser(prog="smart-trolley-agent", description=first)
    parser.add_argument("--version", action="version", version=firmware())
    parser.add_argument("--config", type=Path, default=CONFIG, help=f"path of config.json ({CONFIG})")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="try ports, boards and link once, print a table")
    what.add_argument("--discover", action="store_true", help="ask every address and say what answered")
    what.add_argument("--register", metavar="CODE", help="let this Pi in by a manager's claim code")
    parser.add_argument("--branch", help="of --register: the branch's code")
    parser.add_argument("--server", help="of --register: the server's address, https://shop.example")
    parser.add_argument("--name", default="", help="of --register: what people call this Pi")
    parser.add_argument("--mac", default="", help="of --register: in place of the network card's")
    parser.add_argument("--serial", default="", help="of --register: in place of the board's")
    parser.add_argument(
        "--port", action="append", default=[], help="of --discover: only this port; repeatable"
    )
    parser.add_argument("--baud", action="append", type=int, help="of --discover: only this rate; repeatable")
    parser.add_argument(
        "--units", type=int, default=UNITS, help="of --discover: Modbus units from 1 up to this"
    )
    parser.add_argument(
        "--patience", type=float, default=PATIENCE_S, help="of --discover: seconds each address has to answer"
    )
    return parser


def _check(config: AgentConfig) -> int:
    set_up("CRITICAL", config.log_format)
    rows = asyncio.run(check(config))
    sys.stdout.write(table(rows))
    return 0 if all(row.ok for row in rows) else 1


def _register(options: argparse.Namespace) -> int:
    request = RegistrationRequest(
        code=options.register,
        branch=options.branch,
        server=options.server,
        name=options.name,
        mac=options.mac,
        serial=options.serial,
    )
    try:
        sys.stdout.write(register(request, options.config))
    except NotRegistered as error:
        sys.stderr.write(f"not registered: {error}\n")
        return 1
    return 0


def _discover(options: argparse.Namespace) -> int:
    set_up("CRITICAL", "text")

    def write(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    if not 0 < options.patience <= 10:
        sys.stderr.write(f"--patience: expected seconds above 0 and up to 10, got {options.patience:g}\n")
        return 2
    names, rates = options.port or ports(), options.baud or BAUDRATES
    return run_discovery(names, rates, options.units, write, patience_s=options.patience)


def main(argv: list[str] | None = None) -> int:
    """Read the configuration, run, return the exit status."""
    parser = arguments()
    options = parser.parse_args(argv)
    if options.discover:
        return _discover(options)
    if options.register is not None and not (options.branch and options.server):
        parser.error("--register needs --branch and --server")
    try:
        if options.register is not None:
            return _register(options)
        config = configuration.load(options.config)
        if options.check:
            return _check(config)
        set_up(config.log_level, config.log_format)
        hand_over(config, sys.argv[1:] if argv is None else argv)
        return asyncio.run(_run(config))
    except ConfigError as error:
        sys.stderr.write(f"configuration: {error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
