"""`manage.py rebuild_read_models`: replay the journal from nothing and rewrite the read models."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.entities import ROWS
from core.replay.opening import open_journal
from core.replay.rebuild import rebuild
from core.replay.replay import ReplayFailed, read_models


class Command(BaseCommand):
    """Rebuild; for a stopped server (one that still runs is fenced and stops writing)."""

    help = "Replay the journal from nothing and write all read models afresh. Stop the server first."

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild, or say why the journal cannot be replayed."""
        with closing(open_journal(settings.DATABASES["default"])) as journal:
            try:
                written = rebuild(journal, read_models(journal, ROWS))
            except ReplayFailed as why:
                raise CommandError(f"The journal cannot be replayed. {why}") from why
        self.stdout.write(f"{written} rows written.")
