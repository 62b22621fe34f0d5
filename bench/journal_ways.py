"""Other ways of writing one commit to PostgreSQL, to measure the chosen one against.

Each writes the same rows as the store does, in one transaction behind the fence.
"""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any
from uuid import uuid4

import msgspec
from psycopg2.extensions import connection as Connection
from psycopg2.extras import execute_values

from actors.runtime.journal import Write
from core.entities import PROJECTIONS
from core.journal.projector import Packed, group, pack
from core.journal.tables import Column, Form, Row, postgres_sql
from core.shopping.projections import CartItemRow, CartRow

Way = Callable[[Connection, int, Sequence[Write]], None]
"""Writes the batch and commits; the partition is the bench's own, so its fence is simple."""

PARTITION = "ways"
FENCE = f"UPDATE journal_partition SET commits = commits + 1 WHERE name = '{PARTITION}' AND epoch = %s"
_ARRAYS: dict[Column, str] = {"json": "text", "time": "double precision", "float": "double precision"}


def json_each(connection: Connection, epoch: int, batch: Sequence[Write]) -> None:
    """One JSON parameter a table, but a round trip for each statement."""
    with connection, connection.cursor() as cursor:
        cursor.execute(FENCE, (epoch,))
        for part in pack(batch, epoch, PROJECTIONS):
            cursor.execute(postgres_sql(part.kind.form), (part.rows.decode(),))


def json_cte(connection: Connection, epoch: int, batch: Sequence[Write]) -> None:
    """One statement: every table a data-modifying WITH query that depends on the fence."""
    packed = pack(batch, epoch, PROJECTIONS)
    parts = [f"f AS ({FENCE} RETURNING 1)"]
    for place, part in enumerate(packed):
        before, conflict, after = postgres_sql(part.kind.form).partition(" ON CONFLICT")
        parts.append(f"w{place} AS ({before} WHERE EXISTS (SELECT FROM f){conflict}{after})")
    with connection, connection.cursor() as cursor:
        cursor.execute(f"WITH {', '.join(parts)} SELECT 1 FROM f", (epoch, *_texts(packed)))


class JsonPrepared:
    """One string of EXECUTE statements, so that the server plans each only once."""

    def __init__(self) -> None:
        self._prepared: set[type[Row]] = set()

    def __call__(self, connection: Connection, epoch: int, batch: Sequence[Write]) -> None:
        """Write the batch and commit."""
        packed = pack(batch, epoch, PROJECTIONS)
        with connection, connection.cursor() as cursor:
            for part in packed:
                if part.kind not in self._prepared:
                    self._prepared.add(part.kind)
                    sql = postgres_sql(part.kind.form).replace("%s", "$1")
                    cursor.execute(f"PREPARE {part.kind.__name__} (json) AS {sql}")
            calls = [f"EXECUTE {part.kind.__name__} (%s)" for part in packed]
            cursor.execute("; ".join([FENCE, *calls]), (epoch, *_texts(packed)))


def values(connection: Connection, epoch: int, batch: Sequence[Write]) -> None:
    """psycopg2's ``execute_values``: a literal for every value."""
    with connection, connection.cursor() as cursor:
        cursor.execute(FENCE, (epoch,))
        for kind, rows in group(batch, epoch, PROJECTIONS).items():
            form = kind.form
            casts: dict[Column, str] = {"time": "to_timestamp(%s)", "uuid": "%s::uuid"}
            template = f"({', '.join(casts.get(column, '%s') for column in form.columns.values())})"
            sql = f"INSERT INTO {form.table} ({', '.join(form.columns)}) VALUES %s{_conflict(form)}"
            execute_values(cursor, sql, list(map(_tuple, rows)), template, page_size=len(rows))


def unnest(connection: Connection, epoch: int, batch: Sequence[Write]) -> None:
    """One array parameter a column, all statements in one string."""
    statements = [FENCE]
    parameters: list[Any] = [epoch]
    for kind, rows in group(batch, epoch, PROJECTIONS).items():
        form = kind.form
        arrays = ", ".join(f"%s::{_ARRAYS.get(column, column)}[]" for column in form.columns.values())
        source = f"unnest({arrays}) AS r({', '.join(form.columns)})"
        statements.append(_insert_select(form, source))
        parameters += map(list, zip(*map(_tuple, rows), strict=True))
    with connection, connection.cursor() as cursor:
        cursor.execute("; ".join(statements), parameters)


class Copy:
    """COPY, for the read models by way of a temporary table."""

    def __init__(self) -> None:
        self._made = False

    def __call__(self, connection: Connection, epoch: int, batch: Sequence[Write]) -> None:
        """Write the batch and commit."""
        with connection, connection.cursor() as cursor:
            if not self._made:
                self._make(cursor)
            cursor.execute(FENCE, (epoch,))
            upserts = []
            for kind, rows in group(batch, epoch, PROJECTIONS).items():
                form = kind.form
                table = form.table if form.mode == "insert" else f"t_{form.table}"
                lines = "".join("\t".join(map(_copied, _tuple(row))) + "\n" for row in rows)
                cursor.copy_expert(f"COPY {table} ({', '.join(form.columns)}) FROM STDIN", io.StringIO(lines))
                if form.mode == "upsert":
                    upserts.append(f"{_insert_select(form, f'{table} r')}; TRUNCATE {table}")
            cursor.execute("; ".join(upserts))

    def _make(self, cursor: Any) -> None:
        self._made = True
        for form in (CartRow.form, CartItemRow.form):
            columns = ", ".join(f"{name} {_ARRAYS.get(kind, kind)}" for name, kind in form.columns.items())
            cursor.execute(f"CREATE TEMPORARY TABLE t_{form.table} ({columns})")


class Retabled:
    """The store's own way on another table of events, made by ``like`` and ``change``."""

    def __init__(self, like: str, change: str = "", column: str = "text") -> None:
        self._table = f"bench_event_{uuid4().hex[:8]}"
        self._make = f"CREATE TABLE {self._table} (LIKE journal_event {like}); {change}"
        self._column = column
        self._made = False

    def __call__(self, connection: Connection, epoch: int, batch: Sequence[Write]) -> None:
        """Write the batch and commit."""
        packed = pack(batch, epoch, PROJECTIONS)
        statements = [
            postgres_sql(part.kind.form)
            .replace("INTO journal_event ", f"INTO {self._table} ")
            .replace("::text", f"::{self._column}")
            for part in packed
        ]
        with connection, connection.cursor() as cursor:
            if not self._made:
                self._made = True
                cursor.execute(self._make.format(self._table))
            cursor.execute("; ".join([FENCE, *statements]), (epoch, *_texts(packed)))


def rows_one_by_one(connection: sqlite3.Connection, epoch: int, batch: Sequence[Write]) -> None:
    """SQLite's ``executemany``, which gives up the interpreter lock at every row."""
    with connection:
        connection.execute(FENCE.replace("%s", "?"), (epoch,))
        for kind, rows in group(batch, epoch, PROJECTIONS).items():
            form = kind.form
            marks = ", ".join("?" * len(form.columns))
            sql = f"INSERT INTO {form.table} ({', '.join(form.columns)}) VALUES ({marks}){_conflict(form)}"
            connection.executemany(sql, [tuple(map(_plain, _tuple(row))) for row in rows])


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


def _texts(packed: Sequence[Packed]) -> list[str]:
    return [part.rows.decode() for part in packed]


def _tuple(row: Row) -> tuple[Any, ...]:
    return tuple(
        bytes(value).decode() if isinstance(value, msgspec.Raw) else value
        for value in msgspec.structs.astuple(row)
    )


def _copied(value: Any) -> str:
    if isinstance(value, str):
        return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
    return "\\N" if value is None else str(value)


def _insert_select(form: Form, source: str) -> str:
    chosen = ", ".join(
        f"to_timestamp(r.{name})" if column == "time" else f"r.{name}"
        for name, column in form.columns.items()
    )
    return (
        f"INSERT INTO {form.table} ({', '.join(form.columns)}) SELECT {chosen} FROM {source}{_conflict(form)}"
    )


def _conflict(form: Form) -> str:
    if form.mode == "insert":
        return ""
    changes = ", ".join(f"{name} = excluded.{name}" for name in form.values)
    return f" ON CONFLICT ({', '.join(form.key)}) DO UPDATE SET {changes}"


WAYS: dict[str, Callable[[], Way]] = {
    "JSON, a statement a round trip": lambda: json_each,
    "JSON, one WITH statement": lambda: json_cte,
    "JSON, one string, prepared": JsonPrepared,
    "execute_values": lambda: values,
    "arrays and unnest, one string": lambda: unnest,
    "COPY and temporary tables": Copy,
    "JSON, one string, jsonb column": lambda: Retabled(
        "INCLUDING ALL",
        "ALTER TABLE {0} ALTER data TYPE jsonb USING data::jsonb,"
        " ALTER answer TYPE jsonb USING answer::jsonb",
        "jsonb",
    ),
    "JSON, one string, primary key only": lambda: Retabled(
        "", "ALTER TABLE {0} ADD PRIMARY KEY (entity, seq)"
    ),
}
