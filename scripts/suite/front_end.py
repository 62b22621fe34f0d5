"""The front end's tests, which Node runs."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from scripts.suite.outcome import RunOutcome

ROOT = Path(__file__).resolve().parents[2]
_FAILED = re.compile(r"^ *not ok \d+ - (?P<name>.*)\n(?P<about>(?: +.*\n)*)", re.M)
_LOCATION = re.compile(r"location: '(.+?)(?::\d+)?'")


def run(environ: Mapping[str, str]) -> RunOutcome:
    """Run all of them, and print what they say."""
    tests = sorted(str(path) for path in (ROOT / "frontend_static" / "tests").rglob("*.test.*js"))
    if not tests:
        print("There are no front-end tests in frontend_static/tests.", file=sys.stderr)
        return RunOutcome(1, failed=("frontend_static/tests",))
    with tempfile.NamedTemporaryFile(suffix=".tap") as tap:
        reporters = ["--test-reporter=spec", "--test-reporter-destination=stdout"]
        reporters += ["--test-reporter=tap", f"--test-reporter-destination={tap.name}"]
        command = [environ["TEST_NODE"], "--test", *reporters, *tests]
        status = subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode
        return told(status, Path(tap.name).read_text())


def told(status: int, tap: str) -> RunOutcome:
    """Return the summary of a run in the Test Anything Protocol, as Node writes it."""
    passed = sum(map(int, re.findall(r"^# pass (\d+)", tap, re.M)))
    return RunOutcome(status, passed, tuple(_failed(tap)))


def _failed(tap: str) -> Iterator[str]:
    for found in _FAILED.finditer(tap):
        if "failureType: 'subtestsFailed'" in found["about"]:
            continue  # a group, whose tests are named themselves
        place = _LOCATION.search(found["about"])
        yield f"{place[1].removeprefix(f'{ROOT}/')} {found['name']}" if place else found["name"]
