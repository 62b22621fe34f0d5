"""`manage.py runserver`: Daphne's, which serves the sockets too.

Here rather than by ``daphne`` in INSTALLED_APPS, which would load Twisted into every process.
"""

from __future__ import annotations

from daphne.management.commands.runserver import Command

__all__ = ["Command"]
