"""Registers this Pi with its branch: ``--register CODE --branch BRANCH --server URL``.

A manager's claim code is exchanged for an id and a token (POST /api/devices/register). The
token goes into a file of its own that only its owner can read, everything else into config.json;
neither is ever half written, and the token is never shown. Everything that could go wrong
on this side is tried before the code is used up. The same code again changes nothing.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import re
import urllib.error
import urllib.parse
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from devicegw.agent.config import AgentConfig
from devicegw.errors import ConfigError

API = "/api/devices/register"
ANSWER_S = 30.0
MOST = 64 * 1024
"""Bytes of an answer."""
LINKS = ("eth0", "end0", "wlan0")
"""Whose address names the Pi, the first that is there; else any other card's."""
STARTER: dict[str, Any] = {
    "state_dir": "/var/lib/smart-trolley",
    "buses": [{"port": "/dev/trolley-bus0", "protocol": "kerong", "boards": [{"address": 0}]}],
}
"""What a configuration begins with where there is none."""

_MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")


class NotRegistered(Exception):
    """The server refused the registration; the message gives the reason and the remedy."""


class RegistrationRequest(Struct, frozen=True):
    """What was typed."""

    code: str
    branch: str
    server: str
    name: str = ""
    mac: str = ""
    serial: str = ""

    @property
    def digest(self) -> str:
        """Return how the configuration remembers it; the code is used up by then."""
        typed = f"{self.code}\n{self.branch}\n{self.server.rstrip('/')}"
        return hashlib.sha256(typed.encode()).hexdigest()


class _Link(Struct):
    url: Annotated[str, Meta(pattern="^wss?://")]


class Registered(Struct):
    """The server's answer, as far as it is kept."""

    device_id: Annotated[str, Meta(min_length=1)]
    device_token: Annotated[str, Meta(min_length=1)]
    name: str
    branch: str
    link: _Link
    firmware_key: str | None = None


_PLACEHOLDER = Registered("-", "-", "", "", _Link("wss://nowhere"))
"""In whose name the configuration is tried before the code is used up."""


def register(request: RegistrationRequest, path: Path, root: Path = Path("/")) -> str:
    """Register and write ``path`` and the token; return the text to print.

    ``root`` is where /sys and /proc hang. Raises ConfigError, NotRegistered.
    """
    known = _known(path)
    if known.get("registration") == request.digest and _readable(path):
        return f"This code has registered this Pi already, as {known['device_id']}. Nothing was changed.\n"
    token_path = Path(known.get("device_token_file") or path.parent / "token")
    if not token_path.is_absolute():
        raise ConfigError(f"device_token_file: expected an absolute path, got {token_path}")
    _config(known, request, _PLACEHOLDER, token_path)
    try:
        with _Draft(token_path) as token_draft, _Draft(path) as config_draft:
            got = _ask(request, _identity(request, root))
            token_draft.write(got.device_token + "\n")
            config_draft.write(json.dumps(_config(known, request, got, token_path), indent=2) + "\n")
            # The token first: a configuration never names an id that has none.
            token_draft.keep()
            config_draft.keep()
    except OSError as error:
        raise ConfigError(f"{error.filename or path}: {error.strerror}") from error
    return _report(got, path, token_path, new=not known)


def _known(path: Path) -> dict[str, Any]:
    """Return the configuration as it stands, empty without one. Raises ConfigError."""
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: expected an object, got {type(content).__name__}")
    return content


def _readable(path: Path) -> bool:
    try:
        config = msgspec.json.decode(path.read_bytes(), type=AgentConfig)
        return bool(config.token())
    except (OSError, msgspec.DecodeError, ConfigError):
        return False


def _config(
    known: dict[str, Any], request: RegistrationRequest, got: Registered, token_path: Path
) -> dict[str, Any]:
    """Return the new content; what is not ours to say stays as it is. Raises ConfigError."""
    content = {
        **(known or STARTER),
        "server_url": got.link.url,
        "device_id": got.device_id,
        "device_token_file": str(token_path),
        "registration": request.digest,
    }
    content.pop("device_token", None)
    if got.firmware_key:
        content["firmware"] = {**content.get("firmware", {}), "public_key": got.firmware_key}
    try:
        msgspec.convert(content, AgentConfig)
    except msgspec.ValidationError as error:
        raise ConfigError(f"what stands there already is wrong: {error}") from error
    return content


# --- who we are --------------------------------------------------------------------


def _identity(request: RegistrationRequest, root: Path) -> tuple[str, str]:
    """Return the Pi's MAC address and serial number. Raises NotRegistered."""
    mac = request.mac or _mac(root / "sys/class/net")
    if not mac:
        raise NotRegistered("This machine has no network card with an address. Name one with --mac.")
    serial = request.serial or _serial(root)
    if not serial:
        raise NotRegistered("This machine tells no serial number. Name one with --serial.")
    return mac, serial


def _mac(cards: Path) -> str:
    found = {card.name: _text(card / "address").lower() for card in sorted(cards.glob("*"))}
    real = {name: mac for name, mac in found.items() if _MAC.fullmatch(mac) and mac != "00:00:00:00:00:00"}
    named = [real[name] for name in LINKS if name in real]
    return next(iter([*named, *real.values()]), "")


def _serial(root: Path) -> str:
    """Return what the board has burnt in; of a machine that is no Pi, what its system was given."""
    for place in ("proc/device-tree/serial-number", "sys/class/dmi/id/product_serial", "etc/machine-id"):
        if text := _text(root / place).strip("\0 \n"):
            return text[:60]
    return ""


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""


# --- the server --------------------------------------------------------------------


def _ask(request: RegistrationRequest, identity: tuple[str, str]) -> Registered:
    parts = urllib.parse.urlsplit(request.server)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NotRegistered(
            f"--server: expected an address such as https://shop.example, got {request.server}"
        )
    body = {
        "mac_address": identity[0],
        "serial_number": identity[1],
        "branch_code": request.branch,
        "claim_code": request.code,
        **({"name": request.name} if request.name else {}),
    }
    post = urllib.request.Request(  # noqa: S310 - http or https, see above
        request.server.rstrip("/") + API,
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "Accept": "application/json"},
        method="POST",
    )
    try:
        with urllib.request.build_opener(_NoRedirects()).open(post, timeout=ANSWER_S) as answer:
            text = answer.read(MOST)
    except urllib.error.HTTPError as error:
        with error:
            raise NotRegistered(_refusal(error)) from error
    except urllib.error.URLError as error:
        raise NotRegistered(f"{request.server} cannot be reached: {error.reason}") from error
    except (http.client.HTTPException, OSError) as error:
        lost = "The answer was lost; the code may be used up. Make a new one if it is refused now."
        raise NotRegistered(f"{request.server}: {type(error).__name__}: {error}. {lost}") from error
    try:
        return msgspec.json.decode(text, type=Registered)
    except msgspec.DecodeError as error:
        raise NotRegistered(
            f"{request.server} is no server of ours, or of another version: {error}"
        ) from error


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would turn the POST into a GET, and may lead anywhere."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> None:
        raise NotRegistered(f"The server is at {newurl.removesuffix(API)}: give that as --server.")


def _refusal(error: urllib.error.HTTPError) -> str:
    """Return the server's own sentence, with each field's."""
    try:
        problem = json.loads(error.read(MOST))
        fields = [f"{name}: {each}" for name, said in (problem.get("errors") or {}).items() for each in said]
        said = str(problem.get("detail") or problem.get("title") or "")
    except (ValueError, AttributeError, TypeError, OSError):
        return f"The server answered {error.code}. Is the address right?"
    wait = error.headers.get("Retry-After")
    again = f" Try again in {wait} s." if wait else ""
    return " ".join([said or f"The server answered {error.code}.", *fields]) + again


# --- files -------------------------------------------------------------------------


class _Draft:
    """A file that only its owner can read, whole under its name once it is kept, else not at all."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fresh = path.with_name(f".{path.name}.{os.getpid()}.new")

    def __enter__(self) -> _Draft:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        self._file = os.fdopen(os.open(self._fresh, flags, 0o600), "w")
        if os.geteuid() == 0:
            # Whoever runs the agent owns the folder; root only types the command.
            owner = self._path.parent.stat()
            os.fchown(self._file.fileno(), owner.st_uid, owner.st_gid)
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        with suppress(FileNotFoundError):
            self._fresh.unlink()

    def write(self, text: str) -> None:
        """Write the whole content, to the disk."""
        self._file.write(text)
        self._file.flush()
        os.fsync(self._file.fileno())

    def keep(self) -> None:
        """Put it in the old one's place."""
        self._fresh.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _report(got: Registered, path: Path, token_path: Path, *, new: bool) -> str:
    rows = [("registered", f"{got.name} ({got.device_id}) in {got.branch}"), ("link", got.link.url)]
    rows += [("token", str(token_path)), ("settings", str(path))]
    if new:
        rows.append(("to do", f"say in {path} which boards hang on which port"))
    if got.link.url.startswith("ws://"):
        rows.append(("beware", "the link is not encrypted: whoever is on the way can read the token"))
    return "".join(f"{name:<12}{what}\n" for name, what in rows)
