"""The app's name for Django."""

from __future__ import annotations

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """What is sold: categories, products, variants, barcodes."""

    name = "core.catalogue"
    label = "catalogue"
    default_auto_field = "django.db.models.BigAutoField"
