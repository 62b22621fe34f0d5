"""Signatures of PayPal's webhooks, verified here with the certificate that PayPal serves.

Source: developer.paypal.com/api/rest/webhooks/rest (verify with your own code): ``SHA256withRSA`` over
``<transmission id>|<time>|<webhook id>|<CRC32 of the body as it came>``. A certificate is fetched once and
kept; it is PayPal's because it comes over TLS from PayPal's own host and path, which is all that a webhook
may name. PayPal's other way, asking it about each webhook, would cost a call a webhook and wants the body
written exactly as it came.

The time is not held against the clock: PayPal tries for three days. What an old notice tells is a fact and
stays one, and one that was heard is known by its event's id.
"""

from __future__ import annotations

import base64
import binascii
import re
import threading
import zlib
from collections.abc import Mapping
from urllib.parse import urlsplit

import requests
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from django.utils import timezone

from core.payments.providers import BadSignature, ProviderDown
from core.payments.providers.wire import ProviderSession

_PATH = re.compile(r"/v1/notifications/certs/CERT-[\w-]{1,100}")
_KEPT = 16
"""So many certificates are kept; PayPal uses one or two at a time."""
_LARGEST = 64 * 1024


class Signatures:
    """Verifies webhooks of one account; from several threads."""

    def __init__(self, webhook_id: str, api_base: str, timeout_s: float) -> None:
        self._webhook_id = webhook_id
        self._timeout_s = timeout_s
        base = urlsplit(api_base)
        # The API's own host, and its older name, which certificates are still named by.
        self._origins = {
            f"{base.scheme}://{host}" for host in (base.netloc, base.netloc.replace("api-m.", "api."))
        }
        self._kept: dict[str, x509.Certificate] = {}
        self._lock = threading.Lock()

    def verify(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Return if the signature is PayPal's. Raises BadSignature; ProviderDown without its certificate."""
        told = {name: headers.get(f"paypal-{name}", "") for name in ("transmission-id", "transmission-time")}
        if headers.get("paypal-auth-algo", "") != "SHA256withRSA" or not all(told.values()):
            raise BadSignature("PayPal-Auth-Algo, PayPal-Transmission-Id and -Time: expected as PayPal's are")
        try:
            signature = base64.b64decode(headers.get("paypal-transmission-sig", ""), validate=True)
            said = "|".join((*told.values(), self._webhook_id, str(zlib.crc32(body)))).encode("ascii")
        except (binascii.Error, ValueError) as error:
            raise BadSignature("PayPal-Transmission-Sig: expected base64") from error
        if not signature:
            raise BadSignature("PayPal-Transmission-Sig: expected one")
        key = self._certificate(headers.get("paypal-cert-url", "")).public_key()
        if not isinstance(key, RSAPublicKey):
            raise BadSignature("PayPal-Cert-Url: expected a certificate of an RSA key")
        try:
            key.verify(signature, said, PKCS1v15(), SHA256())
        except InvalidSignature as error:
            raise BadSignature("PayPal-Transmission-Sig: expected a valid one") from error

    def _certificate(self, url: str) -> x509.Certificate:
        try:
            parts = urlsplit(url)
        except ValueError as error:
            raise BadSignature("PayPal-Cert-Url: expected an address") from error
        named = f"{parts.scheme}://{parts.netloc}{parts.path}"
        if f"{parts.scheme}://{parts.netloc}" not in self._origins or not _PATH.fullmatch(parts.path):
            raise BadSignature("PayPal-Cert-Url: expected an address of PayPal's certificates")
        with self._lock:
            found = self._kept.get(named)
        if found is None:
            found = self._fetched(named)
            with self._lock:
                if len(self._kept) >= _KEPT:
                    self._kept.pop(next(iter(self._kept)))
                self._kept[named] = found
        if not found.not_valid_before_utc <= timezone.now() <= found.not_valid_after_utc:
            raise BadSignature("PayPal-Cert-Url: expected a certificate that is valid today")
        return found

    def _fetched(self, url: str) -> x509.Certificate:
        session = ProviderSession()
        with session, session.within(self._timeout_s):
            try:
                response = session.request("GET", url, allow_redirects=False)
            except requests.RequestException as error:
                raise ProviderDown(type(error).__name__) from None
        if response.status_code == 404:
            raise BadSignature("PayPal-Cert-Url: expected a certificate that PayPal has")
        if response.status_code != 200:
            raise ProviderDown(f"a certificate: HTTP {response.status_code}")
        try:
            return x509.load_pem_x509_certificate(response.content[:_LARGEST])
        except ValueError:
            raise ProviderDown("a certificate that cannot be read") from None
