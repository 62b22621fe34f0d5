"""Tasks of the catalogue."""

from __future__ import annotations

from celery import shared_task

from core.catalogue.imports import importing


@shared_task(name="catalogue.run_import", acks_late=True)  # type: ignore[untyped-decorator]
def run_import(pk: str) -> None:
    """Run an import to its end."""
    importing.run(pk)


@shared_task(name="catalogue.sweep_imports")  # type: ignore[untyped-decorator]
def sweep_imports() -> int:
    """Give up imports that died and forget old ones; return how many."""
    return importing.sweep()
