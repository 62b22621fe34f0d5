"""The demonstration's people: one of each kind, all with the same password."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password

from core.accounts.models import Grant, Role, User
from core.checks import DEMO_USERNAMES
from core.config.production import DEMO_PASSWORD
from core.tenancy.models import Branch, Chain

PHONE = "+919845012345"
"""Somebody who is known by a phone number only, and whom staff find by it."""
_TIERS = {"gold": "GOLD", "silver": "SILVER"}


def load(locked: Branch, unlocked: Branch, abroad: Branch) -> None:
    """Make who is not there yet, with their roles. Blocking."""
    _accounts()
    _grant("staff", Role.STAFF, locked.chain, locked)
    for branch in (locked, unlocked):
        _grant("manager", Role.MANAGER, branch.chain, branch)
    _grant("chain-admin", Role.CHAIN_ADMIN, locked.chain)
    _grant("manager-berlin", Role.MANAGER, abroad.chain, abroad)
    if not User.objects.filter(phone=PHONE).exists():
        by_phone = User(username=PHONE, phone=PHONE)
        by_phone.set_unusable_password()
        by_phone.save()


def _accounts() -> None:
    known = set(User.objects.filter(username__in=DEMO_USERNAMES).values_list("username", flat=True))
    missing = [name for name in DEMO_USERNAMES if name not in known]
    # Slow by design, and the same for all of them: everybody may know it.
    password = make_password(DEMO_PASSWORD) if missing else ""
    for name in missing:
        is_admin = name == "admin"
        User.objects.create(
            username=name,
            email=f"{name}@demo.example",
            password=password,
            is_staff=is_admin,
            is_superuser=is_admin,
            **({"tier": _TIERS[name]} if name in _TIERS else {}),
        )


def _grant(username: str, role: Role, chain: Chain, branch: Branch | None = None) -> None:
    user = User.objects.get(username=username)
    Grant.objects.get_or_create(user=user, role=role, chain=chain, branch=branch)
