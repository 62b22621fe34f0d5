"""The server: Django, the hot commands, the websockets and the actors in one ASGI application.

Run it with ``uvicorn asgi:application`` (uvloop, httptools) or ``daphne asgi:application``.
Nothing starts at import; see realtime/server.py for the order.
"""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")  # noqa: TID251 - Django reads it

from django.core.asgi import get_asgi_application

_django = get_asgi_application()

from realtime.server import Server  # noqa: E402 - needs the apps that the line above has set up

application = Server(_django)
