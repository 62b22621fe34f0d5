"""Who may give, change and take which role: never more than their own."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Q

from core.accounts.models import Role
from core.accounts.principals import PERMISSIONS, Principal
from core.tenancy.models import Branch, Chain

PERMISSION = "people.manage"
_RANKS = {Role.STAFF: 0, Role.MANAGER: 1, Role.CHAIN_ADMIN: 2}


class RoleAssignment(NamedTuple):
    """A role in one branch, or in all of the chain when branch is None."""

    role: str
    chain: Chain
    branch: Branch | None


def may_give(who: Principal, place: RoleAssignment) -> bool:
    """Return whether the caller may give, change or take the role there: has as much there, or more."""
    if who.is_platform_admin:
        return True
    branch = None if place.branch is None else place.branch.code
    return any(
        own.chain == place.chain.slug
        and own.role in PERMISSIONS[PERMISSION]
        and own.branch in (None, branch)
        and _RANKS[Role(own.role)] >= _RANKS[Role(place.role)]
        for own in who.grants
    )


def seen(who: Principal, chain: Chain) -> Q | None:
    """Return which roles of the chain the caller sees: those of where they manage people; None: nowhere."""
    if who.is_platform_admin:
        return Q()
    own = [
        each.branch
        for each in who.grants
        if each.chain == chain.slug and each.role in PERMISSIONS[PERMISSION]
    ]
    if None in own:
        return Q()
    return Q(branch__code__in=own) if own else None
