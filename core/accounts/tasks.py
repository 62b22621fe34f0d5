"""Tasks about people."""

from __future__ import annotations

from celery import shared_task

from core.accounts.codes import codes
from core.accounts.credentials import tokens


@shared_task(name="accounts.purge_refresh_tokens")  # type: ignore[untyped-decorator]
def purge_refresh_tokens() -> int:
    """Delete refresh tokens that have expired; return how many there were."""
    return tokens.purge()


@shared_task(name="accounts.purge_codes")  # type: ignore[untyped-decorator]
def purge_codes() -> int:
    """Delete codes that were over long ago; return how many there were."""
    return codes.purge()
