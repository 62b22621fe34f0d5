"""Sends web push by pywebpush: encrypted for the browser (RFC 8291), signed by us (VAPID, RFC 8292).

Apart from the rest of web push, for pywebpush is slow to import and most processes send nothing.
"""

from __future__ import annotations

import json

from django.conf import settings
from pywebpush import WebPushException, webpush
from requests import Session

from core.notifications.models import PushSubscription
from core.notifications.push import is_service
from core.outbox.letters import Letter
from core.outbox.models import OutgoingMessage
from core.outbox.senders.port import DeliveryRefused, Sender

_TIMEOUT_S = 10
_TTL_S = 24 * 3600
_GONE = (404, 410)
_NEVER = (400, 413)


class Push:
    """Sends to browsers."""

    def send(self, message: OutgoingMessage, letter: Letter) -> None:
        """Hand the message to the browser's push service. Raises DeliveryRefused for one that has expired."""
        found = PushSubscription.objects.filter(pk=message.to).first()
        if found is None or not is_service(found.endpoint):
            raise DeliveryRefused("this browser takes no messages any more")
        with Session() as session:
            session.max_redirects = 0
            try:
                webpush(
                    {"endpoint": found.endpoint, "keys": {"p256dh": found.p256dh, "auth": found.auth}},
                    json.dumps({"title": letter.subject, "text": letter.text, "link": letter.link}),
                    vapid_private_key=settings.VAPID_PRIVATE_KEY,
                    vapid_claims={"sub": settings.VAPID_SUBJECT},
                    ttl=_TTL_S,
                    timeout=_TIMEOUT_S,
                    requests_session=session,
                )
            except WebPushException as error:
                self._refused(found, error)

    def _refused(self, found: PushSubscription, error: WebPushException) -> None:
        status = getattr(error.response, "status_code", None)
        if status in _GONE:
            found.delete()
        if status in (*_GONE, *_NEVER):
            raise DeliveryRefused(f"the push service answered {status}") from None
        # Its own text has the service's answer in it.
        raise ConnectionError(f"the push service answered {status}") from None


def make() -> Sender | None:
    """Return the sender, None without a key."""
    return Push() if settings.VAPID_PRIVATE_KEY else None
