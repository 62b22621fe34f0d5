"""The table of periodic jobs, and how one is run.

Celery Beat runs the table where there is a broker. Without one the process that owns the actors
does (``realtime/periodic.py``). A job that runs twice, or at the same time as another
process's, does no harm.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import NamedTuple

from celery import current_app

_MINUTE, _HOUR = 60.0, 3600.0


class PeriodicJob(NamedTuple):
    """A Celery task that is run again and again."""

    name: str
    task: str
    """The task's registered name."""
    every_s: float


def periodic_jobs(reconcile_s: float) -> tuple[PeriodicJob, ...]:
    """Return the table; a payment is due for reconciliation ``reconcile_s`` after its last update."""
    return (
        PeriodicJob("reconcile-payments", "payments.reconcile", min(30.0, reconcile_s)),
        PeriodicJob("send-due-messages", "outbox.send_due", 5.0),
        PeriodicJob("catch-up-providers", "payments.catch_up", 10 * _MINUTE),
        PeriodicJob("seal-audit", "audit.seal", 15.0),
        PeriodicJob("send-due-receipts", "orders.send_due_receipts", _MINUTE),
        PeriodicJob("sweep-reservations", "inventory.sweep_reservations", 5 * _MINUTE),
        PeriodicJob("roll-up-telemetry", "telemetry.roll_up", 5 * _MINUTE),
        PeriodicJob("ask-suppliers", "catalogue.ask_suppliers", _MINUTE),
        PeriodicJob("sweep-imports", "catalogue.sweep_imports", 10 * _MINUTE),
        PeriodicJob("purge-telemetry", "telemetry.purge", 6 * _HOUR),
        PeriodicJob("purge-refresh-tokens", "accounts.purge_refresh_tokens", 6 * _HOUR),
        PeriodicJob("purge-login-codes", "accounts.purge_codes", 6 * _HOUR),
        PeriodicJob("purge-claim-codes", "fleet.purge_claim_codes", 6 * _HOUR),
        PeriodicJob("purge-messages", "outbox.purge", 6 * _HOUR),
        PeriodicJob("train-recommendations", "assistant.train", 6 * _HOUR),
        PeriodicJob("tell-of-budgets", "shopping.tell_budgets", 5.0),
        PeriodicJob("notify-of-recalls", "shopping.notify_of_recalls", 5.0),
        PeriodicJob("notify-buyers-of-recalls", "orders.notify_of_recalls", _MINUTE),
        PeriodicJob("notify-of-alarms", "alarms.notify_due", 5.0),
        PeriodicJob("purge-notifications", "notifications.purge", 6 * _HOUR),
        PeriodicJob("purge-kept-answers", "core.purge_kept_answers", 6 * _HOUR),
    )


def beat_schedule(jobs: tuple[PeriodicJob, ...]) -> dict[str, dict[str, object]]:
    """Return the table as Celery Beat reads it."""
    return {job.name: {"task": job.task, "schedule": timedelta(seconds=job.every_s)} for job in jobs}


@cache
def prepare() -> None:
    """Load every app's tasks, once, before serving: Celery sets the logging up again."""
    current_app.loader.import_default_modules()


def run(job: PeriodicJob) -> None:
    """Run the job in this thread. Raises what it raises; KeyError if its task is not registered. Blocking."""
    prepare()
    current_app.tasks[job.task]()
