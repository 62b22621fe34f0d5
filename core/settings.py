"""Django's settings, and the one reader of the process environment on the server.

Everything has a default that works on a developer's machine: SQLite under
``DATA_DIR``, one process, no broker. ``ENVIRONMENT=production`` or ``DEBUG=0``
turns the refusals of ``core/config/production.py`` on. docs/CONFIGURATION.md lists every variable.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from phonenumbers import SUPPORTED_REGIONS

from core.config import logs, production
from core.config.addresses import keep_private
from core.config.environment import Environment
from core.periodic import beat_schedule, periodic_jobs
from core.web.client_address import networks

_env = Environment()
# Whoever imports this module first (manage.py, Celery) has thereby said which settings hold.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", __name__)

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = _env.path("DATA_DIR", BASE_DIR / "var")
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

# --- what kind of run this is ---------------------------------------------

ENVIRONMENT = _env.choice("ENVIRONMENT", "development", ("development", "production"))
DEBUG = _env.flag("DEBUG", ENVIRONMENT != "production")
PRODUCTION = ENVIRONMENT == "production" or not DEBUG

PORT = _env.integer("PORT", 8000, 1, 65535)
PUBLIC_URL = _env.origin("PUBLIC_URL", f"http://localhost:{PORT}")
"""Where browsers reach the server; printed QR codes open it."""

SECRET_KEY = _env.secret("SECRET_KEY", production.DEVELOPMENT_KEY)
SIGNING_KEY = _env.secret("SIGNING_KEY", SECRET_KEY)
"""Signs tokens and QR codes; change it to end every login."""

ALLOWED_HOSTS = _env.names(
    "ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]", urlsplit(PUBLIC_URL).hostname or "localhost"]
)
ALLOWED_ORIGINS = _env.names(
    "ALLOWED_ORIGINS", [PUBLIC_URL, f"http://localhost:{PORT}", f"http://127.0.0.1:{PORT}"]
)
"""Origins that browsers may open websockets from."""
CORS_ORIGINS = _env.names("CORS_ORIGINS", [])
"""Further origins whose pages may call the API and open websockets."""
CORS_ALLOWED_ORIGINS = CORS_ORIGINS
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = (
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "x-request-id",
)
CORS_EXPOSE_HEADERS = (
    "ETag", "Location", "Retry-After", "RateLimit", "RateLimit-Policy", "Idempotency-Replayed",
)  # fmt: skip
CSRF_FAILURE_VIEW = "core.problems.csrf_failure"
CSRF_TRUSTED_ORIGINS = ALLOWED_ORIGINS if "*" not in ALLOWED_ORIGINS else [PUBLIC_URL]

DEMO_SHOPPERS = _env.integer("DEMO_SHOPPERS", 0, 0, 1000)
"""How many simulated shoppers walk through the demo branch."""

if PRODUCTION:
    production.refuse(
        debug=DEBUG,
        secret_key=SECRET_KEY,
        signing_key=SIGNING_KEY,
        hosts=ALLOWED_HOSTS,
        origins=ALLOWED_ORIGINS,
        demo_shoppers=DEMO_SHOPPERS,
        public_url=PUBLIC_URL,
        says_aloud=[name for name in ("EMAIL_URL", "SMS_URL") if _env.text(name).startswith("console:")],
    )

# --- the application ------------------------------------------------------

INSTALLED_APPS = [
    "core",  # first: its runserver comes before that of staticfiles
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels",
    "corsheaders",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "core.outbox",
    "core.accounts",
    "core.tenancy",
    "core.notifications",
    "core.tax",
    "core.catalogue",
    "core.fleet",
    "core.alarms",
    "core.telemetry",
    "core.firmware",
    "core.shopping",
    "core.inventory",
    "core.orders",
    "core.payments",
    "core.journal",
    "core.trail",
    "core.apikeys",
    "core.audit",
    "core.assistant",
]
MIDDLEWARE = [
    "core.web.middleware.ApiPaths",
    "core.web.middleware.OwnWrites",
    "django.middleware.security.SecurityMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "core.web.middleware.SecurityHeaders",
    "core.web.static.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "core.trail.middleware.Acting",
    "core.web.middleware.MissingPages",
]
ROOT_URLCONF = "core.urls"
ASGI_APPLICATION = "asgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEST_RUNNER = "django.test.runner.DiscoverRunner"

# --- database, channel layer, tasks ---------------------------------------

DATABASES = {"default": _env.database("DATABASE_URL", DATA_DIR / "trolley.sqlite3")}
keep_private(DATABASES["default"])
REDIS_URL = _env.url("REDIS_URL", ("redis", "rediss", "unix"))
ROLE = _env.choice("ROLE", "all", ("all", "host", "edge"))
"""``all`` and ``host`` run the actors; an ``edge`` serves people and asks the host over Redis."""
REDIS_PREFIX = _env.text("REDIS_PREFIX", "trolley")
"""Keeps several installations on one Redis apart."""
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": REDIS_PREFIX},
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_TASK_ALWAYS_EAGER = REDIS_URL is None
CELERY_TASK_EAGER_PROPAGATES = True
TASKS_IN_THREADS = True
"""Without a broker, long tasks run in a thread and not inside of the request that began them."""
CELERY_TASK_DEFAULT_QUEUE = REDIS_PREFIX
CELERY_TIMEZONE = "UTC"
CHECKOUT_HOLD_S = _env.number("CHECKOUT_HOLD_S", 300.0, 1)
TILL_HOLD_S = _env.number("TILL_HOLD_S", 900.0, 1)
"""How long the goods of a checkout are kept."""
EXIT_PASS_S = _env.number("EXIT_PASS_S", 3600.0, 60)
"""How long after the purchase an exit pass is good."""

# --- limits of the runtime, the journal and the sockets --------------------

PARTITION = _env.text("PARTITION", "main")
ASK_TIMEOUT_S = _env.number("ASK_TIMEOUT_S", 5.0, 0.1)
ACTOR_MAILBOX_SIZE = _env.integer("ACTOR_MAILBOX_SIZE", 1000, 1)
ACTOR_IDLE_S = _env.number("ACTOR_IDLE_S", 120.0, 1)
ACTOR_MAX_ACTIVE = _env.integer("ACTOR_MAX_ACTIVE", 100_000, 1)
JOURNAL_MARKS = DATA_DIR / "journal.marks"
ACCEPT_JOURNAL_LOSS = _env.flag("ACCEPT_JOURNAL_LOSS", False)
JOURNAL_SNAPSHOT_EVERY = _env.integer("JOURNAL_SNAPSHOT_EVERY", 200, 1)
WS_MAX_MESSAGE_BYTES = _env.integer("WS_MAX_MESSAGE_BYTES", 64 * 1024, 1024)
WS_MAX_QUEUE_BYTES = _env.integer("WS_MAX_QUEUE_BYTES", 1024 * 1024, 64 * 1024)
WS_COMMANDS_PER_SECOND = _env.integer("WS_COMMANDS_PER_SECOND", 50, 1)
ACCOUNT_COMMANDS_PER_SECOND = _env.integer("ACCOUNT_COMMANDS_PER_SECOND", 2 * WS_COMMANDS_PER_SECOND, 1)
"""Commands and requests of one account, over all its connections and all processes."""
ADDRESS_COMMANDS_PER_SECOND = _env.integer("ADDRESS_COMMANDS_PER_SECOND", 10 * WS_COMMANDS_PER_SECOND, 1)
"""The same of one address; who works in a shop is not counted by it."""
ACCOUNT_CLAIMS_PER_MINUTE = _env.integer("ACCOUNT_CLAIMS_PER_MINUTE", 6, 1)
ADDRESS_CLAIMS_PER_MINUTE = _env.integer("ADDRESS_CLAIMS_PER_MINUTE", 60, 1)
"""Trolleys claimed; who works in the chain, and a device, may claim as many as they like there."""
ACCOUNT_CODES_PER_MINUTE = _env.integer("ACCOUNT_CODES_PER_MINUTE", 10, 1)
ADDRESS_CODES_PER_MINUTE = _env.integer("ADDRESS_CODES_PER_MINUTE", 60, 1)
"""Codes of vouchers, and of exit passes."""
ACCOUNT_HELP_CALLS_PER_MINUTE = _env.integer("ACCOUNT_HELP_CALLS_PER_MINUTE", 6, 1)
ADDRESS_HELP_CALLS_PER_MINUTE = _env.integer("ADDRESS_HELP_CALLS_PER_MINUTE", 60, 1)
try:
    TRUSTED_PROXIES = networks(_env.names("TRUSTED_PROXIES", ["127.0.0.0/8", "::1"]))
except ValueError as _error:
    raise ImproperlyConfigured(f"TRUSTED_PROXIES: expected addresses and networks, {_error}") from None
"""Whose ``X-Forwarded-For`` is believed."""
WS_FLOOD_S = _env.number("WS_FLOOD_S", 10.0, 0.1)
ACCOUNT_SOCKETS = _env.integer("ACCOUNT_SOCKETS", 20, 1)
ADDRESS_SOCKETS = _env.integer("ADDRESS_SOCKETS", 2000, 1)
MAX_CONNECTIONS = _env.integer("MAX_CONNECTIONS", 0)
"""Of one process; 0: as many as there are file descriptors, less what the process needs itself."""
MAX_CONNECTIONS_PER_ADDRESS = _env.integer("MAX_CONNECTIONS_PER_ADDRESS", 2000, 1)
HTTP_MAX_HEAD_BYTES = _env.integer("HTTP_MAX_HEAD_BYTES", 64 * 1024, 1024)
HTTP_MAX_BODY_BYTES = _env.integer("HTTP_MAX_BODY_BYTES", 1024 * 1024, 1024)
"""Of a body that is no upload; whoever uploads shows a token or a session first."""
HTTP_HEAD_S = _env.number("HTTP_HEAD_S", 10.0, 0.1)
HTTP_BODY_S = _env.number("HTTP_BODY_S", 30.0, 0.1)
HTTP_UPLOAD_S = _env.number("HTTP_UPLOAD_S", 600.0, 1)
DEVICE_HEARTBEAT_S = _env.integer("DEVICE_HEARTBEAT_S", 30, 1)
DEVICE_MESSAGES_PER_SECOND = _env.integer("DEVICE_MESSAGES_PER_SECOND", 200, 1)
TELEMETRY_RAW_DAYS = _env.integer("TELEMETRY_RAW_DAYS", 10, 1)
TELEMETRY_5M_DAYS = _env.integer("TELEMETRY_5M_DAYS", 90, 1)
"""How long samples and five-minute buckets are kept; hours are kept for ever."""
DEVICE_TELEMETRY_S = _env.integer("DEVICE_TELEMETRY_S", 60, 1)
FIRMWARE_DIR = _env.path("FIRMWARE_DIR", DATA_DIR / "firmware")
FIRMWARE_PUBLIC_KEY = _env.text("FIRMWARE_PUBLIC_KEY")
"""Ed25519 key (32 bytes in base64) that releases must be signed for; without it none is taken."""
FIRMWARE_MAX_BYTES = _env.integer("FIRMWARE_MAX_BYTES", 256 * 1024 * 1024, 1)
FIRMWARE_DEVICE_S = _env.integer("FIRMWARE_DEVICE_S", 3600, 1)
"""A device that says nothing new of an offered firmware for so long has failed."""
MQTT_URL = _env.url("MQTT_URL", ("mqtt", "mqtts"))
"""The broker that devices are told of when they register; none: they use the websocket."""

# --- payments -------------------------------------------------------------

PAYMENT_PROVIDER = _env.text("PAYMENT_PROVIDER", "sandbox")
"""Who takes the money when a shopper names nobody."""
PAYMENT_SANDBOX = _env.flag("PAYMENT_SANDBOX", not PRODUCTION)
"""Whether the built-in provider may be paid with, which takes no money."""
PAYMENT_TILL = _env.flag("PAYMENT_TILL", True)

PAYMENT_RECONCILE_S = _env.number("PAYMENT_RECONCILE_S", 60.0, 1)
"""After so long without a word the provider is asked how a payment stands."""
PERIODIC_JOBS = periodic_jobs(PAYMENT_RECONCILE_S)
CELERY_BEAT_SCHEDULE = beat_schedule(PERIODIC_JOBS)
PAYMENT_WORKERS = _env.integer("PAYMENT_WORKERS", 8, 1, 100)
"""How many calls of one provider may be under way."""
PAYMENT_TIMEOUT_S = _env.number("PAYMENT_TIMEOUT_S", 10.0, 0.1)
"""How long one call of a provider may take."""
STRIPE_SECRET_KEY = _env.secret("STRIPE_SECRET_KEY", "", least=8)
STRIPE_PUBLISHABLE_KEY = _env.text("STRIPE_PUBLISHABLE_KEY")
STRIPE_WEBHOOK_SECRET = _env.secret("STRIPE_WEBHOOK_SECRET", "", least=8)
STRIPE_API_BASE = _env.url("STRIPE_API_BASE", ("https", "http")) or ""
_env.together("STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRET")
RAZORPAY_KEY_ID = _env.text("RAZORPAY_KEY_ID")
RAZORPAY_KEY_SECRET = _env.secret("RAZORPAY_KEY_SECRET", "", least=8)
RAZORPAY_WEBHOOK_SECRET = _env.secret("RAZORPAY_WEBHOOK_SECRET", "", least=8)
RAZORPAY_API_BASE = _env.url("RAZORPAY_API_BASE", ("https", "http")) or ""
_env.together("RAZORPAY_KEY_ID", "RAZORPAY_KEY_SECRET", "RAZORPAY_WEBHOOK_SECRET")
"""An account is used when all three of its variables are set; the bases are for tests."""

# --- mail -----------------------------------------------------------------

_mail = _env.mail("EMAIL_URL", "" if PRODUCTION else "console://")
EMAIL_BACKEND = _mail["BACKEND"] or "django.core.mail.backends.dummy.EmailBackend"
SENDS_MAIL = bool(_mail["BACKEND"])
"""Without a mail server nothing is sent, and nothing counts as sent."""
EMAIL_FILE_PATH = _mail.get("FILE_PATH")
EMAIL_HOST, EMAIL_PORT = _mail.get("HOST", "localhost"), _mail.get("PORT", 25)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.get("HOST_USER", ""), _mail.get("HOST_PASSWORD", "")
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.get("USE_TLS", False), _mail.get("USE_SSL", False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = _env.text("EMAIL_FROM", f"Smart Trolley <receipts@{urlsplit(PUBLIC_URL).hostname}>")


SMS = _env.sms("SMS_URL", "" if PRODUCTION else "console://")
"""How text messages go out."""
VAPID_PRIVATE_KEY = _env.secret("VAPID_PRIVATE_KEY", "")
"""P-256 key in base64url that web push is signed with; without it nothing is pushed."""
VAPID_SUBJECT = _env.text("VAPID_SUBJECT", f"mailto:postmaster@{urlsplit(PUBLIC_URL).hostname}")
"""Whom a push service writes to about us."""
PUSH_SERVICES = _env.names(
    "PUSH_SERVICES",
    [
        "https://fcm.googleapis.com",
        "https://*.push.services.mozilla.com",
        "https://*.notify.windows.com",
        "https://*.push.apple.com",
    ],
)
"""Origins that browsers may name as theirs, ``*`` for any name."""

# --- people and tokens ----------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
] + [{"NAME": "core.accounts.passwords.NotGuessed"}]
PASSWORD_HASHERS = ["core.accounts.hashing.InTurn"]
PASSWORD_HASHES_AT_ONCE = _env.integer("PASSWORD_HASHES_AT_ONCE", 1, 1, 64)
PASSWORD_HASHES_WAITING = _env.integer("PASSWORD_HASHES_WAITING", 20, 0, 1000)
"""Of one process; who comes when so many wait already is told to come again."""
LOGIN_URL = "/login"
OTP_TOTP_ISSUER = "Smart Trolley"
ACCESS_TOKEN_S = _env.integer("ACCESS_TOKEN_S", 15 * 60, 1)
REFRESH_TOKEN_S = _env.integer("REFRESH_TOKEN_S", 30 * 24 * 3600, 60)
DEVICE_TOKEN_S = _env.integer("DEVICE_TOKEN_S", 365 * 24 * 3600, 60)
DEVICE_TOKEN_OVERLAP_S = _env.integer("DEVICE_TOKEN_OVERLAP_S", 24 * 3600)
"""How long the token before is accepted after a rotation."""
CLAIM_CODE_S = _env.integer("CLAIM_CODE_S", 30 * 60, 60)
"""How long a manager's claim code for a new device is good."""
PASSWORD_RESET_TIMEOUT = 3600
"""Seconds for which the link to a new password is good."""
LOGIN_CODE_S = _env.integer("LOGIN_CODE_S", 300, 30, 3600)
"""How long a code that was sent to a phone or an address is good."""
CODE_RATE = _env.text("CODE_RATE", "5/hour")
"""Codes to one phone or address that are asked for from one address."""
CODE_TARGET_RATE = _env.text("CODE_TARGET_RATE", "20/hour")
"""The same from everywhere; addresses that were entered from by it are given one still."""
CODE_ADDRESS_RATE = _env.text("CODE_ADDRESS_RATE", "100/hour")
"""Codes to whomever that are asked for from one address."""
PHONE_COUNTRY = _env.text("PHONE_COUNTRY", "IN").upper()
"""ISO 3166 code of the country whose national phone numbers are taken."""
if PHONE_COUNTRY not in SUPPORTED_REGIONS:
    raise ImproperlyConfigured(f"PHONE_COUNTRY: expected a country such as IN, got {PHONE_COUNTRY!r}")
AUTH_RATE = _env.text("AUTH_RATE", "60/minute")
"""Calls of one address to the auth endpoints, as ``limits`` writes rates."""
AUTH_FAILURE_RATE = _env.text("AUTH_FAILURE_RATE", "10/minute")
"""Failed logins to one account from one address."""
AUTH_ACCOUNT_FAILURE_RATE = _env.text("AUTH_ACCOUNT_FAILURE_RATE", "200/hour")
"""Failed logins to one account from everywhere; addresses that it was entered from are let in still."""

# --- REST -----------------------------------------------------------------

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

# --- static files, languages ----------------------------------------------

PAGES_DIR = BASE_DIR / "frontend_static" / "pages"
STATIC_URL = "/static/"
STATIC_ROOT = _env.path("STATIC_ROOT", DATA_DIR / "static")
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "frontend_static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "core.web.static.HashedFiles"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("br", "gif", "gz", "jpg", "map", "png", "webp", "woff", "woff2")
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 0 if DEBUG else 300
WHITENOISE_ALLOW_ALL_ORIGINS = False

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("he", _("Hebrew"))]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- security -------------------------------------------------------------

_HTTPS = PUBLIC_URL.startswith("https://")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _env.flag("BEHIND_PROXY", False) else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _HTTPS and PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_SECONDS > 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# --- uploads ---------------------------------------------------------------

MEDIA_DIR = DATA_DIR / "media"
"""Pictures of products; every web process needs the same folder."""
MEDIA_MAX_BYTES = _env.integer("MEDIA_MAX_BYTES", 8 * 1024 * 1024, 1024)
IMPORT_MAX_BYTES = _env.integer("IMPORT_MAX_BYTES", 64 * 1024 * 1024, 1024)
SUPPLIER_TIMEOUT_S = _env.number("SUPPLIER_TIMEOUT_S", 60.0, 1.0)
"""How long fetching a supplier's file may take in all."""
SUPPLIER_ORIGINS = _env.names("SUPPLIER_ORIGINS", [])
"""Origins that are asked for suppliers' files though they are not public or not https."""

# --- logging --------------------------------------------------------------

LOGGING = logs.configuration(
    style=_env.choice("LOG_FORMAT", "json" if PRODUCTION else "console", ("json", "console")),
    level=_env.choice("LOG_LEVEL", "info", ("debug", "info", "warning", "error")),
    files={name: _env.text(f"LOG_FILE_{name.upper()}") for name in logs.LOGGERS},
)
