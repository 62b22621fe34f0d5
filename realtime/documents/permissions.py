"""docs/PERMISSIONS.md, generated from the command table, the table of REST endpoints and the roles.

``python -m scripts.permissions`` writes it; a test keeps it current.
"""

from __future__ import annotations

from pathlib import Path

from core.access import ACCESS, Access
from core.accounts.principals import PERMISSIONS
from realtime.commands.table import TABLE
from realtime.pipeline.row import Command, own

FILE = Path(__file__).resolve().parents[2] / "docs" / "PERMISSIONS.md"
_ROLES = ("staff", "manager", "chain_admin", "device")
_HEAD = """# Who may do what

Generated from the command table (`realtime/commands/`), the table of REST endpoints (`core/access.py`) and
the roles (`core/accounts/principals.py`) by `python -m scripts.permissions`; a test fails while it is not
current.

## Commands

A test gives every command in every role, over both transports, in the own branch, in a sibling of it and in
another chain.

Whoever has `catalogue.manage` in single branches only has it where the chain lets them
(`branch_managers_edit_catalogue`), for names and prices are the whole chain's.

*own*: about the caller's own cart, session, payment or trolley. *branch*: in the branches in which the role
was granted (a chain admin: in all of the chain's). *any*: everywhere. A dash: never, answered with 403, or
with 404 where another tenant's thing would show that it exists. A device gives commands over HTTP only.
"""

_ENDPOINTS = """## REST endpoints

A test calls every one as everybody, and fails for one without a row. *any*: whoever it is. *own*: about
themselves, or a device about itself. *seen*: a list that shows what lies in the branches in which the role
was granted; *empty*: a list that shows such a caller nothing but their own.
"""


def text() -> str:
    """Return the page as it stands in docs/."""
    commands = [
        "| command | HTTP | permission | shopper | staff | manager | chain admin | platform admin | device |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_command(row) for row in sorted(TABLE, key=lambda row: row.name)),
    ]
    permissions = [
        "| permission | staff | manager | chain admin | platform admin | device |",
        "|---|---|---|---|---|---|",
        *(_permission(name) for name in sorted(PERMISSIONS)),
    ]
    endpoints = [
        "| endpoint | permission | nobody | shopper | staff | manager | chain admin | platform admin"
        " | device |",
        "|---|---|---|---|---|---|---|---|---|",
        *(
            _endpoint(f"{method} /api/{route}", rule)
            for route in sorted(ACCESS)
            for method, rule in ACCESS[route].items()
        ),
    ]
    return "\n".join(
        [_HEAD, *commands, "", _ENDPOINTS, *endpoints, "", "## Permissions", "", *permissions, ""]
    )


def _command(row: Command) -> str:
    routes = "<br>".join(f"`{route.method} /api{route.path}`" for route in row.routes)
    name = f"`{row.name}`" if row.socket else f"`{row.name}` (HTTP only)"
    mine = "own" if row.owners_may else ""
    cells = [name, routes, row.permission, mine or "—"]
    cells += [_both(mine, _granted(row.permission, role)) for role in _ROLES[:3]]
    cells.append(_both(mine, "any" if row.permission != "own" else ""))
    cells.append(_granted(row.permission, "device") or "—" if row.devices and row.where is not own else "—")
    return f"| {' | '.join(cells)} |"


def _endpoint(name: str, rule: Access) -> str:
    others = {"person": "any", "seen": "empty", "own": "own"}.get(rule.who, "—")
    cells = ["—", others]
    for role in _ROLES[:3]:
        if role not in PERMISSIONS.get(rule.permission, ()):
            cells.append(others)
        else:
            cells.append({"seen": "seen", "own": "own, branch"}.get(rule.who, "branch"))
    cells.append("any" if rule.permission or rule.who == "person" else "—")
    cells.append("own" if rule.who == "device" else "—")
    if rule.who == "anyone":
        cells = ["any"] * len(cells)
    return f"| {' | '.join([f'`{name}`', rule.permission or '—', *cells])} |"


def _permission(name: str) -> str:
    cells = [_granted(name, role) or "—" for role in _ROLES[:3]]
    cells.append("—" if name == "device.link" else "any")
    cells.append(_granted(name, "device") or "—")
    return f"| {' | '.join([name, *cells])} |"


def _granted(permission: str, role: str) -> str:
    return "branch" if role in PERMISSIONS.get(permission, ()) else ""


def _both(mine: str, granted: str) -> str:
    return ", ".join(each for each in (mine, granted) if each) or "—"
