"""Finds lost webhooks: what happened at a provider, refunds and disputes there among it. Blocking."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.utils import timezone

from core.payments import webhooks
from core.payments.models import ProviderCursor
from core.payments.providers import ProviderDown, ProviderRefused
from core.payments.providers.registry import find
from core.problems import Problem

log = logging.getLogger("payments")

AT_FIRST = timedelta(days=7)
"""So far back the first round goes."""
OVERLAP = timedelta(hours=1)
"""So much of the last round is gone through again: a provider may list a notice late."""


def catch_up(name: str) -> int:
    """Take everything that the provider has to tell since the last round; return how much was news.

    What cannot be taken yet is left, with all that follows it, to the next round.
    """
    provider = find(name)
    if provider is None:
        return 0
    began = timezone.now()
    known = ProviderCursor.objects.filter(pk=name).values_list("until", flat=True).first()
    since = began - AT_FIRST if known is None else known - OVERLAP
    try:
        news = sum(webhooks.take(name, notice) for notice in provider.missed(since.timestamp()))
    except (ProviderDown, ProviderRefused, Problem) as error:
        log.warning("what %s has to tell is asked for again: %r", name, error)
        return 0
    ProviderCursor.objects.update_or_create(pk=name, defaults={"until": began})
    if news:
        log.info("%s told %d things that no webhook had brought", name, news)
    return news
