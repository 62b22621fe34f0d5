"""Puts the demonstration into the database. What is there already stays as it is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F

from core.catalogue.models import Category
from core.demo import people, plans, shelves
from core.fleet.models import Controller, Device, Trolley
from core.tax import presets
from core.tax.models import TaxRate
from core.tenancy.models import Branch, Chain
from core.trail.notes import without_notes

CHAIN, ABROAD = "demo-chain", "demo-berlin"
LOCKED_BRANCH, OPEN_BRANCH, BRANCH_ABROAD = BRANCHES = ("BRANCH-001", "BRANCH-002", "BRANCH-101")
DEVICE_ID = "0d1ce000-0000-4000-8000-000000000001"
"""The simulated Pi of the first branch."""
DEMO_MART = {
    "name": "Demo Mart",
    "currency": "INR",
    "country": "IN",
    "branch_managers_edit_catalogue": True,
}
KIEZMARKT = {"name": "Kiezmarkt", "currency": "EUR", "country": "DE"}
BOARDS = 2
_PORT = "/dev/ttyUSB0"


def load() -> None:
    """Load everything. Repeating it changes nothing. Blocking."""
    pictures = shelves.draw()
    with transaction.atomic(), without_notes():
        _load(pictures)


def _load(pictures: shelves.Pictures) -> None:
    chain, _ = Chain.objects.get_or_create(slug=CHAIN, defaults=DEMO_MART)
    abroad, _ = Chain.objects.get_or_create(slug=ABROAD, defaults=KIEZMARKT)
    locked, unlocked = _branches(chain)
    away = _branch_abroad(abroad)
    _trolleys(locked, unlocked, away)
    shelves.fill(chain, "products.csv", pictures)
    shelves.offers_of_demo_mart(chain)
    shelves.fill(abroad, "products-berlin.csv", pictures)
    shelves.offers_of_kiezmarkt(abroad)
    for each in (chain, abroad):
        taxes(each)
    people.load(locked, unlocked, away)


def taxes(chain: Chain) -> None:
    """Give the chain its country's taxes, if it has none and they are known. Blocking."""
    if chain.country in presets.PRESETS and not TaxRate.objects.filter(chain=chain).exists():
        presets.apply(chain, chain.country)
        Category.objects.filter(chain=chain, parent=None).exclude(slug="home-and-care").update(
            tax_class="reduced", version=F("version") + 1
        )


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


def _branch_abroad(chain: Chain) -> Branch:
    defaults: dict[str, Any] = {
        "chain": chain,
        "name": "Kiezmarkt Kreuzberg",
        "address": "Oranienstraße 120",
        "city": "Berlin",
        "latitude": Decimal("52.502800"),
        "longitude": Decimal("13.411000"),
        "timezone": "Europe/Berlin",
        "floor_plan": plans.without_bays(),
    }
    return Branch.objects.get_or_create(code=BRANCH_ABROAD, defaults=defaults)[0]


def _trolleys(locked: Branch, unlocked: Branch, abroad: Branch) -> None:
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
    for number in range(901, 909):
        _trolley(number, abroad)


def _trolley(number: int, branch: Branch, **place: object) -> None:
    Trolley.objects.get_or_create(
        trolley_id=trolley_code(number), defaults={"branch": branch, "cart_number": number, **place}
    )
