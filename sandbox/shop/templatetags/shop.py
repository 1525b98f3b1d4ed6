from decimal import Decimal

from django import template
from django.utils.formats import number_format

register = template.Library()


@register.filter
def usd(amount: Decimal | int) -> str:
    """Dollars with two digits: $1,234.50."""
    return f"${number_format(Decimal(amount), decimal_pos=2, use_l10n=True, force_grouping=True)}"


@register.filter
def shelf(product) -> int:
    """Which of six colours a product's tile has: one department, one colour."""
    departments = [category for category in product.categories.all() if category.parent_id is None]
    return sum(departments[0].name.encode()) % 6 if departments else 0


@register.filter
def plain_name(name: str) -> str:
    """A department as people write it: "DRUG GM" is "Drug gm"."""
    return name[:1] + name[1:].lower()


@register.simple_tag(takes_context=True)
def page_link(context, number: int) -> str:
    """The query string of another page of the same list."""
    query = context["request"].GET.copy()
    query["page"] = number
    query.pop("code", None)
    return f"?{query.urlencode()}"
