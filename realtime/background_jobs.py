"""Background jobs of the process that owns the actors: those it is sent, and those of a timetable."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings

from actors.messages.money.payment import CheckPayment
from actors.messages.notify import Notice, Notify
from actors.messages.stock import SweepReservations
from actors.runtime import Address, AskError, Clock, System
from core import owner_jobs
from core.config.database import in_thread
from core.demo.stock import deliveries
from core.inventory.tasks import GRACE_S, SWEEP
from core.orders.tasks import send_receipt
from core.payments.reconciliation import catch_up
from core.payments.tasks import CATCH_UP, RECONCILE
from realtime.periodic import PeriodicJobs
from realtime.tasks import end

log = logging.getLogger("realtime")

_JOBS: dict[str, tuple[str, Any]] = {
    SWEEP: ("stock", SweepReservations(GRACE_S)),
    RECONCILE: ("payment", CheckPayment()),
}
"""Job -> which kind is told what; the key is the job's own."""
_IN_THREADS: dict[str, Callable[[str], Any]] = {CATCH_UP: catch_up}
"""Job -> what runs in a thread, with the job's key."""


class BackgroundJobs:
    """Runs jobs on the system of this process. Belongs to one loop."""

    def __init__(self, system: System, clock: Clock) -> None:
        self._system = system
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._tasks: list[asyncio.Task[None]] = []
        self._unsubscribe: Callable[[], None] | None = None
        self._under_way: set[asyncio.Future[Any]] = set()
        # With a broker Celery Beat runs the same table.
        self._periodic = None if settings.REDIS_URL else PeriodicJobs(settings.PERIODIC_JOBS, clock)
        system.edge("receipt", self._mail)

    def start(self) -> None:
        """Give the demo its first delivery, and run the periodic jobs if no broker does."""
        self._unsubscribe = owner_jobs.subscribe(self.run)
        self._tasks = [self._loop.create_task(self._deliver())]
        if self._periodic is not None:
            self._periodic.start()

    async def stop(self) -> None:
        """Stop."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        await end(self._tasks)
        if self._periodic is not None:
            await self._periodic.stop(settings.EMAIL_TIMEOUT)
        if self._under_way:  # in threads, which nothing can end
            await asyncio.wait(self._under_way, timeout=settings.EMAIL_TIMEOUT)

    def run(self, what: str, key: str) -> None:
        """Run one job; from any thread. An unknown one is logged: its sender may be newer."""
        if what in _IN_THREADS:
            self._loop.call_soon_threadsafe(self._begin, _IN_THREADS[what], key)
            return None
        if what == owner_jobs.NOTIFICATION:
            return self._notify(*key.split())
        if what not in _JOBS:
            log.warning("no such job: %s", what)
            return None
        kind, command = _JOBS[what]
        try:
            self._system.tell(Address(kind, key), command)
        except AskError as error:
            log.warning("%s/%s cannot be told to %s: %r", kind, key, what, error)

    def _notify(self, user_id: str, notification_id: str) -> None:
        notice = Notice("NotificationPosted", "info", "", self._clock.now(), notification=notification_id)
        try:
            self._system.tell(Address("notify", user_id), Notify(notice))
        except AskError as error:
            log.warning("notify/%s does not hear of %s: %r", user_id, notification_id, error)

    async def _deliver(self) -> None:
        for each in await in_thread(deliveries)():
            self._system.tell(Address("stock", each.branch), each.command, each.id)

    def _mail(self, order_id: str, command: Any) -> None:
        """Have a receipt sent: by a worker, or without Redis in a thread of this process."""
        if not settings.SENDS_MAIL:
            return
        self._begin(self._hand_over, order_id)

    def _begin(self, what: Callable[[str], Any], key: str) -> None:
        begun = self._loop.create_task(in_thread(what)(key))
        self._under_way.add(begun)
        begun.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a job in a thread failed", exc_info=task.exception())

    def _hand_over(self, order_id: str) -> None:
        try:
            send_receipt.delay(order_id)
        except Exception as error:  # noqa: BLE001 - no broker; what is due is found again
            log.warning("the receipt of order %s waits for its next round: %r", order_id, error)
