"""All that the shop says about itself to wagtail_marketing: which of its fields is what."""

from django.utils.translation import gettext_lazy as _

from wagtail_marketing.host.maps import Attribute, CartMap, CustomerMap, LineMap, OrderMap, ProductMap, RefundMap
from wagtail_marketing.host.model_adapter import ModelHostAdapter


def _of(*values: str) -> tuple[tuple[str, str], ...]:
    return tuple((value, value) for value in values)


class ShopAdapter(ModelHostAdapter):
    order_total_includes = _("delivery; there is no tax in the sandbox")

    def customer_key_of(self, request):
        """The demo log-in knows a customer by the session."""
        from shop.session import current_customer

        customer = current_customer(request)
        return customer.key if customer else ""

    customers = CustomerMap(
        model="shop.Customer",
        key="key",
        email="email",
        phone="phone",
        first_name="first_name",
        last_name="last_name",
        created_at="joined",
        updated_at="updated_at",
        attributes={
            "age": Attribute("age", choices=_of("19-24", "25-34", "35-44", "45-54", "55-64", "65+")),
            "income": Attribute(
                "income",
                choices=_of(
                    "Under 15K",
                    "15-24K",
                    "25-34K",
                    "35-49K",
                    "50-74K",
                    "75-99K",
                    "100-124K",
                    "125-149K",
                    "150-174K",
                    "175-199K",
                    "200-249K",
                    "250K+",
                ),
            ),
            "home_ownership": Attribute(
                "home_ownership", choices=_of("Homeowner", "Probable Homeowner", "Renter", "Probable Renter")
            ),
            "marital_status": Attribute("marital_status", choices=_of("Married", "Unmarried")),
            "household_size": Attribute("household_size", choices=_of("1", "2", "3", "4", "5+")),
            "household_comp": Attribute(
                "household_comp",
                choices=_of("1 Adult No Kids", "1 Adult Kids", "2 Adults No Kids", "2 Adults Kids"),
            ),
            "kids_count": Attribute("kids_count", choices=_of("0", "1", "2", "3+")),
        },
        consent={"email": ("news_by_email", "news_by_email_at")},
    )
    products = ProductMap(
        model="shop.Product",
        key="sku",
        sku="sku",
        name="name",
        price="price",
        currency="currency",
        stock="stock",
        url="get_absolute_url",
        categories="categories__name",
        attributes={"brand": "brand"},
        active="active",
        updated_at="updated_at",
    )
    orders = OrderMap(
        model="shop.Order",
        key="number",
        number="number",
        customer_key="customer__key",
        email="email",
        channel="channel",
        currency="currency",
        total="total",
        discount="discount",
        shipping="shipping",
        codes="discount_codes",
        placed_at="placed_at",
        paid_at="paid_at",
        fulfilled_at="fulfilled_at",
        cancelled_at="cancelled_at",
        updated_at="updated_at",
        lines=LineMap(
            related="lines",
            ref="position",
            sku="sku",
            product_ref="product__sku",
            name="name",
            quantity="quantity",
            total="amount",
        ),
        refunds=RefundMap(
            related="refunds",
            ref="ref",
            line_ref="line__position",
            quantity="quantity",
            amount="amount",
            refunded_at="at",
        ),
    )
    carts = CartMap(
        model="shop.Cart",
        key="key",
        customer_key="customer__key",
        email="email",
        currency="currency",
        changed_at="updated_at",
        updated_at="updated_at",
        lines=LineMap(
            related="lines",
            ref="product__sku",
            sku="product__sku",
            product_ref="product__sku",
            quantity="quantity",
            total="amount",
        ),
    )
