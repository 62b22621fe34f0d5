"""Text messages: to the console, to a folder, or by Twilio's official SDK.

Source of the API: www.twilio.com/docs/messaging/api/message-resource. Twilio has no idempotency keys:
after an answer that was lost, the messages that went to the number since are asked for first.
"""

from __future__ import annotations

import json
import sys
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from core.outbox.letters import Letter
from core.outbox.models import OutgoingMessage
from core.outbox.senders.port import DeliveryRefused, Sender

_TIMEOUT_S = 10.0
_TOO_MANY = 429
_SERVICE = "MG"
"""What the id of one of Twilio's messaging services begins with."""


class Console:
    """Writes to the standard output, for development."""

    def send(self, message: OutgoingMessage, letter: Letter) -> None:
        """Write the message."""
        sys.stdout.write(f"SMS to {message.to}: {letter.text}\n")
        sys.stdout.flush()


class Folder:
    """Leaves one JSON file a message, ``{to, text}``, whole as soon as it is there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: OutgoingMessage, letter: Letter) -> None:
        """Write the file; the same message again has the same name."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self._folder / f"{message.posted_at:%Y%m%d-%H%M%S-%f}-{message.pk}.json"
        draft = self._folder / f".{uuid.uuid4()}"
        draft.touch(0o600)
        draft.write_text(
            json.dumps({"to": message.to, "text": letter.text}, ensure_ascii=False), encoding="utf-8"
        )
        draft.replace(file)


class Twilio:
    """An account at Twilio."""

    def __init__(self, sid: str, token: str, sender: str, base: str) -> None:
        # No pool: several threads send, and a session of requests is one thread's.
        http = TwilioHttpClient(pool_connections=False, timeout=_TIMEOUT_S)
        self._client = Client(sid, token, http_client=http)
        if base:
            self._client.api.base_url = base
        self._from = {"messaging_service_sid" if sender.startswith(_SERVICE) else "from_": sender}

    def send(self, message: OutgoingMessage, letter: Letter) -> None:
        """Hand the message to Twilio. Raises DeliveryRefused where it never takes it."""
        if message.attempts > 1 and self._has(message, letter):
            return
        try:
            self._client.messages.create(to=message.to, body=letter.text, **self._from)
        except TwilioRestException as error:
            if 400 <= error.status < 500 and error.status not in (401, 403, 404, _TOO_MANY):
                # Its sentence has the number in it.
                raise DeliveryRefused(f"Twilio's error {error.code}") from None
            raise

    def _has(self, message: OutgoingMessage, letter: Letter) -> bool:
        sent = self._client.messages.list(to=message.to, date_sent_after=message.posted_at, limit=50)
        return any(each.body == letter.text and each.status != "failed" for each in sent)


def make() -> Sender | None:
    """Return the sender of ``SMS_URL``, None where none is named."""
    found: dict[str, Any] = settings.SMS
    match found["scheme"]:
        case "console":
            return Console()
        case "file":
            return Folder(Path(found["folder"]))
        case "twilio":
            return Twilio(found["sid"], found["token"], found["from"], found["base"])
        case _:
            return None
