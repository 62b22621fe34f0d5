"""The contract type of our own catches what it is for."""

from __future__ import annotations

from typing import Any

import grimp
import pytest

from scripts.import_contracts import OnlyContract


def graph(*imports: tuple[str, str]) -> grimp.ImportGraph:
    made = grimp.ImportGraph()
    for importer, imported in imports:
        made.add_import(
            importer=importer, imported=imported, line_number=1, line_contents=f"import {imported}"
        )
    return made


def broken(options: dict[str, Any], *imports: tuple[str, str]) -> list[tuple[str, str]]:
    contract = OnlyContract(name="a contract", session_options={}, contract_options=options)
    return list(contract.check(graph(*imports), verbose=False).metadata["broken"])


def test_a_package_may_import_itself_the_allowed_and_the_standard_library() -> None:
    options = {"modules": ["pi"], "allowed": ["stdlib", "serial", "engine.core"]}
    imports = [("pi.a", "pi.b"), ("pi.a", "json"), ("pi.a", "serial"), ("pi.a", "engine.core.x")]
    assert broken(options, *imports) == []


@pytest.mark.parametrize("stranger", ["django", "engine.other", "serialised"])
def test_anything_else_is_named_with_its_importer(stranger: str) -> None:
    options = {"modules": ["pi"], "allowed": ["stdlib", "serial", "engine.core"]}
    assert broken(options, ("pi.a", stranger)) == [("pi.a", stranger)]


def test_without_the_word_the_standard_library_is_a_stranger_too() -> None:
    assert broken({"modules": ["pi"], "allowed": ["serial"]}, ("pi.a", "json")) == [("pi.a", "json")]


def test_what_is_forbidden_is_caught_but_for_its_exceptions() -> None:
    options = {"modules": ["edge"], "forbidden": ["pi"], "exceptions": ["pi.wire"]}
    assert broken(options, ("edge.a", "pi.wire"), ("edge.a", "pi.bus")) == [("edge.a", "pi.bus")]


def test_modules_left_out_are_not_looked_at() -> None:
    options = {"modules": ["domain"], "except_modules": ["domain.runtime"], "forbidden": ["time"]}
    imports = [("domain.runtime.clock", "time"), ("domain.cart", "time")]
    assert broken(options, *imports) == [("domain.cart", "time")]
