"""Products and categories of the data set."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction

from shop.journey import rules
from shop.journey.rows import ROWS_AT_ONCE, Loaded, Progress, Survey, batches, dollars
from shop.journey.source import Source
from shop.models import Category, Product


class _Categories:
    """Department and product category to primary key, made when first seen."""

    def __init__(self) -> None:
        rows = Category.objects.values_list("parent_id", "name", "pk")
        self._known = {(parent, name): pk for parent, name, pk in rows}

    def _get(self, parent: int | None, name: str) -> int:
        key = (parent, name)
        if key not in self._known:
            self._known[key] = Category.objects.create(parent_id=parent, name=name).pk
        return self._known[key]

    def of(self, department: str, product_category: str) -> list[int]:
        if not department:
            return []
        root = self._get(None, department)
        return [root, self._get(root, product_category)] if product_category else [root]


def load_products(
    source: Source, survey: Survey, whole_catalogue: bool, result: Loaded, progress: Progress
) -> dict[int, tuple[int, str]]:
    """Make the products that are missing; give product id to primary key and name."""
    there = set(Product.objects.values_list("sku", flat=True).iterator())
    categories = _Categories()
    lacking = set(survey.prices)

    def rows() -> Iterator[tuple[Product, list[int]]]:
        for product_id, department, brand, category, kind, size in source.products():
            lacking.discard(product_id)
            if str(product_id) in there or not (whole_catalogue or product_id in survey.prices):
                continue
            price = survey.prices.get(product_id, 0)
            yield (
                _product(product_id, rules.title(kind or category, size, product_id), brand, price),
                categories.of(department, category),
            )
        for product_id in sorted(lacking):
            # Sold, but not in the catalogue: 17 of them in the whole data set.
            result.placeholders += 1
            if str(product_id) not in there:
                yield _product(product_id, rules.title("", "", product_id), "", 0), []

    through = Product.categories.through
    for batch in batches(rows(), ROWS_AT_ONCE):
        with transaction.atomic():
            made = Product.objects.bulk_create([product for product, _ in batch])
            through.objects.bulk_create(
                through(product_id=product.pk, category_id=category)
                for product, (_, ids) in zip(made, batch, strict=True)
                for category in ids
            )
        result.new_products += len(made)
        progress("Products", result.new_products, 0)
    progress("Products", len(there) + result.new_products, len(there) + result.new_products)
    found = Product.objects.values_list("sku", "pk", "name").iterator()
    return {int(sku): (pk, name) for sku, pk, name in found if sku.isdigit()}


def _product(product_id: int, name: str, brand: str, price: int) -> Product:
    return Product(
        sku=str(product_id),
        name=name,
        brand=brand,
        price=dollars(price),
        stock=rules.stock(product_id),
        active=price > 0,
    )
