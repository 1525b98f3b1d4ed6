"""Reads of the storefront."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count, Q, QuerySet

from shop.models import Cart, Category, Customer, Order, OrderLine, Product

POPULAR_AMONG = 300
"""The newest orders that say what is popular."""


def products_on_sale(*, search: str = "", category: Category | None = None) -> QuerySet[Product]:
    """Products that can be bought; every word of `search` is in the name, the brand or the number."""
    found = Product.objects.filter(active=True)
    for word in search.split()[:8]:
        found = found.filter(Q(name__icontains=word) | Q(brand__icontains=word) | Q(sku=word))
    if category is not None:
        found = found.filter(categories=category)
    return found.order_by("name", "id")


def popular_products(*, limit: int) -> list[Product]:
    """What sold most often among the newest orders, most often first."""
    newest = Order.objects.filter(cancelled_at=None).order_by("-placed_at", "-id").values("pk")[:POPULAR_AMONG]
    counts = (
        OrderLine.objects.filter(order__in=newest, product__active=True, product__stock__gt=0)
        .values_list("product_id")
        .annotate(times=Count("pk"))
        .order_by("-times", "product_id")[:limit]
    )
    ids = [product_id for product_id, _ in counts]
    found = Product.objects.prefetch_related("categories").in_bulk(ids)
    return [found[pk] for pk in ids]


def departments() -> list[Category]:
    """Departments with something on sale, the fullest first, each with `offers`."""
    return list(
        Category.objects.filter(parent=None, products__active=True)
        .annotate(offers=Count("products"))
        .order_by("-offers", "name")
    )


def categories_of(department: Category) -> list[Category]:
    """Product categories of a department with something on sale, by name."""
    return list(department.children.filter(products__active=True).annotate(offers=Count("products")).order_by("name"))


def open_cart(key: str | UUID) -> Cart | None:
    """The cart with this key, unless it became an order."""
    return Cart.objects.filter(key=key, ordered_at=None).select_related("customer").first()


def customer_by_email(email: str) -> Customer | None:
    """The customer of an address; of several, the oldest."""
    return Customer.objects.filter(email__iexact=email.strip()).order_by("pk").first() if email.strip() else None


def order_in_full(number: str) -> Order | None:
    """An order with its lines, refunds, store and customer."""
    return (
        Order.objects.select_related("store", "customer")
        .prefetch_related("lines__product", "lines__refunds", "refunds")
        .filter(number=number)
        .first()
    )
