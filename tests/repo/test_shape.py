"""The shape of the house: rooms a reader can take in, and no circle between them.

``KNOWN`` is what is still too large or turns in a circle. It only shrinks: an entry that is no longer
needed fails its test until it is deleted.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

import grimp
import pytest

from tests.repo.files import ROOT, files, shown

PACKAGES = ("actors", "core", "realtime", "devicegw")
SOURCES = (".py", ".js", ".mjs", ".css", ".html", ".sh")
MOST_FILES = 20
LONGEST_CLASS = 250
LONGEST_FUNCTION = 50
KNOWN: dict[str, set[str]] = {
    "files that import each other": set(),
    "neighbours that import each other": set(),
    "folders": set(),
    "classes": set(),
    "functions": set(),
}


def ours(*suffixes: str) -> Iterator[str]:
    """Files that were written here, not vendored or generated."""
    for path in files(*suffixes):
        if not {"vendor", "migrations"} & set(path.parts):
            yield shown(path)


def test_no_files_import_each_other_in_a_circle() -> None:
    graph = imports()
    circles = turning({module: graph.find_modules_directly_imported_by(module) for module in graph.modules})
    compare("files that import each other", {common(circle): sorted(circle) for circle in circles})


def test_no_folders_beside_each_other_import_each_other_in_a_circle() -> None:
    """Of any folder's files and folders, each taken with all that lies in it."""
    found = {
        folder: sorted(circle) for folder, edges in neighbours(imports()).items() for circle in turning(edges)
    }
    compare("neighbours that import each other", found)


def test_no_folder_holds_more_files_than_a_reader_takes_in() -> None:
    counts = Counter(path.rpartition("/")[0] or "." for path in ours(*SOURCES))
    compare("folders", {folder: count for folder, count in counts.items() if count > MOST_FILES})


def test_no_two_files_of_tests_have_one_name() -> None:
    """Where folders are no packages pytest knows a file by its name alone, and refuses the second."""
    places: dict[str, list[str]] = defaultdict(list)
    for path in files(".py"):
        if shown(path).startswith("tests/") and not (path.parent / "__init__.py").exists():
            places[path.name].append(shown(path))
    assert [found for name, found in places.items() if name.startswith("test_") and len(found) > 1] == []


@pytest.mark.parametrize(
    ("what", "kinds", "most"),
    [
        ("classes", (ast.ClassDef,), LONGEST_CLASS),
        ("functions", (ast.FunctionDef, ast.AsyncFunctionDef), LONGEST_FUNCTION),
    ],
)
def test_no_class_or_function_is_longer_than_a_reader_bears(
    what: str, kinds: tuple[type[ast.AST], ...], most: int
) -> None:
    found: dict[str, object] = {}
    for path in ours(".py"):
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if isinstance(node, kinds) and lines > most:
                    found[f"{path}: {node.name}"] = lines
    compare(what, found)


@pytest.mark.parametrize(
    ("edges", "circles"),
    [
        ({"a": {"b"}, "b": {"c"}}, []),
        ({"a": {"b"}, "b": {"a", "c"}, "c": {"d"}}, [{"a", "b"}]),
        ({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"e"}, "e": {"d", "a"}}, [{"a", "b", "c"}, {"d", "e"}]),
    ],
)
def test_a_circle_is_seen(edges: dict[str, set[str]], circles: list[set[str]]) -> None:
    assert turning(edges) == circles


def compare(what: str, found: Mapping[str, object]) -> None:
    new = {name: about for name, about in found.items() if name not in KNOWN[what]}
    assert new == {}, f"{what}: not among those that are known"
    assert KNOWN[what] - found.keys() == set(), f"{what}: mended; delete these from KNOWN"


def imports() -> grimp.ImportGraph:
    """What imports what, imports for type checkers included."""
    return grimp.build_graph(*PACKAGES, exclude_type_checking_imports=False, cache_dir=None)


def common(circle: set[str]) -> str:
    """The innermost package that holds all of a circle."""
    parts = [name.split(".") for name in sorted(circle)]
    depth = 0
    while all(len(each) > depth + 1 and each[depth] == parts[0][depth] for each in parts):
        depth += 1
    return ".".join(parts[0][:depth])


def neighbours(graph: grimp.ImportGraph) -> dict[str, dict[str, set[str]]]:
    """For each folder, what of its files and folders imports what of its others."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            ours, theirs = importer.split("."), imported.split(".")
            depth = 0
            while depth < min(len(ours), len(theirs)) and ours[depth] == theirs[depth]:
                depth += 1
            if depth < min(len(ours), len(theirs)):
                edges = found[".".join(ours[:depth])]
                edges[".".join(ours[: depth + 1])].add(".".join(theirs[: depth + 1]))
    return found


def turning(edges: Mapping[str, set[str]]) -> list[set[str]]:
    """The circles of a graph: sets of nodes that each reach each other."""
    reached = {node: reach(node, edges) for node in edges}
    circles: list[set[str]] = []
    for node in sorted(edges):
        circle = {other for other in reached[node] if node in reached.get(other, ())}
        if circle and circle not in circles:
            circles.append(circle)
    return circles


def reach(start: str, edges: Mapping[str, set[str]]) -> set[str]:
    """All that ``start`` comes to by one edge or more."""
    found: set[str] = set()
    waiting = list(edges.get(start, ()))
    while waiting:
        if (node := waiting.pop()) not in found:
            found.add(node)
            waiting += edges.get(node, ())
    return found
