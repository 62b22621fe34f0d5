"""Barcodes read at trolleys by devices: into the cart of whoever held the trolley when they were read."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from actors.messages.cart import AddItem, Offer
from actors.trolley.decider import State as TrolleyState
from core.accounts.people import find_tier
from core.accounts.principals import Principal
from core.catalogue.barcodes import BarcodeError
from devicegw import wire
from realtime.commands.gateway import Gateway, new_id
from realtime.problems import Problem, from_error, invalid, not_found

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
        gateway: Gateway,
        who: Principal,
        ack: Callable[[int], None],
        refuse: Callable[[int, Problem], None],
    ) -> None:
        self._gateway = gateway
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
        gateway, who = self._gateway, self._who
        ref = gateway.trolley(scan.trolley_id)
        gateway.require(who, "session.for_others", ref.chain, ref.branch, "trolley_not_found")
        state = holder(await gateway.look("trolley", scan.trolley_id, who))
        read_at = None if scan.at is None else scan.at.timestamp()
        if read_at is not None and SANE < read_at < (state.since or 0.0):
            raise Problem(409, "session_ended", "The session in which this was scanned is over.")
        user_id = state.user_id or ""
        gateway.remember_place(user_id, ref.chain, ref.branch)
        tier = await gateway.blocking(find_tier, user_id)
        found = offer(gateway, ref.chain, scan.barcode, user_id, tier)
        command = AddItem(found, 1, state.session_id, new_id())
        await gateway.outcome(gateway.ask("cart", user_id, command, who, scan_key(scan)))


def scan_key(scan: wire.Scan) -> str:
    """Return what a repeat of the scan is known by, over restarts of the Pi and of the server.

    The gateway scopes it to the device. Older agents send no id; their ``seq`` outlives a restart too.
    """
    return f"scan-{scan.seq}" if scan.id is None else f"scan-{scan.id}"


def holder(looked: Any) -> TrolleyState:
    """Return the state of a trolley that somebody holds. Raises the 409."""
    state: TrolleyState = looked.state
    if state.phase != "held":
        raise Problem(409, "no_session", "Nobody holds this trolley.")
    return state


def offer(gateway: Gateway, chain: str, barcode: str, user_id: str, tier: str) -> Offer:
    """Return the offer of a product read by a device. Raises 400 or 404."""
    catalogue = gateway.catalogue(chain)
    try:
        product, label = catalogue.scan(barcode)
    except BarcodeError as error:
        raise invalid("barcode", error.detail, code=error.code) from error
    if product is None:
        raise not_found("product_not_found", "There is no such product here.")
    if not product.is_active:
        raise Problem(400, "product_unavailable", f"{product.name} is not available.")
    return catalogue.offer(product, None, gateway.branch_of(user_id), tier, label)
