"""Runs an import: checks every line, then writes, and reports progress."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from django.utils import timezone

from core.catalogue.imports import sheets, staged_products
from core.catalogue.imports.headers import LONGEST
from core.catalogue.imports.planning import Plan, Step
from core.catalogue.imports.refused import FileRefused
from core.catalogue.models.imports import OVER, ImportJob, ImportLine
from core.trail.notes import SYSTEM, acting

log = logging.getLogger(__name__)

BATCH = 1000
KEPT = timedelta(days=14)
SILENT = timedelta(minutes=10)
"""A job that says nothing for so long is taken for dead."""
_TRIES = 3
_SHOWN: list[Any] = []
T = TypeVar("T")


def run(pk: str) -> None:
    """Run a queued job to its end; one that somebody else has begun is left alone. Blocking."""
    waiting = ImportJob.objects.filter(pk=pk, status=ImportJob.Status.QUEUED)
    if not waiting.update(status=ImportJob.Status.CHECKING, updated_at=timezone.now()):
        return
    job = ImportJob.objects.select_related("chain").get(pk=pk)
    try:
        if not job.packed:
            _fetch(job)
        with acting(f"user:{job.by_id}" if job.by_id else SYSTEM):
            _run(job)
    except sheets.UnknownColumns as error:
        job.headings = [
            {"name": one.name[:LONGEST], "column": one.column} for one in error.headings if one.name
        ]
        _note(job, "headings")
        _finish(job, ImportJob.Status.COLUMNS, error)
    except FileRefused as error:
        _finish(job, ImportJob.Status.FAILED, error)
    except staged_products.Stale:
        said = "The products kept changing meanwhile. Please try again."
        _finish(job, ImportJob.Status.FAILED, FileRefused(said, "import_stale"))
    except Exception:
        log.exception("import %s failed", pk)
        said = "Something went wrong on our side. Nothing more was written."
        _finish(job, ImportJob.Status.FAILED, FileRefused(said, "import_defect"))


def _fetch(job: ImportJob) -> None:
    job.status = ImportJob.Status.FETCHING
    _note(job, "status")
    # aiohttp is slow to import, and most processes fetch nothing.
    from core.catalogue.imports import fetching

    job.data = fetching.fetched(job.url)
    job.status = ImportJob.Status.CHECKING
    _note(job, "packed", "status")


def _run(job: ImportJob) -> None:
    sheet = sheets.opened(job.data, mapping=job.mapping, encoding=job.encoding)
    job.total = sum(1 for _ in sheet.rows())
    job.notes, job.guess = list(sheet.notes), sheet.guess
    _note(job, "total", "notes", "guess")
    for left in reversed(range(_TRIES)):
        steps = _check(job, Plan(job.chain, sheet))
        if job.dry_run:
            return _finish(job, ImportJob.Status.DONE)
        if job.refused and job.on_error == ImportJob.OnError.NOTHING:
            said = f"{job.refused} lines were refused, so none is in."
            return _finish(job, ImportJob.Status.REFUSED, FileRefused(said, "import_refused", n=job.refused))
        job.status = ImportJob.Status.WRITING
        _note(job, "status")
        try:
            _write(job, steps)
            return _finish(job, ImportJob.Status.DONE)
        except staged_products.Stale:
            if not left:
                raise
    return None


def _check(job: ImportJob, plan: Plan) -> list[Step]:
    """Return the steps that write something; the report of all lines is in the database then."""
    job.lines.all().delete()
    job.checked = job.created = job.changed = job.unchanged = job.refused = job.noted = 0
    found: list[Step] = []
    for steps in _batches(plan.steps()):
        lines = [
            ImportLine(
                job=job, line=step.line, outcome=step.outcome, barcode=_storable(step.barcode),
                name=_storable(step.name), changes=step.changes, problems=step.problems,
                notes=step.notes,
            )
            for step in steps
        ]  # fmt: skip
        staged_products.gently(partial(ImportLine.objects.bulk_create, lines))
        for step in steps:
            setattr(job, step.outcome, getattr(job, step.outcome) + 1)
            job.noted += bool(step.notes)
        # What is shown of them is in the database: kept for 100,000 lines it would be most of the memory.
        found += (_kept(step) for step in steps if step.outcome in ("created", "changed"))
        job.checked += len(steps)
        _note(job, "checked", "created", "changed", "unchanged", "refused", "noted")
    return found


def _kept(step: Step) -> Step:
    return step._replace(name="", changes=_SHOWN, problems=_SHOWN, notes=_SHOWN)


def _storable(cell: str) -> str:
    """Return the cell as a database takes it: PostgreSQL has no NUL, so its picture stands for it."""
    return cell.replace("\0", "\N{SYMBOL FOR NULL}")


def _write(job: ImportJob, steps: list[Step]) -> None:
    job.written = 0
    whole = job.on_error == ImportJob.OnError.NOTHING
    try:
        for batch in _batches(iter(steps)):
            staged_products.stage(job, batch)
            if not whole:
                staged_products.bring_in(job)
                staged_products.forget([job])
            job.written += len(batch)
            _note(job, "written")
        if whole:
            staged_products.bring_in(job)
    finally:
        staged_products.forget([job])


def _finish(job: ImportJob, status: str, why: FileRefused | None = None) -> None:
    job.status, job.problem = status, str(why or "")[:300]
    job.problem_code, job.problem_values = (why.code, why.values) if why else ("", {})
    if status == ImportJob.Status.DONE and not job.dry_run:
        job.written = job.created + job.changed
    elif job.on_error == ImportJob.OnError.NOTHING:
        job.written = 0
    _note(job, "status", "problem", "problem_code", "problem_values", "written")


def _note(job: ImportJob, *fields: str) -> None:
    job.save(update_fields=[*fields, "updated_at"])


def _batches(items: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(itertools.islice(items, BATCH)):
        yield batch


def sweep() -> int:
    """End jobs whose process ended and delete old ones; return how many. Blocking."""
    now = timezone.now()
    open_ones = ImportJob.objects.exclude(status__in=OVER)
    dead = open_ones.filter(updated_at__lt=now - SILENT).update(
        status=ImportJob.Status.FAILED,
        problem="The import was interrupted. Please start it again.",
        problem_code="import_interrupted",
    )
    return dead + ImportJob.objects.filter(created_at__lt=now - KEPT).delete()[0]
