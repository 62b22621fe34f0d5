"""What providers tell of their own: verified, brought to the payment, and remembered. Blocking."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from core import actor_port
from core.payments import ledger
from core.payments.models import Payment
from core.payments.provider_messages import word_of
from core.payments.providers import BadSignature, Notice, Unheard
from core.payments.providers.registry import find
from core.problems import Problem

log = logging.getLogger("payments")


def receive(name: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Take a webhook; returns once what it says is durable. ``headers`` have lower-case names.

    Raises Problem: 404 for an unknown provider, 400 for a bad signature or body, 503 while nobody can decide,
    and then the provider delivers it again.
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
    if notice is not None and not ledger.heard(name, notice.event_id):
        _take(name, notice)


def _take(name: str, notice: Notice) -> None:
    payment_id = notice.payment_id or _by_reference(name, notice.reference)
    if not payment_id:
        log.info("%s told of something that is not ours: %s", name, notice.reference)
        return
    command_id = f"webhook:{name}:{notice.event_id}"
    actor_port.say("payment", payment_id, word_of(notice.said), command_id, f"provider:{name}")
    ledger.note(payment_id, name, "webhook", notice.said, event_id=notice.event_id)
    log.info("payment %s: %s told of its own: %s", payment_id, name, type(notice.said).__name__)


def _by_reference(name: str, reference: str) -> str:
    found = Payment.objects.filter(provider=name, reference=reference).values_list("pk", flat=True)
    return str(found[0]) if reference and found else ""
