"""Web push (RFC 8030) by pywebpush: encrypted for the browser (RFC 8291), signed by us (VAPID, RFC 8292).

A browser names the address that we send to, so only the push services of ``PUSH_SERVICES`` are taken, and
a redirect is not followed: nobody has us call what is theirs, or inside of our network.
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from py_vapid import Vapid, b64urlencode
from pywebpush import WebPushException, webpush
from requests import Session

from core.notifications.models import PushSubscription
from core.outbox.letters import Letter
from core.outbox.models import OutgoingMessage
from core.outbox.senders.port import DeliveryRefused, Sender

_TIMEOUT_S = 10
_TTL_S = 24 * 3600
_GONE = (404, 410)
_NEVER = (400, 413)


def is_service(endpoint: str) -> bool:
    """Return whether the address is one of a push service that we send to."""
    parts = urlsplit(endpoint)
    if parts.username is not None or parts.password is not None:
        return False
    origin = f"{parts.scheme}://{parts.netloc}".lower()
    return any(fnmatchcase(origin, service) for service in settings.PUSH_SERVICES)


def public_key() -> str | None:
    """Return the key by which a browser knows our messages, None where nothing is pushed."""
    if not settings.VAPID_PRIVATE_KEY:
        return None
    point = Vapid.from_string(settings.VAPID_PRIVATE_KEY).public_key
    raw = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return str(b64urlencode(raw))


class Push:
    """Sends to browsers."""

    def send(self, message: OutgoingMessage, letter: Letter) -> None:
        """Hand the message to the browser's push service. Raises DeliveryRefused for one that is gone."""
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
