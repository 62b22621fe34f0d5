"""Tables of the sources: a session holds a trolley for a user and has a cart with items."""

import uuid

from django.db import models


class Product(models.Model):
    """Something with a barcode and a price."""

    barcode = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=200)
    price = models.DecimalField(max_digits=12, decimal_places=2)
    is_active = models.BooleanField(default=True)


class Cart(models.Model):
    """A shopper's cart, with the totals kept on the row so that an answer needs no aggregate."""

    session_id = models.UUIDField(unique=True, default=uuid.uuid4)
    user_id = models.UUIDField(unique=True)
    is_active = models.BooleanField(default=True)
    total = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    items_count = models.IntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)


class CartItem(models.Model):
    """One product in a cart."""

    cart = models.ForeignKey(Cart, related_name="items", on_delete=models.CASCADE)
    product = models.ForeignKey(Product, on_delete=models.PROTECT)
    quantity = models.IntegerField(default=1)
    unit_price = models.DecimalField(max_digits=12, decimal_places=2)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cart", "product"], name="one_line_a_product")]


class Inventory(models.Model):
    """What there is of a product, and what is kept for reservations."""

    product = models.OneToOneField(Product, on_delete=models.PROTECT)
    quantity = models.IntegerField()
    reserved = models.IntegerField(default=0)


class Reservation(models.Model):
    """Goods kept for a cart at the checkout."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    cart = models.ForeignKey(Cart, on_delete=models.CASCADE)
    status = models.CharField(max_length=10, default="ACTIVE", db_index=True)
    expires_at = models.DateTimeField()


class ReservationItem(models.Model):
    """One line of a reservation."""

    reservation = models.ForeignKey(Reservation, related_name="items", on_delete=models.CASCADE)
    product = models.ForeignKey(Product, on_delete=models.PROTECT)
    quantity = models.IntegerField()
