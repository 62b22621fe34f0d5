"""Where a command's note belongs, looked up once for each branch and subject. Blocking."""

from __future__ import annotations

from core.fleet.models import Trolley
from core.tenancy.models import Branch
from core.trail import sealing
from core.trail.notes import RowPlace


class Finder:
    """Finds the chain of a branch, and the branch of a trolley whose event knows none."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], RowPlace] = {}

    def __call__(self, on: str, branch: str) -> RowPlace:
        """Return the place; of what is not there any more, none."""
        key = ("", branch) if branch else (on, "")
        if key not in self._known:
            self._known[key] = _of_branch(branch) if branch else _of_thing(on)
        return self._known[key]


def _of_branch(code: str) -> RowPlace:
    chain = Branch.objects.filter(code=code).values_list("chain__slug", flat=True).first()
    return RowPlace(chain or "", code)


def _of_thing(on: str) -> RowPlace:
    kind, _, key = on.partition("/")
    if kind == "trolley":
        found = (
            Trolley.objects.filter(trolley_id=key).values_list("branch__chain__slug", "branch__code").first()
        )
        return RowPlace() if found is None else RowPlace(*found)
    if kind == "branch":
        return _of_branch(key.partition("/")[0])
    return RowPlace(key) if kind == "chain" else RowPlace()


def seal() -> int:
    """Seal what was noted; return how many. Blocking."""
    return sealing.seal(Finder())
