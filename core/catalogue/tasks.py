"""Tasks of the catalogue, and how an import is given to one."""

from __future__ import annotations

import threading

from celery import shared_task
from django.conf import settings
from django.db import transaction

from core.catalogue.imports import deliveries, runner
from core.catalogue.models import ImportJob
from core.config.database import fresh_connections


@shared_task(name="catalogue.run_import", acks_late=True)  # type: ignore[untyped-decorator]
def run_import(pk: str) -> None:
    """Run an import to its end."""
    runner.run(pk)


@shared_task(name="catalogue.sweep_imports")  # type: ignore[untyped-decorator]
def sweep_imports() -> int:
    """End imports whose process ended and delete old ones; return how many."""
    return runner.sweep()


@shared_task(name="catalogue.ask_suppliers")  # type: ignore[untyped-decorator]
def ask_suppliers() -> int:
    """Fetch the files of the suppliers' feeds that are due; return how many."""
    found = deliveries.due()
    for job in found:
        launch(job)
    return len(found)


def launch(job: ImportJob) -> None:
    """Run the job once the current transaction is committed: by a worker, or without a broker in a thread."""

    def start() -> None:
        if settings.CELERY_TASK_ALWAYS_EAGER and settings.TASKS_IN_THREADS:
            # Eager would mean inside of the request, and a long file would block it.
            run = fresh_connections()(run_import)
            threading.Thread(target=run, args=(str(job.pk),), name=f"import-{job.pk}", daemon=True).start()
        else:
            run_import.delay(str(job.pk))

    transaction.on_commit(start)
