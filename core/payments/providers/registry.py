"""Which providers there are, and which of them the settings name an account with."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module

from django.conf import settings

from core.payments.providers import Provider

PROVIDERS: dict[str, str] = {
    "sandbox": "core.payments.providers.sandbox",
    "razorpay": "core.payments.providers.razorpay",
    "stripe": "core.payments.providers.stripe",
}
"""Name -> module with ``make``. Modules are loaded when they are needed: an SDK takes its time."""


@cache
def _make(name: str, module: str) -> Provider | None:
    make: Callable[[], Provider | None] = import_module(module).make
    return make()


def find(name: str) -> Provider | None:
    """Return the provider, made once in a process; None if it is not known or has no account. May block."""
    module = PROVIDERS.get(name)
    return None if module is None else _make(name, module)


def names() -> tuple[str, ...]:
    """Return the providers that can be paid with, the default one first."""
    known = sorted(PROVIDERS, key=lambda name: name != settings.PAYMENT_PROVIDER)
    return tuple(name for name in known if find(name) is not None)


def forget() -> None:
    """Make every provider anew when it is next asked for: the settings have changed (tests)."""
    _make.cache_clear()
