"""The base of everything shown: closed structs, which are also the schemas in the API documents.

Money fields are Decimal with the currency's digits, times are RFC 3339 text. Nothing in this folder asks
an actor or a database.
"""

from __future__ import annotations

import msgspec


class View(msgspec.Struct, frozen=True, kw_only=True):
    """Base of everything shown."""
