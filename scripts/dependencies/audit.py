"""`make audit`: ask pip-audit whether something is known against what the lock files name.

Ends with 0 when nothing is known, 1 when something is, and 2 when its data cannot be reached: then
nothing was audited, and docs/DEPENDENCIES.md says so with the date.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime

from scripts.dependencies import sbom
from scripts.dependencies.lock import LOCKS

_PATIENCE_S = 300


def main() -> int:
    """Audit every lock, print, write the date down."""
    found: list[str] = []
    for lock in LOCKS:
        said = audit(lock)
        if said is None:
            today = f"{datetime.now(UTC):%Y-%m-%d}"
            sbom.write(tuple(LOCKS), f"tried on {today}, the data of pip-audit could not be reached")
            print(f"NOT AUDITED: pip-audit could not reach its data for {lock}; see above.", file=sys.stderr)
            return 2
        found += said
    known = sorted(set(found))
    print("\n".join(known) or "Nothing is known against what the lock files name.")
    sbom.write(tuple(LOCKS), "; ".join(known) or "nothing known on that day")
    return 1 if known else 0


def audit(lock: str) -> list[str] | None:
    """Return the known vulnerabilities of a lock's packages, or None if none of the sources answered."""
    command = [sys.executable, "-m", "uv", "tool", "run", "pip-audit", "--requirement", lock]
    options = [
        "--disable-pip",
        "--require-hashes",
        "--strict",
        "--format",
        "json",
        "--progress-spinner",
        "off",
    ]
    try:
        done = subprocess.run(
            [*command, *options], stdout=subprocess.PIPE, text=True, check=False, timeout=_PATIENCE_S
        )
    except subprocess.TimeoutExpired:
        return None
    try:
        rows = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return None
    if any("skip_reason" in row for row in rows):
        return None
    return [f"{row['name']} {row['version']}: {each['id']}" for row in rows for each in row["vulns"]]


if __name__ == "__main__":
    raise SystemExit(main())
