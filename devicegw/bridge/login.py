"""Logging in to the server as the bridge's service account, by stdlib alone."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Callable

ANSWER_S = 10.0


class LoginFailed(Exception):
    """The server gave no token; the message tells a wrong password from a failed connection."""


class ServiceAccount:
    """``token`` asks for a fresh access token; the password is read each time."""

    def __init__(self, server_url: str, username: str, password: Callable[[], str]) -> None:
        self._url = f"http{server_url.removeprefix('ws').rstrip('/')}/api/auth/token"
        self.username = username
        self._password = password

    async def token(self) -> str:
        """Return an access token. Raises LoginFailed."""
        return await asyncio.to_thread(self._ask)

    def _ask(self) -> str:
        body = json.dumps({"username": self.username, "password": self._password()}).encode()
        request = urllib.request.Request(self._url, body, {"Content-Type": "application/json"})  # noqa: S310 - http or https, of a setting
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_S) as answer:  # noqa: S310 - http or https, of a setting
                access = json.load(answer)["access"]
        except urllib.error.HTTPError as error:
            with error:
                if error.code in (400, 401, 403):
                    who = f"the service account {self.username!r}"
                    raise LoginFailed(f"the server refused the username or password of {who}") from error
                raise LoginFailed(f"{self._url} answered {error.code}") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LoginFailed(f"{self._url}: {error}") from error
        return str(access)
