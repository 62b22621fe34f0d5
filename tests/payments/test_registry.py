"""Which providers there are is said by the settings, before any SDK is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

from core.payments.providers import registry


@pytest.fixture
def loaded(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Names of the modules that the registry has loaded."""
    found: list[str] = []

    def load(name: str) -> ModuleType:
        found.append(name.rpartition(".")[2])
        return import_module(name)

    monkeypatch.setattr(registry, "import_module", load)
    settings.STRIPE_SECRET_KEY = settings.RAZORPAY_KEY_ID = settings.PAYPAL_CLIENT_ID = ""
    settings.PAYMENT_SANDBOX = True
    registry.forget()
    yield found
    registry.forget()


def test_without_an_account_no_sdk_is_loaded(loaded: list[str]) -> None:
    assert registry.names() == ("sandbox",)
    assert registry.find("stripe") is None
    assert registry.find("nobody") is None
    assert loaded == ["sandbox"]


def test_the_default_comes_first_of_those_that_have_an_account(loaded: list[str], settings: Any) -> None:
    settings.STRIPE_SECRET_KEY, settings.PAYMENT_PROVIDER = "sk_test_for_nobody", "stripe"
    assert registry.names() == ("stripe", "sandbox")
    assert registry.find("stripe") is registry.find("stripe")
    settings.PAYMENT_SANDBOX = False
    assert registry.names() == ("stripe",)
    assert registry.find("razorpay") is None
    assert registry.find("paypal") is None
