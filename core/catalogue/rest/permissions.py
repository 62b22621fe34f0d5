"""Who may write which row of the catalogue, shared by its views."""

from __future__ import annotations

import uuid
from typing import TypeVar, cast

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404
from rest_framework.request import Request

from core.accounts import scopes
from core.accounts.principals import Principal
from core.problems import rule
from core.tenancy.models import Chain

Row = TypeVar("Row", bound=Model)


def managed(request: Request) -> QuerySet[Chain]:
    """Return the chains whose catalogue the caller manages; raises PermissionDenied if there are none."""
    who = cast(Principal, request.auth)
    if who.is_platform_admin:
        return Chain.objects.all()
    slugs = scopes.managed_chains(who, "catalogue.manage")
    if not slugs:
        raise PermissionDenied
    return Chain.objects.filter(slug__in=slugs)


def chain_of(request: Request, slug: str | None) -> Chain:
    """Return the chain that a new row is for; another tenant's is not found."""
    chains = managed(request)
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
