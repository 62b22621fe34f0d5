"""The OpenAPI document as the server serves it, on standard output: ``python -m scripts.openapi``."""

from __future__ import annotations

import os
import sys
from typing import Any

import django


def main() -> None:
    """Write it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
    django.setup()
    from drf_spectacular.generators import SchemaGenerator
    from drf_spectacular.renderers import OpenApiJsonRenderer

    from realtime.documents import openapi

    openapi.register()
    generator: Any = SchemaGenerator
    document = generator().get_schema(request=None, public=True)
    sys.stdout.buffer.write(OpenApiJsonRenderer().render(document))


if __name__ == "__main__":
    main()
