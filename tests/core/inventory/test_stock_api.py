"""What REST shows of stock, and what the demo begins with."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.utils import timezone

from actors.messages.stock import AdjustStock, ReceiveStock
from core.accounts.models import User
from core.demo import load
from core.demo.stock import deliveries
from core.fleet.models import Session
from core.inventory.models import Movement, StockLevel
from core.shopping.models import Cart, CartItem
from tests.core.support import Api, World


def level(world: World, branch: str = "OWN", product: Any = None, **fields: Any) -> StockLevel:
    product_id = product or world.product.pk
    counts = {"on_hand": 10, "reserved": 3, "received": 12, "sold": 2, "low_at": 0, "low": False, **fields}
    return StockLevel.objects.create(
        id=f"{branch}:{product_id}",
        branch_code=branch,
        sku=str(product_id),
        product_id=product_id,
        updated_at=timezone.now(),
        **counts,
    )


def in_a_trolley(world: World, branch: str, quantity: int, active: bool = True, **line: Any) -> None:
    user, session = uuid4(), uuid4()
    now = timezone.now()
    Session.objects.create(
        session_id=session,
        trolley_code="T-1",
        branch_code=branch,
        user_id=user,
        started_at=now,
        is_active=active,
    )
    Cart.objects.create(user_id=user, cart_id=uuid4(), session_id=session)
    CartItem.objects.create(
        line_id=uuid4(), user_id=user, product_id=world.product.pk, barcode="1", name="x", quantity=quantity,
        unit_price=1, line_total=1, added_at=now, **line,
    )  # fmt: skip


def test_a_branch_shows_what_it_has_and_what_is_in_trolleys(people: dict[str, User], world: World) -> None:
    level(world)
    level(world, "FOREIGN", world.inactive.pk)
    in_a_trolley(world, "OWN", 2)
    in_a_trolley(world, "OWN", 3)
    in_a_trolley(world, "OWN", 5, active=False)
    in_a_trolley(world, "SISTER", 7)
    in_a_trolley(world, "OWN", 11, variant_id=uuid4())
    [row] = Api(people["staff"]).get("/api/branches/OWN/stock").json()["results"]
    assert (row["name"], row["on_hand"], row["reserved"], row["available"]) == ("Red apple", 10, 3, 7)
    assert (row["in_trolleys"], row["sold"]) == (5, 2)


def test_it_can_be_searched_and_filtered(people: dict[str, User], world: World) -> None:
    level(world, low=True)
    level(world, product=world.inactive.pk)
    api = Api(people["staff"])

    def names(query: str) -> list[str]:
        return [row["name"] for row in api.get(f"/api/branches/OWN/stock?{query}").json()["results"]]

    assert names("search=red") == ["Red apple"]
    assert names("search=1234") == ["Old apple"]
    assert names("low=true") == ["Red apple"]
    assert len(names("")) == 2


def test_movements_are_the_branchs_own_newest_first(people: dict[str, User], world: World) -> None:
    for number, (branch, kind) in enumerate((("OWN", "received"), ("OWN", "sold"), ("FOREIGN", "sold"))):
        Movement.objects.create(
            id=f"{branch}:{number}:0", branch_code=branch, sku="x", product_id=world.product.pk, kind=kind,
            units=number, principal="user:x", at=timezone.now(),
        )  # fmt: skip
    api = Api(people["staff"])
    rows = api.get("/api/branches/OWN/stock/movements").json()["results"]
    assert [row["kind"] for row in rows] == ["sold", "received"]
    assert len(api.get("/api/branches/OWN/stock/movements?kind=sold").json()["results"]) == 1


def test_the_demo_gets_its_first_delivery_once(db: None) -> None:
    load.load()
    found = deliveries()
    received = {each.branch: each.command for each in found if isinstance(each.command, ReceiveStock)}
    assert set(received) == set(load.BRANCHES)
    assert {line.units for line in received[load.OPEN_BRANCH].lines} == {200}
    counted = [each for each in found if isinstance(each.command, AdjustStock)]
    assert {each.branch for each in counted} == {load.OPEN_BRANCH}, "the first map begins without low stock"
    assert all(0 < each.command.counted <= each.command.low_at for each in counted)
    assert len({each.id for each in found}) == len(found)
    StockLevel.objects.create(
        id="x", branch_code=load.OPEN_BRANCH, sku="x", product_id=uuid4(), updated_at=timezone.now(),
        on_hand=0, reserved=0, received=0, sold=0, low_at=0, low=False,
    )  # fmt: skip
    assert {each.branch for each in deliveries()} == {load.LOCKED_BRANCH, load.BRANCH_ABROAD}
