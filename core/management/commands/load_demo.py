"""``manage.py load_demo``: the demonstration's chains, branches, trolleys, products and people."""

from __future__ import annotations

import sys
import time
from itertools import groupby
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from actors.messages.money.order import PlaceOrder
from actors.runtime import Address, ManualClock
from core.assistant.recommendations import history as known
from core.checks import DEMO_USERNAMES
from core.config.production import DEMO_PASSWORD
from core.demo import history, load, many, people
from core.fleet.models import Trolley
from core.fleet.trolleys import qr
from core.host import Host
from core.progress import ProgressBar


class Command(BaseCommand):
    """Loads the demonstration and prints where to look. Repeating it changes nothing."""

    help = "Load the demonstration: two chains, their branches, trolleys, products and people to log in as."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take how many more there shall be."""
        parser.add_argument("--chains", type=int, default=0, help="so many further chains")
        parser.add_argument("--branches", type=int, default=0, help="so many branches of them in all")
        parser.add_argument("--trolleys", type=int, default=0, help="so many trolleys in each branch")
        parser.add_argument(
            "--history", action="store_true", help="a year of purchases; no server may run meanwhile"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        if settings.PRODUCTION:
            raise CommandError("The demonstration has a password that everybody knows; not in production.")
        load.load()
        if options["branches"]:
            counts = max(1, options["chains"]), options["branches"], options["trolleys"]
            many.load(*counts, ProgressBar(sys.stderr))
        if options["history"]:
            self._write_history(history.orders(time.time()), ProgressBar(sys.stderr))
            self._learn()
        if options["verbosity"] > 0:
            self.stdout.write("\n".join(greeting()))

    def _write_history(self, orders: list[history.PastOrder], progress: ProgressBar) -> None:
        """Have every purchase placed at its time, as a paid cart's is."""
        if not orders:
            return
        clock = ManualClock(orders[0].at)
        host = Host(clock=clock)
        host.start()
        try:
            hours = [list(each) for _, each in groupby(orders, key=lambda one: one.at)]
            for hour in progress.over("Purchases", hours, len(hours)):
                clock.advance(hour[0].at - clock.now())
                for one in hour:
                    order = Address("order", one.order_id)
                    host.system.tell(order, PlaceOrder(one.user_id, one.purchase), one.order_id)
                if not host.system.quiesce(60.0):
                    raise CommandError("The purchases are not written within a minute.")
        finally:
            host.stop()

    def _learn(self) -> None:
        """Learn from the purchases, and say how good what would be suggested in the last week is."""
        if not known.suffices(load.CHAIN):
            return
        # SciPy is slow to import, and without a history nothing is learnt.
        from core.assistant.recommendations import training
        from core.assistant.recommendations.people import measure_people

        training.train(load.CHAIN)
        found = measure_people(load.CHAIN)
        if found is not None:
            self.stdout.write(
                f"recall@10 in the last week, of people with a history: {found.recall:.3f}, "
                f"of popular products {found.popular_recall:.3f}; {found.cases} products left out"
            )


def greeting() -> list[str]:
    """Return the addresses and logins, a line each."""
    first = Trolley.objects.get(trolley_id=load.trolley_code(1))
    addresses = {
        "Start": f"{settings.PUBLIC_URL}/",
        "Shop": qr.url(first.trolley_id, first.qr_nonce),
        "Store map": f"{settings.PUBLIC_URL}/branch/{load.LOCKED_BRANCH}",
        "Admin": f"{settings.PUBLIC_URL}/admin/",
        "API": f"{settings.PUBLIC_URL}/api/docs",
    }
    addresses["By phone"] = f"{people.PHONE}, whom staff know by this number only"
    lines = [f"{name:<10} {address}" for name, address in addresses.items()]
    return [*lines, f"{'Log in as':<10} {', '.join(DEMO_USERNAMES)} with the password {DEMO_PASSWORD}"]
