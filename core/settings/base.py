"""What kind of run this is, where its data lie and where it is reached."""

from __future__ import annotations

import os
from pathlib import Path

from core.config import production
from core.config.environment import Environment

env = Environment()
"""The one reader of the process environment."""
# Whoever imports the settings first (manage.py, Celery) has thereby said which of them hold.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", __package__)

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA_DIR = env.path("DATA_DIR", BASE_DIR / "var")
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

ENVIRONMENT = env.choice("ENVIRONMENT", "development", ("development", "production"))
DEBUG = env.flag("DEBUG", ENVIRONMENT != "production")
PRODUCTION = ENVIRONMENT == "production" or not DEBUG

PORT = env.integer("PORT", 8000, 1, 65535)
PUBLIC_URL = env.origin("PUBLIC_URL", f"http://localhost:{PORT}")
"""Where browsers reach the server; printed QR codes open it."""

SECRET_KEY = env.secret("SECRET_KEY", production.DEVELOPMENT_KEY)
SIGNING_KEY = env.secret("SIGNING_KEY", SECRET_KEY)
"""Signs tokens and QR codes; change it to end every login."""
