"""Which providers there are, and which of them the settings name an account with."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module

from django.conf import settings

from core.payments.providers import Provider

TILL = "till"
"""Where a cashier takes the money."""
_HERE = "core.payments.providers"
PROVIDERS: dict[str, tuple[str, str]] = {
    "sandbox": (f"{_HERE}.sandbox", "PAYMENT_SANDBOX"),
    "razorpay": (f"{_HERE}.razorpay", "RAZORPAY_KEY_ID"),
    "stripe": (f"{_HERE}.stripe", "STRIPE_SECRET_KEY"),
    "paypal": (f"{_HERE}.paypal", "PAYPAL_CLIENT_ID"),
    "till": (f"{_HERE}.till", "PAYMENT_TILL"),
}
"""Name -> module with ``make``, and the setting without which there is no account.

A module is loaded when somebody pays by it: the SDKs take half a second and 20 MB each.
"""


@cache
def _make(name: str, module: str) -> Provider | None:
    make: Callable[[], Provider | None] = import_module(module).make
    return make()


def find(name: str) -> Provider | None:
    """Return the provider, made once in a process; None if it is not known or has no account. May block."""
    module, setting = PROVIDERS.get(name, ("", ""))
    return _make(name, module) if setting and getattr(settings, setting) else None


def names() -> tuple[str, ...]:
    """Return the providers that a shopper can pay with alone, the default one first."""
    known = sorted(PROVIDERS, key=lambda name: name != settings.PAYMENT_PROVIDER)
    return tuple(name for name in known if name != TILL and find(name) is not None)


def forget() -> None:
    """Make every provider again when it is next asked for: the settings have changed (tests)."""
    _make.cache_clear()
