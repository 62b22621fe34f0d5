"""Which orders are looked at, at the exit: by the branch's rate, and by what was found before. Blocking.

What was scanned and taken out of the cart again may be in the bag all the same: who took out more lines than
they paid for, in this purchase, is looked at more often.

Nobody can know beforehand: the draw is made from the order's id under ``settings.SIGNING_KEY``. It is the
same whenever it is asked for, so that showing the pass again is no way out.
"""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings

from core.orders.models import ExitCheck, Order

NEW_VISITS = 3
"""So many purchases somebody is new, and is looked at as everybody is."""
LOOKED_AT = 5
"""So many of somebody's last checks count."""
TRUSTED_AFTER = 3
"""After so many clean checks in a row somebody is looked at half as often,"""
SUSPECT = 4.0
"""and this many times as often after one that found something unpaid."""


HESITANT = 2.0
"""As many times as often after as many lines were taken out as were paid."""


def wanted(order_id: str, user_id: str, chain: str, rate: int) -> bool:
    """Return whether this order is to be checked; ``rate``: of a hundred orders of the branch so many are."""
    if rate <= 0 or ExitCheck.objects.filter(pk=order_id).exists():
        return False
    return _draw(order_id) < rate / 100 * _weight(user_id, chain) * _hesitation(order_id)


def _draw(order_id: str) -> float:
    digest = hmac.digest(settings.SIGNING_KEY.encode(), f"exit-check:{order_id}".encode(), hashlib.sha256)
    return int.from_bytes(digest[:8], "big") / 2**64


def _hesitation(order_id: str) -> float:
    order = Order.objects.filter(pk=order_id).values_list("removed_lines", "items_count").first()
    return HESITANT if order is not None and order[0] >= max(order[1], 1) else 1.0


def _weight(user_id: str, chain: str) -> float:
    mine = {"user_id": user_id, "chain_slug": chain}
    if Order.objects.filter(**mine)[: NEW_VISITS + 1].count() <= NEW_VISITS:
        return 1.0
    rows = ExitCheck.objects.filter(**mine, finished_at__isnull=False).order_by("-finished_at")
    unpaid = list(rows.values_list("unpaid_units", flat=True)[:LOOKED_AT])
    if any(unpaid):
        return SUSPECT
    return 0.5 if len(unpaid) >= TRUSTED_AFTER else 1.0
