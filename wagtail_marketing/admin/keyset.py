"""Pages by key: the thousandth costs what the first does, there is no last one to break at, and rows that
arrive meanwhile shift nothing::

    class ContactIndexView(KeysetListingMixin, MarketingIndexView):
        default_ordering = "-pk"
        keyset_orders = {"pk": Order(), "created_at": Order("created_at"),
                         "last_order": Order("wm_last_order", null=True)}

An order names columns or annotations that one index holds in that order, ended by the id. Rows whose first
column is NULL (``null=True``) come after all others in either direction, newest first, so that the index
answers both parts.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext as _


@dataclass(frozen=True, init=False)
class Order:
    """Columns that a list is sorted by before the id; the first may be NULL where ``null``."""

    columns: tuple[str, ...]
    null: bool

    def __init__(self, *columns: str, null: bool = False):
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "null", null)


@dataclass(frozen=True)
class Place:
    """Where a page begins or ends: ``values`` of the last row read, in which part, how many rows before it."""

    back: bool
    part: int
    values: tuple[Any, ...]
    before: int

    def dump(self) -> str:
        values = [["t", value.isoformat()] if isinstance(value, datetime) else value for value in self.values]
        text = json.dumps([int(self.back), self.part, values, self.before], separators=(",", ":"))
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def load(cls, text: str) -> "Place | None":
        """None for anything that ``dump`` did not make: the list then begins at its start."""
        try:
            back, part, values, before = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            found = tuple(datetime.fromisoformat(value[1]) if isinstance(value, list) else value for value in values)
            place = cls(bool(back), int(part), found, max(0, int(before)))
        except (ValueError, TypeError, IndexError, RecursionError):
            return None
        fits = all(
            isinstance(value, str | int | datetime) and not (isinstance(value, str) and "\x00" in value)
            for value in found
        )
        return place if fits and place.part in (0, 1) else None


@dataclass
class KeysetPage:
    """One page: its rows, and the places before and after it."""

    object_list: list[Any]
    paginator: Any
    first: int
    previous: str = ""
    next: str = ""
    number: int = 1

    def __len__(self) -> int:
        return len(self.object_list)

    def __iter__(self) -> Any:
        return iter(self.object_list)

    def has_other_pages(self) -> bool:
        return bool(self.previous or self.next)

    @property
    def label(self) -> str:
        """ "51–100 of more than 10,000 contacts"; the whole where there is one page."""
        if not self.has_other_pages() or not self.object_list:
            return self.paginator.items_count_label
        last = self.first + len(self.object_list) - 1
        return _("%(first)s–%(last)s of %(count)s") % {
            "first": intcomma(self.first),
            "last": intcomma(last),
            "count": self.paginator.items_count_label,
        }


class KeysetListingMixin:
    """Before an ``IndexView``: sorted and paged by ``keyset_orders``; ``?p=`` holds the place."""

    keyset_orders: Mapping[str, Order] = {"pk": Order()}
    default_ordering = "-pk"

    @cached_property
    def keyset_order(self) -> tuple[Order, bool]:
        """The order, and whether it descends."""
        name = str(self.ordering)  # type: ignore[attr-defined]
        return self.keyset_orders[name.removeprefix("-")], name.startswith("-")

    def order_queryset(self, queryset: Any) -> Any:
        order, down = self.keyset_order
        return queryset.order_by(*_order_by(order.columns, down=down))

    def get_counted(self, queryset: Any) -> Any:
        """What is counted up to the cap: override where the rows carry joins that the count need not."""
        return queryset

    def paginate_queryset(self, queryset: Any, page_size: int) -> Any:
        paginator = self.get_paginator(self.get_counted(queryset), page_size)  # type: ignore[attr-defined]
        place = Place.load(self.request.GET.get(self.page_kwarg, ""))  # type: ignore[attr-defined]
        order, down = self.keyset_order
        try:
            page = _page(queryset, order, down, place, page_size, paginator)
        except (ValueError, TypeError, ValidationError, OverflowError):
            # A place of another order: the values do not fit the columns.
            page = _page(queryset, order, down, None, page_size, paginator)
        return paginator, page, page.object_list, page.has_other_pages()


def _order_by(columns: Sequence[str], *, down: bool) -> list[str]:
    sign = "-" if down else ""
    return [f"{sign}{column}" for column in (*columns, "pk")]


def _parts(queryset: Any, order: Order, down: bool) -> list[tuple[Any, tuple[str, ...], bool]]:
    """What is read one after the other: ``(rows, columns with the id, whether it descends)``."""
    if not order.null:
        return [(queryset, (*order.columns, "pk"), down)]
    first = order.columns[0]
    return [
        (queryset.filter(**{f"{first}__isnull": False}), (*order.columns, "pk"), down),
        (queryset.filter(**{f"{first}__isnull": True}), ("pk",), True),
    ]


def _after(columns: Sequence[str], values: Sequence[Any], *, less: bool) -> Q:
    """Rows beyond ``values``; the first comparison alone bounds the index."""
    if len(values) != len(columns):
        raise ValueError("a place of another order")
    word = "lt" if less else "gt"
    found, equal = Q(), Q()
    for column, value in zip(columns, values, strict=True):
        found |= equal & Q(**{f"{column}__{word}": value})
        equal &= Q(**{column: value})
    return Q(**{f"{columns[0]}__{word}e": values[0]}) & found if len(columns) > 1 else found


def _page(queryset: Any, order: Order, down: bool, place: Place | None, size: int, paginator: Any) -> KeysetPage:
    back = bool(place and place.back)
    parts = list(enumerate(_parts(queryset, order, down)))
    if place is not None and place.part >= len(parts):
        raise ValueError("a place of another order")
    rows: list[tuple[int, Any]] = []
    for number, (found, columns, descends) in reversed(parts) if back else parts:
        if place is not None and (number > place.part if back else number < place.part):
            continue
        found = found.order_by(*_order_by(columns[:-1], down=descends != back))
        if place is not None and number == place.part:
            found = found.filter(_after(columns, place.values, less=descends != back))
        rows += [(number, row) for row in found[: size + 1 - len(rows)]]
        if len(rows) > size:
            break
    more = len(rows) > size
    rows = rows[:size]
    if back:
        rows.reverse()
    before = place.before if place else 0
    first = max(0, before - len(rows)) if back else before
    page = KeysetPage([row for _number, row in rows], paginator, first + 1)
    if rows:
        if more if back else place is not None:
            page.previous = _place(parts, rows[0], back=True, before=first)
        if back or more:
            page.next = _place(parts, rows[-1], back=False, before=first + len(rows))
    return page


def _place(parts: Any, found: tuple[int, Any], *, back: bool, before: int) -> str:
    number, row = found
    columns = parts[number][1][1]
    return Place(back, number, tuple(getattr(row, column) for column in columns), before).dump()
