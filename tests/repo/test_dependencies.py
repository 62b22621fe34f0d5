"""What is imported is declared, and what is declared is used."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

from tests.repo.files import ROOT, files, shown

OURS = {"actors", "core", "realtime", "devicegw", "scripts", "bench", "tests", "asgi", "manage"}
RUN = ("children", "demo_shoppers", "demo_store", "prepare", "probe", "run", "serve")
"""The scripts that run where only the server's lock is installed; the others are tools of development."""
SERVER = (
    *("actors", "core", "realtime", "devicegw", "asgi.py", "manage.py"),
    *(f"scripts/{name}.py" for name in RUN),
)
USED_WITHOUT_IMPORT = {
    "gbfs-validator": "carries the official JSON schemas of the feed",
    "channels-redis": "settings name the channel layer by its path",
    "django-cors-headers": "settings name its middleware",
    "daphne": "the other ASGI server that is supported; tests start it",
    "djangorestframework-stubs": "types",
    "django-stubs": "types",
    "gunicorn": "serves the benchmark's baseline",
    "httptools": "Uvicorn's HTTP parser, named in scripts/serve.py",
    "import-linter": "make check",
    "mypy": "make check",
    "psycopg2-binary": "Django's driver",
    "pytest-asyncio": "pytest plugin",
    "pytest-django": "pytest plugin",
    "pytest-random-order": "pytest plugin",
    "pytest-repeat": "pytest plugin",
    "pytest-timeout": "pytest plugin",
    "ruff": "make check",
    "types-psycopg2": "types",
    "types-pyserial": "types",
    "types-pyyaml": "types",
    "uv": "make lock",
    "websockets": "Uvicorn's websocket protocol, named in scripts/serve.py",
    "whitenoise": "settings name its middleware",
    "drf-spectacular-sidecar": "an installed app: Swagger UI without a foreign host",
}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=~! ;]", name)[0]).lower()


def declared(*extras: str) -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"]]
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    return {canonical(each) for each in wanted} - {"smart-trolley"}


def imported(*places: str) -> dict[str, str]:
    """Top-level third-party modules that files below ``places`` import, each with one file that does."""
    found: dict[str, str] = {}
    for path in files(".py"):
        if places and not shown(path).startswith(places):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            for name in names:
                found.setdefault(name.split(".")[0], shown(path))
    return {name: path for name, path in found.items() if name not in sys.stdlib_module_names | OURS}


def undeclared(places: tuple[str, ...], extras: tuple[str, ...]) -> dict[str, str]:
    distributions = packages_distributions()
    allowed = declared(*extras)
    return {
        name: path
        for name, path in imported(*places).items()
        if not {canonical(each) for each in distributions.get(name, [name])} & allowed
    }


def test_the_server_imports_only_what_the_server_declares() -> None:
    assert undeclared(SERVER, ("server", "pi", "payments")) == {}


def test_the_pi_imports_only_what_the_pi_declares() -> None:
    assert undeclared(("devicegw", "actors/runtime"), ("pi",)) == {}


def test_tests_and_tools_import_only_what_development_declares() -> None:
    missing = undeclared((), ("server", "pi", "payments", "dev"))
    assert {name: path for name, path in missing.items() if name not in local_helpers()} == {}


def local_helpers() -> set[str]:
    """Modules beside the tests that import them."""
    return {path.stem for path in files(".py", below="tests")}


def test_everything_declared_is_used() -> None:
    distributions = packages_distributions()
    used = {canonical(dist) for name in imported() for dist in distributions.get(name, [])}
    assert declared("server", "pi", "payments", "dev") - used - USED_WITHOUT_IMPORT.keys() == set()


def test_the_list_of_exceptions_names_only_what_is_declared() -> None:
    assert USED_WITHOUT_IMPORT.keys() - declared("server", "pi", "payments", "dev") == set()
