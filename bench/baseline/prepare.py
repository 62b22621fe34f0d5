"""Make the baseline's tables and fill them; print each shopper's token and session as JSON."""

import json
import os
import sys
import uuid
from datetime import UTC, datetime, timedelta

import django
import jwt

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.baseline.settings")


def main(shoppers: int, products: int, lines: int = 0) -> None:
    """Fill an empty database with ``shoppers`` open carts of so many ``lines``, and ``products``."""
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from bench.baseline.shop.models import Cart, CartItem, Inventory, Product

    call_command("migrate", run_syncdb=True, verbosity=0)
    rows = [Product(barcode=str(890_000 + n), name=f"Product {n}", price=n + 1) for n in range(products)]
    Product.objects.bulk_create(rows)
    carts = Cart.objects.bulk_create(Cart(user_id=uuid.uuid4()) for _ in range(shoppers))
    Inventory.objects.bulk_create(Inventory(product=row, quantity=1_000_000) for row in rows)
    CartItem.objects.bulk_create(
        CartItem(cart=cart, product=row, unit_price=row.price) for cart in carts for row in rows[:lines]
    )
    until = datetime.now(UTC) + timedelta(hours=2)
    found = {
        "barcodes": [row.barcode for row in rows],
        "shoppers": [
            {
                "token": jwt.encode({"sub": str(cart.user_id), "exp": until}, settings.SECRET_KEY, "HS256"),
                "session_id": str(cart.session_id),
            }
            for cart in carts
        ],
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
