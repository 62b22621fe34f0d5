"""Checkouts, and the providers that take the money."""

from __future__ import annotations

from core.settings.base import PRODUCTION, env

CHECKOUT_HOLD_S = env.number("CHECKOUT_HOLD_S", 300.0, 1)
TILL_HOLD_S = env.number("TILL_HOLD_S", 900.0, 1)
"""How long the goods of a checkout are kept."""
EXIT_PASS_S = env.number("EXIT_PASS_S", 3600.0, 60)
"""How long after the purchase an exit pass is good."""

PAYMENT_PROVIDER = env.text("PAYMENT_PROVIDER", "sandbox")
"""Who takes the money when a shopper names nobody."""
PAYMENT_SANDBOX = env.flag("PAYMENT_SANDBOX", not PRODUCTION)
"""Whether the built-in provider may be paid with, which takes no money."""
PAYMENT_TILL = env.flag("PAYMENT_TILL", True)

PAYMENT_RECONCILE_S = env.number("PAYMENT_RECONCILE_S", 60.0, 1)
"""After so long without a word the provider is asked how a payment stands."""

PAYMENT_WORKERS = env.integer("PAYMENT_WORKERS", 8, 1, 100)
"""How many calls of one provider may be under way."""
PAYMENT_TIMEOUT_S = env.number("PAYMENT_TIMEOUT_S", 10.0, 0.1)
"""How long one call of a provider may take."""
STRIPE_SECRET_KEY = env.secret("STRIPE_SECRET_KEY", "", least=8)
STRIPE_PUBLISHABLE_KEY = env.text("STRIPE_PUBLISHABLE_KEY")
STRIPE_WEBHOOK_SECRET = env.secret("STRIPE_WEBHOOK_SECRET", "", least=8)
STRIPE_API_BASE = env.url("STRIPE_API_BASE", ("https", "http")) or ""
env.together("STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRET")
RAZORPAY_KEY_ID = env.text("RAZORPAY_KEY_ID")
RAZORPAY_KEY_SECRET = env.secret("RAZORPAY_KEY_SECRET", "", least=8)
RAZORPAY_WEBHOOK_SECRET = env.secret("RAZORPAY_WEBHOOK_SECRET", "", least=8)
RAZORPAY_API_BASE = env.url("RAZORPAY_API_BASE", ("https", "http")) or ""
env.together("RAZORPAY_KEY_ID", "RAZORPAY_KEY_SECRET", "RAZORPAY_WEBHOOK_SECRET")
PAYPAL_CLIENT_ID = env.text("PAYPAL_CLIENT_ID")
PAYPAL_CLIENT_SECRET = env.secret("PAYPAL_CLIENT_SECRET", "", least=8)
PAYPAL_WEBHOOK_ID = env.text("PAYPAL_WEBHOOK_ID")
PAYPAL_SANDBOX = env.flag("PAYPAL_SANDBOX", False)
PAYPAL_API_BASE = env.url("PAYPAL_API_BASE", ("https", "http")) or ""
env.together("PAYPAL_CLIENT_ID", "PAYPAL_CLIENT_SECRET", "PAYPAL_WEBHOOK_ID")
"""An account is used when all three of its variables are set; the bases are for tests."""
