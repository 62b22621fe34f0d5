"""PostgreSQL: a server on which we may make databases."""

from __future__ import annotations

import getpass
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg2
from psycopg2 import sql

from scripts.services._process import (
    LOCALHOST,
    Missing,
    free_port,
    ignores_running,
    installed,
    private_directory,
    start,
    unprivileged,
)

BINARIES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")


def postgres(stack: ExitStack, environ: Mapping[str, str], *, durable: bool = False) -> tuple[str, str]:
    """The URL of a server where databases may be made, and how it was found.

    ``durable`` is for measuring: a server of our own then syncs its commits to
    disk as in production; for tests it does not.
    """
    if not ignores_running(environ):
        for variable in ("TEST_POSTGRES_URL", "DATABASE_URL"):
            url = environ.get(variable, "")
            if url.startswith("postgres"):
                if why := _refused(url):
                    raise Missing(f"{variable} names a PostgreSQL server that cannot be used: {why}")
                return url, f"named by {variable}"
        for url in _on_localhost(environ):
            if _refused(url) is None:
                return url, f"listening on {urlsplit(url).netloc}"
    return _own(stack, environ, durable)


@contextmanager
def fresh_database(server: str, prefix: str = "trolley") -> Iterator[str]:
    """A new database on ``server``, by its URL; dropped afterwards, even with open connections."""
    name = f"{prefix}_{uuid4().hex[:12]}"
    _execute(server, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        drop(server, name)


def refill(server: str, name: str, template: str) -> None:
    """Recreate a database as a copy of another without connections."""
    server = urlunsplit(urlsplit(server)._replace(path="/postgres"))
    drop(server, name)
    copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    _execute(server, copy.format(sql.Identifier(name), sql.Identifier(template)))


def drop(server: str, name: str) -> None:
    """Drop a database if it is there."""
    _execute(server, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def databases(server: str, prefix: str) -> list[str]:
    """The names of the server's databases that begin with ``prefix``."""
    connection = psycopg2.connect(server, connect_timeout=5)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", (prefix,))
            return [row[0] for row in cursor.fetchall()]
    finally:
        connection.close()


def _execute(server: str, statement: sql.Composable) -> None:
    connection = psycopg2.connect(server, connect_timeout=5)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()


def _on_localhost(environ: Mapping[str, str]) -> Iterator[str]:
    users = dict.fromkeys(filter(None, (environ.get("PGUSER"), "postgres", getpass.getuser())))
    for user in users:
        yield f"postgresql://{user}@{LOCALHOST}:{environ.get('PGPORT', '5432')}/postgres"


def _refused(url: str) -> str | None:
    """Why no databases can be made there; None when they can."""
    try:
        connection = psycopg2.connect(url, connect_timeout=3)
    except psycopg2.OperationalError as error:
        return str(error).strip()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
            row = cursor.fetchone()
            return None if row and row[0] else "its user may not create databases"
    finally:
        connection.close()


def _own(stack: ExitStack, environ: Mapping[str, str], durable: bool) -> tuple[str, str]:
    server = installed("PostgreSQL", "postgres", ("postgresql",), environ, BINARIES)
    beside = str(Path(server).resolve().parent)
    initdb = installed("PostgreSQL", "initdb", ("postgresql",), environ, (beside, *BINARIES))
    user = unprivileged()
    directory = private_directory(stack, "postgres", user)
    data = directory / "data"
    how = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C.UTF-8"]
    made = subprocess.run(
        [initdb, "-D", str(data), *how],
        capture_output=True,
        text=True,
        cwd=directory,
        check=False,
        user=user,
    )
    if made.returncode != 0:
        raise Missing(f"{initdb} failed: {made.stderr.strip()}")
    port = free_port()
    url = f"postgresql://postgres@{LOCALHOST}:{port}/postgres"
    options = {
        "port": port,
        "listen_addresses": LOCALHOST,
        "unix_socket_directories": directory,
        "max_connections": 200,
        "fsync": "on" if durable else "off",
        "full_page_writes": "on" if durable else "off",
    }
    command = [server, "-D", str(data)]
    for key, value in options.items():
        command += ["-c", f"{key}={value}"]
    start(stack, command, directory, lambda: _refused(url) is None, user=user, stop_signal=signal.SIGINT)
    return url, f"started from {server} on port {port}"
