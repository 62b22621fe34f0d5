"""``manage.py verify_audit``: whether the audit trail is whole."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.audit import places
from core.trail import sealing
from core.trail.models import Entry


class Command(BaseCommand):
    """Seals what waits, then follows each chain's hashes from its first entry to its head."""

    help = "Look whether the audit trail is whole; names the first broken link of each chain."

    def handle(self, **options: Any) -> None:
        """Verify."""
        places.seal()
        broken = list(sealing.verify())
        for link in broken:
            self.stderr.write(f"{link.chain or 'platform'}: entry {link.seq} is broken: {link.why}")
        if broken:
            raise CommandError(f"{len(broken)} of the trail's chains are broken.")
        chains = Entry.objects.values("chain").distinct().count()
        self.stdout.write(f"{Entry.objects.count()} entries of {chains} chains, every link holds.")
