"""The routes that are measured."""

from django.urls import path

from bench.baseline.shop.checkout import Checkout
from bench.baseline.shop.views import AddToCart

urlpatterns = [
    path("api/cart/add", AddToCart.as_view()),
    path("api/cart/checkout", Checkout.as_view()),
]
