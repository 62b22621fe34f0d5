"""The attacks use the shops that the tests of the sockets make."""

from __future__ import annotations

from tests.realtime.conftest import database, migrated_file, options, server, world

__all__ = ["database", "migrated_file", "options", "server", "world"]
