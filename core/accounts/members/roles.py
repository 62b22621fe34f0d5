"""Giving, changing and taking roles; an admin is always left. Rights are checked before (``rights``)."""

from __future__ import annotations

from django.db.models import F, Q

from core.accounts import signals
from core.accounts.members.rights import RoleAssignment
from core.accounts.models import Grant, Role, User
from core.problems import Problem, rule
from core.tenancy.models import Chain


def give(user: User, place: RoleAssignment) -> Grant:
    """Grant the role; raises ValidationError ``already_there`` if it is held. Blocking, in a transaction."""
    grant, made = Grant.objects.get_or_create(
        user=user, role=place.role, chain=place.chain, branch=place.branch
    )
    if not made:
        raise rule("already_there", role="This person has this role there already.")
    return grant


def announce(grant: Grant) -> Grant:
    """Notify its owner of a role given by another person. Blocking, in the role's transaction."""
    signals.role_given.send(Grant, grant=grant)
    return grant


def change(grant: Grant, place: RoleAssignment) -> None:
    """Make another role of it. Raises Problem, ValidationError. Blocking, in a transaction."""
    _keep_an_admin(grant, place.role)
    others = Grant.objects.filter(user=grant.user, role=place.role, chain=place.chain, branch=place.branch)
    if others.exclude(pk=grant.pk).exists():
        raise rule("already_there", role="This person has this role there already.")
    grant.role, grant.branch = place.role, place.branch
    grant.save(update_fields=["role", "branch"])


def take(grant: Grant) -> None:
    """Take the role away. Raises Problem. Blocking, in a transaction."""
    _keep_an_admin(grant, None)
    grant.delete()


def known_to(user: User, chain: Chain) -> bool:
    """Return whether the chain need not ask: who has a role here, or none anywhere. Blocking."""
    mine = Q(user=user)
    return Grant.objects.filter(mine, chain=chain).exists() or not Grant.objects.filter(mine).exists()


def _keep_an_admin(grant: Grant, role: str | None) -> None:
    if grant.role != Role.CHAIN_ADMIN or role == Role.CHAIN_ADMIN:
        return
    # An update of its row has two who take each other's role away go one after the other.
    Chain.objects.filter(pk=grant.chain_id).update(is_active=F("is_active"))
    admins = Grant.objects.filter(chain=grant.chain_id, role=Role.CHAIN_ADMIN, user__is_active=True)
    if not admins.exclude(user=grant.user_id).exists():
        raise Problem(409, "last_chain_admin", "The last chain admin cannot go. Make another one first.")
