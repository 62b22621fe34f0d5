"""Apps, middleware, templates, languages."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

INSTALLED_APPS = [
    "core",  # first: its runserver comes before that of staticfiles
    "core.accounts.admin_app.ProductAdminConfig",
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

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("he", _("Hebrew"))]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
