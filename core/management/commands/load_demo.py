"""``manage.py load_demo``: the demonstration's chains, branches, trolleys, products and people."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.checks import DEMO_USERNAMES
from core.config.production import DEMO_PASSWORD
from core.demo import load, many, people
from core.fleet.models import Trolley
from core.fleet.trolleys import qr
from core.progress import ProgressBar


class Command(BaseCommand):
    """Loads the demonstration and prints where to look. Repeating it changes nothing."""

    help = "Load the demonstration: two chains, their branches, trolleys, products and people to log in as."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take how many more there shall be."""
        parser.add_argument("--chains", type=int, default=0, help="so many further chains")
        parser.add_argument("--branches", type=int, default=0, help="so many branches of them in all")
        parser.add_argument("--trolleys", type=int, default=0, help="so many trolleys in each branch")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        if settings.PRODUCTION:
            raise CommandError("The demonstration has a password that everybody knows; not in production.")
        load.load()
        if options["branches"]:
            counts = max(1, options["chains"]), options["branches"], options["trolleys"]
            many.load(*counts, ProgressBar(sys.stderr))
        if options["verbosity"] > 0:
            self.stdout.write("\n".join(greeting()))


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
