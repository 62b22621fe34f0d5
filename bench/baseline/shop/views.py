"""POST /api/cart/add, as the sources describe it: one transaction, the cart's row locked."""

from django.db import transaction
from django.db.models import F
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bench.baseline.shop.models import Cart, CartItem, Product


class AddSerializer(serializers.Serializer):
    """The body of the command."""

    session_id = serializers.UUIDField()
    barcode = serializers.CharField(max_length=32)


class AddToCart(APIView):
    """Add one unit of a product to the session's cart."""

    def post(self, request: Request) -> Response:
        """Answers as the sources' example: the product and the cart's totals."""
        body = AddSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        product = Product.objects.filter(barcode=body.validated_data["barcode"], is_active=True).first()
        if product is None:
            return Response({"error": "Product not found"}, status=404)
        with transaction.atomic():
            cart = (
                Cart.objects.select_for_update()
                .filter(session_id=body.validated_data["session_id"], user_id=request.user.id, is_active=True)
                .first()
            )
            if cart is None:
                return Response({"error": "Session not found"}, status=404)
            add_unit(cart, product)
        return Response(
            {
                "product": {"barcode": product.barcode, "name": product.name, "price": product.price},
                "cart_total": cart.total,
                "items_count": cart.items_count,
            }
        )


def add_unit(cart: Cart, product: Product) -> None:
    """One more unit on the product's line, made at first use; the totals follow."""
    lines = CartItem.objects.filter(cart=cart, product=product)
    if not lines.update(quantity=F("quantity") + 1):
        CartItem.objects.create(cart=cart, product=product, unit_price=product.price)
        cart.items_count += 1
    cart.total += product.price
    cart.save(update_fields=["total", "items_count", "updated_at"])
