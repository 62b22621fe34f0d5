"""Puts the demonstration into the database. What is there already stays as it is."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from django.db import transaction

from core import reference
from core.accounts.models import Grant, Role, User
from core.catalogue.models import Category, Product, Voucher
from core.checks import DEMO_PASSWORD, DEMO_USERNAMES
from core.demo import plans
from core.fleet.models import Controller, Device, Trolley
from core.tenancy.models import Branch, Chain

CHAIN = "demo-chain"
LOCKED_BRANCH, OPEN_BRANCH = "BRANCH-001", "BRANCH-002"
DEVICE_ID = "0d1ce000-0000-4000-8000-000000000001"
"""The simulated Pi of the first branch."""
BOARDS = 2
_PORT = "/dev/ttyUSB0"
_DATA = Path(__file__).resolve().parent.parent / "catalogue" / "demo"
_NUTRITION = ("energy_kcal", "fat_g", "carbohydrate_g", "sugar_g", "protein_g", "salt_g")


@transaction.atomic
def load() -> None:
    """Load everything. Repeating it changes nothing. Blocking."""
    chain, _ = Chain.objects.get_or_create(slug=CHAIN, defaults={"name": "Demo Mart", "currency": "INR"})
    locked, unlocked = _branches(chain)
    _trolleys(locked, unlocked)
    _catalogue(chain)
    _vouchers(chain)
    _people(chain, (locked, unlocked))


def trolley_code(number: int) -> str:
    """Return the public code of a demo trolley."""
    return f"TROLLEY_{number:02d}"


def _branches(chain: Chain) -> tuple[Branch, Branch]:
    locked, _ = Branch.objects.get_or_create(
        code=LOCKED_BRANCH,
        defaults={
            "chain": chain,
            "name": "Demo Mart Indiranagar",
            "address": "100 Feet Road, Indiranagar",
            "city": "Bengaluru",
            "latitude": Decimal("12.971900"),
            "longitude": Decimal("77.641200"),
            "timezone": "Asia/Kolkata",
            "floor_plan": plans.with_bays(DEVICE_ID),
        },
    )
    unlocked, _ = Branch.objects.get_or_create(
        code=OPEN_BRANCH,
        defaults={
            "chain": chain,
            "name": "Demo Mart Jayanagar",
            "address": "11th Main Road, Jayanagar",
            "city": "Bengaluru",
            "latitude": Decimal("12.925000"),
            "longitude": Decimal("77.593800"),
            "timezone": "Asia/Kolkata",
            "floor_plan": plans.without_bays(),
        },
    )
    return locked, unlocked


def _trolleys(locked: Branch, unlocked: Branch) -> None:
    device, _ = Device.objects.get_or_create(
        pk=DEVICE_ID,
        defaults={
            "branch": locked,
            "name": "Pi at the entrance",
            "serial": "SIMULATED-1",
            "firmware": "simulated",
        },
    )
    for address in range(BOARDS):
        Controller.objects.get_or_create(
            device=device, port=_PORT, address=address, defaults={"protocol": Controller.Protocol.KERONG}
        )
    for number in range(1, 25):
        place = {"place_device": device, "place_slot": number - 1}
        _trolley(number, locked, **place)
    for number in range(51, 61):
        _trolley(number, unlocked)


def _trolley(number: int, branch: Branch, **place: object) -> None:
    Trolley.objects.get_or_create(
        trolley_id=trolley_code(number), defaults={"branch": branch, "cart_number": number, **place}
    )


def _catalogue(chain: Chain) -> None:
    categories: dict[str, Category] = {}
    for position, row in enumerate(_rows("categories.csv")):
        categories[row["slug"]], _ = Category.objects.get_or_create(
            chain=chain,
            slug=row["slug"],
            defaults={
                "name": row["name"],
                "parent": categories.get(row["parent"]),
                "emoji": row["emoji"],
                "colour": row["colour"],
                "position": position,
            },
        )
    known = set(Product.objects.filter(chain=chain).values_list("barcode", flat=True))
    new = [_product(chain, categories, row) for row in _rows("products.csv") if row["barcode"] not in known]
    if new:
        Product.objects.bulk_create(new)
        reference.changed(reference.CATALOGUE)


def _vouchers(chain: Chain) -> None:
    """One that each person may use once, and one for the first hundred purchases."""
    offers = {"WELCOME10": {"value": 10, "max_per_person": 1}, "FIRST100": {"value": 20, "max_uses": 100}}
    for code, offer in offers.items():
        Voucher.objects.get_or_create(chain=chain, code=code, defaults=offer)


def _product(chain: Chain, categories: dict[str, Category], row: dict[str, str]) -> Product:
    return Product(
        chain=chain,
        category=categories[row["category"]],
        barcode=row["barcode"],
        name=row["name"],
        price=Decimal(row["price"]),
        carbon_footprint=Decimal(row["carbon_footprint"]),
        sustainability_score=int(row["sustainability_score"]),
        nutrition_facts={name: float(row[name]) for name in _NUTRITION if row[name]},
        dietary_tags=row["dietary_tags"].split(),
    )


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (_DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _people(chain: Chain, branches: tuple[Branch, ...]) -> None:
    known = set(User.objects.filter(username__in=DEMO_USERNAMES).values_list("username", flat=True))
    for name in DEMO_USERNAMES:
        if name not in known:
            make = User.objects.create_superuser if name == "admin" else User.objects.create_user
            make(name, f"{name}@demo.example", DEMO_PASSWORD)
    manager = User.objects.get(username="manager")
    for branch in branches:
        Grant.objects.get_or_create(user=manager, role=Role.MANAGER, chain=chain, branch=branch)
