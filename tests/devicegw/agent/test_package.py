"""The Pi's package: installs with its own requirements only, and runs without Django."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from devicegw.agent import config as configuration

ROOT = Path(__file__).resolve().parents[3]
DEPLOY = ROOT / "devicegw" / "deploy"


def run(*command: str | Path, cwd: Path, status: int | None = 0) -> str:
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, capture_output=True, text=True, timeout=240
    )
    assert status is None or done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def pi(tmp_path_factory):
    """A fresh environment as on a Pi: the lock's packages by their hashes, then this checkout alone."""
    home = tmp_path_factory.mktemp("pi")
    for name in ("actors", "core", "devicegw", "realtime", "asgi.py", "pyproject.toml", "README.md"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, home / name)
    uv = [sys.executable, "-m", "uv"]
    run(*uv, "venv", "--python", sys.executable, "venv", cwd=home)
    install = [*uv, "pip", "install", "--python", "venv/bin/python"]
    run(*install, "--require-hashes", "-r", ROOT / "requirements-pi.lock", cwd=home)
    run(*install, "--no-deps", ".", cwd=home)
    away = home / "away"
    away.mkdir()
    return home / "venv" / "bin", away


@pytest.mark.timeout(300)
def test_the_agent_imports_without_django_and_from_the_package(pi):
    bin_, away = pi
    code = (
        "import sys, devicegw.agent.process; assert 'site-packages' in devicegw.agent.process.__file__;"
        "assert not {'django', 'core', 'realtime', 'channels'} & set(sys.modules), sys.modules.keys()"
    )
    run(bin_ / "python", "-c", code, cwd=away)
    run(bin_ / "python", "-c", _IMPORT_ALL, cwd=away)
    run(bin_ / "python", "-c", "import django", cwd=away, status=1)


@pytest.mark.timeout(300)
def test_the_program_of_the_package_checks_a_configuration_and_prints_the_table(pi):
    bin_, away = pi
    config = {
        "server_url": "ws://127.0.0.1:1/ws/device/",
        "device_id": "pi-1",
        "device_token": "secret-token",
        "state_dir": str(away / "state"),
        "buses": [{"port": "simulated", "protocol": "simulator", "boards": [{"address": 0}]}],
    }
    (away / "config.json").write_text(json.dumps(config))
    said = run(bin_ / "smart-trolley-agent", "--config", "config.json", "--check", cwd=away, status=1)
    assert re.search(r"^ok +port simulated board 0 +answers in", said, re.M)
    assert re.search(r"^FAIL +link ", said, re.M), "there is no server"
    version = run(bin_ / "smart-trolley-agent", "--version", cwd=away)
    assert re.fullmatch(r"\d+\.\d+\.\d+\s*", version)


TESTERS = ("pytest", "pytest-asyncio", "pytest-timeout", "hypothesis")
OWN_TESTS = [
    ROOT / "tests" / "devicegw" / name
    for name in (
        "agent/test_agent.py",
        "bus/test_modbus.py",
        "link/test_device_wire.py",
        "link/test_outbox.py",
        "test_scanners.py",
    )
]
"""One of each library that is installed; all tests of the agent run in full elsewhere, and so only once."""
_IMPORT_ALL = """
import importlib, pkgutil, sys, devicegw
for each in pkgutil.walk_packages(devicegw.__path__, "devicegw."):
    if not each.name.endswith("__main__"):
        importlib.import_module(each.name)
assert not {"django", "core", "realtime", "channels"} & set(sys.modules), sys.modules.keys()
"""


def _pins(names):
    """What the development lock has of these packages; pip finds what they need themselves."""
    found = dict(re.findall(r"^([a-z0-9-]+)==([^ ;\n]+)", (ROOT / "requirements-dev.lock").read_text(), re.M))
    return [f"{name}=={found[name]}" for name in names]


@pytest.mark.timeout(300)
def test_its_tests_run_with_only_its_own_requirements_installed(pi):
    bin_, away = pi
    uv = [sys.executable, "-m", "uv", "pip", "install", "--python", bin_ / "python"]
    run(*uv, *_pins(TESTERS), cwd=away)
    # The checkout's settings name Django, which is not here.
    (away / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\ntimeout = 180\n")
    # Nor are the services of other tests, and with them the word that a slow example is no failure.
    here = ["-c", away / "pytest.ini", "--rootdir", away, "--noconftest", "--hypothesis-profile=ci"]
    said = run(bin_ / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *here, *OWN_TESTS, cwd=ROOT)
    assert re.search(r"^[1-9][0-9]+ passed", said, re.M)


@pytest.mark.timeout(300)
def test_the_service_file_comes_with_the_package(pi):
    bin_, away = pi
    code = "import devicegw, pathlib; print(*pathlib.Path(devicegw.__file__).parent.glob('deploy/*'))"
    said = run(bin_ / "python", "-c", code, cwd=away)
    for name in ("smart-trolley-agent.service", "99-smart-trolley.rules", "config.example.json"):
        assert name in said


def test_the_example_configuration_is_one(tmp_path):
    example = json.loads((DEPLOY / "config.example.json").read_text())
    del example["device_token_file"]
    (tmp_path / "config.json").write_text(json.dumps(example | {"device_token": "t"}))
    config = configuration.load(tmp_path / "config.json")
    assert {bus.protocol for bus in config.buses} == {"kerong", "modbus"}


def test_the_service_file_starts_the_program_and_has_a_watchdog():
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[method-assign,assignment]
    unit.read(DEPLOY / "smart-trolley-agent.service")
    service = unit["Service"]
    assert service["Type"] == "notify"
    assert service["ExecStart"].endswith("bin/smart-trolley-agent --config /etc/smart-trolley/config.json")
    assert int(service["WatchdogSec"]) >= 30
    assert service["RestartPreventExitStatus"] == "2"
