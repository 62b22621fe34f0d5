"""The simulated shoppers' accounts and what they find in the demo branch."""

from __future__ import annotations

from typing import NamedTuple

from core.accounts import tokens
from core.accounts.models import User
from core.catalogue.models import Product
from core.demo.load import CHAIN
from core.fleet.models import Trolley

NAMES = (
    "asha", "ravi", "meera", "arjun", "kavya", "vikram", "nila", "rohan", "divya", "sameer",
    "tara", "imran", "leela", "nikhil", "priya", "anand", "zoya", "kiran", "maya", "dev",
)  # fmt: skip


class Visitor(NamedTuple):
    """Somebody who comes to shop."""

    user_id: str
    username: str


def visitors(count: int) -> list[Visitor]:
    """Return so many accounts, made if they are not there; nobody can log in with them. Blocking."""
    found = []
    for number in range(count):
        name = NAMES[number % len(NAMES)]
        username = name if number < len(NAMES) else f"{name}{number // len(NAMES) + 1}"
        user, created = User.objects.get_or_create(username=f"visitor-{username}")
        if created:
            user.set_unusable_password()
            user.save()
        found.append(Visitor(str(user.pk), user.username))
    return found


def token(visitor: Visitor) -> str:
    """Return a fresh access token of a visitor. Blocking."""
    return tokens.issue(User.objects.get(pk=visitor.user_id))["access"]


def trolleys(branch: str) -> list[str]:
    """Return the codes of a branch's trolleys. Blocking."""
    return list(
        Trolley.objects.filter(branch__code=branch, is_active=True).values_list("trolley_id", flat=True)
    )


def barcodes() -> list[str]:
    """Return the barcodes of everything the demo chain sells. Blocking."""
    return list(Product.objects.filter(chain__slug=CHAIN, is_active=True).values_list("barcode", flat=True))
