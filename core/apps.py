"""The project itself as a Django app: checks, signals, management commands."""

from __future__ import annotations

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Holds what belongs to no single subject."""

    name = "core"
    label = "core"

    def ready(self) -> None:
        """Connect the announcements of reference data and register the checks."""
        # Celery too: from here on its tasks belong to this project's app and not to an unconfigured one.
        from django_otp.plugins.otp_totp.models import TOTPDevice

        from core import celery, checks, reference
        from core.accounts.models import Grant, Login, User
        from core.audit import watching
        from core.catalogue import models as catalogue
        from core.fleet.models import Controller, Device, Trolley
        from core.rest import folding, ids
        from core.tax.models import TaxRate
        from core.tenancy.models import Branch, Chain

        celery.app.set_default()
        checks.register()
        ids.register()
        folding.register()
        watching.start()
        reference.watch(reference.BRANCHES, Chain, Branch)
        reference.watch(reference.DIRECTORY, Trolley, Device, Controller)
        goods = (
            catalogue.Category,
            catalogue.Product,
            catalogue.ProductCode,
            catalogue.RecalledLot,
            catalogue.Variant,
            catalogue.PriceRule,
            catalogue.Promotion,
            catalogue.PromotionGoods,
            catalogue.Voucher,
            catalogue.LabelLayout,
        )
        reference.watch(reference.CATALOGUE, Chain, TaxRate, *goods)
        reference.watch(reference.PEOPLE, User, Grant)
        reference.watch(reference.LOGINS, Grant)
        # With the second factor come the roles that a chain withholds without one.
        reference.watch_changes(reference.LOGINS, User, Login, TOTPDevice)
        reference.watch_changes(reference.LOGINS, Chain)
