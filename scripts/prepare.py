"""Make the database ready: its tables and, outside production, the demo store."""

from __future__ import annotations

import os

import django


def main() -> None:
    """Migrate; load the demo unless this is production. Repeating it changes nothing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    if not settings.PRODUCTION:
        call_command("load_demo", verbosity=0)


if __name__ == "__main__":
    main()
