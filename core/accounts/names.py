"""One login name leads to one account for ever: names and e-mail addresses are one name space."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.accounts.models import User


def key(name: str) -> str:
    """Return what two names have in common that look alike to a reader: case, width, blanks around.

    Unicode's compatibility caseless matching (The Unicode Standard, section 3.13, D146).
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", name.strip()).casefold())
    return unicodedata.normalize("NFKC", folded.casefold())


def find(login: str) -> User | None:
    """Return the account that a login names: whose username it is, or else whose address.

    The username comes first, so nobody can take a name over by giving it as their address. Blocking.
    """
    from core.accounts.models import User

    name = User.normalize_username(login)
    return (
        User.objects.filter(username=name).first()
        or User.objects.filter(name_key=key(login)).first()
        or User.objects.filter(email__iexact=login).exclude(email="").first()
    )


def taken(user: User) -> dict[str, str]:
    """Return which of the account's names lead to another one already, with a sentence each. Blocking."""
    from core.accounts.models import User

    others, found = User.objects.exclude(pk=user.pk), {}
    mine = key(user.username)
    if (
        others.filter(name_key=mine).exists()
        or others.filter(username__iexact=user.username).exists()
        or others.filter(email__iexact=mine).exists()
    ):
        found["username"] = "This name is taken."
    if user.email:
        address = key(user.email)
        if others.filter(name_key=address).exists() or others.filter(email__iexact=user.email).exists():
            found["email"] = "This address is taken."
    return found
