"""An import-linter contract for "this folder may import only that".

The contracts shipped with import-linter name what is forbidden; the design's
table also says what is allowed, so that a new third-party import is a decision
and not an accident. Direct imports only: what is allowed answers for itself.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

STDLIB = "stdlib"
"""The word in ``allowed`` that stands for every module of Python's own."""


def inside(module: str, packages: Iterable[str]) -> bool:
    """Whether ``module`` is one of the packages or lies below one."""
    return any(module == package or module.startswith(package + ".") for package in packages)


class OnlyContract(Contract):
    """Modules below ``modules`` import ``allowed`` and themselves, and nothing ``forbidden``.

    Without ``allowed`` everything not forbidden is fine. ``except_modules`` are
    left out of ``modules``; ``exceptions`` are let through ``forbidden``.
    """

    type_name = "only"

    modules: Any = fields.SetField(subfield=fields.StringField())
    except_modules: Any = fields.SetField(subfield=fields.StringField(), required=False)
    allowed: Any = fields.SetField(subfield=fields.StringField(), required=False)
    forbidden: Any = fields.SetField(subfield=fields.StringField(), required=False)
    exceptions: Any = fields.SetField(subfield=fields.StringField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Walk the direct imports of every module the contract covers."""
        broken = [
            (module, imported)
            for module in sorted(graph.modules)
            if self._covers(module)
            for imported in sorted(graph.find_modules_directly_imported_by(module))
            if not self._may(imported)
        ]
        return ContractCheck(kept=not broken, metadata={"broken": broken, "graph": graph})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print each import that should not be, with its lines."""
        for importer, imported in check.metadata["broken"]:
            details = check.metadata["graph"].get_import_details(importer=importer, imported=imported)
            lines = ", ".join(f"l.{detail['line_number']}" for detail in details)
            output.print_error(f"{importer} must not import {imported} ({lines})", bold=False)

    def _covers(self, module: str) -> bool:
        return inside(module, self.modules) and not inside(module, self.except_modules or ())

    def _may(self, imported: str) -> bool:
        if inside(imported, self.forbidden or ()) and not inside(imported, self.exceptions or ()):
            return False
        if self.allowed is None or self._covers(imported) or inside(imported, self.allowed):
            return True
        return STDLIB in self.allowed and imported.split(".")[0] in sys.stdlib_module_names
