"""What the tests of this floor share: the shape of their world, and a client that speaks JSON as anybody."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from core.accounts.credentials import tokens
from core.accounts.models import User
from core.catalogue.models import Product
from core.fleet.models import Device, Trolley
from core.orders.models import Order, OrderItem
from core.tenancy.models import Branch, Chain

PASSWORD = "correct horse battery"


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30), name: str = "apple.png") -> Any:
    """Return an upload of a red rectangle."""
    out = io.BytesIO()
    Image.new("RGB", size, "#cc2233").save(out, kind)
    return SimpleUploadedFile(name, out.getvalue(), "image/png")


class World(NamedTuple):
    """``own`` is the branch that the roles are granted in, ``sister`` another of its chain."""

    chain: Chain
    own: Branch
    sister: Branch
    foreign: Branch
    trolley: Trolley
    product: Product
    inactive: Product
    device: Device


def order(user_id: Any, branch: str = "OWN", number: int | None = 7, **fields: Any) -> Order:
    """Return an order as its projection writes it, with one line."""
    whole = {
        "chain_slug": "own-chain", "reservation_id": uuid4(), "status": "paid", "currency": "INR",
        "items_count": 1, "units": 2, "total": Decimal("25.00"), "refunded": Decimal(0),
        "placed_at": timezone.now(), **fields,
    }  # fmt: skip
    row = Order.objects.create(order_id=uuid4(), user_id=user_id, branch_code=branch, number=number, **whole)
    OrderItem.objects.create(
        id=f"{row.pk}:0", order_id=row.pk, place=0, line_id="line-1", product_id=uuid4(), barcode="1",
        name="Red apple", quantity=2, unit_price=Decimal("12.50"), line_total=Decimal("25.00"),
        price_trace='[{"rule":"base","unit_price":12.50}]', returned=0,
    )  # fmt: skip
    return row


class Api:
    """A client of the API, as somebody or as nobody."""

    def __init__(self, user: User | None = None, token: str | None = None) -> None:
        self._client = Client(HTTP_HOST="localhost", raise_request_exception=False)
        if user is not None:
            token = tokens.issue(user)["access"]
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str, **headers: str) -> Any:
        """Return the response."""
        return self._client.get(path, headers={**self._headers, **headers})

    def post(self, path: str, body: Any, **headers: str) -> Any:
        """Return the response to a JSON body."""
        return self._client.post(
            path, body, content_type="application/json", headers={**self._headers, **headers}
        )

    def upload(self, path: str, parts: dict[str, Any], **headers: str) -> Any:
        """Return the response to a form with files."""
        return self._client.post(path, parts, headers={**self._headers, **headers})

    def change(self, method: str, path: str, body: Any, match: str | None = "*") -> Any:
        """Return the response to a PUT, PATCH or DELETE; ``match`` is its If-Match, None for none."""
        headers = self._headers if match is None else {**self._headers, "If-Match": match}
        return self._client.generic(
            method, path, json.dumps(body).encode(), content_type="application/json", headers=headers
        )

    def put(self, path: str, body: Any) -> Any:
        """Return the response to a JSON body."""
        return self._client.put(path, body, content_type="application/json", headers=self._headers)

    def patch(self, path: str, body: Any) -> Any:
        """Return the response to a JSON body."""
        return self._client.patch(path, body, content_type="application/json", headers=self._headers)

    def call(self, method: str, path: str, body: Any) -> Any:
        """Return the response to a JSON body by any method."""
        send = getattr(self._client, method.lower())
        return send(path, body, content_type="application/json", headers=self._headers)

    def delete(self, path: str, body: Any = None) -> Any:
        """Return the response."""
        if body is not None:
            return self.send("DELETE", path, json.dumps(body).encode(), "application/json")
        return self._client.delete(path, headers=self._headers)

    def send(self, method: str, path: str, body: bytes, content_type: str) -> Any:
        """Return the response to any body."""
        return self._client.generic(method, path, body, content_type=content_type, headers=self._headers)
