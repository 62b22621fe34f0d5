"""Somebody with a phone and a mailbox: what is sent to them, read as they read it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from django.core import mail

from core.config import addresses
from core.outbox import tasks

PHONE = "+919812345678"


def has_phone(settings: Any, folder: Path) -> None:
    """Let text messages go into a folder, and mail into ``django.core.mail.outbox``."""
    settings.SMS = addresses.sms(f"file://{folder}/sms")
    settings.SENDS_MAIL = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def messages(folder: Path) -> list[dict[str, str]]:
    """Return the text messages that came, the oldest first."""
    while tasks.send_due():
        pass
    return [json.loads(file.read_text()) for file in sorted((folder / "sms").glob("*.json"))]


def code(folder: Path) -> str:
    """Return the code of the last text message."""
    return code_in(messages(folder)[-1]["text"])


def code_in(text: str) -> str:
    """Return the first six digits of a message."""
    found = re.search(r"\b\d{6}\b", text)
    assert found is not None, text
    return found[0]


def mails() -> list[Any]:
    """Return the mails that came, the oldest first."""
    while tasks.send_due():
        pass
    return list(mail.outbox)


def token_in(text: str) -> str:
    """Return the token of the link in a mail."""
    found = re.search(r"[?&]token=(\S+)", text)
    assert found is not None, text
    return unquote(found[1])
