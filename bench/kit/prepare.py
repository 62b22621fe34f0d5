"""Fill an empty database of the product for the benchmark; print tokens and codes as JSON.

One branch; each shopper has an account and a trolley. With ``--locks`` the trolleys
stand in the slots of one device with simulated boards.
"""

from __future__ import annotations

import argparse
import json
import os
import sys

import django

BRANCH = "BENCH-001"


def main() -> None:
    """Migrate, fill, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--shoppers", type=int, required=True)
    parser.add_argument("--products", type=int, required=True)
    parser.add_argument("--locks", action="store_true")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    json.dump(fill(options.shoppers, options.products, options.locks), sys.stdout)


def fill(shoppers: int, products: int, locks: bool) -> dict[str, object]:
    """Make the rows; returns what the load needs to know of them."""
    from core.accounts.credentials.tokens import issue
    from core.accounts.models import Grant, Role, User
    from core.catalogue.models import Product
    from core.fleet.models import Trolley
    from core.tenancy.models import Branch, Chain

    chain = Chain.objects.create(slug="bench", name="Bench", currency="INR")
    branch = Branch.objects.create(chain=chain, code=BRANCH, name="Bench", session_timeout_s=3600)
    codes = [str(890_000 + n) for n in range(products)]
    rows = [Product(chain=chain, barcode=c, name=f"Product {c}", price=n + 1) for n, c in enumerate(codes)]
    Product.objects.bulk_create(rows)
    users = User.objects.bulk_create(User(username=f"bench{n}") for n in range(shoppers))
    device = _device(branch, shoppers) if locks else None
    Trolley.objects.bulk_create(
        Trolley(
            trolley_id=f"BENCH_{n:03}",
            branch=branch,
            cart_number=n + 1,
            place_device_id=device["id"] if device else None,
            place_slot=n if device else None,
        )
        for n in range(shoppers)
    )
    manager = User.objects.create(username="bench-manager")
    Grant.objects.create(user=manager, role=Role.MANAGER, chain=chain, branch=branch)
    return {
        "barcodes": codes,
        "branch": BRANCH,
        "manager": issue(manager)["access"],
        "device": device,
        "shoppers": [
            {"token": issue(user)["access"], "trolley_id": f"BENCH_{n:03}"} for n, user in enumerate(users)
        ],
    }


def _device(branch: object, slots: int) -> dict[str, object]:
    from core.accounts.credentials.tokens import issue_device
    from core.fleet.models import Controller, Device

    device = Device.objects.create(branch=branch, name="bench-pi")
    boards = -(-slots // 16)
    for address in range(boards):
        Controller.objects.create(device=device, port="bus0", address=address)
    return {"id": str(device.pk), "token": issue_device(device.pk, device.token_version), "boards": boards}


if __name__ == "__main__":
    main()
