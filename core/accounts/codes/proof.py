"""Whoever changes how an account is reached shows first that it is theirs.

A borrowed phone or a stolen token must not become an account for ever.
So: by its password; where it has none, by a fresh code to the phone that it has, or else to its
confirmed address.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rest_framework.request import Request

from core.accounts.codes import codes
from core.accounts.codes.api import right_code
from core.accounts.codes.codes import Target
from core.accounts.credentials import throttling
from core.accounts.models import User
from core.outbox.models import Channel
from core.problems import Problem
from core.rest.fields import ClosedSerializer, StrictText


class ProofBody(ClosedSerializer):
    """``password`` of the account; where it has none, ``current_code``, sent to where it is reached now."""

    password = StrictText(min_length=1, max_length=200, trim_whitespace=False, required=False)
    current_code = StrictText(min_length=1, max_length=20, required=False)


def proven(request: Request, user: User, body: dict[str, Any]) -> Callable[[], None]:
    """Return what uses the proof up, for the transaction of the change. Raises Problem. Blocking.

    403 ``proof_needed`` says in ``by`` what is missing: password, or a code by sms or email. Not for within
    a transaction: what is wrong is counted.
    """
    if user.password and user.has_usable_password():
        if "password" not in body:
            raise _needed("password")
        check_password(request, user, body["password"])
        return _nothing
    target = _reached(user)
    if target is None:
        return _nothing
    if "current_code" not in body:
        raise _needed("sms" if target.channel == Channel.SMS else "email")
    row = right_code(request, target, body["current_code"])
    return lambda: codes.use(row)


def check_password(request: Request, user: User, password: str) -> None:
    """Raise a problem unless this is the account's password; wrong ones are counted as in logging in."""
    account, address = str(user.pk), throttling.address_of(request._request)
    throttling.check_failures(account, address)
    if not user.check_password(password):
        throttling.note_failure(account, address)
        raise Problem(403, "bad_credentials", "The password is wrong.")


def _needed(by: str) -> Problem:
    what = "your password" if by == "password" else "the code that comes to where your account is reached now"
    return Problem(403, "proof_needed", f"Please confirm this with {what}.", by=by)


def _reached(user: User) -> Target | None:
    if user.phone is not None:
        return Target(Channel.SMS, user.phone)
    return Target(Channel.EMAIL, user.email.lower()) if user.email else None


def _nothing() -> None:
    """A password is not used up."""
