"""`manage.py check_journal`: replay the journal and compare with the stored read models."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.entities import ROWS
from core.replay.compare import Difference, differences
from core.replay.opening import open_journal
from core.replay.replay import Broken, read_models

_SHOWN = 100


class Command(BaseCommand):
    """Check; exit status 1 and a table if anything differs."""

    help = "Replay the journal from nothing and compare every row of the read models with it."

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, and raise CommandError (exit status 1) on any difference."""
        with closing(open_journal(settings.DATABASES["default"])) as journal:
            try:
                models = read_models(journal, ROWS)
            except Broken as why:
                raise CommandError(f"The journal cannot be replayed. {why}") from why
            found = list(differences(journal, models))
        if found:
            self.stdout.write(table_of(found[:_SHOWN]))
            raise CommandError(f"{len(found)} differences between the journal and the read models.")
        rows = sum(len(each) for each in models.tables.values())
        self.stdout.write(f"The journal and the read models agree: {rows} rows.")


def table_of(found: Sequence[Difference]) -> str:
    """Return the differences as a text table with a heading."""
    heading = Difference("table", "key", "column", "journal says", "stored")
    lines = [heading, *found]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heading))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
