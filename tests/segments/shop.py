"""A few people and orders, written straight into the mirror."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from wagtail_marketing.commerce.models import Category, ContactTotals, Order, OrderCode, OrderLine, Product
from wagtail_marketing.contacts.models import Contact, ContactAttribute, Tag
from wagtail_marketing.core.identity import phone_country
from wagtail_marketing.host.types import AttributeSpec
from wagtail_marketing.host.users import UserAdapter

NOW = datetime(2018, 1, 1, tzinfo=UTC)


class Adapter(UserAdapter):
    def attributes(self):
        return (
            AttributeSpec("plan", label="Plan", choices=(("Gold", "Gold plan"), ("Blue", "Blue plan"))),
            AttributeSpec("motto", label="Motto"),
            AttributeSpec("score", "number", "Score"),
            AttributeSpec("signed", "date", "Signed"),
            AttributeSpec("vip", "boolean", "VIP"),
        )


def person(key, **values):
    email = values.pop("email", f"{key}@example.com")
    attributes = values.pop("attributes", {})
    tags = values.pop("tags", ())
    for name in ("first_name", "last_name", "region", "city"):
        if name in values:
            values[f"{name}_folded"] = values[name].casefold()
    if "phone" in values:
        values["phone_country"] = phone_country(values["phone"])
    contact = Contact.objects.create(
        external_key=key,
        email=email,
        email_normalised=email.lower(),
        email_domain=email.lower().rpartition("@")[2],
        email_hash=f"hash-{email.lower()}" if email else "",
        attributes={name: value if isinstance(value, bool | int) else str(value) for name, value in attributes.items()},
        created_at=values.pop("created_at", NOW - timedelta(days=400)),
        updated_at=NOW,
        **values,
    )
    for name, value in attributes.items():
        column = {"folded": str(value).casefold()}
        if isinstance(value, bool):
            column = {"folded": "true" if value else "false"}
        elif isinstance(value, int | Decimal):
            column = {"number": value}
        elif isinstance(value, date):
            column = {"date": value}
        ContactAttribute.objects.create(contact=contact, name=name, **column)
    for name in tags:
        contact.tags.add(Tag.objects.get_or_create(name=name, defaults={"slug": name.casefold()})[0])
    return contact


def product(sku, *categories):
    found = Product.objects.create(ref=sku, sku=sku, name=sku, updated_at=NOW)
    for name in categories:
        found.categories.add(Category.objects.get_or_create(name=name, defaults={"folded": name.casefold()})[0])
    return found


def order(contact, ref, *lines, days_ago=0, placed_at=None, refunded=0, cancelled=False, codes=(), channel=""):
    """``lines`` are ``(sku, cents)`` or ``(sku, cents, refunded cents)``; ``refunded`` counts for the order."""
    placed_at = placed_at or NOW - timedelta(days=days_ago)
    total = sum(line[1] for line in lines)
    made = Order.objects.create(
        ref=ref,
        contact=contact,
        currency="USD",
        total_minor=total,
        total_base=total,
        placed_at=placed_at,
        refunded_minor=refunded,
        refunded_base=refunded,
        channel=channel,
        updated_at=NOW,
        cancelled_at=NOW if cancelled else None,
    )
    for number, (sku, cents, *back) in enumerate(lines):
        OrderLine.objects.create(
            order=made,
            ref=str(number),
            sku=sku,
            product=Product.objects.filter(sku=sku).first(),
            quantity=1,
            total_minor=cents,
            total_base=cents,
            refunded_base=back[0] if back else 0,
        )
    for code in codes:
        OrderCode.objects.create(order=made, code=code)
    return made


def count_totals():
    """The totals row of everybody who ordered, as commerce keeps it."""
    ContactTotals.objects.all().delete()
    for contact in Contact.objects.filter(orders__isnull=False).distinct():
        orders = [o for o in contact.orders.all() if o.cancelled_at is None]
        money = [o.total_base - o.refunded_base for o in orders]
        ContactTotals.objects.create(
            contact=contact,
            order_count=len(orders),
            total_base=sum(money),
            max_base=max(money, default=0),
            first_order_at=min((o.placed_at for o in orders), default=None),
            last_order_at=max((o.placed_at for o in orders), default=None),
        )
