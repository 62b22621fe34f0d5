"""Bodies as examples in the OpenAPI document, by the operation's name: one shopper's way through the demo."""

from __future__ import annotations

from typing import Any

EXAMPLES: dict[str, dict[str, Any]] = {
    "auth_register": {"username": "mia", "password": "seven wild geese", "language": "en"},
    "auth_token": {"username": "shopper", "password": "trolley-demo"},
    "session.start.post.session.qr-scan": {"trolley_id": "TROLLEY_01"},
    "cart.add.post.cart.add": {"barcode": "8904110104547"},
    "cart.add.post.cart.items": {"product_id": "018f6f2e-9c7b-7a43-8d05-1f2a3b4c5d6e", "quantity": 2},
    "cart.set_quantity.patch.cart.items.{item_id}": {"quantity": 3},
    "cart.apply_voucher.post.cart.vouchers": {"code": "WELCOME"},
    "payment.create.post.payments.create-from-cart": {"payment_method": "sandbox", "currency": "INR"},
    "products_create": {"barcode": "4006381333931", "name": "Red apple", "price": 12.5, "category": "fruit"},
}
