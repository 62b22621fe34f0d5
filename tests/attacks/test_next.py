"""The address after signing in stays at home."""

from __future__ import annotations

import subprocess
from pathlib import Path


def test_no_address_after_signing_in_leads_away(node: str) -> None:
    program = Path(__file__).with_name("next.mjs")
    done = subprocess.run([node, "--test", str(program)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
