"""What a branch has left of something, from the read model. Blocking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db.models import F

from core.inventory.models import StockLevel


def available(branch: str, skus: Iterable[str]) -> Mapping[str, int]:
    """Return the units that are not reserved, by SKU; a SKU without stock is missing."""
    rows = StockLevel.objects.filter(pk__in=[f"{branch}:{sku}" for sku in skus])
    return dict(rows.values_list("sku", F("on_hand") - F("reserved")))
