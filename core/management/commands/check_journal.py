"""`manage.py check_journal`: is the journal complete, and do the stored read models match it?"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.entities import ROWS
from core.journal import guard
from core.journal.store import SqlJournal
from core.replay.compare import RowDifference, differences
from core.replay.opening import open_journal
from core.replay.replay import ReplayFailed, read_models

_SHOWN = 100


class Command(BaseCommand):
    """Check; exit status 1 and a table if anything differs."""

    help = (
        "Look for lost and changed commits, then replay the journal from nothing and compare every row of the"
        " read models with it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take ``--full`` and ``--accept-loss``."""
        parser.add_argument("--full", action="store_true", help="verify every commit, not the last ones only")
        parser.add_argument(
            "--accept-loss", action="store_true", help="write down that what was lost is lost, and go on"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, and raise CommandError (exit status 1) on any difference."""
        with closing(open_journal(settings.DATABASES["default"], marks=settings.JOURNAL_MARKS)) as journal:
            self._whole(journal, options["full"], options["accept_loss"])
            try:
                models = read_models(journal, ROWS)
            except ReplayFailed as why:
                raise CommandError(f"The journal cannot be replayed. {why}") from why
            found = list(differences(journal, models))
        if found:
            self.stdout.write(table_of(found[:_SHOWN]))
            raise CommandError(f"{len(found)} differences between the journal and the read models.")
        rows = sum(len(each) for each in models.tables.values())
        self.stdout.write(f"The journal and the read models agree: {rows} rows.")

    def _whole(self, journal: SqlJournal, full: bool, accept: bool) -> None:
        """Say which commits are missing or changed; raise CommandError unless that is accepted."""
        pages = journal.quick_check()
        if pages:
            raise CommandError("The database file is damaged:\n" + "\n".join(pages[:_SHOWN]))
        partitions = journal.query("SELECT DISTINCT partition_name FROM journal_commit")
        for name in sorted({settings.PARTITION, *(name for (name,) in partitions)}):
            damages = list(guard.damages_of(journal, name, full))
            for damage in damages:
                self.stdout.write(f"partition {name}: {damage}")
            if damages and not accept:
                raise CommandError("The journal does not hold all that was answered; see --accept-loss.")
            if damages:
                guard.accept_loss(journal, name, damages)


def table_of(found: Sequence[RowDifference]) -> str:
    """Return the differences as a text table with a heading."""
    heading = RowDifference("table", "key", "column", "journal says", "stored")
    lines = [heading, *found]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heading))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
