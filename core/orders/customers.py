"""Customers of a chain: the people for whom its staff may act, and no others."""

from __future__ import annotations

from django.db.models import Q

from core.accounts.models import Grant, Invitation, User
from core.fleet.models import Rental, Session
from core.orders.models import Order
from core.tenancy.models import Branch


def is_known(user_id: str, chain: str) -> bool:
    """Return whether the person has shopped or works in the chain, or came to us by it. Blocking.

    Whoever scans a trolley's code agrees by it, and so does who accepts an invitation, for as long as the
    account is there; whose account its staff made, of a number that nobody had, is its customer too. A
    name or a number of somebody who is here already is no consent, nor is having been invited.
    """
    codes = Branch.objects.filter(chain__slug=chain).values("code")
    return (
        Session.objects.filter(user_id=user_id, branch_code__in=codes).exists()
        or Order.objects.filter(user_id=user_id, chain_slug=chain).exists()
        or Rental.objects.filter(user_id=user_id, branch_code__in=codes).exists()
        or Grant.objects.filter(user_id=user_id, chain__slug=chain).exists()
        or Invitation.objects.filter(accepted_by__id=user_id, chain__slug=chain).exists()
        or User.objects.filter(pk=user_id, made_in__slug=chain).exists()
    )


def works_in(user_id: str, chain: str, branch: str) -> bool:
    """Return whether the person has a role in that branch, or in all of its chain. Blocking."""
    here = Q(grants__chain__slug=chain) & (Q(grants__branch=None) | Q(grants__branch__code=branch))
    return User.objects.filter(here | Q(is_superuser=True), pk=user_id, is_active=True).exists()
