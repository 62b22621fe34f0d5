"""Let simulated shoppers walk through the demo store: ``--shoppers`` of them, or DEMO_SHOPPERS."""

from __future__ import annotations

import os

import django


def main() -> None:
    """Run until stopped."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
    django.setup()
    from realtime import demo

    demo.main()


if __name__ == "__main__":
    main()
