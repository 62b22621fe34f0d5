"""Tasks about devices."""

from __future__ import annotations

from celery import shared_task

from core.fleet.devices import claim_codes


@shared_task(name="fleet.purge_claim_codes")  # type: ignore[untyped-decorator]
def purge_claim_codes() -> int:
    """Delete expired claim codes; return how many there were."""
    return claim_codes.purge()
