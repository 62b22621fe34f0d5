"""Every endpoint of this floor, by every kind of caller, in the own and in another tenant."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core.accounts import principals
from core.accounts.credentials import tokens
from core.accounts.models import User
from core.accounts.principals import PERMISSIONS, HeldRole, Principal, may
from core.catalogue.models import Category, ImportJob, Promotion, Variant
from core.firmware.urls import firmware_api
from core.fleet.urls import device_api
from core.tax.models import TaxRate
from core.urls import api as api_patterns
from tests.core.support import Api, World, order, picture

CALLERS = ("anonymous", "device", "shopper", "staff", "manager", "chain_admin", "platform", "stranger")

OPEN = dict.fromkeys(CALLERS, 200)
SIGNED_IN = {**OPEN, "anonymous": 401, "device": 401}
MATRIX: dict[str, dict[str, int]] = {
    "/api/me": SIGNED_IN,
    "/api/me/export": SIGNED_IN,
    "/api/products": SIGNED_IN,
    "/api/products/{product}": SIGNED_IN,
    "/api/products/{inactive}": {**SIGNED_IN, "shopper": 404, "staff": 404, "stranger": 404},
    "/api/categories": SIGNED_IN,
    "/api/recalls": SIGNED_IN,
    "/api/tax-rates": SIGNED_IN,
    "/api/promotions": SIGNED_IN,
    "/api/promotions/{promotion}": {**SIGNED_IN, "shopper": 403, "staff": 403, "stranger": 404},
    "/api/tax-rates/{rate}": {**SIGNED_IN, "shopper": 403, "staff": 403, "stranger": 404},
    "/api/categories/{category}": SIGNED_IN,
    "/api/imports": {**SIGNED_IN, "shopper": 403, "staff": 403},
    "/api/imports/{job}": {**SIGNED_IN, "shopper": 403, "staff": 403, "stranger": 404},
    "/api/imports/{job}/refused.csv": {**SIGNED_IN, "shopper": 403, "staff": 403, "stranger": 404},
    "/api/imports/{job}/lines": {**SIGNED_IN, "shopper": 403, "staff": 403, "stranger": 404},
    "/api/products/export?chain=own-chain": {**SIGNED_IN, "shopper": 403, "staff": 403, "stranger": 404},
    "/api/variants": SIGNED_IN,
    "/api/variants/{variant}": SIGNED_IN,
    "/api/trolleys/T-1": {**SIGNED_IN, "stranger": 404},
    "/api/trolleys/T-1/qr": {**SIGNED_IN, "shopper": 403, "staff": 403, "stranger": 404},
    "/api/branches": SIGNED_IN,
    "/api/branches/OWN": {**SIGNED_IN, "shopper": 404, "stranger": 404},
    "/api/branches/SISTER": {
        **SIGNED_IN, "shopper": 404, "staff": 404, "manager": 404, "stranger": 404,
    },
    "/api/branches/FOREIGN": {
        **SIGNED_IN, "shopper": 404, "staff": 404, "manager": 404, "chain_admin": 404,
    },
    "/api/branches/OWN/qr-sheet": {**SIGNED_IN, "shopper": 404, "staff": 404, "stranger": 404},
    "/api/branches/OWN/stats": {**SIGNED_IN, "shopper": 404, "stranger": 404},
    "/api/branches/FOREIGN/stats": {
        **SIGNED_IN, "shopper": 404, "staff": 404, "manager": 404, "chain_admin": 404,
    },
    "/api/chains/own-chain/stats": {
        **SIGNED_IN, "shopper": 404, "stranger": 404, "staff": 403, "manager": 403,
    },
    "/api/branches/OWN/floor-plan": {**SIGNED_IN, "shopper": 404, "stranger": 404},
    "/api/branches/OWN/trolleys": {**SIGNED_IN, "shopper": 404, "stranger": 404},
    "/api/branches/OWN/trolleys/1": {**SIGNED_IN, "shopper": 404, "stranger": 404},
    "/api/branches/FOREIGN/trolleys/1": {
        **SIGNED_IN, "shopper": 404, "staff": 404, "manager": 404, "chain_admin": 404,
    },
    "/api/telemetry/devices/{device}": {**SIGNED_IN, "shopper": 404, "stranger": 404},
    "/api/telemetry/branches/OWN": {**SIGNED_IN, "shopper": 404, "stranger": 404},
    "/api/telemetry/branches/FOREIGN": {
        **SIGNED_IN, "shopper": 404, "staff": 404, "manager": 404, "chain_admin": 404,
    },
    "/api/telemetry/chains/own-chain": {
        **SIGNED_IN, "shopper": 404, "stranger": 404, "staff": 403, "manager": 403,
    },
    "/api/branches/OWN/carts": {**SIGNED_IN, "shopper": 404, "stranger": 404},
    "/api/branches/OWN/carts/1": {**SIGNED_IN, "shopper": 404, "stranger": 404},
    "/api/branches/OWN/carts/1/timeline": {**SIGNED_IN, "shopper": 404, "stranger": 404},
    "/api/branches/OWN/rentals/history.csv": {**SIGNED_IN, "shopper": 404, "stranger": 404},
    "/api/branches/OWN/timeline": {**SIGNED_IN, "shopper": 404, "stranger": 404},
    "/api/branches/OWN/maintenance": {**SIGNED_IN, "shopper": 404, "stranger": 404},
    "/api/branches/OWN/rentals/active": {**SIGNED_IN, "shopper": 404, "stranger": 404},
    "/api/branches/OWN/rentals/history": {**SIGNED_IN, "shopper": 404, "stranger": 404},
    "/api/branches/OWN/rentals/stats": {**SIGNED_IN, "shopper": 404, "stranger": 404},
    "/api/branches/OWN/alarms": {**SIGNED_IN, "shopper": 404, "stranger": 404},
    "/api/branches/OWN/colleagues": {**SIGNED_IN, "shopper": 404, "stranger": 404},
    "/api/branches/FOREIGN/alarms": {
        **SIGNED_IN, "shopper": 404, "staff": 404, "manager": 404, "chain_admin": 404,
    },
    "/api/branches/OWN/stock": {**SIGNED_IN, "shopper": 404, "stranger": 404},
    "/api/branches/FOREIGN/stock/movements": {
        **SIGNED_IN, "shopper": 404, "staff": 404, "manager": 404, "chain_admin": 404,
    },
    "/api/orders": SIGNED_IN,
    "/api/orders?branch=OWN": {**SIGNED_IN, "shopper": 404, "stranger": 404},
    "/api/orders?branch=FOREIGN": {
        **SIGNED_IN, "shopper": 404, "staff": 404, "manager": 404, "chain_admin": 404,
    },
    "/api/orders/totals?branch=OWN": {**SIGNED_IN, "shopper": 404, "stranger": 404},
    "/api/orders/export.csv?branch=OWN": {**SIGNED_IN, "shopper": 404, "stranger": 404},
    "/api/orders/{order}": {**SIGNED_IN, "stranger": 404},
    "/api/orders/{order}/receipt.pdf": {**SIGNED_IN, "stranger": 404},
    "/api/orders/{elsewhere}": {
        **SIGNED_IN, "shopper": 404, "staff": 404, "manager": 404, "chain_admin": 404,
    },
    "/api/audit": {**SIGNED_IN, "shopper": 403, "staff": 403},
    "/api/audit?chain=own-chain": {**SIGNED_IN, "shopper": 403, "staff": 403, "stranger": 404},
    "/api/audit?branch=FOREIGN": {
        **SIGNED_IN, "shopper": 403, "staff": 403, "manager": 404, "chain_admin": 404,
    },
    "/api/audit/export.csv": {**SIGNED_IN, "shopper": 403, "staff": 403},
    "/api/chains": SIGNED_IN,
    "/api/notifications": SIGNED_IN,
    "/api/notifications/preferences": SIGNED_IN,
    "/api/notifications/push": SIGNED_IN,
    "/api/chains/own-chain/members": {**SIGNED_IN, "shopper": 404, "stranger": 404, "staff": 403},
    "/api/chains/other-chain/members": {
        **SIGNED_IN, "shopper": 404, "staff": 404, "manager": 404, "chain_admin": 404,
    },
    "/api/chains/own-chain": {**SIGNED_IN, "shopper": 404, "stranger": 404},
    "/api/payments/providers": OPEN,
    "/api/demo": OPEN,
    "/api/schema": OPEN,
    "/api/docs": OPEN,
}  # fmt: skip
MANAGED = {  # own tenant: chain admins and managers; another's is not found; others may not
    "anonymous": 401, "device": 401, "shopper": 403, "staff": 403, "stranger": 404,
}  # fmt: skip
WRITES: dict[tuple[str, str], int] = {  # what those get who may
    ("POST", "/api/products"): 201,
    ("PUT", "/api/products/{product}"): 200,
    ("PATCH", "/api/products/{product}"): 200,
    ("DELETE", "/api/products/{product}"): 204,
    ("POST", "/api/products/{product}/images"): 201,
    ("DELETE", "/api/products/{product}/images/{image}"): 204,
    ("POST", "/api/imports"): 202,
    ("POST", "/api/imports/{job}/apply"): 202,
    ("POST", "/api/imports/{job}/columns"): 202,
    ("POST", "/api/categories"): 201,
    ("PUT", "/api/categories/{category}"): 200,
    ("PATCH", "/api/categories/{category}"): 200,
    ("DELETE", "/api/categories/{empty}"): 204,
    ("POST", "/api/tax-rates"): 201,
    ("POST", "/api/tax-rates/presets"): 200,
    ("PATCH", "/api/tax-rates/{rate}"): 200,
    ("DELETE", "/api/tax-rates/{rate}"): 204,
    ("POST", "/api/promotions"): 201,
    ("PUT", "/api/promotions/{promotion}"): 200,
    ("DELETE", "/api/promotions/{promotion}"): 204,
    ("POST", "/api/variants"): 201,
    ("PUT", "/api/variants/{variant}"): 200,
    ("PATCH", "/api/variants/{variant}"): 200,
    ("DELETE", "/api/variants/{variant}"): 204,
}
SEEN = {  # branches and chains in the lists
    "shopper": (set(), set()),
    "staff": ({"OWN"}, {"own-chain"}),
    "manager": ({"OWN"}, {"own-chain"}),
    "chain_admin": ({"OWN", "SISTER"}, {"own-chain"}),
    "platform": ({"OWN", "SISTER", "FOREIGN"}, {"own-chain", "other-chain"}),
    "stranger": ({"FOREIGN"}, {"other-chain"}),
}


def as_caller(name: str, people: dict[str, User], world: World) -> Api:
    if name == "device":
        return Api(token=tokens.issue_device(world.device.pk, 1))
    return Api(people.get(name))


@pytest.mark.parametrize("path", MATRIX)
def test_each_caller_gets_what_its_role_allows(path: str, people: dict[str, User], world: World) -> None:
    buyer = people["shopper"].pk
    orders = {"order": order(buyer).pk, "elsewhere": order(uuid.uuid4(), "FOREIGN").pk}
    url = path.format(inactive=world.inactive.pk, device=world.device.pk, **orders, **shelf(world))
    found = {name: as_caller(name, people, world).get(url).status_code for name in CALLERS}
    assert found == MATRIX[path]


def shelf(world: World) -> dict[str, str]:
    category = world.product.category
    assert category is not None
    job = ImportJob(chain=world.chain, name="x.csv", status=ImportJob.Status.DONE)
    job.data = b"barcode"
    job.save()
    rows: dict[str, Any] = {
        "job": job,
        "product": world.product,
        "category": category,
        "empty": Category.objects.create(chain=world.chain, slug="empty", name="Empty"),
        "rate": TaxRate.objects.create(chain=world.chain, tax_class="food", name="VAT", percent=5),
        "promotion": Promotion.objects.create(chain=world.chain, name="Nine", kind="price", percent=9),
        "variant": Variant.objects.create(product=world.product, name="Box"),
        "image": world.product.images.create(file="products/00/0.webp", width=1, height=1),
    }
    return {name: str(row.pk) for name, row in rows.items()}


def write(api: Api, method: str, path: str, ids: dict[str, str]) -> int:
    url = path.format(**ids)
    kind = path.split("/")[2]
    if path.endswith("/images"):
        return int(api.upload(url, {"file": picture()}).status_code)
    if path == "/api/imports":
        file = SimpleUploadedFile("x.csv", b"barcode")
        return int(api.upload(url, {"file": file, "chain": "own-chain"}).status_code)
    bodies: dict[str, dict[str, Any]] = {
        "tax-rates": {"tax_class": "reduced", "name": "VAT", "percent": 7},
        "promotions": {"name": "Ten", "kind": "price", "percent": 10},
        "products": {"barcode": "77-new", "name": "Plum", "price": 1},
        "categories": {"slug": "new", "name": "New"},
        "variants": {"name": "Crate"},
        "imports": {},
    }
    body = {"country": "DE"} if path.endswith("/presets") else bodies[kind]
    if method == "POST" and kind != "imports":
        owner = {"product": ids["product"]} if kind == "variants" else {"chain": "own-chain"}
        return int(api.post(url, {**body, **owner}).status_code)
    if method == "POST":
        return int(api.post(url, body).status_code)
    return int(api.change(method, url, body).status_code)


@pytest.mark.parametrize("name", CALLERS)
@pytest.mark.parametrize(("method", "path"), WRITES)
def test_only_who_manages_the_chain_writes_its_catalogue(
    method: str, path: str, name: str, people: dict[str, User], world: World
) -> None:
    found = write(as_caller(name, people, world), method, path, shelf(world))
    assert found == MANAGED.get(name, WRITES[method, path])


@pytest.mark.parametrize("name", SEEN)
def test_lists_show_no_other_tenant(name: str, people: dict[str, User], world: World) -> None:
    api = as_caller(name, people, world)
    branches = {row["code"] for row in api.get("/api/branches").json()["results"]}
    chains = {row["slug"] for row in api.get("/api/chains").json()["results"]}
    assert (branches, chains) == SEEN[name]


def test_the_matrix_leaves_out_nothing_that_can_be_read() -> None:
    """Whoever adds an endpoint says here who may.

    Those that only take posts are in test_accounts and test_payments, devices' in test_device_permissions.
    """
    posts = {"api/auth/register", "api/auth/token", "api/auth/token/refresh", "api/auth/logout"}
    posts |= {"api/trolleys/<str:trolley_id>/new-qr"}  # test_trolley_qr
    keys = "api/chains/<str:chain_id>/keys"  # test_api_keys
    posts |= {keys, f"{keys}/<id:key_id>", f"{keys}/<id:key_id>/rotate"}
    feeds = "api/chains/<str:chain_id>/supplier-feeds"  # test_supplier_feeds
    posts |= {feeds, *(f"{feeds}/<id:feed_id>{rest}" for rest in ("", "/deliveries", "/fetch"))}
    posts |= {"api/auth/logout-everywhere", "api/payments/webhooks/<str:provider>"}
    # Codes and links: test_login_codes, test_addresses.
    posts |= {"api/auth/otp/request", "api/auth/otp/verify", "api/auth/email/confirm"}
    posts |= {"api/auth/password/reset", "api/auth/password/reset/confirm"}
    # Roles and invitations: test_members.
    posts |= {"api/chains/<str:chain_id>/members/<id:member_id>", "api/invitations/accept"}
    # One's own notifications and browsers: test_notifications.
    posts |= {"api/notifications/push/<id:browser_id>", "api/notifications/<id:notification_id>/read"}
    posts |= {"api/me/phone", "api/me/phone/confirm"}  # test_own_phone
    posts |= {"api/branches/<str:branch_id>/floor-plan/pictures"}  # test_chains_and_branches
    posts |= {"api/auth/admin"}  # test_second_factor
    posts |= {"api/recalls/<id:recall_id>"}  # test_recalls
    posts |= {"api/orders/<id:order_id>/buyer"}  # test_receipts
    posts |= {"api/me/preferences"}  # test_preferences
    posts |= {"api/experiments/<str:name>/results"}  # test_experiments
    # One's own second factor and logins: test_second_factor.
    posts |= {f"api/me/totp{rest}" for rest in ("", "/confirm", "/recovery-codes")}
    posts |= {"api/me/logins", "api/me/logins/<id:login_id>"}
    routes = {
        str(pattern.pattern) for pattern in api_patterns if pattern not in (*device_api, *firmware_api)
    } - posts
    shapes = {_shape(route) for route in routes}
    paths = {*MATRIX, *(path for _, path in WRITES)}
    assert shapes == {_shape(path.removeprefix("/").partition("?")[0]) for path in paths}


def _shape(route: str) -> tuple[str, ...]:
    fixed = {
        "api",
        "me",
        "export",
        "members",
        "notifications",
        "preferences",
        "push",
        "products",
        "images",
        "imports",
        "lines",
        "apply",
        "categories",
        "tax-rates",
        "promotions",
        "presets",
        "variants",
        "trolleys",
        "qr",
        "branches",
        "qr-sheet",
        "floor-plan",
        "audit",
        "export.csv",
        "chains",
        "alarms",
        "colleagues",
        "telemetry",
        "carts",
        "rentals",
        "active",
        "history",
        "history.csv",
        "timeline",
        "maintenance",
        "stats",
        "stock",
        "movements",
        "orders",
    }
    fixed |= {"demo", "schema", "docs", "payments", "providers"}
    return tuple(part if part in fixed else "*" for part in route.split("/"))


def test_who_holds_a_trolley_is_told_to_those_who_work_there_and_to_the_holder(
    people: dict[str, User], world: World
) -> None:
    holder = people["shopper"]
    holder.username = holder.phone = "+919812345678"
    holder.save()
    people["passer_by"] = User.objects.create(username="passer-by")
    type(world.trolley).objects.update(assigned_to=holder, phase="held")
    seen = {
        name: Api(people[name]).get("/api/trolleys/T-1").json()["assigned_to"]
        for name in ("shopper", "staff", "passer_by", "platform")
    }
    full = "+919812345678"
    assert seen == {"shopper": full, "staff": full, "passer_by": None, "platform": full}
    assert Api(people["stranger"]).get("/api/trolleys/T-1").status_code == 404


def test_the_key_of_a_qr_code_is_for_those_who_may_print_it(people: dict[str, User]) -> None:
    people["passer_by"] = User.objects.create(username="passer-by")
    told = {
        name: "?k=" in Api(people[name]).get("/api/trolleys/T-1").json()["qr_code_data"]
        for name in ("passer_by", "staff", "manager", "platform")
    }
    assert told == {"passer_by": False, "staff": False, "manager": True, "platform": True}


def test_a_trolley_held_by_an_erased_account_shows_nobody(people: dict[str, User], world: World) -> None:
    type(world.trolley).objects.update(assigned_to=people["shopper"], phase="held")
    people["shopper"].delete()
    answer = Api(people["staff"]).get("/api/trolleys/T-1")
    assert answer.json()["assigned_to"] is None
    assert answer.json()["is_assigned"] is True


@pytest.mark.parametrize(
    ("grant", "permission", "chain", "branch", "allowed"),
    [
        (("staff", "c", "b"), "trolley.operate", "c", "b", True),
        (("staff", "c", "b"), "trolley.operate", "c", "other", False),
        (("staff", "c", "b"), "trolley.operate", "d", "b", False),
        (("staff", "c", None), "trolley.operate", "c", "any", True),
        (("staff", "c", "b"), "branch.manage", "c", "b", False),
        (("manager", "c", "b"), "branch.manage", "c", "b", True),
        (("manager", "c", "b"), "chain.watch", "c", None, False),
        (("manager", "c", None), "chain.watch", "c", None, False),
        (("chain_admin", "c", None), "chain.watch", "c", None, True),
        (("chain_admin", "c", None), "branch.watch", "c", "any", True),
        (("device", "c", "b"), "session.for_others", "c", "b", True),
        (("device", "c", "b"), "trolley.operate", "c", "b", False),
    ],
)
def test_a_grant_reaches_so_far(grant: Any, permission: str, chain: str, branch: str, allowed: bool) -> None:
    principal = Principal("user", "u", "u", grants=(HeldRole(*grant),))
    assert may(principal, permission, chain, branch) is allowed


def test_a_platform_admin_may_everything_but_be_a_device() -> None:
    admin = Principal("user", "u", "u", is_platform_admin=True)
    assert {name for name in PERMISSIONS if not may(admin, name, "c", "b")} == {"device.link"}


def test_a_permission_that_is_not_in_the_table_is_an_error() -> None:
    with pytest.raises(KeyError):
        may(Principal("user", "u", "u"), "trolley.fly", "c")


def test_the_principal_of_an_account_has_its_grants(people: dict[str, User]) -> None:
    claims = tokens.verify(tokens.issue(people["manager"])["access"])
    assert principals.load(claims).grants == (HeldRole("manager", "own-chain", "OWN"),)
    with pytest.raises(tokens.TokenError):
        principals.load(msgspec.structs.replace(claims, subject="not-an-id"))
    with pytest.raises(tokens.TokenError):
        principals.load(msgspec.structs.replace(claims, login=""))
