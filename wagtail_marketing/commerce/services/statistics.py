"""What PostgreSQL knows of the mirror's sizes: after a fill it knows nothing until somebody counts."""

from django.db import connection

from wagtail_marketing.commerce.models import (
    Cart,
    Category,
    ContactTotals,
    Order,
    OrderCode,
    OrderLine,
    Product,
    Refund,
)
from wagtail_marketing.contacts.models import ConsentState, Contact, ContactAttribute

TABLES = {
    "customers": (Contact, ContactAttribute, ConsentState),
    "products": (Product, Category, Product.categories.through),
    "orders": (Order, OrderLine, OrderCode, Refund, ContactTotals),
    "carts": (Cart,),
}


def gather_statistics(kind: str) -> None:
    """Let PostgreSQL count the tables of a kind, as autovacuum does minutes later or never.

    Measured on 155,848 orders: "bought this SKU" took 12.7 s before and 0.6 s after.
    """
    if connection.vendor != "postgresql":
        return
    names = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in TABLES[kind])
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {names}")
