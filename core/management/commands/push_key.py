"""``manage.py push_key``: a new key for web push."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from django.core.management.base import BaseCommand
from py_vapid import b64urlencode


class Command(BaseCommand):
    """Print a new value of VAPID_PRIVATE_KEY. With another key browsers have to subscribe again."""

    help = "Print a new value of VAPID_PRIVATE_KEY."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it."""
        key = ec.generate_private_key(ec.SECP256R1())
        self.stdout.write(b64urlencode(key.private_numbers().private_value.to_bytes(32, "big")))
