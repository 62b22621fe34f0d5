"""Passwords, codes and tokens, and how often each may be tried."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured
from phonenumbers import SUPPORTED_REGIONS

from core.settings.base import env

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
] + [{"NAME": "core.accounts.credentials.passwords.NotGuessed"}]
PASSWORD_HASHERS = ["core.accounts.credentials.hashing.InTurn"]
PASSWORD_HASHES_AT_ONCE = env.integer("PASSWORD_HASHES_AT_ONCE", 1, 1, 64)
PASSWORD_HASHES_WAITING = env.integer("PASSWORD_HASHES_WAITING", 20, 0, 1000)
"""Of one process; who comes when so many wait already is told to come again."""
LOGIN_URL = "/login"
OTP_TOTP_ISSUER = "Smart Trolley"
ACCESS_TOKEN_S = env.integer("ACCESS_TOKEN_S", 15 * 60, 1)
REFRESH_TOKEN_S = env.integer("REFRESH_TOKEN_S", 30 * 24 * 3600, 60)
DEVICE_TOKEN_S = env.integer("DEVICE_TOKEN_S", 365 * 24 * 3600, 60)
DEVICE_TOKEN_OVERLAP_S = env.integer("DEVICE_TOKEN_OVERLAP_S", 24 * 3600)
"""How long the token before is accepted after a rotation."""
CLAIM_CODE_S = env.integer("CLAIM_CODE_S", 30 * 60, 60)
"""How long a manager's claim code for a new device is good."""
PASSWORD_RESET_TIMEOUT = 3600
"""Seconds for which the link to a new password is good."""
LOGIN_CODE_S = env.integer("LOGIN_CODE_S", 300, 30, 3600)
"""How long a code that was sent to a phone or an address is good."""
CODE_RATE = env.text("CODE_RATE", "5/hour")
"""Codes to one phone or address that are asked for from one address."""
CODE_TARGET_RATE = env.text("CODE_TARGET_RATE", "20/hour")
"""The same from everywhere; addresses that were entered from by it are given one still."""
CODE_ADDRESS_RATE = env.text("CODE_ADDRESS_RATE", "100/hour")
"""Codes to whomever that are asked for from one address."""
PHONE_COUNTRY = env.text("PHONE_COUNTRY", "IN").upper()
"""ISO 3166 code of the country whose national phone numbers are taken."""
if PHONE_COUNTRY not in SUPPORTED_REGIONS:
    raise ImproperlyConfigured(f"PHONE_COUNTRY: expected a country such as IN, got {PHONE_COUNTRY!r}")
AUTH_RATE = env.text("AUTH_RATE", "60/minute")
"""Calls of one address to the auth endpoints, as ``limits`` writes rates."""
AUTH_FAILURE_RATE = env.text("AUTH_FAILURE_RATE", "10/minute")
"""Failed logins to one account from one address."""
AUTH_ACCOUNT_FAILURE_RATE = env.text("AUTH_ACCOUNT_FAILURE_RATE", "200/hour")
"""Failed logins to one account from everywhere; addresses that it was entered from are let in still."""
