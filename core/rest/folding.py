"""Search without regard to case and accents, in every script, on both databases alike.

``name__folded__contains=folded(word)``. Both sides are lower case and decomposed (NFKD), and lose the marks:
accents of Latin, Greek and Cyrillic, Hebrew points and Arabic vowels. PostgreSQL does it with its ICU
collation, whatever the database's own is; SQLite is lent the function below.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django.db.backends.signals import connection_created
from django.db.models import CharField, TextField, Transform

_MARKS = "[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]"
_marks = re.compile(_MARKS)


def folded(text: str) -> str:
    """Return the text as it is compared."""
    if text.isascii():
        return text.lower()
    return _marks.sub("", unicodedata.normalize("NFKD", text.lower()))


class Folded(Transform):
    """A column as it is compared."""

    lookup_name = "folded"
    function = "fold"

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return the same with PostgreSQL's own functions."""
        lower = 'lower((%(expressions)s) COLLATE "und-x-icu")'
        template = f"regexp_replace(normalize({lower}, NFKD), '{_MARKS}', '', 'g')"
        return super().as_sql(compiler, connection, template=template, **context)


def register() -> None:
    """Let columns of text be searched so."""
    CharField.register_lookup(Folded)
    TextField.register_lookup(Folded)
    connection_created.connect(_lend, dispatch_uid="fold")


def _lend(*, connection: Any, **_: Any) -> None:
    if connection.vendor == "sqlite":
        connection.connection.create_function("fold", 1, _of_column, deterministic=True)


def _of_column(text: str | None) -> str | None:
    return None if text is None else folded(text)
