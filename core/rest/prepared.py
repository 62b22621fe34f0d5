"""Lists whose statements are written once: Django takes longer to write one than a database to answer it.

What is listed, in which order and how it is shown, is the view's; see ``core.rest.views.ColumnsListView``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet
from django.db.models.utils import create_namedtuple_class
from rest_framework.settings import api_settings
from rest_framework.utils.urls import replace_query_param

from core.rest.json import encode
from core.rest.pages import CURSOR, Key, cursor_after, keys_of

Shown = Callable[[Sequence[Any]], list[dict[str, Any]]]


class _Written(NamedTuple):
    """The statements of a list, with the values that stand in them, and what reads rows and sorts them."""

    page: str
    page_values: tuple[Any, ...]
    total: str
    total_values: tuple[Any, ...]
    read: Callable[[Iterable[Any]], list[Any]]
    keys: tuple[Key, ...]


class FirstPage:
    """The first page of a list that each owner has one of, as ``core.rest.pages.Pages`` answers it.

    ``rows``: what is listed of an owner, who is named by an id or by text; ``columns`` and ``shown``: as in
    the view. ``placeholder``: an owner that there is not.
    """

    def __init__(
        self, rows: Callable[[Any], QuerySet[Any]], columns: tuple[str, ...], shown: Shown, placeholder: Any
    ) -> None:
        self._rows, self._columns, self._shown, self._placeholder = rows, columns, shown, placeholder
        self._threads = threading.local()

    def answer(self, owner: Any, url: str) -> bytes:
        """Return the body of ``GET url``. Blocking."""
        size = int(api_settings.PAGE_SIZE or 0)
        written = self._written(size)
        with connection.cursor() as cursor:
            cursor.execute(written.page, self._values(written.page_values, owner))
            found = written.read(cursor.fetchall())
            cursor.execute(written.total, self._values(written.total_values, owner))
            (count,) = cursor.fetchone() or (0,)
        page, following = found[:size], None
        if len(found) > size:
            following = replace_query_param(url, CURSOR, cursor_after(written.keys, page[-1]))
        return encode({"count": count, "next": following, "previous": None, "results": self._shown(page)})

    def _values(self, values: tuple[Any, ...], owner: Any) -> list[Any]:
        """Return a statement's values with the owner in the placeholder's place."""
        wanted = _plain(self._placeholder)
        return [_as(each, owner) if _plain(each) == wanted else each for each in values]

    def _written(self, size: int) -> _Written:
        """Return the statements; each thread writes its own, for what reads rows belongs to a connection."""
        name = f"{connection.vendor}_{size}"
        written: _Written | None = getattr(self._threads, name, None)
        if written is None:
            written = self._write(size)
            setattr(self._threads, name, written)
        return written

    def _write(self, size: int) -> _Written:
        rows = self._rows(self._placeholder)
        keys = keys_of(rows)
        if keys is None:
            raise TypeError(f"expected a list that a cursor can go on with, got {rows.query}")
        page = rows.order_by(*[key.order() for key in keys]).values_list(*self._columns)[: size + 1]
        compiler = page.query.get_compiler(connection=connection)
        page_sql, page_values = compiler.as_sql()
        converters = compiler.get_converters([column for column, _, _ in compiler.select])
        named = create_namedtuple_class(*self._columns)

        def read(found: Iterable[Any]) -> list[Any]:
            whole = compiler.apply_converters(found, converters) if converters else found
            return [named(*row) for row in whole]

        listed = rows.order_by().values("pk").query.get_compiler(connection=connection)
        inner, count_values = listed.as_sql()
        count_sql = f"SELECT COUNT(*) FROM ({inner}) listed"  # noqa: S608 - Django wrote the inner one
        return _Written(page_sql, tuple(page_values), count_sql, tuple(count_values), read, keys)


def _plain(value: Any) -> str:
    return str(value).replace("-", "")


def _as(standing: Any, owner: Any) -> Any:
    """Return the owner as the placeholder stands there: SQLite has the digits of an id alone."""
    return owner if type(standing) is type(owner) else owner.hex
