"""Barcodes scanned by devices: added to the cart of the trolley's holder at the time of the scan."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from core.accounts.principals import Principal
from devicegw import wire
from realtime.commands.adding import ADD, CartAdd, add_command, holders_place, refer_for_holder
from realtime.pipeline.pipeline import authorise
from realtime.pipeline.row import Call
from realtime.pipeline.services import Services
from realtime.problems import Problem, from_error

SANE = 1_600_000_000.0
"""A Pi whose clock says less has no clock yet; its scans are taken as read just now."""
MOST = 10_000
"""How many scans of one device may wait; as many as its outbox keeps."""


class Scans:
    """The scans of one device's link, one after the other in the order in which they were read.

    After one that cannot be carried out now none is: the link is closed, the Pi sends all again.
    """

    def __init__(
        self,
        services: Services,
        who: Principal,
        ack: Callable[[int], None],
        refuse: Callable[[int, Problem], None],
    ) -> None:
        self._services = services
        self._who = who
        self._ack = ack
        self._refuse = refuse
        self._waiting: deque[wire.Scan] = deque()
        self._busy = False

    def put(self, scan: wire.Scan) -> bool:
        """Queue a scan; return whether :meth:`run` must be started."""
        if len(self._waiting) >= MOST:
            raise Problem(503, "overloaded", "Too many scans wait.", retry_after=1)
        self._waiting.append(scan)
        return not self._busy

    async def run(self) -> None:
        """Carry out what waits."""
        if self._busy:
            return
        self._busy = True
        try:
            while self._waiting:
                scan = self._waiting.popleft()
                try:
                    await self._add(scan)
                except Exception as error:  # noqa: BLE001 - answered as a problem
                    problem = from_error(error)
                    if problem.status >= 500:
                        self._waiting.clear()
                    self._refuse(scan.seq, problem)
                else:
                    self._ack(scan.seq)
        finally:
            self._busy = False

    async def _add(self, scan: wire.Scan) -> None:
        """Go the way of ``cart.add``, if the trolley's holder was its holder when the code was read."""
        body = CartAdd(barcode=scan.barcode, trolley_id=scan.trolley_id)
        call = Call(self._services, ADD, self._who, body, scan_key(scan))
        call.place = await holders_place(call, scan.trolley_id)
        authorise(ADD, self._who, call.place)
        adding = await refer_for_holder(call)
        since = call.place.thing[1].since or 0.0
        read_at = None if scan.at is None else scan.at.timestamp()
        if read_at is not None and SANE < read_at < since:
            raise Problem(409, "session_ended", "The session in which this was scanned is over.")
        ask, asking = add_command(call, adding), self._services.asking
        await asking.outcome(asking.ask(ask.kind, ask.key, ask.command, self._who, call.key))


def scan_key(scan: wire.Scan) -> str:
    """Return what a repeat of the scan is known by, over restarts of the Pi and of the server.

    Asking scopes it to the device. Older agents send no id; their ``seq`` outlives a restart too.
    """
    return f"scan-{scan.seq}" if scan.id is None else f"scan-{scan.id}"
