"""``manage.py create_chain``: a retailer and its first admin, for a new installation."""

from __future__ import annotations

import getpass
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from core.accounts.models import Grant, Role, User
from core.tenancy.models import Chain


class Command(BaseCommand):
    """Makes a chain, and an account that runs it."""

    help = "Make a chain and its first admin; the password is asked for, or read from standard input."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what the chain is, and who runs it."""
        parser.add_argument("slug", help="its name in addresses, such as fresh-mart; for good")
        parser.add_argument("--name", required=True)
        parser.add_argument("--currency", required=True, help="ISO 4217, such as INR")
        parser.add_argument("--country", default="", help="ISO 3166, such as IN")
        parser.add_argument("--admin", required=True, help="username; one that is there is taken as it is")
        parser.add_argument("--email", default="", help="of a new account")

    def handle(self, **options: Any) -> None:
        """Make both, or neither."""
        with transaction.atomic():
            chain = self._chain(options)
            user = User.objects.filter(username=options["admin"]).first() or self._account(options)
            Grant.objects.create(user=user, role=Role.CHAIN_ADMIN, chain=chain)
        self.stdout.write(f"{chain.name} ({chain.slug}) is there; {user.username} runs it.")

    def _chain(self, options: dict[str, Any]) -> Chain:
        chain = Chain(**{name: options[name] for name in ("slug", "name", "currency", "country")})
        _check(chain)
        chain.save()
        return chain

    def _account(self, options: dict[str, Any]) -> User:
        user = User(username=options["admin"], email=options["email"])
        password = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        user.set_password(password)
        _check(user)
        user.save()
        return user


def _check(row: Chain | User) -> None:
    """Raise CommandError that names what does not fit."""
    try:
        row.full_clean()
    except ValidationError as error:
        told = "; ".join(f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items())
        raise CommandError(told) from None
