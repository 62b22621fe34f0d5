"""Stored read models against replayed ones, row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from core.journal.store import SqlJournal
from core.journal.tables import Column, Form
from core.replay.replay import Columns, ReadModels

_CENT = Decimal("0.0001")
_TICK_S = 0.000_002
"""The databases keep microseconds."""
_LEADS = {"last_seen"}
"""Columns that signs of life may have moved past the last event."""


class RowDifference(NamedTuple):
    """One disagreement; ``column`` is empty when the whole row is missing or should not be there."""

    table: str
    key: str
    column: str
    replayed: str
    stored: str


def differences(journal: SqlJournal, models: ReadModels) -> Iterator[RowDifference]:
    """Yield every disagreement between the tables in the database and the replayed ones."""
    for table, kind in models.whole.items():
        form = kind.form
        expected = {
            _key(form, columns): columns for columns in map(_plain(form), models.tables[table].values())
        }
        stored = {_key(form, columns): columns for columns in stored_rows(journal, form)}
        if form.mode == "update":
            # Rows of reference data: none is made or removed here, and an untouched one has its defaults.
            untouched = _plain(form)
            for key in stored.keys() - expected.keys():
                expected[key] = untouched(_defaults(kind, stored[key]))
            expected = {key: columns for key, columns in expected.items() if key in stored}
        yield from _compare(form, expected, stored)


def stored_rows(journal: SqlJournal, form: Form) -> Iterator[Columns]:
    """Yield the columns of every row in the database, in plain Python values."""
    plain = _plain(form)
    for row in journal.query(f"SELECT {', '.join(form.columns)} FROM {form.table}"):  # noqa: S608 - names of our own tables and columns
        yield plain(dict(zip(form.columns, row, strict=True)))


def _compare(form: Form, expected: dict[str, Columns], stored: dict[str, Columns]) -> Iterator[RowDifference]:
    for key in sorted(expected.keys() | stored.keys()):
        if key not in stored:
            yield RowDifference(form.table, key, "", "a row", "no row")
        elif key not in expected:
            yield RowDifference(form.table, key, "", "no row", "a row")
        else:
            for name, value in expected[key].items():
                if not _same(name, value, stored[key][name]):
                    yield RowDifference(form.table, key, name, str(value), str(stored[key][name]))


def _same(name: str, expected: Any, stored: Any) -> bool:
    if isinstance(expected, float) and isinstance(stored, float):
        if name in _LEADS and stored > expected:
            return True
        return abs(expected - stored) <= _TICK_S
    return bool(expected == stored)


def _key(form: Form, columns: Columns) -> str:
    return " ".join(str(columns[name]) for name in form.key)


def _defaults(kind: Any, columns: Columns) -> Columns:
    row = kind(**{name: columns[name] for name in kind.form.key})
    return {name: getattr(row, name) for name in kind.form.columns}


def _plain(form: Form) -> Callable[[Columns], Columns]:
    """Return the function that makes values of either side comparable."""
    makers = {name: _PLAIN.get(kind, _as_is) for name, kind in form.columns.items()}

    def plain(columns: Columns) -> Columns:
        return {name: None if columns[name] is None else make(columns[name]) for name, make in makers.items()}

    return plain


def _as_is(value: Any) -> Any:
    return value


def _posix(value: Any) -> float:
    if isinstance(value, str):
        value = datetime.fromisoformat(value).replace(tzinfo=UTC)
    return float(value.timestamp()) if isinstance(value, datetime) else float(value)


_PLAIN: dict[Column, Callable[[Any], Any]] = {
    "uuid": lambda value: str(UUID(str(value))),
    "numeric": lambda value: Decimal(str(value)).quantize(_CENT),
    "time": _posix,
    "boolean": bool,
}
