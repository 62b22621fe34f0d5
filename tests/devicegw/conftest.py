"""Brokers of a test's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.devicegw.brokers import OwnBroker, TlsBroker, with_passwords


@pytest.fixture
def own_broker() -> Iterator[OwnBroker]:
    """A running Mosquitto that the test may stop and start."""
    with ExitStack() as stack:
        own = OwnBroker(stack)
        own.start()
        yield own


@pytest.fixture
def strict_broker() -> Iterator[OwnBroker]:
    """A Mosquitto that knows pi-1 with the password "right"."""
    with ExitStack() as stack:
        yield with_passwords(stack, {"pi-1": "right"})


@pytest.fixture
def tls_broker() -> Iterator[TlsBroker]:
    """A Mosquitto with TLS."""
    with ExitStack() as stack:
        yield TlsBroker(stack)
