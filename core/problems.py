"""Errors as RFC 9457 problem documents, whichever part of Django or DRF they come from.

A problem has type, title, status, detail and instance; ``code`` for machines; ``error``
and ``message`` repeat the sentence for older clients; ``errors`` has the sentences of
each field. Never a stack trace.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import OperationalError
from django.db.models import ProtectedError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.views import csrf, defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 1
"""What a 503 or 429 that knows no better tells the client to wait."""
DEFECT = "Something went wrong on our side. It has been logged."
SECOND_FACTOR_NEEDED = "Your chain asks for a second factor before your role counts: turn one on first."
log = logging.getLogger(__name__)

_CODES = {
    400: "invalid", 401: "not_authenticated", 403: "forbidden", 404: "not_found",
    405: "method_not_allowed", 406: "not_acceptable", 409: "conflict", 413: "too_large",
    415: "unsupported_media_type", 429: "too_many_requests", 500: "server_error", 503: "unavailable",
}  # fmt: skip


RULES = frozenset(
    {
        "already_there", "barcode_check_digit", "barcode_malformed", "not_there", "too_many_digits",
        "unfit", "which_one",
    }
)  # fmt: skip
"""Codes of errors in a field that no schema can tell of: they need the shop's rows, or other fields."""


class Code(str):
    """A code with the values that its sentence holds: with them a page says it in its own language.

    DRF makes errors anew on their way up and keeps nothing of them but the sentence and this.
    """

    values: dict[str, Any]

    def __new__(cls, code: str, values: dict[str, Any]) -> Code:
        """Return the code with these values, of JSON's types."""
        made = super().__new__(cls, code)
        made.values = values
        return made


def told(text: str, code: str, **values: Any) -> exceptions.ErrorDetail:
    """Return the sentence about a field, with its code and the values in it."""
    return exceptions.ErrorDetail(text, Code(code, values))


def rule(code: str, /, **fields: str) -> exceptions.ValidationError:
    """Return the 400 of well-formed fields that break a rule; ``fields`` have a sentence each.

    ``already_there``: another has it; ``not_there``: it names what is not there; ``unfit``: it does not fit
    with the rest; ``which_one``: too many or too few of several fields. Its code becomes the problem's.
    """
    return exceptions.ValidationError(
        {
            name: [text if isinstance(text, exceptions.ErrorDetail) else exceptions.ErrorDetail(text, code)]
            for name, text in fields.items()
        }
    )


class Problem(exceptions.APIException):
    """An error with its own status, code and extra members, raised from a view."""

    def __init__(self, status: int, code: str, detail: str, **extra: Any) -> None:
        super().__init__(detail, code)
        self.status_code = status
        self.problem_code = code
        self.extra = extra
        self.headers: dict[str, str] = {}
        if "retry_after" in extra:
            self.headers["Retry-After"] = str(extra["retry_after"])


def document(
    status: int,
    code: str,
    detail: str,
    instance: str,
    errors: dict[str, list[str]] | None = None,
    **extra: Any,
) -> dict[str, Any]:
    """Return the problem document; ``error_codes`` are beside ``errors`` where they are known."""
    body: dict[str, Any] = {
        "type": f"urn:problem:{code.replace('_', '-')}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": instance,
        "code": code,
        "error": detail,
        "message": detail,
    }
    if errors:
        body["errors"] = errors
    return body | extra


def handle(exc: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler. Whatever is not an API exception is a defect: logged, and a plain 500."""
    request = context["request"]
    exc = _as_api_exception(exc)
    if not isinstance(exc, exceptions.APIException):
        log.error("defect in %s %s", request.method, request.path, exc_info=exc)
        exc = Problem(500, "server_error", DEFECT)
    status = exc.status_code
    errors: dict[str, list[str]] | None = None
    extra: dict[str, Any] = {}
    if isinstance(exc, exceptions.ValidationError):
        errors = flatten(exc.detail)
        code, detail = _rule_of(exc.detail) or "invalid", sentence(errors)
        extra = {"error_codes": error_codes(exc.detail)}
    elif isinstance(exc, Problem):
        code, detail, extra = exc.problem_code, str(exc.detail), dict(exc.extra)
        errors = extra.pop("errors", None)
    else:
        code, detail = _code_of(exc), str(exc.detail)
    response = Response(
        document(status, code, detail, request.path, errors, **extra), status, content_type=MEDIA_TYPE
    )
    if status in (429, 503):
        response["Retry-After"] = str(RETRY_AFTER_S)
    if auth := getattr(exc, "auth_header", None):
        response["WWW-Authenticate"] = auth
    for name, value in getattr(exc, "headers", {}).items():
        response[name] = value
    return response


def _as_api_exception(exc: Exception) -> Exception:
    match exc:
        case Http404():
            return exceptions.NotFound()
        case PermissionDenied():
            return exceptions.PermissionDenied()
        case DjangoValidationError():
            return exceptions.ValidationError(
                exc.message_dict if hasattr(exc, "error_dict") else exc.messages
            )
        case RequestDataTooBig():
            return Problem(413, "too_large", "The body is longer than this endpoint takes.")
        case SuspiciousOperation() | MultiPartParserError():
            return Problem(400, "invalid", "The request could not be understood.")
        case OperationalError():
            log.warning("the database does not answer: %s", exc)
            return Problem(503, "unavailable", "The database is busy; try again.", retry_after=RETRY_AFTER_S)
        case ProtectedError():
            return Problem(409, "in_use", "Other things still refer to this one, so it cannot be deleted.")
    return exc


def _rule_of(detail: Any) -> str | None:
    """Return the code of the first rule that was broken, None if a field is malformed besides."""
    if isinstance(detail, dict | list):
        found = [_rule_of(each) for each in (detail.values() if isinstance(detail, dict) else detail) if each]
        return found[0] if found and None not in found else None
    return detail.code if detail.code in RULES else None


def _code_of(exc: exceptions.APIException) -> str:
    code = exc.get_codes()
    if isinstance(code, str) and code in ("token_expired", "token_invalid"):
        return code
    return _CODES.get(exc.status_code, "error")


def flatten(detail: Any) -> dict[str, list[str]]:
    """Return nested DRF errors as dotted field names with their sentences."""
    return {name: [str(part) for part in parts] for name, parts in _by_field(detail).items()}


def error_codes(detail: Any) -> dict[str, list[dict[str, Any]]]:
    """Return the same with the code of each sentence and the values in it."""
    return {name: [_coded(part) for part in parts] for name, parts in _by_field(detail).items()}


def _coded(part: Any) -> dict[str, Any]:
    code = getattr(part, "code", "invalid")
    return {"code": str(code), "values": getattr(code, "values", {})}


def _by_field(detail: Any, prefix: str = "") -> dict[str, list[Any]]:
    if isinstance(detail, dict):
        found: dict[str, list[Any]] = {}
        for key, value in detail.items():
            found.update(_by_field(value, f"{prefix}.{key}" if prefix else str(key)))
        return found
    if isinstance(detail, list) and any(isinstance(part, dict | list) for part in detail):
        return _by_field({str(place): part for place, part in enumerate(detail) if part}, prefix)
    return {prefix or "non_field_errors": detail if isinstance(detail, list) else [detail]}


def sentence(errors: dict[str, list[str]]) -> str:
    """Return one human sentence for field errors."""
    field, sentences = next(iter(errors.items()), ("", ["The request is not valid."]))
    return sentences[0] if field == "non_field_errors" else f"{field}: {sentences[0]}"


def respond(request: HttpRequest, status: int, detail: str, code: str | None = None) -> JsonResponse:
    """Return a problem outside of DRF."""
    body = document(status, code or _CODES[status], detail, request.path)
    headers = {"Retry-After": str(RETRY_AFTER_S)} if status in (429, 503) else None
    return JsonResponse(body, status=status, content_type=MEDIA_TYPE, headers=headers)


def wants_problem(request: HttpRequest) -> bool:
    """Return whether the request is the API's, whose errors are never HTML."""
    return request.path.startswith("/api/") or request.path == "/api"


@csrf_exempt
def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponse:
    """The view of every API path that leads nowhere, in development too."""
    return respond(request, 404, "There is nothing at this address.")


@csrf_exempt
def no_page(request: HttpRequest, rest: str = "") -> HttpResponse:
    """The view of every other path that leads nowhere, in development too."""
    return page_not_found(request, Http404())


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400."""
    if wants_problem(request):
        return respond(request, 400, "The request could not be understood.")
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    if wants_problem(request):
        return respond(request, 403, "This is not allowed.")
    return defaults.permission_denied(request, exception)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW."""
    if wants_problem(request):
        return respond(request, 403, "This is not allowed.")
    return csrf.csrf_failure(request, reason)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404: for browsers a page with links onward."""
    if wants_problem(request):
        return nothing_here(request)
    try:
        body = (settings.PAGES_DIR / "missing.html").read_bytes()
    except OSError:
        return defaults.page_not_found(request, exception)
    return HttpResponse(body, status=404, headers={"Cache-Control": "no-store"})


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500."""
    if wants_problem(request):
        return respond(request, 500, DEFECT)
    return defaults.server_error(request)
