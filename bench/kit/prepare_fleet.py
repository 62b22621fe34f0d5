"""Fill an empty database of the product with branches, Pis and a trolley for each slot; print their tokens.

``python -m bench.kit.prepare_fleet --pis 1000 --slots 32``. For ``bench.devices``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys

import django

BRANCHES = 100


def main() -> None:
    """Migrate, fill, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pis", type=int, required=True)
    parser.add_argument("--slots", type=int, required=True)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    json.dump(fill(options.pis, options.slots), sys.stdout)


def fill(pis: int, slots: int) -> dict[str, object]:
    """Make the rows; return what the load needs to know of them."""
    from core.accounts.credentials.tokens import issue, issue_device
    from core.accounts.models import User
    from core.fleet.models import Device, Trolley
    from core.tenancy.models import Branch, Chain

    chain = Chain.objects.create(slug="bench", name="Bench", currency="INR")
    branches = Branch.objects.bulk_create(
        Branch(chain=chain, code=f"B{n:03}", name=f"B{n}") for n in range(BRANCHES)
    )
    devices = Device.objects.bulk_create(
        Device(branch=branches[n % BRANCHES], name=f"pi{n}") for n in range(pis)
    )
    trolleys = (
        Trolley(
            trolley_id=f"T{n}_{slot}",
            branch=device.branch,
            cart_number=n * slots + slot + 1,
            place_device=device,
            place_slot=slot,
        )
        for n, device in enumerate(devices)
        for slot in range(slots)
    )
    Trolley.objects.bulk_create(trolleys, batch_size=2000)
    admin = User.objects.create(username="admin", is_superuser=True)
    return {
        "desk": issue(admin)["access"],
        "devices": [
            {"id": str(each.pk), "token": issue_device(each.pk, each.token_version), "trolley": f"T{n}_0"}
            for n, each in enumerate(devices)
        ],
    }


if __name__ == "__main__":
    main()
