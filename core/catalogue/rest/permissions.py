"""Who may write which row of the catalogue, shared by its views."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TypeVar, cast

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404
from rest_framework.request import Request

from core.accounts import scopes
from core.accounts.principals import Principal
from core.problems import Problem, rule
from core.tenancy.models import Chain

Row = TypeVar("Row", bound=Model)
_OF_THE_CHAIN = "Names and prices are the whole chain's, and yours leaves them to its own people."


def of_the_chain() -> Problem:
    """Return the 403 of branch managers whose chain keeps its catalogue to itself."""
    return Problem(403, "catalogue_of_the_chain", _OF_THE_CHAIN)


def managed(request: Request) -> QuerySet[Chain]:
    """Return the chains whose catalogue the caller may change.

    Raises PermissionDenied if there are none, and a 403 of its own for want of the chain's leave.
    """
    who = cast(Principal, request.auth)
    if who.is_platform_admin:
        return Chain.objects.all()
    slugs = scopes.editable_chains(who)
    if not slugs and scopes.managed_chains(who, "catalogue.manage"):
        raise of_the_chain()
    if not slugs:
        raise PermissionDenied
    return Chain.objects.filter(slug__in=slugs)


def watched(request: Request) -> QuerySet[Chain]:
    """Return the chains all of whose catalogue the caller may read; raises PermissionDenied for none."""
    who = cast(Principal, request.auth)
    if who.is_platform_admin:
        return Chain.objects.all()
    slugs = scopes.managed_chains(who, "catalogue.watch")
    if not slugs:
        raise PermissionDenied
    return Chain.objects.filter(slug__in=slugs)


def of_managed_chains(request: Request, rows: QuerySet[Row]) -> QuerySet[Row]:
    """Return those of the rows, by ``chain``, whose catalogue the caller manages; ``?chain=``: of one."""
    who = cast(Principal, request.auth)
    if not who.is_platform_admin:
        rows = rows.filter(chain__slug__in=scopes.managed_chains(who, "catalogue.manage"))
    slug = request.query_params.get("chain")
    return rows.filter(chain__slug=slug) if slug else rows


def chain_of(
    request: Request, slug: str | None, chains_of: Callable[[Request], QuerySet[Chain]] = managed
) -> Chain:
    """Return the chain that it is about, of those that ``chains_of`` gives; another tenant's is not found."""
    chains = chains_of(request)
    if slug is None:
        found = list(chains[:2])
        if len(found) != 1:
            raise rule("which_one", chain="This field is required: name one chain.")
        return found[0]
    chain = chains.filter(slug=slug).first()
    if chain is None:
        raise Http404
    return chain


def writable(request: Request, rows: QuerySet[Row], path: str, row_id: uuid.UUID) -> Row:
    """Return the row for a change; ``path`` leads to its chain. Another tenant's is not found."""
    chains = managed(request)
    row = rows.filter(pk=row_id, **{f"{path}__in": chains}).first()
    if row is None:
        raise Http404
    return row
