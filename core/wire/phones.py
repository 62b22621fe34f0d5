"""Phone numbers, kept as E.164 (``+919812345678``): one number is written in one way."""

from __future__ import annotations

import phonenumbers
from django.conf import settings
from phonenumbers import NumberParseException, PhoneNumberFormat

from core.wire.ids import shown

EXPECTED = "Expected a phone number such as +919812345678"


def e164(text: str, country: str | None = None) -> str:
    """Return the number in E.164; a national one is of ``country`` (ISO 3166, else ``PHONE_COUNTRY``).

    Raises ValueError with a sentence.
    """
    try:
        number = phonenumbers.parse(text, country or settings.PHONE_COUNTRY)
    except NumberParseException:
        raise ValueError(f"{EXPECTED}, got {shown(text)}.") from None
    if not phonenumbers.is_valid_number(number) or number.extension:
        raise ValueError(f"{EXPECTED}, got {shown(text)}, which no phone has.")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
