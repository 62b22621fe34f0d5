"""The simulated shoppers' accounts and what they find in the demo branch."""

from __future__ import annotations

from typing import NamedTuple

from core.accounts.credentials import tokens
from core.accounts.models import Grant, User
from core.catalogue.models import Product
from core.demo.load import CHAIN
from core.fleet.models import Trolley
from core.tenancy.models import Branch

NAMES = (
    "asha", "ravi", "meera", "arjun", "kavya", "vikram", "nila", "rohan", "divya", "sameer",
    "tara", "imran", "leela", "nikhil", "priya", "anand", "zoya", "kiran", "maya", "dev",
)  # fmt: skip


class Visitor(NamedTuple):
    """A simulated shopper's account."""

    user_id: str
    username: str


def visitors(count: int) -> list[Visitor]:
    """Return so many accounts, created if missing, without usable passwords. Blocking."""
    names = [NAMES[number % len(NAMES)] + _which(number // len(NAMES)) for number in range(count)]
    return _accounts(names)


def _which(namesake: int) -> str:
    return str(namesake + 1) if namesake else ""


def _accounts(names: list[str]) -> list[Visitor]:
    found = []
    for username in names:
        user, created = User.objects.get_or_create(username=f"visitor-{username}")
        if created:
            user.set_unusable_password()
            user.save()
        found.append(Visitor(str(user.pk), user.username))
    return found


def storekeeper(branch: str) -> Visitor:
    """Return a member of the branch's staff, created if missing, without a usable password. Blocking."""
    [keeper] = _accounts(["storekeeper"])
    place = Branch.objects.select_related("chain").get(code=branch)
    Grant.objects.get_or_create(user_id=keeper.user_id, role="staff", chain=place.chain, branch=place)
    return keeper


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
