"""The page on which a provider's own form is shown, with the one policy that lets that provider in."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from core.payments.models import Payment
from core.payments.providers import registry
from core.web.middleware import policy
from core.web.pages import page

_INLINE = "'unsafe-inline'"
"""Their scripts write style attributes around the frames that they put in; nobody else's may."""

SOURCES: dict[str, dict[str, str]] = {
    # docs.stripe.com/security/guide, content security policy
    "stripe": {
        "script-src": "https://js.stripe.com https://*.js.stripe.com",
        "frame-src": "https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com",
        "connect-src": "https://api.stripe.com",
        "img-src": "https://*.stripe.com",
        "style-src": _INLINE,
    },
    "razorpay": {
        "script-src": "https://checkout.razorpay.com",
        "frame-src": "https://api.razorpay.com https://checkout.razorpay.com",
        "connect-src": "https://api.razorpay.com https://lumberjack.razorpay.com",
        "img-src": "https://*.razorpay.com",
        "style-src": _INLINE,
    },
    # Our page leads to PayPal's own, and loads nothing of it.
    "paypal": {},
}
"""What each provider's form loads, beyond our own."""


@require_safe
def pay(request: HttpRequest, provider: str, payment_id: UUID) -> HttpResponse:
    """Serve the page for a payment that was begun with a provider that is configured; else there is none."""
    known = provider in SOURCES and provider in registry.names()
    if not known or not Payment.objects.filter(pk=payment_id, provider=provider).exists():
        raise Http404("There is no such payment.")
    response = page(request, name="pay")
    response.headers["Content-Security-Policy"] = policy(request, SOURCES[provider])
    # A bank's page may open in a window of its own, and speaks to the one it came from.
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin-allow-popups"
    return response
