"""Twilio's API as far as this server uses it: messages are created and listed."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl

from tests.payments.peers import Answer, Peer, Request

SID = "AC" + "0123456789abcdef" * 2
TOKEN = "a_token_for_a_local_peer_only"
SENDER = "+15005550006"
_MESSAGES = f"/2010-04-01/Accounts/{SID}/Messages.json"
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


class TwilioPeer(Peer):
    """An account at Twilio."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[dict[str, Any]] = []
        self.blocked: set[str] = set()
        """Numbers whose owners said STOP."""

    @property
    def sms_url(self) -> str:
        """What ``SMS_URL`` is for this peer."""
        host = self.url.removeprefix("http://")
        return f"twilio://{SID}:{TOKEN}@{host}?from={SENDER}&tls=0"

    def answer(self, request: Request) -> Answer:
        expected = base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {expected}":
            return error(401, 20003, "Authenticate")
        if request.path != _MESSAGES:
            return self.refuse(f"{request.method} {request.path}")
        return self._create(request) if request.method == "POST" else self._list(request)

    def _create(self, request: Request) -> Answer:
        if request.headers.get("content-type") != "application/x-www-form-urlencoded":
            return self.refuse(f"a message as {request.headers.get('content-type')}")
        form = dict(parse_qsl(request.body.decode(), strict_parsing=True))
        if form.keys() != {"To", "From", "Body"} or form["From"] != SENDER:
            return self.refuse(f"a message with {sorted(form)}")
        if not _E164.fullmatch(form["To"]):
            return error(400, 21211, f"The 'To' number {form['To']} is not a valid phone number.")
        if form["To"] in self.blocked:
            return error(400, 21610, "Attempt to send to unsubscribed recipient")
        if not 0 < len(form["Body"]) <= 1600:
            return error(400, 21617, "The concatenated message body exceeds the 1600 character limit")
        message = {
            "sid": f"SM{len(self.sent):032x}", "account_sid": SID, "api_version": "2010-04-01",
            "to": form["To"], "from": form["From"], "body": form["Body"], "status": "queued",
            "direction": "outbound-api", "num_segments": "1", "num_media": "0", "price": None,
            "price_unit": "USD", "error_code": None, "error_message": None, "messaging_service_sid": None,
            "date_created": _now(), "date_updated": _now(), "date_sent": _now(),
            "uri": f"{_MESSAGES[:-5]}/SM{len(self.sent):032x}.json", "subresource_uris": {},
        }  # fmt: skip
        self.sent.append(message)
        return Answer(201, message)

    def _list(self, request: Request) -> Answer:
        if not {"To", "DateSent>"} <= request.query.keys():
            return self.refuse(f"a list of {sorted(request.query)}")
        found = [each for each in self.sent if each["to"] == request.query["To"]]
        page = {"page": 0, "page_size": 50, "start": 0, "end": len(found), "first_page_uri": _MESSAGES}
        return Answer(
            200,
            {"messages": found, **page, "next_page_uri": None, "previous_page_uri": None, "uri": _MESSAGES},
        )


def _now() -> str:
    return format_datetime(datetime.now(UTC))


def error(status: int, code: int, message: str) -> Answer:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return Answer(status, {"code": code, "message": message, "more_info": more, "status": status})
