"""The table of who may call which REST endpoint, against what the endpoints do."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from core.access import ACCESS, Access
from core.accounts.credentials import throttling, tokens
from core.accounts.models import Login, User
from core.accounts.principals import PERMISSIONS
from core.apikeys.models import ApiKey
from core.assistant.models import Experiment
from core.catalogue.models import Category, ImportJob, Promotion, RecalledLot, SupplierFeed, Variant
from core.firmware.models import Release, Rollout
from core.notifications.models import Notification, PushSubscription
from core.tax.models import TaxRate
from core.urls import api as api_patterns
from tests.core.support import Api, World, order

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
NOT_THEIRS = {401, 403, 404}
ROLES = {"staff": "staff", "manager": "manager", "chain_admin": "chain_admin"}
CALLERS = ("nobody", "device", "shopper", *ROLES, "platform", "stranger")
PLACED = {
    "chain_id", "branch_id", "device_id", "trolley_id", "order_id", "rollout_id", "product_id", "import_id",
    "category_id", "variant_id", "rate_id", "recall_id", "promotion_id",
}  # fmt: skip
BODIES: dict[str, dict[str, Any]] = {  # where the body names the place, and is read first
    "branches": {"chain": "own-chain", "code": "NEW", "name": "New"},
    "products": {"chain": "own-chain", "barcode": "77-new", "name": "Plum", "price": 1},
    "categories": {"chain": "own-chain", "slug": "new", "name": "New"},
    "recalls": {"chain": "own-chain", "barcode": "4006381333931", "lot": "L7"},
    "orders/{order_id}/buyer": {"name": "Mango & Sons", "tax_number": "12-3456789"},
    "tax-rates": {"chain": "own-chain", "tax_class": "food", "name": "VAT", "percent": 5},
    "promotions": {"chain": "own-chain", "name": "Ten", "kind": "price", "percent": 10},
    "tax-rates/presets": {"chain": "own-chain", "country": "DE"},
    "rollouts": {"branch": "OWN", "version": "1.2.3"},
}
VARIANTS = [{"name": "off", "share": 1}, {"name": "on", "share": 1}]
TOLD = {"place": "Own", "role": "staff"}
ROWS = [(method, route) for route, rules in ACCESS.items() for method in rules]


def _routes() -> Iterator[tuple[str, str]]:
    for pattern in api_patterns:
        route = re.sub(r"<\w+:(\w+)>", r"{\1}", str(pattern.pattern)).removeprefix("api/")
        callback: Any = pattern.callback
        view = getattr(callback, "view_class", None) or callback.cls
        yield from ((method, route) for method in METHODS if hasattr(view, method.lower()))


def test_every_route_and_method_has_its_row_and_no_other_has() -> None:
    assert sorted(ROWS) == sorted(_routes())


def allowed(rule: Access, caller: str) -> bool:
    """Return whether the table lets the caller in, in a place of their own chain."""
    if caller == "nobody" or rule.who == "anyone":
        return rule.who == "anyone"
    if caller == "device":
        return rule.who == "device"
    if rule.who in ("person", "seen"):
        return True
    if caller == "platform":
        return bool(rule.permission)
    return bool(rule.permission) and ROLES.get(caller) in PERMISSIONS[rule.permission]


def asked(rule: Access, route: str) -> Iterator[str]:
    """Yield the callers whose answer is the table's to say."""
    for caller in CALLERS:
        at_home = rule.who == "person" or not PLACED.intersection(re.findall(r"{(\w+)}", route))
        if caller == "stranger" and at_home:
            continue  # where no place is named, they manage one
        if caller == "device" and (rule.who == "anyone" or route == "firmware/{release_id}/file"):
            continue  # an open door may take people's tokens; a file is a device's once it is offered
        yield caller


@pytest.fixture
def ids(world: World, people: dict[str, User], settings: Any, tmp_path: Path) -> dict[str, str]:
    """What the parameters of a path stand for, in the own branch and of the shopper."""
    category = Category.objects.create(chain=world.chain, slug="empty", name="Empty")
    job = ImportJob(chain=world.chain, name="x.csv", status=ImportJob.Status.DONE)
    job.data = b"barcode"
    job.save()
    settings.FIRMWARE_DIR = tmp_path
    file = ContentFile(b"x", "x.bin")
    release = Release.objects.create(version="1.2.3", sha256="0" * 64, size=1, signature="x", file=file)
    rollout = Rollout.objects.create(
        id=uuid.uuid4(),
        release_id=release.pk,
        version=release.version,
        chain_slug=world.chain.slug,
        branch_code=world.own.code,
        status="running",
        batch_size=1,
        max_failure_rate=0.5,
        started_at=timezone.now(),
    )
    picture = world.product.images.create(file="products/00/0.webp", width=1, height=1)
    found: dict[str, Any] = {
        "chain_id": world.chain.slug,
        "branch_id": world.own.code,
        "member_id": people["staff"].grants.get().public_id,
        "cart_number": 1,
        "key_id": ApiKey.objects.create(
            chain=world.chain, owner=people["chain_admin"], name="x", scopes=[], expires_at=timezone.now()
        ).pk,
        "feed_id": SupplierFeed.objects.create(chain=world.chain, owner=people["chain_admin"], name="x").pk,
        "trolley_id": world.trolley.trolley_id,
        "device_id": world.device.pk,
        "controller_id": world.device.controllers.get().pk,
        "order_id": order(uuid.uuid4()).pk,
        "provider": "sandbox",
        "release_id": release.pk,
        "rollout_id": rollout.pk,
        "product_id": world.product.pk,
        "image_id": picture.pk,
        "import_id": job.pk,
        "category_id": category.pk,
        "recall_id": RecalledLot.objects.create(product=world.product, lot="L1").pk,
        "promotion_id": Promotion.objects.create(chain=world.chain, name="Nine", kind="price", percent=9).pk,
        "rate_id": TaxRate.objects.create(chain=world.chain, tax_class="drink", name="VAT", percent=5).pk,
        "variant_id": Variant.objects.create(product=world.product, name="Box").pk,
        "name": Experiment.objects.create(chain=world.chain, name="recommender", variants=VARIANTS).name,
    }
    return {name: str(value) for name, value in found.items()}


@pytest.mark.parametrize("part", sorted({route.partition("/")[0] for route in ACCESS}))
def test_every_endpoint_lets_in_whom_its_row_says(
    part: str, world: World, people: dict[str, User], ids: dict[str, str]
) -> None:
    wrong = []
    for method, route in ROWS:
        if route.partition("/")[0] != part:
            continue
        rule = ACCESS[route][method]
        for caller in asked(rule, route):
            throttling.forget()
            status = _status(caller, method, route, world, people, ids)
            if allowed(rule, caller) != (status not in NOT_THEIRS):
                wrong.append((method, route, caller, status, rule))
    assert wrong == []


def _own(user: User | None) -> dict[str, uuid.UUID]:
    """What there is of everybody: a login, a notification, a browser."""
    if user is None:
        return dict.fromkeys(("login_id", "notification_id", "browser_id"), uuid.uuid4())
    now = timezone.now()
    told, _ = Notification.objects.get_or_create(
        user=user, key="k", defaults={"kind": "role_given", "data": TOLD, "created_at": now}
    )
    endpoint = f"https://fcm.googleapis.com/{user.pk}"
    browser, _ = PushSubscription.objects.get_or_create(
        user=user, endpoint=endpoint, defaults={"p256dh": "x", "auth": "x", "made_at": now}
    )
    login = Login.objects.filter(user=user).latest("began_at")
    return {"login_id": login.pk, "notification_id": told.pk, "browser_id": browser.pk}


def _status(
    caller: str, method: str, route: str, world: World, people: dict[str, User], ids: dict[str, str]
) -> int:
    token = tokens.issue_device(world.device.pk, 1) if caller == "device" else None
    api = Api(people.get(caller), token)
    path = f"/api/{route.format(**ids, **_own(people.get(caller)))}"
    body = BODIES.get(route, {}) if method == "POST" else {}
    with transaction.atomic():
        answer = api.get(path) if method == "GET" else api.change(method, path, body)
        transaction.set_rollback(True)
    return int(answer.status_code)
