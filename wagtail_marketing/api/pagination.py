"""Pages by key: the thousandth costs what the first does, and rows that arrive meanwhile shift nothing."""

from typing import Any

from rest_framework.pagination import CursorPagination
from rest_framework.response import Response

#: Rows that are counted; more are "more than this".
COUNT_CAP = 10_000


class KeysetPagination(CursorPagination):
    """``?cursor=`` and ``?limit=`` (100 by default, 1,000 at most); ``count`` is exact up to ``COUNT_CAP``.

    ``{"count": 412, "count_capped": false, "next": url, "previous": url, "results": [...]}``
    """

    ordering = "pk"
    page_size = 100
    page_size_query_param = "limit"
    max_page_size = 1000

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list[Any] | None:
        count = queryset.order_by()[: COUNT_CAP + 1].count()
        self.count, self.capped = min(count, COUNT_CAP), count > COUNT_CAP
        return super().paginate_queryset(queryset, request, view)

    def get_ordering(self, request: Any, queryset: Any, view: Any) -> tuple[str, ...]:
        ordering = getattr(view, "keyset_ordering", self.ordering)
        return (ordering,) if isinstance(ordering, str) else tuple(ordering)

    def get_paginated_response(self, data: Any) -> Response:
        return Response(
            {
                "count": self.count,
                "count_capped": self.capped,
                "next": self.get_next_link(),
                "previous": self.get_previous_link(),
                "results": data,
            }
        )

    def get_paginated_response_schema(self, schema: Any) -> dict[str, Any]:
        link = {"type": "string", "nullable": True, "format": "uri"}
        return {
            "type": "object",
            "required": ["count", "count_capped", "next", "previous", "results"],
            "properties": {
                "count": {"type": "integer", "description": f"Rows, exact up to {COUNT_CAP}."},
                "count_capped": {"type": "boolean", "description": f"True where there are more than {COUNT_CAP}."},
                "next": link,
                "previous": link,
                "results": schema,
            },
        }
