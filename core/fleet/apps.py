"""The app's name for Django."""

from __future__ import annotations

from django.apps import AppConfig


class FleetConfig(AppConfig):
    """Trolleys, devices and lock boards, and the read models of sessions and rentals."""

    name = "core.fleet"
    label = "fleet"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the check on closing branches, the messages' texts and the trolleys' countries."""
        from core.accounts.codes import countries
        from core.fleet.rentals import by_phone
        from core.fleet.trolleys.countries import country_of
        from core.fleet.trolleys.out import count_out
        from core.outbox.letters import composer
        from core.tenancy import closing

        closing.register(count_out)
        composer(by_phone.KIND, by_phone.compose)
        countries.register(country_of)
