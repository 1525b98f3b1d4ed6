from datetime import UTC, datetime
from decimal import Decimal

import pytest
from shop.models import Cart, CartLine, Category, Customer, Product

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def customer(db):
    return Customer.objects.create(
        key="household-1", email="household-1@example.com", first_name="Ada", last_name="Stone", joined=NOW
    )


@pytest.fixture
def bread(db):
    pastry = Category.objects.create(name="PASTRY")
    product = Product.objects.create(sku="11", name="Rye bread", brand="Private", price=Decimal("2.50"), stock=10)
    product.categories.set([pastry, Category.objects.create(name="BREAD", parent=pastry)])
    return product


@pytest.fixture
def soup(db):
    product = Product.objects.create(sku="12", name="Tomato soup", brand="National", price=Decimal("1.99"), stock=10)
    product.categories.set([Category.objects.create(name="GROCERY")])
    return product


@pytest.fixture
def cart(bread, soup):
    cart = Cart.objects.create()
    CartLine.objects.create(cart=cart, product=bread, quantity=4)
    CartLine.objects.create(cart=cart, product=soup, quantity=1)
    return cart
