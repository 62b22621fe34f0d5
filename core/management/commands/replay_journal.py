"""``manage.py replay_journal``: every event since the beginning once more, into fresh read models."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.entities import ROWS
from core.progress import ProgressBar
from core.replay.compare import differences
from core.replay.opening import open_journal
from core.replay.rebuild import rebuild
from core.replay.replay import ReplayFailed, read_models


class Command(BaseCommand):
    """Replays the journal and compares the read models with the result, or rebuilds them."""

    help = "Replay the journal from nothing and compare the read models with it; --write puts them right."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take ``--write``."""
        parser.add_argument(
            "--write", action="store_true", help="write the read models afresh; stop the server first"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Replay; raise CommandError (exit status 1) on any difference that is not put right."""
        progress = ProgressBar(sys.stderr)
        with closing(open_journal(settings.DATABASES["default"], marks=settings.JOURNAL_MARKS)) as journal:
            try:
                models = read_models(journal, ROWS, progress.over)
            except ReplayFailed as why:
                raise CommandError(f"The journal cannot be replayed. {why}") from why
            if options["write"]:
                self.stdout.write(f"{rebuild(journal, models)} rows written.")
                return
            found = sum(1 for _ in differences(journal, models))
        if found:
            raise CommandError(f"{found} differences; see check_journal, or put them right with --write.")
        self.stdout.write("The journal and the read models agree.")
