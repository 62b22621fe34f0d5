"""Everything that can be answered instead of success, as RFC 9457 problem documents."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from actors.kit.decider import Refusal
from actors.runtime.errors import AskTimeout, KeyReused, Overloaded, Unavailable
from core.problems import SECOND_FACTOR_NEEDED

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_S = 1
"""What a 503 or 429 tells the client to wait."""


class Problem(Exception):
    """A problem document on its way to the client.

    ``extra`` are further members (``assigned_to``, ``errors``, ``retry_after``).
    ``error`` is the short sentence that the sources' clients read, ``detail`` the long one.
    """

    def __init__(self, status: int, code: str, detail: str, *, error: str = "", **extra: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.error = error or detail
        self.extra = extra
        if status in (429, 503):
            extra.setdefault("retry_after", RETRY_AFTER_S)

    def document(self, instance: str | None = None) -> dict[str, Any]:
        """Return the document: type, title, status, detail, instance, code, error, message, extras."""
        body: dict[str, Any] = {
            "type": f"urn:problem:{self.code.replace('_', '-')}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "error": self.error,
            "message": self.detail,
        }
        if instance is not None:
            body["instance"] = instance
        body.update(self.extra)
        return body


def invalid(
    field: str | None, sentence: str, *, code: str = "invalid", why: dict[str, Any] | None = None
) -> Problem:
    """Return the 400 that names ``field`` (None: the message as a whole).

    ``why``: ``{"code", "values"}`` of the sentence where that says more than the problem's code.
    """
    if field is None:
        return Problem(400, code, sentence)
    codes = {field: [why or {"code": code, "values": {}}]}
    return Problem(400, code, f"{field}: {sentence}", errors={field: [sentence]}, error_codes=codes)


def not_found(code: str, detail: str) -> Problem:
    """Return the 404; also the answer for what belongs to another tenant."""
    return Problem(404, code, detail)


def forbidden(detail: str = "Your role does not allow this.") -> Problem:
    """Return the 403."""
    return Problem(403, "forbidden", detail)


def second_factor_needed() -> Problem:
    """Return the 403 of a user whose chain requires a second factor for roles."""
    return Problem(403, "second_factor_needed", SECOND_FACTOR_NEEDED)


def unauthorised(code: str, detail: str) -> Problem:
    """Return the 401: ``token_missing``, ``token_expired`` or ``token_invalid``."""
    return Problem(401, code, detail)


def key_reused() -> Problem:
    """Return the 422 of an idempotency key that comes again with another body."""
    return Problem(422, "key_reused", "The same key was used before with another body.")


def too_many(retry_after: int = RETRY_AFTER_S) -> Problem:
    """Return the 429 with its Retry-After in whole seconds."""
    return Problem(429, "too_many_requests", "Too many commands; slow down.", retry_after=retry_after)


SHORT = {"trolley_in_use": "Trolley already in use"}
"""``error`` sentences that the sources' clients know word for word."""


def from_refusal(refusal: Refusal) -> Problem:
    """Return a decider's refusal as a problem; its extras become members."""
    return Problem(
        refusal.status, refusal.code, refusal.detail, error=SHORT.get(refusal.code, ""), **refusal.extra
    )


def from_error(error: BaseException) -> Problem:
    """Return the problem for what an ask raised; what is not known is a defect of ours (500)."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, KeyReused):
        return key_reused()
    if isinstance(error, Overloaded):
        return _unavailable("overloaded", "Too much is waiting here; try again.")
    if isinstance(error, AskTimeout):
        return _unavailable(
            "timeout", "No answer in time; it may still have been done. Repeat with the same key."
        )
    if isinstance(error, Unavailable | TimeoutError):
        return _unavailable("unavailable", "Recovering; try again.")
    if isinstance(error, Exception):
        return Problem(500, "defect", "Something went wrong on our side.")
    raise error


def _unavailable(code: str, detail: str) -> Problem:
    return Problem(503, code, detail, retry_after=RETRY_AFTER_S)
