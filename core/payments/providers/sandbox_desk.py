"""What people do at the sandbox itself, as they would on a provider's own pages: no money, the same trouble.

No webhook tells our side of it: it is found as what a lost webhook told would be, see ``reconciliation``.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import cast

from django.db.models import Sum
from django.utils import timezone

from actors.kit import money
from actors.messages.money.order import DisputeStatus
from core.payments.models import SandboxCharge, SandboxDispute, SandboxRefund
from core.payments.providers import Disputed, Refunded, RefundRefused, WebhookNotice

ANSWER_WITHIN = timedelta(days=7)
_BOUNCED = "The buyer's account is closed."


def refundable(charge: SandboxCharge) -> Decimal:
    """Return how much of a payment is neither given back nor in dispute."""
    if charge.paid_at is None:
        return money.zero(charge.currency)
    gone = SandboxRefund.objects.filter(payment_id=charge.pk, status="made").aggregate(all=Sum("amount"))[
        "all"
    ]
    disputed = SandboxDispute.objects.filter(payment_id=charge.pk).exclude(status="won")
    kept = disputed.aggregate(all=Sum("amount"))["all"]
    return money.quantize(charge.amount - (gone or 0) - (kept or 0), charge.currency)


def give_back(charge: SandboxCharge, amount: Decimal) -> SandboxRefund | None:
    """Give money back without asking the shop; None if there is not so much."""
    if not 0 < amount <= refundable(charge):
        return None
    refund_id = f"desk_{uuid.uuid4().hex}"
    return SandboxRefund.objects.create(refund_id=refund_id, payment_id=charge.pk, amount=amount)


def bounce(refund: SandboxRefund) -> bool:
    """Let the buyer's bank send a refund back that was made; False if it did before."""
    made = SandboxRefund.objects.filter(pk=refund.pk, status="made")
    return made.update(status="failed", detail=_BOUNCED, at=timezone.now()) == 1


def dispute(charge: SandboxCharge, reason: str) -> SandboxDispute | None:
    """Let the buyer's bank ask for what was not given back; None if there is nothing."""
    amount = refundable(charge)
    if not amount:
        return None
    return SandboxDispute.objects.create(
        dispute_id=f"desk_{uuid.uuid4().hex}", payment_id=charge.pk, amount=amount, reason=reason,
        due_by=timezone.now() + ANSWER_WITHIN,
    )  # fmt: skip


def decide(opened: SandboxDispute, status: str) -> bool:
    """Let the bank decide, ``won`` or ``lost``; False if it has."""
    undecided = SandboxDispute.objects.filter(pk=opened.pk).exclude(status__in=("won", "lost"))
    return undecided.update(status=status, at=timezone.now()) == 1


def notices(since: float) -> Iterator[WebhookNotice]:
    """Yield what happened at the sandbox itself since then, oldest first."""
    after = datetime.fromtimestamp(since, UTC)
    changed: list[tuple[datetime, WebhookNotice]] = []
    currencies: dict[uuid.UUID, str] = {}

    def currency(payment_id: uuid.UUID) -> str:
        if payment_id not in currencies:
            currencies[payment_id] = SandboxCharge.objects.get(pk=payment_id).currency
        return currencies[payment_id]

    refunds = SandboxRefund.objects.filter(at__gte=after)
    for refund in refunds.filter(refund_id__startswith="desk_") | refunds.filter(status="failed"):
        changed.append((refund.at, _of_refund(refund, currency(refund.payment_id))))
    for opened in SandboxDispute.objects.filter(at__gte=after):
        changed.append((opened.at, _of_dispute(opened, currency(opened.payment_id))))
    changed.sort(key=lambda one: one[0])
    yield from (notice for _, notice in changed)


def _of_refund(refund: SandboxRefund, currency: str) -> WebhookNotice:
    ours = "" if refund.refund_id.startswith("desk_") else refund.refund_id
    reference, payment_id = f"sbr_{refund.refund_id}", str(refund.payment_id)
    said: Refunded | RefundRefused
    if refund.status == "failed":
        said = RefundRefused(ours, refund.detail, reference)
    else:
        amount = money.quantize(refund.amount, currency)
        said = Refunded(ours, amount, reference, f"sbc_{payment_id}")
    return WebhookNotice(f"{reference}:{refund.status}", payment_id, "", said)


def _of_dispute(opened: SandboxDispute, currency: str) -> WebhookNotice:
    asks = opened.status == "needs_response"
    said = Disputed(
        reference=opened.dispute_id,
        amount=money.quantize(opened.amount, currency),
        status=cast(DisputeStatus, opened.status),
        detail=opened.reason,
        due_by=opened.due_by.timestamp() if asks else None,
    )
    return WebhookNotice(f"{opened.dispute_id}:{opened.status}", str(opened.payment_id), "", said)
