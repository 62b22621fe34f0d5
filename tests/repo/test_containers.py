"""Every command, file and variable that the container files name exists."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import yaml

from devicegw.bridge.config import BridgeConfig
from tests.repo.files import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
IMAGES = {
    "postgres": {"POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB"},
    "redis": set[str](),
    "eclipse-mosquitto": set[str](),
}
"""Images that are not ours, and the variables their documentation names."""
IMAGE_COMMANDS = {"pg_isready", "redis-server", "redis-cli", "mosquitto_sub"}
PYTHON_VARIABLES = {"PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PIP_NO_CACHE_DIR"}


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every command line of the compose file and the Dockerfile."""
    for name, service in SERVICES.items():
        if "command" in service:
            yield name, service["command"]
        test = service.get("healthcheck", {}).get("test")
        if test:
            yield name, test[1].split() if test[0] == "CMD-SHELL" else test[1:]
    for line in re.findall(r"^(?:RUN|&&|\s+&&|\s*CMD)\s+(.*?)\s*\\?$", DOCKERFILE, re.M):
        yield "Dockerfile", re.findall(r'[^\s",\[\]]+', line)


def settings_variables() -> set[str]:
    source = "".join(path.read_text() for path in (ROOT / "core" / "settings").glob("*.py"))
    return set(re.findall(r'\benv\.\w+\(\s*"([A-Z_]+)"', source))


def is_ours(service: dict[str, Any]) -> bool:
    return "build" in service


@pytest.mark.parametrize(("where", "command"), list(commands()))
def test_every_command_exists(where: str, command: list[str]) -> None:
    program, *arguments = command
    if program == "python" and arguments[0] == "-m":
        assert importlib.util.find_spec(arguments[1]), f"{where}: no module {arguments[1]}"
    elif program == "python":
        assert (ROOT / arguments[0]).is_file()
        assert arguments[1] in management_commands()
    else:
        assert program in IMAGE_COMMANDS | {"pip", "useradd", "mkdir", "chown"}, f"{where}: {program}"


def management_commands() -> set[str]:
    from django.core.management import get_commands

    return set(get_commands())


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_variable_a_service_is_given_is_read_by_somebody(name: str) -> None:
    service = SERVICES[name]
    given = set(service.get("environment", {}))
    if is_ours(service):
        assert given - settings_variables() == set()
    else:
        assert given - IMAGES[service["image"].partition(":")[0]] == set()


def test_every_variable_the_compose_file_takes_has_a_default_and_is_ours() -> None:
    named = re.findall(r"\$\{([A-Z_]+)([^}]*)\}", (ROOT / "docker-compose.yml").read_text())
    assert [name for name, rest in named if not rest.startswith(":-")] == []
    assert {name for name, _ in named} - settings_variables() == {"POSTGRES_PASSWORD"}


def test_every_variable_the_image_sets_is_read_by_somebody() -> None:
    line = re.search(r"^ENV (.*)$", DOCKERFILE, re.M)
    assert line
    assert set(re.findall(r"([A-Z_]+)=", line[1])) - settings_variables() - PYTHON_VARIABLES == set()


def test_every_file_the_image_copies_exists() -> None:
    sources = [word for line in re.findall(r"^COPY (.*)$", DOCKERFILE, re.M) for word in line.split()[:-1]]
    assert sources
    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_what_the_image_copies_is_not_kept_out_of_its_context() -> None:
    ignored = set((ROOT / ".dockerignore").read_text().split())
    sources = {word for line in re.findall(r"^COPY (.*)$", DOCKERFILE, re.M) for word in line.split()[:-1]}
    assert {source.strip("./") for source in sources} & ignored == set()


def test_the_image_holds_every_package_of_the_server() -> None:
    copied = " ".join(re.findall(r"^COPY (.*)$", DOCKERFILE, re.M)).split()
    assert {"actors", "core", "realtime", "devicegw", "asgi.py", "manage.py"} <= set(copied)


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_has_a_health_check_and_waits_for_healthy_others(name: str) -> None:
    service = SERVICES[name]
    assert "healthcheck" in service
    for other, how in service.get("depends_on", {}).items():
        checked = not SERVICES[other]["healthcheck"].get("disable", False)
        assert how["condition"] == ("service_healthy" if checked else "service_completed_successfully")


def test_every_volume_is_declared_and_used() -> None:
    used = {
        volume.partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])
    }
    assert used == set(COMPOSE["volumes"])


def test_foreign_images_have_a_version() -> None:
    foreign = [service["image"] for service in SERVICES.values() if not is_ours(service)]
    assert foreign
    assert [image for image in foreign if not re.search(r":\d", image)] == []


def test_the_bridge_is_given_a_configuration_that_it_takes() -> None:
    given = json.loads(COMPOSE["configs"]["bridge"]["content"])
    config = msgspec.convert(given, BridgeConfig)
    targets = {each["target"] for each in SERVICES["bridge"]["configs"]}
    assert config.broker.host in SERVICES
    assert config.service is not None
    assert config.service.password_file in targets
