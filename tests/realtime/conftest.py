"""A shop of its own for every test, in one SQLite file, behind a real server object."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.management import call_command
from django.db import connections, transaction
from django.utils import timezone

from core.accounts.credentials import tokens
from core.accounts.models import Grant, User
from core.catalogue.models import Product, Variant
from core.config import addresses
from core.fleet.models import Device, Session, Trolley
from core.tenancy.models import Branch, Chain
from realtime.limits.attempts import DEFAULTS, PerMinute
from realtime.process import Process
from realtime.server import Server, limits
from tests import databases


@pytest.fixture(scope="session")
def migrated_file() -> Path:
    """A migrated SQLite file."""
    return databases.migrated_file()


@pytest.fixture
def database(migrated_file: Path, tmp_path: Path, django_db_blocker: Any) -> Iterator[Path]:
    """The SQLite file that Django and the journal share while a test runs.

    Each has its own, for a server reads all the worlds there are when it starts.
    """
    with django_db_blocker.unblock(), copied(migrated_file, tmp_path) as file:
        yield file


@contextmanager
def copied(migrated_file: Path, folder: Path) -> Iterator[Path]:
    """Have Django use a copy of the file in that folder for a while."""
    file = Path(shutil.copy(migrated_file, folder))
    with use_database(_sqlite(file), migrate=False):
        yield file


def _sqlite(file: Path) -> dict[str, Any]:
    """Settings of a SQLite file, also where the tests' own default is PostgreSQL."""
    return {**settings.DATABASES["default"], **addresses.sqlite(file)}


def _forget() -> None:
    """Let the next use make a connection of the settings as they are then; there may be none to forget."""
    with suppress(AttributeError):
        del connections["default"]


@contextmanager
def use_database(database: dict[str, Any], *, migrate: bool = True) -> Iterator[None]:
    """Let Django's default connection lead to another database for a while; it is migrated first."""
    connections.close_all()
    known = connections.settings["default"]
    before, settings_before = dict(known), settings.DATABASES["default"]
    known.update(database)
    settings.DATABASES["default"] = known
    _forget()
    try:
        if migrate:
            call_command("migrate", interactive=False, verbosity=0)
        yield
    finally:
        connections.close_all()
        _forget()
        known.clear()
        known.update(before)
        settings.DATABASES["default"] = settings_before


@dataclass
class World:
    """One chain with one branch, its trolleys, goods and people; nobody else's test sees them."""

    chain: Chain
    branch: Branch
    trolleys: list[str]
    products: list[Product]
    device: Device
    users: dict[str, User] = field(default_factory=dict)

    @property
    def barcode(self) -> str:
        """Of the first product."""
        return self.products[0].barcode

    def user(self, name: str = "shopper", **fields: Any) -> User:
        """Return the user of that name, made at first use."""
        if name not in self.users:
            self.users[name] = User.objects.create(username=f"{name}-{uuid4().hex[:8]}", **fields)
        return self.users[name]

    def token(self, name: str = "shopper", **fields: Any) -> str:
        """Return an access token of that user."""
        return str(tokens.issue(self.user(name, **fields))["access"])

    def customer(self, name: str = "shopper", **fields: Any) -> User:
        """Return somebody who has shopped here before, for whom staff may therefore act."""
        user = self.user(name, **fields)
        Session.objects.create(
            session_id=uuid4(), trolley_code=self.trolleys[0], branch_code=self.branch.code, user_id=user.pk,
            started_at=timezone.now(), is_active=False,
        )  # fmt: skip
        return user

    def staff(self, name: str = "staff", role: str = "staff", whole_chain: bool = False) -> str:
        """Return the token of somebody with a role here."""
        user = self.user(name)
        branch = None if whole_chain else self.branch
        Grant.objects.get_or_create(user=user, role=role, chain=self.chain, branch=branch)
        return self.token(name)

    def device_token(self) -> str:
        """Return the token of the branch's device, which has the locks of the first two trolleys."""
        return tokens.issue_device(self.device.pk, self.device.token_version)


@transaction.atomic
def make_world(trolleys: int = 4) -> World:
    """Return a new world."""
    tag = uuid4().hex[:6]
    chain = Chain.objects.create(slug=f"chain-{tag}", name="Chain", currency="INR")
    branch = Branch.objects.create(chain=chain, code=f"B-{tag}", name="Branch", city="Pune")
    device = Device.objects.create(branch=branch, name="pi")
    codes = [f"T-{tag}-{number}" for number in range(1, trolleys + 1)]
    for number, code in enumerate(codes, 1):
        place = {"place_device": device, "place_slot": number - 1} if number <= 2 else {}
        Trolley.objects.create(trolley_id=code, branch=branch, cart_number=number, **place)
    products = [
        Product.objects.create(
            chain=chain, barcode=f"{tag}{number}", name=f"Product {number}", price=Decimal(price)
        )
        for number, price in enumerate(("100.00", "49.50", "0.35"))
    ]
    Product.objects.create(chain=chain, barcode=f"{tag}off", name="Gone", price=Decimal(1), is_active=False)
    Variant.objects.create(product=products[0], name="Large", price_adjustment=Decimal("5.25"))
    return World(chain, branch, codes, products, device)


@pytest.fixture
def world(database: Path) -> World:
    """A new world."""
    return make_world()


@pytest.fixture
def options() -> dict[str, Any]:
    """What the server is started with; tests override it."""
    fast = replace(
        limits(),
        commands_per_s=100_000.0,
        commands_per_s_of_account=0.0,
        commands_per_s_of_address=0.0,
        attempts=dict.fromkeys(DEFAULTS, PerMinute(1e6, 1e6)),
        close_deadline_s=0.5,
    )
    return {"limits": fast}


@pytest.fixture
async def server(world: World, options: dict[str, Any]) -> AsyncIterator[Server]:
    """The application, started on this test's loop, stopped in order."""
    application = Server(get_asgi_application(), **options)
    running: Process = await application.running()
    yield application
    await running.stop()
