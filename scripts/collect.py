"""Collect the files of the pages under hashed names, compressed, unless that was done since they changed."""

from __future__ import annotations

import os
from typing import cast

import django


def main() -> None:
    """Do it; seconds when a file has changed, nothing otherwise."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
    django.setup()
    from django.contrib.staticfiles.storage import staticfiles_storage
    from django.core.management import call_command

    from core.web.static import HashedFiles

    if cast(HashedFiles, staticfiles_storage).is_stale():
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)


if __name__ == "__main__":
    main()
