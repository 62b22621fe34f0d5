"""What the product is built of: named, locked to its content, dated, and looked at by the security rules."""

from __future__ import annotations

import json
import re
import tomllib

import pytest

from scripts.dependencies import sbom
from scripts.dependencies.lock import LOCKS
from tests.system.store import ROOT


@pytest.mark.parametrize("lock", LOCKS)
def test_whatever_is_installed_is_locked_to_its_content(lock: str) -> None:
    text = (ROOT / lock).read_text()
    pinned = re.findall(
        r"^[A-Za-z0-9][^\s=]*==\S+[^\\\n]*\\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", text, re.M
    )
    named = re.findall(r"^[A-Za-z0-9][^\n]*", text, re.M)
    assert len(pinned) == len(named) > 5
    assert not re.search(r"^(-e|git\+|https?:)", text, re.M)


def test_the_bills_of_materials_name_every_locked_package_with_its_version() -> None:
    for lock, short in zip(LOCKS, ("server", "dev", "pi"), strict=True):
        bill = json.loads((sbom.FOLDER / f"{short}.cdx.json").read_text())
        assert bill["bomFormat"] == "CycloneDX"
        named = {(each["name"].lower(), each["version"]) for each in bill["components"]}
        assert named == {
            (name.lower(), version) for name, version in sbom.packages((ROOT / lock).read_text())
        }


def test_it_is_said_when_an_audit_was_made_or_tried() -> None:
    page = (ROOT / "docs" / "DEPENDENCIES.md").read_text()
    assert re.search(r"As of 20\d\d-\d\d-\d\d: \d+ packages\. Audit: \S", page)


def test_the_security_rules_are_on_everywhere_but_in_tests() -> None:
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    assert "S" in rules["select"]
    # Each with its reason beside it.
    assert {rule for rule in rules["ignore"] if re.fullmatch(r"S\d*", rule)} <= {"S101", "S603", "S311"}
    loosened = [
        path
        for path, ignored in rules.get("per-file-ignores", {}).items()
        if any(re.fullmatch(r"S\d*", rule) for rule in ignored)
    ]
    assert not [path for path in loosened if path.startswith(("core", "realtime", "actors"))], loosened
