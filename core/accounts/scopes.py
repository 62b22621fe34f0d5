"""Which rows a principal may see: the same table as ``may``, as querysets."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from core.accounts.principals import PERMISSIONS, Principal, may
from core.tenancy.lookup import by_id_or
from core.tenancy.models import Branch, Chain


def branches(principal: Principal, permission: str) -> QuerySet[Branch]:
    """Return the branches in which the principal has the permission."""
    rows = Branch.objects.select_related("chain")
    if not principal.is_for(permission):
        return rows.none()
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


def find_branch(principal: Principal, permission: str, name: str) -> Branch:
    """Return the branch with that id or code; raises Http404, too for one without the permission."""
    return get_object_or_404(branches(principal, permission), by_id_or("code", name))


def find_branch_key(principal: Principal, permission: str, name: str) -> tuple[UUID, str]:
    """Return id and code of the branch alone, for what is asked often; raises as :func:`find_branch`."""
    rows = branches(principal, permission).filter(by_id_or("code", name))
    found = rows.values_list("pk", "code").first()
    if found is None:
        raise Http404
    return found


def branch_for(principal: Principal, permission: str, name: str) -> Branch:
    """Return the branch for something that needs the permission there.

    Raises Http404 for one that the principal does not work in, PermissionDenied for one that it does.
    """
    branch = find_branch(principal, "branch.watch", name)
    if not may(principal, permission, branch.chain.slug, branch.code):
        raise PermissionDenied
    return branch


def chain_for(principal: Principal, permission: str, name: str) -> Chain:
    """Return the chain for something that needs the permission in all of it; raises as ``branch_for``."""
    chain = find_chain(principal, name)
    if not may(principal, permission, chain.slug):
        raise PermissionDenied
    return chain


def find_chain(principal: Principal, name: str) -> Chain:
    """Return the chain with that id or slug; raises Http404, too for one without a role."""
    return get_object_or_404(chains(principal), by_id_or("slug", name))


def editable_chains(principal: Principal, permission: str = "catalogue.manage") -> set[str]:
    """Return the slugs of the chains whose catalogue the principal may change, or deliver to.

    Whoever has the role in single branches only may where the chain lets them.
    """
    if not principal.is_for(permission):
        return set()
    roles = PERMISSIONS[permission]
    held = [grant for grant in principal.grants if grant.role in roles]
    whole = {grant.chain for grant in held if grant.branch is None}
    single = {grant.chain for grant in held} - whole
    if not single:
        return whole
    open_ones = Chain.objects.filter(slug__in=single, branch_managers_edit_catalogue=True)
    return whole | set(open_ones.values_list("slug", flat=True))


def managed_chains(principal: Principal, permission: str) -> set[str]:
    """Return the slugs of the chains in which the principal has the permission in some branch."""
    if not principal.is_for(permission):
        return set()
    return {grant.chain for grant in principal.grants if grant.role in PERMISSIONS[permission]}
