"""Products and their categories, a batch at a time."""

import json
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from wagtail_marketing.commerce.models import Category, Product
from wagtail_marketing.contacts.services.fields import plain_attribute
from wagtail_marketing.core.money import to_minor
from wagtail_marketing.host.types import HostProduct

from .merge import merge
from .values import Mirrored, clean

COLUMNS = {
    "ref": "text",
    "sku": "text",
    "name": "text",
    "url": "text",
    "image_url": "text",
    "price_minor": "integer",
    "currency": "text",
    "stock": "integer",
    "active": "boolean",
    "attributes": "json",
}
#: A stock beyond the column is as good as endless.
MOST_STOCK = 2**31 - 1


@transaction.atomic
def mirror_products(*, products: Sequence[HostProduct], now: datetime) -> Mirrored:
    """Make the mirror's products what the shop says they are; of two with one ref the last counts."""
    by_ref = {clean(product.ref, 190): product for product in products}
    known = set(Product.objects.filter(ref__in=list(by_ref)).values_list("ref", flat=True))
    written = merge(
        Product,
        COLUMNS,
        [_row(ref, product) for ref, product in by_ref.items()],
        unique=("ref",),
        fixed={"updated_at": now},
        returning=True,
    ).ids
    ids = dict(Product.objects.filter(ref__in=list(by_ref)).values_list("ref", "pk"))
    regrouped = _write_categories({ids[ref]: product.categories for ref, product in by_ref.items()}, known, ids)
    created = len(by_ref) - len(known)
    updated = len(set(written) | regrouped) - created
    return Mirrored(len(products), created, updated, len(by_ref) - created - updated)


def _row(ref: str, product: HostProduct) -> tuple:
    attributes = {name: plain_attribute(value) for name, value in product.attributes.items()}
    return (
        ref,
        clean(product.sku, 190),
        clean(product.name, 255),
        clean(product.url, 500),
        clean(product.image_url, 500),
        None if product.price is None else to_minor(product.price, product.currency),
        product.currency,
        None if product.stock is None else max(-MOST_STOCK, min(product.stock, MOST_STOCK)),
        product.active,
        json.dumps({name: value for name, value in attributes.items() if value is not None}, sort_keys=True),
    )


def _write_categories(wanted: dict[int, Sequence[str]], known: set[str], ids: dict[str, int]) -> set[int]:
    """Put each product into its categories and out of the others; returns the ids of those that changed."""
    names = {product: {clean(name.strip(), 190) for name in names} - {""} for product, names in wanted.items()}
    every = set().union(*names.values()) if names else set()
    merge(
        Category,
        {"name": "text", "folded": "text"},
        [(name, name.casefold()[:190]) for name in sorted(every)],
        unique=("name",),
    )
    category_ids = dict(Category.objects.filter(name__in=every).values_list("name", "pk"))
    through = Product.categories.through
    before = {ids[ref] for ref in known}
    have = set(through.objects.filter(product_id__in=before).values_list("product_id", "category_id"))
    want = {(product, category_ids[name]) for product, own in names.items() for name in own}
    new, gone = want - have, have - want
    merge(
        through,
        {"product_id": "integer", "category_id": "integer"},
        sorted(new),
        unique=("product_id", "category_id"),
    )
    for category in {category for _product, category in gone}:
        through.objects.filter(
            category_id=category, product_id__in=[product for product, other in gone if other == category]
        ).delete()
    return {product for product, _category in new | gone}
