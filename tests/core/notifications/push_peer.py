"""A push service (RFC 8030) and the browser behind it, which decrypts what comes (RFC 8291)."""

from __future__ import annotations

import json
import os
import re
import time
from typing import Any

import http_ece
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import b64urldecode, b64urlencode

from tests.payments.peers import Answer, Peer, Request


class PushPeer(Peer):
    """One browser at one push service."""

    def __init__(self) -> None:
        super().__init__()
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)
        self.application_key = ""
        """The key that the browser subscribed with."""
        self.shown: list[dict[str, Any]] = []
        self.gone = False

    def subscription(self) -> dict[str, Any]:
        """What ``PushSubscription.toJSON`` gives."""
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": b64urlencode(point), "auth": b64urlencode(self._auth)}
        return {"endpoint": f"{self.url}/wpush/one", "keys": keys}

    def answer(self, request: Request) -> Answer:
        if (request.method, request.path) != ("POST", "/wpush/one"):
            return self.refuse(f"{request.method} {request.path}")
        if self.gone:
            return Answer(410, {})
        if (
            request.headers.get("content-encoding") != "aes128gcm"
            or not request.headers.get("ttl", "").isdigit()
        ):
            return self.refuse(f"a message with {sorted(request.headers)}")
        found = re.fullmatch(r"vapid t=([^,]+),\s*k=(.+)", request.headers.get("authorization", ""))
        if found is None or found[2] != self.application_key:
            return Answer(403, {})
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b64urldecode(found[2].encode()))
        claims = jwt.decode(found[1], point, algorithms=["ES256"], audience=self.url)
        if not claims["sub"].startswith("mailto:") or claims["exp"] > time.time() + 24 * 3600:
            return self.refuse(f"claims {claims}")
        text = http_ece.decrypt(
            request.body, private_key=self._key, auth_secret=self._auth, version="aes128gcm"
        )
        self.shown.append(json.loads(text))
        return Answer(201, {})
