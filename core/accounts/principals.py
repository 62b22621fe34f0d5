"""Who is calling, and what they may do. The only place that knows roles."""

from __future__ import annotations

import uuid
from typing import Literal

import msgspec

from core.accounts.models import User
from core.accounts.tokens import TokenError

_STAFF = frozenset({"staff", "manager", "chain_admin"})
_MANAGERS = frozenset({"manager", "chain_admin"})
_CHAIN = frozenset({"chain_admin"})

PERMISSIONS: dict[str, frozenset[str]] = {
    "branch.watch": _STAFF,
    "branch.manage": _MANAGERS,
    "chain.watch": _CHAIN,
    "chain.manage": _CHAIN,
    "catalogue.manage": _MANAGERS,
    "device.watch": _STAFF,
    "device.manage": _MANAGERS,
    "firmware.release": frozenset(),
    "order.watch": _STAFF,
    "order.verify": _STAFF,
    "order.refund": _MANAGERS,
    "stock.manage": _STAFF,
    "trolley.operate": _STAFF,
    "trolley.print_qr": _MANAGERS,
    "session.for_others": _STAFF | {"device"},
    "device.link": frozenset({"device"}),
}
"""Permission -> roles that have it where they were granted. A platform admin has all but a device's."""


class Grant(msgspec.Struct, frozen=True):
    """A role in one branch, or in every branch of the chain when branch is None."""

    role: str
    chain: str
    """Chain slug."""
    branch: str | None = None
    """Branch code."""


class Principal(msgspec.Struct, frozen=True):
    """A user or a device whose token was verified."""

    kind: Literal["user", "device"]
    id: str
    username: str
    is_platform_admin: bool = False
    grants: tuple[Grant, ...] = ()
    tier: str = "STANDARD"
    """Whose prices a person gets."""

    @property
    def label(self) -> str:
        """How the journal names it: ``user:<uuid>`` or ``device:<uuid>``."""
        return f"{self.kind}:{self.id}"


def may(principal: Principal, permission: str, chain: str, branch: str | None = None) -> bool:
    """Return whether the principal has the permission in that branch (None: in the chain as a whole).

    Raises KeyError for a permission that is not in the table.
    """
    roles = PERMISSIONS[permission]
    if principal.is_platform_admin:
        return permission != "device.link"
    return any(
        grant.role in roles and grant.chain == chain and grant.branch in (None, branch)
        for grant in principal.grants
    )


def of(user: User) -> Principal:
    """Return the principal of a user. Blocking: reads the grants."""
    grants = tuple(
        Grant(grant.role, grant.chain.slug, grant.branch.code if grant.branch else None)
        for grant in user.grants.select_related("chain", "branch").order_by(
            "chain__slug", "branch__code", "role"
        )
    )
    return Principal("user", str(user.pk), user.username, user.is_superuser, grants, user.tier)


def load(user_id: str) -> Principal:
    """Return the principal of an active user; raises TokenError. Blocking."""
    return of(find_user(user_id))


def find_user(user_id: str) -> User:
    """Return the active user with that id; raises TokenError. Blocking."""
    user = User.objects.filter(pk=subject_id(user_id), is_active=True).first()
    if user is None:
        raise TokenError("token_invalid", "The account of this token does not exist any more.")
    return user


def subject_id(text: str) -> uuid.UUID:
    """Return the id that a token names; raises TokenError."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise TokenError("token_invalid", "The token is not valid.") from None
