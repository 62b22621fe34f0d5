"""Files that are served and uploaded, and suppliers' files that are fetched."""

from __future__ import annotations

from core.settings.base import BASE_DIR, DATA_DIR, DEBUG, env

PAGES_DIR = BASE_DIR / "frontend_static" / "pages"
STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", DATA_DIR / "static")
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

MEDIA_DIR = DATA_DIR / "media"
"""Pictures of products and floors; every web process needs the same folder."""
MEDIA_MAX_BYTES = env.integer("MEDIA_MAX_BYTES", 8 * 1024 * 1024, 1024)
IMPORT_MAX_BYTES = env.integer("IMPORT_MAX_BYTES", 64 * 1024 * 1024, 1024)
SUPPLIER_TIMEOUT_S = env.number("SUPPLIER_TIMEOUT_S", 60.0, 1.0)
"""How long fetching a supplier's file may take in all."""
SUPPLIER_ORIGINS = env.names("SUPPLIER_ORIGINS", [])
"""Origins that are asked for suppliers' files though they are not public or not https."""
