"""Rows and the one SQL statement that writes many of them.

A `Row` is a struct with the names and types of the columns; its `Form`, read off the class, says
which table, which key and how it is written. All rows of one form in a commit travel as one JSON
array in one parameter, which the database unfolds itself: that costs Python one encoding and one
hand-over, whatever the number of rows (docs/decisions/0002-journal-commit.md).
"""

from __future__ import annotations

from decimal import Decimal
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    ClassVar,
    Literal,
    NamedTuple,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec

Column = Literal["text", "bigint", "numeric", "uuid", "boolean", "time", "float", "json"]
"""``time`` is POSIX seconds in the row and a timestamp in the table; ``json`` becomes text."""
Mode = Literal["insert", "upsert", "merge", "update", "delete"]
"""insert refuses a known key; merge is an upsert that keeps the old value where the new is null;
update touches rows that exist and skips those that do not."""

_PG_TYPES: dict[Column, str] = {"time": "double precision", "float": "double precision"}
_PG_VALUES: dict[Column, str] = {"time": "to_timestamp(r.{0})", "json": "r.{0}::text"}
_SQLITE_VALUES: dict[Column, str] = {
    # As Django writes it, to the microsecond; strftime's own fractions are milliseconds.
    "time": (
        "strftime('%Y-%m-%d %H:%M:%S', {1} / 1000000, 'unixepoch') || printf('.%06d', {1} % 1000000)"
    ).replace("{1}", "CAST(round((r.value ->> '$.{0}') * 1000000) AS integer)"),
    "uuid": "replace(r.value ->> '$.{0}', '-', '')",
}


class Form(NamedTuple):
    """One way of writing rows of one table."""

    table: str
    mode: Mode
    key: tuple[str, ...]
    columns: dict[str, Column]
    while_null: str = ""
    """For updates: a column that must still be null, else the row is left alone."""

    @property
    def values(self) -> tuple[str, ...]:
        """The columns beside the key."""
        return tuple(name for name in self.columns if name not in self.key)


Uuid = Annotated[str, "uuid"]
Posix = Annotated[float, "time"]
"""Seconds since 1970, UTC; a timestamp in the table."""

_COLUMNS: dict[Any, Column] = {
    str: "text",
    int: "bigint",
    bool: "boolean",
    float: "float",
    Decimal: "numeric",
    msgspec.Raw: "json",
    Uuid: "uuid",
    Posix: "time",
}


@dataclass_transform()
class _RowType(msgspec.StructMeta):
    """Reads the form of a row off its class: ``class Note(Row, table="note", key="name", mode="upsert")``."""

    def __new__(
        mcs,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        table: str = "",
        key: str | tuple[str, ...] = (),
        mode: Mode = "upsert",
        while_null: str = "",
    ) -> Any:
        row = super().__new__(mcs, name, bases, namespace)
        if table:
            keys = (key,) if isinstance(key, str) else key
            row.form = Form(table, mode, keys, _columns(row), while_null)  # type: ignore[attr-defined]
        return row


def _columns(row: type) -> dict[str, Column]:
    """Return the columns that the annotations describe; raises TypeError for a type that no column has."""
    found: dict[str, Column] = {}
    for name, kind in get_type_hints(row, include_extras=True).items():
        if get_origin(kind) is ClassVar:
            continue
        there = [each for each in get_args(kind) if each is not NoneType]
        column = _COLUMNS.get(
            there[0] if get_origin(kind) in (Union, UnionType) and len(there) == 1 else kind
        )
        if column is None:
            expected = "str, int, bool, float, Decimal, msgspec.Raw, Uuid or Posix, or one of them or None"
            raise TypeError(f"{row.__name__}.{name}: expected {expected}, got {kind}")
        found[name] = column
    return found


class Row(msgspec.Struct, metaclass=_RowType):
    """Base of all rows: a subclass has an annotated field for each column.

    Its arguments are those of :class:`Form`: ``table``, ``key`` (one name or several), ``mode``, and
    ``while_null``. Rows are made by keyword, but for those that every command writes: a type made by a
    metaclass in Python takes keywords by way of a dict, which costs as much as the rest of the row.
    """

    form: ClassVar[Form]


def postgres_sql(form: Form) -> str:
    """Return the statement with one parameter, the JSON array of the rows."""
    types = ", ".join(f"{name} {_PG_TYPES.get(kind, kind)}" for name, kind in form.columns.items())
    source = f"json_to_recordset(%s) AS r({types})"
    values = {name: _PG_VALUES.get(kind, "r.{0}").format(name) for name, kind in form.columns.items()}
    if form.mode == "delete":
        return f"DELETE FROM {form.table} t USING {source} WHERE {_matches(form, values)}"  # noqa: S608 - names of our own tables and columns
    return _write_sql(form, source, values)


def sqlite_sql(form: Form) -> str:
    """Return the statement with one parameter, the JSON array of the rows."""
    values = {
        name: _SQLITE_VALUES.get(kind, "r.value ->> '$.{0}'").format(name)
        for name, kind in form.columns.items()
    }
    if form.mode == "delete":
        keys = ", ".join(form.key)
        wanted = ", ".join(values[name] for name in form.key)
        return f"DELETE FROM {form.table} WHERE ({keys}) IN (SELECT {wanted} FROM json_each(?) AS r)"  # noqa: S608 - names of our own tables and columns
    # "WHERE true" tells SQLite's parser that ON CONFLICT is no join condition.
    return _write_sql(form, "json_each(?) AS r", values, where="" if form.mode == "update" else " WHERE true")


def _write_sql(form: Form, source: str, values: dict[str, str], where: str = "") -> str:
    if form.mode == "update":
        changes = ", ".join(f"{name} = {values[name]}" for name in form.values)
        return f"UPDATE {form.table} AS t SET {changes} FROM {source} WHERE {_matches(form, values)}"  # noqa: S608 - names of our own tables and columns
    select = f"SELECT {', '.join(values.values())} FROM {source}{where}"  # noqa: S608 - names of our own tables and columns
    insert = f"INSERT INTO {form.table} ({', '.join(values)}) {select}"
    if form.mode == "insert":
        return insert
    new = "excluded.{0}" if form.mode == "upsert" else f"coalesce(excluded.{{0}}, {form.table}.{{0}})"
    changes = ", ".join(f"{name} = {new.format(name)}" for name in form.values)
    return f"{insert} ON CONFLICT ({', '.join(form.key)}) DO UPDATE SET {changes}"


def _matches(form: Form, values: dict[str, str]) -> str:
    conditions = [f"t.{name} = {values[name]}" for name in form.key]
    if form.while_null:
        conditions.append(f"t.{form.while_null} IS NULL")
    return " AND ".join(conditions)
