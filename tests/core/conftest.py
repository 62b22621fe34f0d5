"""Two retailers with people of every role."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from core import reference
from core.accounts.credentials import throttling
from core.accounts.models import Grant, Role, User
from core.catalogue.models import Category, Product
from core.fleet.models import Controller, Device, Trolley
from core.tenancy.models import Branch, Chain
from tests.core.support import PASSWORD, Api, World


@pytest.fixture(autouse=True)
def _cheap_and_uncounted(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.MEDIA_DIR = tmp_path / "media"
    settings.TASKS_IN_THREADS = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    throttling.forget()
    yield
    throttling.forget()


@pytest.fixture
def world(db: None) -> World:
    """A chain with two branches, and another chain with one."""
    edited = {"branch_managers_edit_catalogue": True}
    chain = Chain.objects.create(slug="own-chain", name="Own", currency="INR", **edited)
    other = Chain.objects.create(slug="other-chain", name="Other", currency="KWD", **edited)
    own, sister, foreign = (
        Branch.objects.create(chain=owner, code=code, name=code)
        for owner, code in ((chain, "OWN"), (chain, "SISTER"), (other, "FOREIGN"))
    )
    device = Device.objects.create(branch=own, name="pi")
    Controller.objects.create(device=device, port="/dev/ttyUSB0", address=1, polarity="inverted")
    trolley = Trolley.objects.create(
        trolley_id="T-1", branch=own, cart_number=1, place_device=device, place_slot=17
    )
    Trolley.objects.create(trolley_id="T-9", branch=foreign, cart_number=1)
    food = Category.objects.create(chain=chain, slug="food", name="Food")
    fruit = Category.objects.create(chain=chain, slug="fruit", name="Fruit", parent=food, emoji="🍎")
    product = Product.objects.create(
        chain=chain, category=fruit, barcode="4006381333931", name="Red apple", price=Decimal("12.500")
    )
    inactive = Product.objects.create(
        chain=chain, category=food, barcode="123456789", name="Old apple", price=Decimal(1), is_active=False
    )
    return World(chain, own, sister, foreign, trolley, product, inactive, device)


@pytest.fixture
def people(world: World, _cheap_and_uncounted: None) -> dict[str, User]:
    """One user of each role, by role; ``stranger`` manages the other chain's branch."""
    found = {
        name: User.objects.create_user(name, f"{name}@shop.example", PASSWORD)
        for name in ("shopper", "staff", "manager", "chain_admin", "stranger")
    }
    Grant.objects.create(user=found["staff"], role=Role.STAFF, chain=world.chain, branch=world.own)
    Grant.objects.create(user=found["manager"], role=Role.MANAGER, chain=world.chain, branch=world.own)
    Grant.objects.create(user=found["chain_admin"], role=Role.CHAIN_ADMIN, chain=world.chain)
    Grant.objects.create(
        user=found["stranger"], role=Role.MANAGER, chain=world.foreign.chain, branch=world.foreign
    )
    found["platform"] = User.objects.create_superuser("platform", "platform@shop.example", PASSWORD)
    return found


@pytest.fixture
def nobody(db: None) -> Api:
    """A client without a token."""
    return Api()


@pytest.fixture
def heard(world: World) -> Iterator[list[str]]:
    """What is announced of reference data from here on."""
    # What making the world has to announce still waits for a commit that a test never makes.
    connection.run_on_commit.clear()
    found: list[str] = []
    unsubscribe = reference.subscribe(found.append)
    yield found
    unsubscribe()
