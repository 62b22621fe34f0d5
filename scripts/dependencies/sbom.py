"""The bill of materials: what each lock file names, as CycloneDX 1.5 JSON in docs/sbom/ and as a dated list.

From the lock alone, so it needs no network and says exactly what is installed. docs/DEPENDENCIES.md
has the list, the day it was made, and whether it was audited.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "sbom"
PAGE = ROOT / "docs" / "DEPENDENCIES.md"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)")
_PLACE = re.compile(r"(<!-- list -->\n).*(<!-- /list -->)", re.DOTALL)


class Package(NamedTuple):
    """One pinned package."""

    name: str
    version: str

    @property
    def purl(self) -> str:
        """Its package URL."""
        return f"pkg:pypi/{self.name.lower().replace('_', '-')}@{self.version}"


def packages(lock: str) -> Iterator[Package]:
    """Yield what a lock file pins, each version once, in its order."""
    seen: set[Package] = set()
    for line in lock.splitlines():
        if found := _PIN.match(line):
            package = Package(found[1], found[2])
            if package not in seen:
                seen.add(package)
                yield package


def bill(name: str, lock: str) -> dict[str, Any]:
    """Return the CycloneDX document of one lock file; the same lock gives the same document."""
    components = [
        {
            "type": "library",
            "bom-ref": each.purl,
            "name": each.name,
            "version": each.version,
            "purl": each.purl,
        }
        for each in packages(lock)
    ]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, lock)}",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "smart-trolley", "bom-ref": name}},
        "components": components,
        "dependencies": [{"ref": name, "dependsOn": [each["bom-ref"] for each in components]}],
    }


def write(locks: tuple[str, ...], audited: str | None = None) -> None:
    """Write the documents and the list. ``audited``: what an audit of today said; None: nobody looked."""
    FOLDER.mkdir(exist_ok=True)
    where: dict[Package, list[str]] = {}
    for name in locks:
        lock, short = (ROOT / name).read_text(), name.removesuffix(".lock").removeprefix("requirements")
        short = short.removeprefix("-") or "server"
        (FOLDER / f"{short}.cdx.json").write_text(json.dumps(bill(short, lock), indent=1) + "\n")
        for package in packages(lock):
            where.setdefault(package, []).append(short)
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    lines = [
        f"As of {today}: {len(where)} packages. Audit: {audited or 'none since the locks were made'}.",
        "",
        "| package | version | in |",
        "|---|---|---|",
        *(f"| {each.name} | {each.version} | {', '.join(where[each])} |" for each in sorted(where)),
    ]
    text = "\n".join(lines)
    PAGE.write_text(_PLACE.sub(lambda found: f"{found[1]}{text}\n{found[2]}", PAGE.read_text()))
