"""Tasks of the assistant."""

from __future__ import annotations

from celery import shared_task

from core.assistant.recommendations import history
from core.tenancy.models import Chain


@shared_task(name="assistant.train", ignore_result=True)  # type: ignore[untyped-decorator]
def train() -> int:
    """Retrain from the orders of every chain; return how many models were put to use."""
    chains = [slug for slug in Chain.objects.values_list("slug", flat=True) if history.suffices(slug)]
    if not chains:
        return 0
    # SciPy is slow to import, and most processes train nothing.
    from core.assistant.recommendations import training

    return sum(training.train(slug).used for slug in chains)
