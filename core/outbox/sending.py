"""Sending what is due: once, after a crash again, and later again if it could not be delivered.

Who sends takes the message first, by one conditional update; of two only one has it. A sender that
dies between the provider's yes and its own note leaves a message that is due again after ``CLAIM``;
it then goes out under the same Message-ID, or (a text message) only if the provider has not had it.
"""

from __future__ import annotations

import logging
import uuid
from datetime import datetime, timedelta

from django.db.models import F, QuerySet
from django.utils import timezone

from core.outbox import letters
from core.outbox.models import DeliveryOutcome, OutgoingMessage
from core.outbox.senders.port import DeliveryRefused
from core.outbox.senders.registry import SenderMissing, sender_of

log = logging.getLogger(__name__)

CLAIM = timedelta(minutes=2)
"""Whoever has not finished by then has died."""
KEPT = timedelta(days=7)
"""How long it is known what became of a message."""
_FIRST_S, _LONGEST_S = 5.0, 3600.0
"""Until the second try, and between later ones at most."""


def due(now: datetime) -> QuerySet[OutgoingMessage]:
    """Return the messages neither sent nor being sent, the oldest first."""
    return OutgoingMessage.objects.filter(done_at=None, due_at__lte=now).order_by("due_at")


def send(message_id: uuid.UUID) -> bool:
    """Send a message if it is due; return whether it went out now. Blocking.

    What could not be delivered is logged, without a word of what it says, and due again later.
    """
    now = timezone.now()
    taken = due(now).filter(pk=message_id).update(due_at=now + CLAIM, attempts=F("attempts") + 1)
    if not taken:
        return False
    message = OutgoingMessage.objects.get(pk=message_id)
    if message.good_until <= now:
        return _done(message, DeliveryOutcome.GIVEN_UP)
    try:
        letter = letters.compose(message)
        if letter is None:
            return _done(message, DeliveryOutcome.NOT_WANTED)
        sender_of(message.channel).send(message, letter)
    except SenderMissing:
        return _done(message, DeliveryOutcome.NO_SENDER)
    except DeliveryRefused as why:
        log.warning("%s %s was refused: %s", message, message.pk, why)
        return _done(message, DeliveryOutcome.REFUSED)
    except Exception as error:  # noqa: BLE001 - whatever it was, it is tried again
        wait = min(_LONGEST_S, _FIRST_S * 4 ** (message.attempts - 1))
        later = timezone.now() + timedelta(seconds=wait)
        OutgoingMessage.objects.filter(pk=message.pk).update(due_at=later)
        log.warning("%s %s could not be sent: %s", message, message.pk, type(error).__name__)
        return False
    return _done(message, DeliveryOutcome.SENT)


def purge() -> int:
    """Forget what was done with long ago; return how many messages. Blocking."""
    gone, _ = OutgoingMessage.objects.filter(done_at__lt=timezone.now() - KEPT).delete()
    return gone


def _done(message: OutgoingMessage, outcome: DeliveryOutcome) -> bool:
    OutgoingMessage.objects.filter(pk=message.pk).update(done_at=timezone.now(), outcome=outcome)
    return outcome is DeliveryOutcome.SENT
