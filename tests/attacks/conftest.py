"""The attacks use the shops that the tests of the sockets make."""

from __future__ import annotations

from tests.realtime.conftest import database, options, server, world

__all__ = ["database", "options", "server", "world"]
