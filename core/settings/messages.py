"""Mail, text messages and web push."""

from __future__ import annotations

from urllib.parse import urlsplit

from core.settings.base import PRODUCTION, PUBLIC_URL, env

_mail = env.mail("EMAIL_URL", "" if PRODUCTION else "console://")
EMAIL_BACKEND = _mail["BACKEND"] or "django.core.mail.backends.dummy.EmailBackend"
SENDS_MAIL = bool(_mail["BACKEND"])
"""Without a mail server nothing is sent, and nothing counts as sent."""
EMAIL_FILE_PATH = _mail.get("FILE_PATH")
EMAIL_HOST, EMAIL_PORT = _mail.get("HOST", "localhost"), _mail.get("PORT", 25)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.get("HOST_USER", ""), _mail.get("HOST_PASSWORD", "")
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.get("USE_TLS", False), _mail.get("USE_SSL", False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", f"Smart Trolley <receipts@{urlsplit(PUBLIC_URL).hostname}>")


SMS = env.sms("SMS_URL", "" if PRODUCTION else "console://")
"""How text messages go out."""
VAPID_PRIVATE_KEY = env.secret("VAPID_PRIVATE_KEY", "")
"""P-256 key in base64url that web push is signed with; without it nothing is pushed."""
VAPID_SUBJECT = env.text("VAPID_SUBJECT", f"mailto:postmaster@{urlsplit(PUBLIC_URL).hostname}")
"""Whom a push service writes to about us."""
PUSH_SERVICES = env.names(
    "PUSH_SERVICES",
    [
        "https://fcm.googleapis.com",
        "https://*.push.services.mozilla.com",
        "https://*.notify.windows.com",
        "https://*.push.apple.com",
    ],
)
"""Origins that browsers may name as theirs, ``*`` for any name."""
