"""Rules of the house that no linter knows."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.repo.files import ROOT, files, shown, text

MACHINE_PATHS = re.compile(r"(?<![\w./~-])/(?:work|root|home/\w+|Users/\w+|opt/(?!homebrew))(?:/|\b)")
"""Directories of somebody's machine. Homebrew's prefix is the same on every Mac."""
ADDRESSES_OF_PACKAGES = re.compile(
    r"https?://\S+\.(?:whl|tgz|tar\.gz)|https?://\S+/simple\b|--(?:extra-)?index-url|find-links\s*=", re.I
)
ABOUT_THEM = {"tests/repo/test_layout.py", "tests/repo/test_locks.py"}


def ours(*suffixes: str) -> list[str]:
    """Files that were written here, not vendored or generated."""
    return [
        shown(path)
        for path in files(*suffixes)
        if "vendor" not in path.parts and "migrations" not in path.parts
    ]


def test_the_import_contracts_hold() -> None:
    check = "from importlinter.cli import lint_imports_command as check; check()"
    found = subprocess.run(
        [sys.executable, "-c", check, "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize(
    "pattern", [MACHINE_PATHS, ADDRESSES_OF_PACKAGES], ids=["machine paths", "package addresses"]
)
def test_no_file_names_a_place_of_one_machine(pattern: re.Pattern[str]) -> None:
    found = [
        f"{shown(path)}: {match[0]}"
        for path in files()
        if "vendor" not in path.parts and shown(path) not in ABOUT_THEM
        if (content := text(path)) and (match := pattern.search(content))
    ]
    assert found == []


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    marks = re.compile(r"pytest\.(?:skip|importorskip|xfail)|mark\.(?:skip|skipif|xfail)")
    found = [
        path for path in ours(".py") if path.startswith("tests/") and marks.search((ROOT / path).read_text())
    ]
    assert [path for path in found if path not in ABOUT_THEM] == []


def test_every_shell_script_parses() -> None:
    scripts = [ROOT / ".ci" / "run", *files(".sh")]
    for script in scripts:
        subprocess.run(["sh", "-n", str(script)], check=True)


@pytest.mark.parametrize(
    "target", ["run", "test", "quick", "matrix", "check", "bench", "fmt", "lock", "clean", "help"]
)
def test_make_knows_its_targets(target: str) -> None:
    subprocess.run(["make", "--dry-run", target], cwd=ROOT, check=True, capture_output=True)
