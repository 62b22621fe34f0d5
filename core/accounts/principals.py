"""Who is calling, and what they may do. The only place that knows roles."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Literal

import msgspec
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.accounts.credentials.tokens import Claims, TokenError
from core.accounts.models import Login, User

_AT_ONCE = 500
"""Logins that are looked up by one query."""
_STAFF = frozenset({"staff", "manager", "chain_admin"})
_MANAGERS = frozenset({"manager", "chain_admin"})
_CHAIN = frozenset({"chain_admin"})

PERMISSIONS: dict[str, frozenset[str]] = {
    "admin.enter": frozenset(),
    "audit.watch": _MANAGERS,
    "branch.watch": _STAFF,
    "branch.manage": _MANAGERS,
    "chain.create": frozenset(),
    "chain.watch": _CHAIN,
    "chain.manage": _CHAIN,
    "catalogue.watch": _MANAGERS,
    "catalogue.manage": _MANAGERS,
    "catalogue.deliver": _MANAGERS,
    "catalogue.recall": _STAFF,
    "device.watch": _STAFF,
    "device.manage": _MANAGERS,
    "firmware.release": frozenset(),
    "people.manage": _MANAGERS,
    "approval.settle": _STAFF,
    "order.watch": _STAFF,
    "order.verify": _STAFF,
    "order.refund": _MANAGERS,
    "till.settle": _STAFF,
    "stock.manage": _STAFF,
    "trolley.operate": _STAFF,
    "trolley.print_qr": _MANAGERS,
    "session.for_others": _STAFF | {"device"},
    "device.link": frozenset({"device"}),
}
"""Permission -> roles that have it where they were granted. A platform admin has all but a device's."""


class HeldRole(msgspec.Struct, frozen=True):
    """A role in one branch, or in every branch of the chain when branch is None."""

    role: str
    chain: str
    """Chain slug."""
    branch: str | None = None
    """Branch code."""


class Principal(msgspec.Struct, frozen=True):
    """A user or a device whose token was verified."""

    kind: Literal["user", "device", "key"]
    id: str
    username: str
    is_platform_admin: bool = False
    grants: tuple[HeldRole, ...] = ()
    tier: str = "STANDARD"
    """Whose prices a person gets."""
    login: str = ""
    """Of a person: which login the token is of."""
    withheld: tuple[HeldRole, ...] = ()
    """Roles in chains that demand a second factor of them, which the account has not got yet."""
    scopes: frozenset[str] | None = None
    """Of a key: the permissions that it has of those that its grants give. None: all of them."""

    @property
    def label(self) -> str:
        """How the journal names it: ``user:<uuid>`` or ``device:<uuid>``."""
        return f"{self.kind}:{self.id}"

    @property
    def has_role(self) -> bool:
        """Whether it has a role anywhere; a person without one is one of the crowd."""
        return self.is_platform_admin or bool(self.grants)

    def is_for(self, permission: str) -> bool:
        """Return whether it may have the permission at all, by what a key was made for."""
        return self.scopes is None or permission in self.scopes


def may(principal: Principal, permission: str, chain: str, branch: str | None = None) -> bool:
    """Return whether the principal has the permission in that branch (None: in the chain as a whole).

    Raises KeyError for a permission that is not in the table.
    """
    roles = PERMISSIONS[permission]
    if not principal.is_for(permission):
        return False
    if principal.is_platform_admin:
        return permission != "device.link"
    return any(
        grant.role in roles and grant.chain == chain and grant.branch in (None, branch)
        for grant in principal.grants
    )


def of(user: User) -> Principal:
    """Return the principal of a user. Blocking: reads the grants."""
    given: list[HeldRole] = []
    withheld: list[HeldRole] = []
    for role, chain, branch, demands in _grants_of(user):
        demanded = demands and role in _MANAGERS
        (withheld if demanded else given).append(HeldRole(role, chain, branch))
    if withheld and has_second_factor(user):
        given, withheld = [*given, *withheld], []
    return Principal(
        kind="user",
        id=str(user.pk),
        username=user.username,
        is_platform_admin=user.is_superuser,
        grants=_sorted(given),
        tier=user.tier,
        withheld=_sorted(withheld),
    )


def _grants_of(user: User) -> Iterable[tuple[str, str, str | None, bool]]:
    """Return role, chain, branch, and whether the chain demands a second factor, of each grant. Blocking."""
    if "grants" not in getattr(user, "_prefetched_objects_cache", {}):
        columns = ("role", "chain__slug", "branch__code", "chain__demands_second_factor")
        return user.grants.values_list(*columns)
    return [
        (row.role, row.chain.slug, row.branch.code if row.branch else None, row.chain.demands_second_factor)
        for row in user.grants.all()
    ]


def _sorted(grants: Iterable[HeldRole]) -> tuple[HeldRole, ...]:
    return tuple(sorted(grants, key=lambda grant: (grant.chain, grant.branch or "", grant.role)))


def has_second_factor(user: User) -> bool:
    """Return whether the account has a second factor. Blocking."""
    return bool(TOTPDevice.objects.filter(user=user, confirmed=True).exists())


def load(claims: Claims) -> Principal:
    """Return the principal of an access token; raises TokenError. Blocking."""
    return msgspec.structs.replace(of(find_user(claims)), login=claims.login)


def find_user(claims: Claims) -> User:
    """Return the active user of a login that goes on; raises TokenError. Blocking."""
    login = (
        Login.objects.select_related("user")
        .filter(pk=subject_id(claims.login), user=subject_id(claims.subject), ended_at=None)
        .first()
    )
    if login is None or not login.user.is_active:
        raise TokenError("token_invalid", "This login has ended, or its account does not exist any more.")
    return login.user


def of_logins(logins: Iterable[str]) -> dict[str, Principal]:
    """Return the principals of those logins that go on, by the login's id. Blocking: two queries for many."""
    found: dict[str, Principal] = {}
    ids = list(logins)
    for at in range(0, len(ids), _AT_ONCE):
        rows = Login.objects.filter(pk__in=ids[at : at + _AT_ONCE], ended_at=None, user__is_active=True)
        roles = ("user__grants__chain", "user__grants__branch")
        for row in rows.select_related("user").prefetch_related(*roles):
            found[str(row.pk)] = msgspec.structs.replace(of(row.user), login=str(row.pk))
    return found


def subject_id(text: str) -> uuid.UUID:
    """Return the id that a token names; raises TokenError."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise TokenError("token_invalid", "The token is not valid.") from None
