"""Webhooks of payment providers: verified, passed to the payment, recorded. Blocking."""

from __future__ import annotations

import contextlib
import logging
import uuid
from collections.abc import Mapping

from django.db.models import Q

from core import actor_port
from core.payments import ledger
from core.payments.models import Payment
from core.payments.provider_messages import word_of
from core.payments.providers import BadSignature, ProviderDown, Unheard, WebhookNotice
from core.payments.providers.registry import find
from core.problems import Problem

log = logging.getLogger("payments")


def receive(name: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Receive a webhook; returns once its content is durable. ``headers`` have lower-case names.

    Raises Problem: 404 for an unknown provider, 400 for a bad signature or body, 503 while nobody can decide
    or verify it, and then the provider delivers it again.
    """
    provider = find(name)
    if provider is None:
        raise Problem(404, "provider_not_found", "There is no such provider.")
    try:
        notice = provider.read_webhook(body, headers)
    except BadSignature as error:
        log.warning("a webhook for %s was refused: %s", name, error)
        raise Problem(400, "bad_signature", "The signature is not the provider's.") from error
    except Unheard as error:
        raise Problem(400, "invalid", str(error)) from error
    except ProviderDown as error:
        log.warning("a webhook for %s cannot be verified now: %s", name, error)
        sentence = "The signature cannot be verified at the moment."
        raise Problem(503, "provider_unavailable", sentence, retry_after=10) from error
    if notice is not None:
        take(name, notice)


def take(name: str, notice: WebhookNotice) -> bool:
    """Bring a notice to the payment that it is about, once; return whether it was news.

    Several systems may share an account: what is about none of our payments is nobody's fault. Raises
    Problem while nobody can decide.
    """
    if ledger.has_event(name, notice.event_id):
        return False
    payment_id = _payment_of(name, notice)
    if payment_id is None:
        log.info("%s told of something that is not ours: %s", name, notice.reference)
        return False
    command_id = f"webhook:{name}:{notice.event_id}"
    outcome = actor_port.outcome_of(
        "payment", payment_id, word_of(notice.said), command_id, f"provider:{name}"
    )
    if outcome.refusal is not None and outcome.refusal.status == 503:
        raise Problem(503, outcome.refusal.code, outcome.refusal.detail, retry_after=1)
    ledger.note(payment_id, name, "webhook", notice.said, event_id=notice.event_id)
    log.info("payment %s: %s told of its own: %s", payment_id, name, type(notice.said).__name__)
    return True


def _payment_of(name: str, notice: WebhookNotice) -> str | None:
    """Return the id of our payment that a notice is about: by our own id, or by one of the provider's."""
    ours = Payment.objects.filter(provider=name)
    wanted = Q()
    if notice.reference:
        wanted |= Q(reference=notice.reference) | Q(capture=notice.reference)
    with contextlib.suppress(ValueError):
        wanted |= Q(pk=uuid.UUID(notice.payment_id))
    found = ours.filter(wanted).values_list("pk", flat=True).first() if wanted else None
    return None if found is None else str(found)
