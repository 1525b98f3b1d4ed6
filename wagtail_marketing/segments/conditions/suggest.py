"""Words to choose from while somebody types: at most ``MOST`` ``(value, label)`` for what was typed so far."""

from collections.abc import Iterable

from django.db.models import Q

from wagtail_marketing.commerce.models import Category, Order, Product
from wagtail_marketing.contacts.models import Tag
from wagtail_marketing.segments.registry import suggesters

MOST = 20
#: Channels have no index of their own; those of the newest orders are the ones in use.
NEWEST_ORDERS = 5000


def categories(wanted: str) -> Iterable[tuple[str, str]]:
    found = Category.objects.filter(folded__contains=wanted.casefold()).order_by("folded")
    return [(name, name) for name in found.values_list("name", flat=True)[:MOST]]


def skus(wanted: str) -> Iterable[tuple[str, str]]:
    found = Product.objects.filter(Q(sku__istartswith=wanted) | Q(name__icontains=wanted)).order_by("sku")
    return [(sku, f"{sku} · {name}") for sku, name in found.values_list("sku", "name")[:MOST]]


def tags(wanted: str) -> Iterable[tuple[str, str]]:
    found = Tag.objects.filter(name__icontains=wanted).order_by("name")
    return list(found.values_list("slug", "name")[:MOST])


def channels(wanted: str) -> Iterable[tuple[str, str]]:
    newest = set(Order.objects.order_by("-pk").values_list("channel", flat=True)[:NEWEST_ORDERS])
    return [(name, name) for name in sorted(newest) if name and wanted.casefold() in name.casefold()][:MOST]


def register() -> None:
    for find in (categories, skus, tags, channels):
        suggesters.register(find.__name__, find)
