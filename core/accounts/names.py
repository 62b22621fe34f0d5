"""One login name always leads to one account: names and e-mail addresses share a name space."""

from __future__ import annotations

import unicodedata
from typing import Any, TypeVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AbstractUser
from django.core.validators import RegexValidator
from django.db.models import Q, QuerySet

from core.wire import ids

USERNAME = RegexValidator(
    r"^(?!\+?[0-9]{6,15}$)[\w.+-]+$",
    "Expected letters, digits, and . + - _ only: no address, and no phone number.",
)
"""What somebody may choose to be called: addresses and phone numbers are others', who prove them."""
Account = TypeVar("Account", bound=AbstractUser)


def key(name: str) -> str:
    """Return what two names have in common that look alike to a reader: case, width, blanks around.

    Unicode's compatibility caseless matching (The Unicode Standard, section 3.13, D146).
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", name.strip()).casefold())
    return unicodedata.normalize("NFKC", folded.casefold())


def find(users: QuerySet[Account], login: str) -> Account | None:
    """Return the account that a login names: whose username it is, or else whose address.

    The username comes first, so nobody can take a name over by giving it as their address. Blocking.
    """
    name = AbstractBaseUser.normalize_username(login)
    return (
        users.filter(username=name).first()
        or users.filter(name_key=key(login)).first()
        or users.filter(email__iexact=login).exclude(email="").first()
    )


def find_id(users: QuerySet[Account], text: str) -> str | None:
    """Return the user id for an id or a username; an id is taken as it is. Blocking."""
    try:
        return str(ids.parse(text))
    except ids.InvalidId:
        found = users.filter(Q(username=text) | Q(name_key=key(text))).values_list("pk", flat=True).first()
        return None if found is None else str(found)


TAKEN = {"username": "This name is taken."}


def taken(others: QuerySet[Any], user: AbstractUser) -> dict[str, str]:
    """Return which of the account's names lead to one of the others, with a sentence each. Blocking."""
    found: dict[str, str] = {}
    mine = key(user.username)
    if (
        others.filter(name_key=mine).exists()
        or others.filter(username__iexact=user.username).exists()
        or others.filter(email__iexact=mine).exists()
    ):
        found |= TAKEN
    if user.email:
        address = key(user.email)
        if others.filter(name_key=address).exists() or others.filter(email__iexact=user.email).exists():
            found["email"] = "This address is taken."
    return found
