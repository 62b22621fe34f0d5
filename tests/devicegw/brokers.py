"""Mosquittos of a test's own: one that is stopped and started, one with a password, one with TLS."""

from __future__ import annotations

import socket
import subprocess
from contextlib import ExitStack
from pathlib import Path

from scripts.services import _process
from scripts.services._process import LOCALHOST, binary, free_port, private_directory


class OwnBroker:
    """Listens on the same port at every start."""

    def __init__(self, stack: ExitStack, *settings: str) -> None:
        self.directory = private_directory(stack, "mosquitto")
        self.port = free_port()
        self.url = f"mqtt://{LOCALHOST}:{self.port}"
        self.settings = list(settings) or ["allow_anonymous true"]
        self._running = ExitStack()
        stack.callback(self.stop)

    def start(self) -> None:
        program = binary("mosquitto")
        assert program, "mosquitto is not installed; `make test` installs it"
        lines = [
            f"listener {self.port} {LOCALHOST}",
            "set_tcp_nodelay true",
            "persistence false",
            "user root",
        ]
        config = self.directory / "mosquitto.conf"
        config.write_text("\n".join([*lines, *self.settings, ""]))
        _process.start(self._running, [program, "-c", str(config)], self.directory, self._listens)

    def stop(self) -> None:
        self._running.close()

    def _listens(self) -> bool:
        try:
            socket.create_connection((LOCALHOST, self.port), timeout=1).close()
        except OSError:
            return False
        return True


def with_passwords(stack: ExitStack, people: dict[str, str], acl: str = "") -> OwnBroker:
    """Let only these in; ``acl`` is the text of an ACL file."""
    own = OwnBroker(stack)
    passwords = own.directory / "passwords"
    passwords.touch(mode=0o600)
    program = binary("mosquitto_passwd")
    assert program, "mosquitto_passwd comes with mosquitto"
    for name, password in people.items():
        subprocess.run([program, "-b", str(passwords), name, password], check=True, capture_output=True)
    own.settings = ["allow_anonymous false", f"password_file {passwords}"]
    if acl:
        rules = own.directory / "acl"
        rules.write_text(acl)
        rules.chmod(0o600)
        own.settings.append(f"acl_file {rules}")
    own.start()
    return own


class TlsBroker(OwnBroker):
    """Speaks TLS only, under a certificate that it signed itself."""

    def __init__(self, stack: ExitStack) -> None:
        super().__init__(stack)
        self.ca = str(self.directory / "broker.crt")
        key = str(self.directory / "broker.key")
        make_certificate(Path(self.ca), Path(key))
        self.settings = ["allow_anonymous true", f"certfile {self.ca}", f"keyfile {key}"]
        self.start()


def make_certificate(certificate: Path, key: Path) -> None:
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    command += ["-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run(
        [*command, "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True
    )
