"""Rebuilds read models from the journal."""

from __future__ import annotations

from core.journal.projector import Packed, pack_rows
from core.journal.store import SqlJournal
from core.journal.tables import Row
from core.replay.replay import ReadModels

_MANY = 1000


def rebuild(journal: SqlJournal, models: ReadModels) -> int:
    """Put the replayed rows in the place of the stored ones, in one transaction; return how many.

    Takes every partition first, so that a server that still runs is fenced instead of
    writing into tables that are being replaced.
    """
    partitions = [name for (name,) in journal.query("SELECT name FROM journal_partition ORDER BY name")]
    epochs = {name: journal.take(name) for name in partitions or ["main"]}
    partition, epoch = next(iter(epochs.items()))
    parts: list[Packed] = []
    written = 0
    for table, kind in models.whole.items():
        rows = models.rows(table)
        if kind.form.mode == "update":
            there = {code for (code,) in journal.query(f"SELECT {kind.form.key[0]} FROM {table}")}  # noqa: S608 - names of our own tables and columns
            known = {getattr(row, kind.form.key[0]) for row in rows}
            rows += [kind(**{kind.form.key[0]: code}) for code in sorted(there - known)]
        written += len(rows)
        parts += [pack_rows(kind, rows[start : start + _MANY]) for start in range(0, len(rows), _MANY)]
    journal.replace(partition, epoch, _emptied(models), parts)
    return written


def _emptied(models: ReadModels) -> list[str]:
    kinds: list[type[Row]] = list(models.whole.values())
    return [kind.form.table for kind in kinds if kind.form.mode != "update"]
