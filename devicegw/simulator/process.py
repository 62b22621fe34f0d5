"""A shop without hardware: simulated lock boards behind a pty, and a hand to move trolleys.

::

    python -m devicegw.simulator --boards 2 --link /tmp/bus0 --control /tmp/shop.sock --auto-pull 2

The pty is what the agent opens as its serial port; ``--link`` is a symlink to it
that stays the same when it is unplugged and plugged in again. The control socket
takes one command a line, in words or as JSON, and answers one JSON object a line::

    pull 3 | push_back 3 | state | stick 3 | free 3 | chatter 3 | calm 3 | unplug | replug
    fault dead 1 | fault lost 0 2 | fault echo | fault none
    {"op": "fault", "name": "late", "board": 0, "value": 3}
"""

from __future__ import annotations

import argparse
import contextlib
import heapq
import os
import select
import signal
import sys
import threading
import time
import tty
from itertools import count
from pathlib import Path

from devicegw.bus.port import char_seconds
from devicegw.simulator.boards import SimulatedBus
from devicegw.simulator.control import ControlServer, carry_out
from devicegw.simulator.line import SimulatedLine


class Simulator(SimulatedLine):
    """Puts a simulated bus behind a pty and serves it from one thread. Its methods are thread-safe."""

    def __init__(self, bus: SimulatedBus, link: Path | None = None) -> None:
        super().__init__(bus)
        self._link = link
        self._coming: list[tuple[float, int, bytes]] = []
        self._order = count()
        self._wake_in, self._wake_out = os.pipe()
        self._master: int | None = None
        self._slave: int | None = None
        self._stopping = False
        self._thread = threading.Thread(target=self._serve, name="simulated-bus", daemon=True)
        self.port = ""
        """The pty's path; ``link`` points to it, if there is one."""

    def start(self) -> Simulator:
        """Plug in and serve."""
        self.replug()
        self._thread.start()
        return self

    def stop(self) -> None:
        """Unplug and end the thread."""
        self._stopping = True
        self._nudge()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        self.unplug()
        os.close(self._wake_in)
        os.close(self._wake_out)

    # --- the adapter ----------------------------------------------------------

    def unplug(self) -> None:
        """Unplug the adapter: the process with the port open loses it."""
        with self._lock:
            for fd in (self._master, self._slave):
                if fd is not None:
                    os.close(fd)
            self._master = self._slave = None
            self._coming.clear()
            if self._link is not None:
                self._link.unlink(missing_ok=True)
        if not self._stopping:
            self._nudge()

    def replug(self) -> None:
        """Plug the adapter in again, under the same link."""
        with self._lock:
            if self._master is not None:
                return
            self._master, self._slave = os.openpty()
            # Kept open here, so that the master end does not report a hang-up while nobody listens.
            tty.setraw(self._slave)
            os.set_blocking(self._master, False)
            self.port = os.ttyname(self._slave)
            if self._link is not None:
                fresh = self._link.with_name(f".{self._link.name}.{os.getpid()}")
                fresh.unlink(missing_ok=True)
                fresh.symlink_to(self.port)
                fresh.replace(self._link)
        self._nudge()

    # --- the wire -------------------------------------------------------------

    def _serve(self) -> None:
        while not self._stopping:
            with self._lock:
                master = self._master
                self._send_due()
                wait = self._coming[0][0] - time.monotonic() if self._coming else None
            watched = [self._wake_in] if master is None else [self._wake_in, master]
            try:
                # Not epoll: its timeouts are whole milliseconds, a character takes half of one.
                readable, _, _ = select.select(watched, [], [], wait if wait is None else max(0.0, wait))
            except (OSError, ValueError):
                continue  # unplugged between the lock and the wait
            if self._wake_in in readable:
                os.read(self._wake_in, 1024)
            if master is not None and master in readable:
                self._hear(master)

    def _hear(self, master: int) -> None:
        with self._lock:
            if self._master != master:
                return
            with contextlib.suppress(OSError):
                data = os.read(master, 1024)
                for at, answer in self._bus.receive(data, time.monotonic()):
                    heapq.heappush(self._coming, (at, next(self._order), answer))

    def _send_due(self) -> None:
        now = time.monotonic()
        while self._coming and self._coming[0][0] <= now:
            data = heapq.heappop(self._coming)[2]
            if self._master is not None:
                # Nobody reads and the buffer is full: the bytes are lost, as on a real wire.
                with contextlib.suppress(BlockingIOError):
                    os.write(self._master, data)

    def _nudge(self) -> None:
        os.write(self._wake_out, b"!")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="devicegw.simulator", description=__doc__.split("\n\n")[0])
    parser.add_argument("--boards", type=int, default=1, help="boards on the bus, addresses from 0")
    parser.add_argument("--locks", type=int, default=16, help="locks a board")
    parser.add_argument("--empty", type=int, nargs="*", default=[], help="slots that begin without a trolley")
    parser.add_argument("--link", type=Path, help="stable symlink to the pty")
    parser.add_argument("--control", type=Path, help="unix socket that takes commands")
    parser.add_argument("--auto-pull", type=float, metavar="SECONDS", help="take the trolley after it opened")
    parser.add_argument("--unlock-ms", type=float, default=150.0, help="how long a bolt takes to open")
    parser.add_argument("--hook-open-level", type=int, choices=(0, 1), default=0)
    parser.add_argument("--baud", type=int, help="pace the bytes as a real line at this rate would")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; the first line printed is the pty's path."""
    options = _arguments().parse_args(argv)
    bus = SimulatedBus(
        options.boards,
        options.locks,
        hook_open_level=options.hook_open_level,
        unlock_s=options.unlock_ms / 1000,
        char_s=char_seconds(options.baud) if options.baud else 0.0,
        auto_pull_s=options.auto_pull,
    )
    for slot in options.empty:
        bus.leave_empty(slot)
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    simulator = Simulator(bus, options.link).start()
    control = ControlServer(options.control, lambda command: carry_out(simulator, command))
    try:
        control.start()
        sys.stdout.write(f"{simulator.port}\n")
        sys.stdout.flush()
        done.wait()
    finally:
        control.stop()
        simulator.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
