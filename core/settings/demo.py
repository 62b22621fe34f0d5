"""The demo, and what production refuses to start with."""

from __future__ import annotations

from core.config import production
from core.settings.base import DEBUG, PRODUCTION, PUBLIC_URL, SECRET_KEY, SIGNING_KEY, env
from core.settings.origins import ALLOWED_HOSTS, ALLOWED_ORIGINS

DEMO_SHOPPERS = env.integer("DEMO_SHOPPERS", 0, 0, 1000)
"""How many simulated shoppers walk through the demo branch."""

if PRODUCTION:
    production.refuse(
        debug=DEBUG,
        secret_key=SECRET_KEY,
        signing_key=SIGNING_KEY,
        hosts=ALLOWED_HOSTS,
        origins=ALLOWED_ORIGINS,
        demo_shoppers=DEMO_SHOPPERS,
        public_url=PUBLIC_URL,
        says_aloud=[name for name in ("EMAIL_URL", "SMS_URL") if env.text(name).startswith("console:")],
    )
