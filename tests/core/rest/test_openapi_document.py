from __future__ import annotations

from typing import Any

import pytest
from drf_spectacular.drainage import GENERATOR_STATS, reset_generator_stats
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from core.rest import openapi
from core.rest.examples import EXAMPLES
from core.urls import api as api_patterns
from realtime.documents import openapi as commands
from tests.core.support import Api


@pytest.fixture
def document(nobody: Api) -> Any:
    commands.register()
    return nobody.get("/api/schema").json()


def test_the_document_is_valid_openapi_3_1(document: Any) -> None:
    assert document["openapi"] == "3.1.0"
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_it_has_every_rest_endpoint(document: Any) -> None:
    def plain(route: str) -> str:
        for kind in ("str:", "id:", "number:"):
            route = route.replace(f"<{kind}", "{")
        return "/" + route.replace(">", "}")

    missing = {plain(str(pattern.pattern)) for pattern in api_patterns} - {"/api/docs"}
    missing -= set(document["paths"])
    assert missing == set()


def test_the_generator_has_nothing_to_complain_of(nobody: Api) -> None:
    reset_generator_stats()
    nobody.get("/api/schema")
    assert (dict(GENERATOR_STATS._error_cache), dict(GENERATOR_STATS._warn_cache)) == ({}, {})


def test_every_operation_tells_of_problems_and_has_a_name_of_its_own(document: Any) -> None:
    operations = [
        operation
        for item in document["paths"].values()
        for method, operation in item.items()
        if method in ("get", "post", "put", "patch", "delete")
    ]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert all("default" in operation["responses"] for operation in operations)


def operations_of(document: Any) -> list[tuple[str, str, Any]]:
    """Path, method and operation of each."""
    methods = ("get", "post", "put", "patch", "delete")
    paths = document["paths"].items()
    return [(path, method, item[method]) for path, item in paths for method in methods if method in item]


def test_every_operation_has_a_summary_of_its_own_and_a_tag_that_is_described(document: Any) -> None:
    described = {each["name"] for each in document["tags"] if each["description"]}
    for path, method, operation in operations_of(document):
        summary = operation.get("summary", "")
        assert 8 <= len(summary) <= 120, (method, path, summary)
        assert set(operation["tags"]) <= described, (method, path)
    assert described == {tag for _, _, operation in operations_of(document) for tag in operation["tags"]}


def test_the_main_operations_have_examples_that_fit(document: Any) -> None:
    found = {}
    for _, _, operation in operations_of(document):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        if "example" in content:
            found[operation["operationId"]] = content["example"]
            schema = {**content["schema"], "components": document["components"]}
            assert list(Draft202012Validator(schema).iter_errors(content["example"])) == []
    assert found == EXAMPLES


def test_it_tells_how_to_get_a_token(document: Any) -> None:
    assert "/api/auth/token" in document["info"]["description"]


def test_operations_tell_of_the_problems_that_are_theirs(document: Any) -> None:
    changed = document["paths"]["/api/products/{product_id}"]["patch"]["responses"]
    assert {"400", "401", "403", "404", "409", "412", "422", "428", "429", "503"} <= set(changed)
    login = document["paths"]["/api/auth/token"]["post"]["responses"]
    assert changed["429"] == login["429"] == {"$ref": "#/components/responses/Problem429"}
    assert "412" not in login
    headers = document["components"]["responses"]["Problem429"]["headers"]
    assert set(headers) == {"Retry-After", "RateLimit", "RateLimit-Policy"}


def test_text_that_may_not_be_blank_says_so_and_files_are_bytes(document: Any) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["ProductBody"]["properties"]["name"]["minLength"] == 1
    assert "minLength" not in schemas["ProductBody"]["properties"]["description"]
    assert schemas["ReleaseBody"]["properties"]["file"] == {
        "type": "string",
        "format": "binary",
        "minLength": 1,
    }


def test_paths_registered_elsewhere_are_part_of_it(nobody: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openapi, "_sources", {})
    path = {"/api/hot": {"post": {"operationId": "hot", "responses": {"200": {"description": "Done."}}}}}
    openapi.register("hot", lambda: {"paths": path, "components": {"schemas": {"Hot": {"type": "object"}}}})
    document = nobody.get("/api/schema").json()
    assert document["paths"]["/api/hot"]["post"]["operationId"] == "hot"
    assert document["components"]["schemas"]["Hot"] == {"type": "object"}


def test_the_docs_page_loads_nothing_from_elsewhere(nobody: Api) -> None:
    page = nobody.get("/api/docs").content.decode()
    assert "swagger-ui" in page
    assert "https://" not in page
    assert "<script>" not in page
