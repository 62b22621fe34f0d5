"""POST /api/cart/checkout as the sources describe it: one transaction, the rows locked in order."""

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import F
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bench.baseline.shop.models import Cart, CartItem, Inventory, Reservation, ReservationItem

HOLD = timedelta(minutes=5)


class CheckoutSerializer(serializers.Serializer):
    """The body: reserve, or give back what the cart has reserved."""

    action = serializers.ChoiceField(["checkout", "cancel"])


class Checkout(APIView):
    """Reserve every line of the cart or none; or release them."""

    def post(self, request: Request) -> Response:
        """Answers as the sources' example: the reservation, its items and the total."""
        body = CheckoutSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        with transaction.atomic():
            cart = Cart.objects.select_for_update().get(user_id=request.user.id)
            if body.validated_data["action"] == "cancel":
                return release(cart)
            return reserve(cart)


def reserve(cart: Cart) -> Response:
    """Lock the rows in one order, check all, then change all."""
    items = list(CartItem.objects.filter(cart=cart).order_by("product_id"))
    rows = Inventory.objects.select_for_update().filter(product_id__in=[each.product_id for each in items])
    stock = {row.product_id: row for row in rows.order_by("product_id")}
    short = [
        each.product_id
        for each in items
        if stock[each.product_id].quantity - stock[each.product_id].reserved < each.quantity
    ]
    if short:
        return Response({"error": "Insufficient stock", "products": short}, status=400)
    for each in items:
        Inventory.objects.filter(product_id=each.product_id).update(reserved=F("reserved") + each.quantity)
    made = Reservation.objects.create(cart=cart, expires_at=datetime.now(UTC) + HOLD)
    ReservationItem.objects.bulk_create(
        ReservationItem(reservation=made, product_id=each.product_id, quantity=each.quantity)
        for each in items
    )
    answer = {
        "reservation_id": str(made.pk),
        "status": made.status,
        "expires_at": made.expires_at,
        "items": [{"product": each.product_id, "quantity": each.quantity} for each in items],
        "total": sum(each.unit_price * each.quantity for each in items),
    }
    return Response(answer, status=201)


def release(cart: Cart) -> Response:
    """Put everything back, under the same locks."""
    held = Reservation.objects.select_for_update().filter(cart=cart, status="ACTIVE").first()
    if held is None:
        return Response({"error": "No checkout"}, status=404)
    items = list(held.items.order_by("product_id"))
    list(
        Inventory.objects.select_for_update()
        .filter(product_id__in=[each.product_id for each in items])
        .order_by("product_id")
    )
    for each in items:
        Inventory.objects.filter(product_id=each.product_id).update(reserved=F("reserved") - each.quantity)
    held.status = "RELEASED"
    held.save(update_fields=["status"])
    return Response({"reservation_id": str(held.pk), "status": held.status})
