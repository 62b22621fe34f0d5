"""The bills of materials name what the lock files name."""

from __future__ import annotations

import json

import pytest

from scripts.dependencies import sbom
from scripts.dependencies.lock import LOCKS


@pytest.mark.parametrize(("lock", "short"), list(zip(LOCKS, ("server", "dev", "pi"), strict=True)))
def test_the_bill_of_materials_is_of_this_lock(lock: str, short: str) -> None:
    text = (sbom.ROOT / lock).read_text()
    kept = json.loads((sbom.FOLDER / f"{short}.cdx.json").read_text())
    assert kept == sbom.bill(short, text), "make lock"
    assert len(kept["components"]) == len(set(sbom.packages(text))) > 5


def test_a_lock_is_read_with_its_markers_and_extras() -> None:
    lock = (
        '# c\na-b==1.0 \\\n    --hash=sha256:x\n    # via z\nc[d]==2.0 ; sys_platform == "win32" \\\nc==2.0\n'
    )
    assert list(sbom.packages(lock)) == [("a-b", "1.0"), ("c", "2.0")]
    assert sbom.Package("A_b", "1").purl == "pkg:pypi/a-b@1"
