"""The services that tests and benchmarks need: found where they run, else started, else installed.

Each is looked for in the same order: what the environment names, what listens
on localhost, binaries that are installed, packages that apt may install. What
cannot be had raises ``Missing`` with the sentence that says what to do.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from typing import NamedTuple

from scripts.services._process import IGNORE_RUNNING, Missing
from scripts.services.browser import chromium, headless_shell
from scripts.services.mosquitto import mosquitto
from scripts.services.node import node, npm
from scripts.services.postgres import postgres
from scripts.services.redis import redis

__all__ = [
    "IGNORE_RUNNING",
    "Missing",
    "Service",
    "chromium",
    "headless_shell",
    "mosquitto",
    "node",
    "npm",
    "postgres",
    "provide",
    "redis",
]


class Service(NamedTuple):
    """Where a service is to be had, and the words that say how it was found."""

    variable: str
    """The environment variable that hands it to the tests."""
    value: str
    how: str


def provide(stack: ExitStack, environ: Mapping[str, str] = os.environ) -> tuple[list[Service], list[str]]:
    """Get every service; ``stack`` stops what was started. Returns what is there and what is missing."""
    found: list[Service] = []
    missing: list[str] = []
    for variable, get in (
        ("TEST_POSTGRES_URL", postgres),
        ("TEST_REDIS_URL", redis),
        ("TEST_MQTT_URL", mosquitto),
        ("TEST_CHROMIUM", chromium),
        ("TEST_HEADLESS_SHELL", headless_shell),
        ("TEST_NODE", node),
    ):
        try:
            value, how = get(stack, environ)
        except Missing as why:
            missing.append(str(why))
        else:
            found.append(Service(variable, value, how))
    return found, missing
