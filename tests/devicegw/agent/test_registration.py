"""``--register``: the code becomes a token that only the agent can read, or a sentence that says why not."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from devicegw.agent import config as configuration
from devicegw.agent.process import main
from devicegw.agent.registration import NotRegistered, RegistrationRequest, register
from devicegw.errors import ConfigError

CODE = "ABCD-2345"
ANSWER = {
    "device_id": "d1",
    "device_token": "the-secret",
    "name": "Pi 01:02:03",
    "branch": "OWN",
    "link": {"url": "wss://shop.example/ws/device/", "subprotocol": "trolley-device.v1"},
    "mqtt_config": {"broker": None},
    "firmware_key": "A" * 43 + "=",
}
BUSES = [{"port": "/dev/ttyUSB7", "boards": [{"address": 3}]}]


class Registry:
    """A server that lets everybody in, or says what the test wants."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.status, self.answer, self.headers = 201, json.dumps(ANSWER).encode(), {"Content-Type": "a/b"}
        self.url = ""

    def refuse(self, status: int, **problem: Any) -> None:
        self.status, self.answer = status, json.dumps(problem).encode()

    @contextmanager
    def running(self) -> Iterator[Registry]:
        ours = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                ours.asked.append((self.path, json.loads(body)))
                self.send_response(ours.status)
                for name, value in ours.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(ours.answer)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry().running() as registry:
        yield registry


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """The root of a Pi."""
    for name, mac in (
        ("lo", "00:00:00:00:00:00"),
        ("wlan0", "B8:27:EB:00:00:02"),
        ("eth0", "b8:27:eb:00:00:01"),
    ):
        card = tmp_path / "root/sys/class/net" / name
        card.mkdir(parents=True)
        (card / "address").write_text(mac + "\n")
    serial = tmp_path / "root/proc/device-tree/serial-number"
    serial.parent.mkdir(parents=True)
    serial.write_text("10000000abcdef01\0")
    return tmp_path / "root"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "etc").mkdir()
    return tmp_path / "etc" / "config.json"


def left(path: Path) -> list[str]:
    return sorted(each.name for each in path.parent.iterdir())


def test_a_pi_gives_its_own_addresses_and_keeps_what_it_gets(
    registry: Registry, machine: Path, path: Path
) -> None:
    path.write_text(
        json.dumps({"state_dir": "/s", "buses": BUSES, "device_token": "old", "log_level": "DEBUG"})
    )
    said = register(RegistrationRequest(CODE, "OWN", registry.url + "/"), path, machine)
    [(asked_path, asked)] = registry.asked
    assert asked_path == "/api/devices/register"
    assert asked == {
        "mac_address": "b8:27:eb:00:00:01",
        "serial_number": "10000000abcdef01",
        "branch_code": "OWN",
        "claim_code": CODE,
    }
    config = configuration.load(path)
    assert (config.device_id, config.server_url) == ("d1", "wss://shop.example/ws/device/")
    assert (config.token(), config.device_token, config.log_level) == ("the-secret", None, "DEBUG")
    assert config.firmware is not None
    assert (config.firmware.public_key, config.buses[0].port) == ("A" * 43 + "=", "/dev/ttyUSB7")
    assert {oct(each.stat().st_mode & 0o777) for each in path.parent.iterdir()} == {"0o600"}
    assert left(path) == ["config.json", "token"]
    assert "d1" in said
    assert "the-secret" not in said


def test_the_same_code_again_asks_nobody_and_changes_nothing(
    registry: Registry, machine: Path, path: Path
) -> None:
    wish = RegistrationRequest(CODE, "OWN", registry.url)
    assert "say in" in register(wish, path, machine)
    before = path.read_bytes()
    assert "registered this Pi already, as d1" in register(wish, path, machine)
    assert (len(registry.asked), path.read_bytes()) == (1, before)
    # Without its token it is worth another try, and so is another code.
    (path.parent / "token").unlink()
    register(wish, path, machine)
    register(RegistrationRequest("WXYZ-2345", "OWN", registry.url), path, machine)
    assert len(registry.asked) == 3
    assert configuration.load(path).token() == "the-secret"


@pytest.mark.parametrize(
    ("status", "problem", "sentence"),
    [
        (403, {"detail": "The claim code is wrong."}, "The claim code is wrong."),
        (
            400,
            {"detail": "No.", "errors": {"mac_address": ["Expected a MAC."]}},
            "No. mac_address: Expected a MAC.",
        ),
        (502, None, "The server answered 502. Is the address right?"),
        (201, {"device_id": "d1"}, "is no server of ours, or of another version"),
    ],
)
def test_a_refusal_is_told_in_its_own_words_and_changes_nothing(
    registry: Registry, machine: Path, path: Path, status: int, problem: Any, sentence: str
) -> None:
    registry.refuse(status, **problem) if problem else setattr(registry, "status", status)
    registry.answer = registry.answer if problem else b"<html>"
    with pytest.raises(NotRegistered) as refused:
        register(RegistrationRequest(CODE, "OWN", registry.url), path, machine)
    assert sentence in str(refused.value)
    assert left(path) == []


def test_a_redirect_is_not_followed_but_told(registry: Registry, machine: Path, path: Path) -> None:
    registry.status = 301
    registry.headers = {"Location": "https://new.example/api/devices/register", "Content-Length": "0"}
    with pytest.raises(NotRegistered, match=r"The server is at https://new\.example: give that as --server"):
        register(RegistrationRequest(CODE, "OWN", registry.url), path, machine)


def test_the_code_is_not_used_up_by_what_is_wrong_on_this_side(
    registry: Registry, machine: Path, path: Path, tmp_path: Path
) -> None:
    wish = RegistrationRequest(CODE, "OWN", registry.url)
    for content, sentence in (
        ("{", "config.json"),
        ("[]", "expected an object, got list"),
        ('{"state_dir": "/s", "buses": []}', "buses"),
        (json.dumps({"state_dir": "/s", "buses": BUSES, "colour": 1}), "colour"),
        (json.dumps({"state_dir": "/s", "buses": BUSES, "device_token_file": "token"}), "absolute"),
    ):
        path.write_text(content)
        with pytest.raises(ConfigError, match=sentence):
            register(wish, path, machine)
    with pytest.raises(ConfigError, match="No such file or directory"):
        register(wish, tmp_path / "nowhere" / "config.json", machine)
    with pytest.raises(NotRegistered, match="--mac"):
        register(wish, tmp_path / "new.json", tmp_path / "no machine")
    with pytest.raises(NotRegistered, match="expected an address such as https"):
        register(RegistrationRequest(CODE, "OWN", "shop.example"), tmp_path / "new.json", machine)
    assert registry.asked == []


def test_a_server_that_is_not_there_is_named(machine: Path, path: Path) -> None:
    with pytest.raises(NotRegistered, match=r"http://127\.0\.0\.1:1 cannot be reached"):
        register(RegistrationRequest(CODE, "OWN", "http://127.0.0.1:1"), path, machine)


def test_the_program_says_what_it_did_and_never_the_token(
    registry: Registry, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = ["--config", str(path), "--register", CODE, "--branch", "OWN", "--server", registry.url]
    typed += ["--mac", "b8:27:eb:00:00:01", "--serial", "s1", "--name", "Door"]
    assert main(typed) == 0
    assert registry.asked[0][1]["name"] == "Door"
    registry.refuse(403, detail="The claim code is wrong.")
    assert main([*typed[:3], "WRONG", *typed[4:]]) == 1
    path.write_text("{")
    assert main(typed) == 2
    said = capsys.readouterr()
    assert "registered  Pi 01:02:03 (d1) in OWN" in said.out
    assert "not registered: The claim code is wrong." in said.err
    assert "configuration: " in said.err
    assert "the-secret" not in said.out + said.err
    with pytest.raises(SystemExit):
        main(typed[:4])
    assert "--register needs --branch and --server" in capsys.readouterr().err
