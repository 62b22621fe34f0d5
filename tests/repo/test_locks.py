from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.repo.files import ROOT

LOCKS = ["requirements.lock", "requirements-dev.lock", "requirements-pi.lock"]
PIN = re.compile(r"^([A-Za-z0-9._-]+(?:\[[a-z,]+\])?)==(\S+)")


def pins(lock: str) -> dict[str, str]:
    found = (PIN.match(line) for line in (ROOT / lock).read_text().splitlines())
    return {canonical(match[1]): match[2] for match in found if match}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=~! ;]", name)[0]).lower()


def project() -> dict[str, list[str]]:
    data = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras: dict[str, list[str]] = data["optional-dependencies"]
    return {"": data["dependencies"], **extras}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_carries_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert re.findall(r"://|--(?:extra-)?index-url|--find-links|@ file|^-", text, re.M) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_of_a_lock_is_pinned_and_hashed(lock: str) -> None:
    entries = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / lock).read_text())
    entries = [entry for entry in entries if not entry.startswith("#")]
    assert len(entries) > 2
    assert [entry for entry in entries if not PIN.match(entry)] == []
    assert [entry for entry in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}", entry)] == []


@pytest.mark.parametrize(
    ("lock", "extras"),
    [
        ("requirements.lock", ["", "server", "pi", "payments"]),
        ("requirements-dev.lock", ["", "server", "pi", "payments", "dev"]),
        ("requirements-pi.lock", ["", "pi"]),
    ],
)
def test_a_lock_has_every_requirement_of_its_extras(lock: str, extras: list[str]) -> None:
    wanted = {canonical(each) for extra in extras for each in project()[extra]} - {"smart-trolley"}
    assert wanted - pins(lock).keys() == set()


def test_the_locks_agree_on_versions() -> None:
    server, dev, pi = (pins(lock) for lock in LOCKS)
    assert server.items() <= dev.items()
    assert pi.items() <= server.items()


def test_the_pis_lock_has_no_django() -> None:
    assert "django" not in pins("requirements-pi.lock")


def test_nothing_but_the_locks_is_installed_from() -> None:
    assert sorted(Path(path).name for path in ROOT.glob("requirements*")) == sorted(LOCKS)
