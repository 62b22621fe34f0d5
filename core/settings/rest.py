"""The REST API and its document."""

from __future__ import annotations

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "core.accounts.authentication.BearerAuthentication",
        "core.apikeys.authentication.KeyAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["core.rest.json.Renderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "core.rest.json.AlwaysFirst",
    "DEFAULT_PARSER_CLASSES": ["core.rest.json.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "core.rest.openapi.Schema",
    "DEFAULT_PAGINATION_CLASS": "core.rest.pages.Pages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "EXCEPTION_HANDLER": "core.problems.handle",
    "COERCE_DECIMAL_TO_STRING": False,
    "PAGE_SIZE": 50,
    "UNAUTHENTICATED_USER": None,
}
API_GUIDE = """\
Trolleys, carts, products and branches of the [store](/). Most commands also run over websockets:
see the [live messages](/docs/asyncapi), or `/api/asyncapi` for a program.

**How to get a token.** `POST /api/auth/token {"username": ..., "password": ...}`, or register first with
`POST /api/auth/register`; both answer `{access, refresh}`. Send `Authorization: Bearer <access>` with every
call. It lasts a quarter of an hour: `POST /api/auth/token/refresh {"refresh": ...}` gives a new pair, and
uses the old refresh token up. Devices get a token of their own from `POST /api/devices/register` with a claim
code of their branch.

**Errors** are `application/problem+json` (RFC 9457) with a stable `code`; `errors` has the sentences of each
field. `x-refusals` of an operation lists the codes that a well-formed request may be refused with.

**Repeats.** A command with the same `Idempotency-Key` is done once and answered the same; PUT, PATCH and
DELETE of a row with an `ETag` want it back in `If-Match`.

**Limits.** A 429 says by `Retry-After` when to try again, and by `RateLimit` and `RateLimit-Policy` what the
limit is.
"""
SPECTACULAR_SETTINGS = {
    "TITLE": "Smart Trolley",
    "DESCRIPTION": API_GUIDE,
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "PATH_CONVERTER_OVERRIDES": {
        "id": {"type": "string", "format": "uuid"},
        "number": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1},
    },
    "ENUM_NAME_OVERRIDES": {
        "RolloutStatus": ("running", "paused", "finished", "aborted"),
        "DeviceConnection": ("online", "offline"),
        "ImportStatus": "core.catalogue.models.imports.ImportJob.Status",
    },
    "SERVE_INCLUDE_SCHEMA": True,
    "SCHEMA_PATH_PREFIX": "/api/",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "core.rest.openapi.merge_registered",
        "core.rest.openapi.add_problems",
    ],
}
