"""Pages of lists."""

from __future__ import annotations

from typing import Any

from rest_framework.pagination import PageNumberPagination


class Pages(PageNumberPagination):
    """Lists as ``{count, next, previous, results}``; ``page`` from 1, ``page_size`` up to 200."""

    page_size_query_param = "page_size"
    max_page_size = 200

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return the two parameters, with what they may be; nothing else is taken."""
        bounds = {"page": 100_000, "page_size": self.max_page_size}
        return [
            {
                "name": name,
                "in": "query",
                "required": False,
                "description": "Which page, from 1." if name == "page" else "How many on a page.",
                "schema": {"type": "integer", "minimum": 1, "maximum": most},
            }
            for name, most in bounds.items()
        ]
