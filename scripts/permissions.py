"""Write docs/PERMISSIONS.md from the tables of commands and of REST endpoints."""

from __future__ import annotations

import os

import django


def main() -> None:
    """Write it; a test fails while it is not current."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
    django.setup()
    from realtime.documents import permissions

    permissions.FILE.write_text(permissions.text(), encoding="utf-8")


if __name__ == "__main__":
    main()
