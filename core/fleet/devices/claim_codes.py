"""One-time claim codes, by which a new Pi proves that a manager of the branch wants it.

Eight characters of Crockford's base 32 (40 bits) in two groups. The database has a keyed
digest, so that its rows cannot be tried out against all codes by whoever reads them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from core.accounts.models import User
from core.fleet.models import ClaimCode
from core.tenancy.models import Branch

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 8
_TYPED = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": ""})


def make(branch: Branch, by: User) -> tuple[str, ClaimCode]:
    """Return a new code, shown only once, and its row."""
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    expires_at = timezone.now() + timedelta(seconds=settings.CLAIM_CODE_S)
    row = ClaimCode.objects.create(branch=branch, digest=digest(code), made_by=by, expires_at=expires_at)
    return f"{code[:4]}-{code[4:]}", row


def use(code: str, branch_code: str) -> ClaimCode | None:
    """Use the code up and return its row, or None for one that is unknown, old, used or another branch's.

    Call it in the transaction of what the code is for.
    """
    now = timezone.now()
    fitting = ClaimCode.objects.filter(
        digest=digest(code), branch__code=branch_code, used_at=None, expires_at__gt=now
    )
    row = fitting.select_related("branch__chain").first()
    # One conditional update, so that of two Pis with the same code only one gets in.
    if row is None or not fitting.update(used_at=now):
        return None
    row.used_at = now
    return row


def purge() -> int:
    """Delete codes that ended without use; return how many there were."""
    gone, _ = ClaimCode.objects.filter(used_at=None, expires_at__lt=timezone.now()).delete()
    return gone


def digest(code: str) -> str:
    """Return what is stored of a code, however it was typed (case, dashes, O for 0, I or L for 1)."""
    plain = code.upper().translate(_TYPED)
    return hmac.new(settings.SIGNING_KEY.encode(), f"claim:{plain}".encode(), hashlib.sha256).hexdigest()
