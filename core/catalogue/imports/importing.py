"""Runs an import: check every line, then write, and say all the way how far it is."""

from __future__ import annotations

import itertools
import logging
import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from django.conf import settings
from django.db import close_old_connections, transaction
from django.db.models import Max
from django.utils import timezone

from core.catalogue.imports import sheets, staging
from core.catalogue.imports.jobs import ImportJob, ImportLine
from core.catalogue.imports.planning import Plan, Step

log = logging.getLogger(__name__)

BATCH = 1000
KEPT = timedelta(days=14)
SILENT = timedelta(minutes=10)
"""A job that says nothing for so long is taken for dead."""
_TRIES = 3
T = TypeVar("T")


def launch(job: ImportJob) -> None:
    """Run the job once the current transaction is committed: by a worker, or without a broker in a thread."""
    from core.catalogue.tasks import run_import

    def start() -> None:
        if settings.CELERY_TASK_ALWAYS_EAGER and settings.TASKS_IN_THREADS:
            # Eager would mean inside of the request, and a long file would block it.
            name = f"import-{job.pk}"
            threading.Thread(target=_in_thread, args=(run_import, job.pk), name=name, daemon=True).start()
        else:
            run_import.delay(str(job.pk))

    transaction.on_commit(start)


def _in_thread(task: Callable[[str], object], pk: uuid.UUID) -> None:
    close_old_connections()
    try:
        task(str(pk))
    finally:
        close_old_connections()


def run(pk: str) -> None:
    """Run a queued job to its end; one that somebody else has begun is left alone. Blocking."""
    waiting = ImportJob.objects.filter(pk=pk, status=ImportJob.Status.QUEUED)
    if not waiting.update(status=ImportJob.Status.CHECKING, updated_at=timezone.now()):
        return
    job = ImportJob.objects.select_related("chain").get(pk=pk)
    try:
        _run(job)
    except sheets.SheetError as error:
        _finish(job, ImportJob.Status.FAILED, str(error))
    except staging.Stale:
        _finish(job, ImportJob.Status.FAILED, "The products kept changing meanwhile. Please try again.")
    except Exception:
        log.exception("import %s failed", pk)
        _finish(job, ImportJob.Status.FAILED, "Something went wrong on our side. Nothing more was written.")


def _run(job: ImportJob) -> None:
    sheet = sheets.opened(job.data)
    job.total = sum(1 for _ in sheet.rows())
    _note(job, "total")
    for left in reversed(range(_TRIES)):
        steps = _check(job, Plan(job.chain, sheet))
        if job.dry_run:
            return _finish(job, ImportJob.Status.DONE)
        if job.refused and job.on_error == ImportJob.OnError.NOTHING:
            return _finish(job, ImportJob.Status.REFUSED, f"{job.refused} lines were refused, so none is in.")
        job.status = ImportJob.Status.WRITING
        _note(job, "status")
        try:
            _write(job, steps)
            return _finish(job, ImportJob.Status.DONE)
        except staging.Stale:
            if not left:
                raise
    return None


def _check(job: ImportJob, plan: Plan) -> list[Step]:
    """Return the steps that write something; the report of all lines is in the database then."""
    job.lines.all().delete()
    job.checked = job.created = job.changed = job.unchanged = job.refused = 0
    found: list[Step] = []
    for steps in _batches(plan.steps()):
        lines = [
            ImportLine(
                job=job, line=step.line, outcome=step.outcome, barcode=_storable(step.barcode),
                name=_storable(step.name), changes=step.changes, problems=step.problems,
            )
            for step in steps
        ]  # fmt: skip
        staging.gently(partial(ImportLine.objects.bulk_create, lines))
        for step in steps:
            setattr(job, step.outcome, getattr(job, step.outcome) + 1)
        found += (step for step in steps if step.outcome in ("created", "changed"))
        job.checked += len(steps)
        _note(job, "checked", "created", "changed", "unchanged", "refused")
    return found


def _storable(cell: str) -> str:
    """Return the cell as a database takes it: PostgreSQL has no NUL, so its picture stands for it."""
    return cell.replace("\0", "\N{SYMBOL FOR NULL}")


def _write(job: ImportJob, steps: list[Step]) -> None:
    job.written = 0
    whole = job.on_error == ImportJob.OnError.NOTHING
    try:
        for batch in _batches(iter(steps)):
            staging.stage(job, batch)
            if not whole:
                staging.bring_in(job)
                staging.forget([job])
            job.written += len(batch)
            _note(job, "written")
        if whole:
            staging.bring_in(job)
    finally:
        staging.forget([job])


def _finish(job: ImportJob, status: str, problem: str = "") -> None:
    job.status, job.problem = status, problem[:300]
    if status == ImportJob.Status.DONE and not job.dry_run:
        job.written = job.created + job.changed
    elif job.on_error == ImportJob.OnError.NOTHING:
        job.written = 0
    _note(job, "status", "problem", "written")


def _note(job: ImportJob, *fields: str) -> None:
    job.save(update_fields=[*fields, "updated_at"])


def _batches(items: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(itertools.islice(items, BATCH)):
        yield batch


def last_written() -> datetime | None:
    """Return when an import last wrote, or was about to. Blocking."""
    jobs = ImportJob.objects.filter(dry_run=False)
    last: datetime | None = jobs.aggregate(last=Max("updated_at"))["last"]
    return last


def sweep() -> int:
    """Give up jobs that died with their process and forget old ones; return how many. Blocking."""
    now = timezone.now()
    open_ones = ImportJob.objects.exclude(
        status__in=(ImportJob.Status.DONE, ImportJob.Status.REFUSED, ImportJob.Status.FAILED)
    )
    dead = open_ones.filter(updated_at__lt=now - SILENT).update(
        status=ImportJob.Status.FAILED, problem="The import was interrupted. Please start it again."
    )
    return dead + ImportJob.objects.filter(created_at__lt=now - KEPT).delete()[0]
