#!/usr/bin/env python
"""Django's command line for this project."""

from __future__ import annotations

import importlib
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    """Run the management command named on the command line."""
    try:
        importlib.import_module("core.settings")
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
