"""Django's settings, a file a subject, and the one reader of the process environment on the server.

Everything has a default that works on a developer's machine: SQLite under
``DATA_DIR``, one process, no broker. ``ENVIRONMENT=production`` or ``DEBUG=0``
turns the refusals of ``core/config/production.py`` on. docs/CONFIGURATION.md lists every variable.
"""

from __future__ import annotations

from core.settings.accounts import *
from core.settings.actors import *
from core.settings.application import *
from core.settings.base import *
from core.settings.demo import *
from core.settings.devices import *
from core.settings.files import *
from core.settings.limits import *
from core.settings.logs import *
from core.settings.messages import *
from core.settings.origins import *
from core.settings.payments import *
from core.settings.rest import *
from core.settings.services import *
