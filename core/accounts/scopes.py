"""Which rows a principal may see: the same table as ``may``, as querysets."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from core.accounts.principals import PERMISSIONS, Principal
from core.tenancy.models import Branch, Chain


def branches(principal: Principal, permission: str) -> QuerySet[Branch]:
    """Return the branches in which the principal has the permission."""
    rows = Branch.objects.select_related("chain")
    if principal.is_platform_admin:
        return rows
    allowed = Q(pk__in=())
    for grant in principal.grants:
        if grant.role in PERMISSIONS[permission]:
            allowed |= Q(chain__slug=grant.chain) if grant.branch is None else Q(code=grant.branch)
    return rows.filter(allowed)


def chains(principal: Principal) -> QuerySet[Chain]:
    """Return the chains in which the principal has any role."""
    if principal.is_platform_admin:
        return Chain.objects.all()
    return Chain.objects.filter(slug__in={grant.chain for grant in principal.grants})


def managed_chains(principal: Principal, permission: str) -> set[str]:
    """Return the slugs of the chains in which the principal has the permission in some branch."""
    return {grant.chain for grant in principal.grants if grant.role in PERMISSIONS[permission]}
