"""Deliveries of suppliers' feeds: each is an import, whose report is kept as every import's is. Blocking."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from core.accounts import principals, scopes
from core.accounts.models import User
from core.accounts.principals import Principal
from core.catalogue.models.imports import ImportJob
from core.catalogue.models.supplier_feeds import SupplierFeed
from core.tenancy.models import Chain

MANAGE, DELIVER = "catalogue.manage", "catalogue.deliver"
_AT_ONCE = 20
"""Feeds that are asked in one round; the rest are due in the next."""


def runs_catalogue(who: Principal, permission: str, chain: Chain) -> bool:
    """Return whether they may change the chain's catalogue, or deliver to it."""
    if not who.is_for(permission):
        return False
    return who.is_platform_admin or chain.slug in scopes.editable_chains(who, permission)


def delivery(feed: SupplierFeed, by: User | None, name: str = "", data: bytes = b"") -> ImportJob:
    """Return a new import of the file, or without one of what is at the feed's address; not yet launched.

    What somebody has said of the columns of the last one holds for this one too.
    """
    job = ImportJob(chain=feed.chain, feed=feed, by=by, dry_run=not feed.applies, on_error=feed.on_error)
    last = ImportJob.objects.filter(feed=feed).order_by("-created_at").first()
    if last is not None:
        job.mapping, job.encoding = last.mapping, last.encoding
    job.name = name or feed.name
    if data:
        job.data = data
    else:
        job.url = feed.url
    job.save()
    return job


def due() -> list[ImportJob]:
    """Return new imports of the feeds that are due, and set when each is due again."""
    now = timezone.now()
    rows = SupplierFeed.objects.filter(is_active=True, next_at__lte=now, chain__is_active=True)
    made = []
    for feed in rows.select_related("chain", "owner").order_by("next_at")[:_AT_ONCE]:
        with transaction.atomic():
            # Of two who are at it at the same moment one goes on.
            mine = SupplierFeed.objects.filter(pk=feed.pk, next_at=feed.next_at)
            if mine.update(next_at=now + timedelta(hours=feed.every_hours)):
                made.append(_asked(feed))
    return [job for job in made if not job.is_over]


def _asked(feed: SupplierFeed) -> ImportJob:
    job = delivery(feed, feed.owner)
    if not (feed.owner.is_active and runs_catalogue(principals.of(feed.owner), MANAGE, feed.chain)):
        job.status = ImportJob.Status.FAILED
        job.problem = f"{feed.owner.username} may not manage this catalogue any more: set the feed up anew."
        job.problem_code, job.problem_values = "feed_owner", {"name": feed.owner.username}
        job.save(update_fields=["status", "problem", "problem_code", "problem_values"])
    return job
