"""How a path names a chain or a branch: by id, or by the public name people use."""

from __future__ import annotations

from django.db.models import Q

from core.wire import ids


def by_id_or(field: str, text: str) -> Q:
    """Return the condition for a row named by its id, or else by its public code."""
    try:
        return Q(pk=ids.parse(text))
    except ids.InvalidId:
        return Q(**{field: text})
