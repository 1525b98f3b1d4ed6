"""How the list of contacts, REST and bulk actions narrow people by what they bought."""

from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy

from wagtail_marketing.contacts.criteria import YES_NO, period_q
from wagtail_marketing.contacts.registry import ListFilter, list_filters

from .models import ContactTotals


def _ordered(answer: str) -> Q:
    totals = ContactTotals.objects.filter(order_count__gt=0)
    if answer == "yes":
        return Q(pk__in=totals.values("contact"))
    return ~Q(Exists(totals.filter(contact=OuterRef("pk"))))


def _last_ordered(value: Any) -> Q:
    return Q(pk__in=ContactTotals.objects.filter(period_q("last_order_at")(value)).values("contact"))


FILTERS = {
    "ordered": ListFilter(gettext_lazy("Has ordered"), "choice", _ordered, choices=lambda: YES_NO, order=400),
    "last_order": ListFilter(gettext_lazy("Last order"), "period", _last_ordered, order=410),
}


def register() -> None:
    for name, plug in FILTERS.items():
        list_filters.register(name, plug)
