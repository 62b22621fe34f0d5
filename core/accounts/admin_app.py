"""Django's admin as this project's app: its site is entered by the product's login."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class ProductAdminConfig(AdminConfig):
    """The admin, with its site named."""

    default_site = "core.accounts.admin_login.ProductAdminSite"
