"""The tables of a real little shop. They know nothing of marketing: see marketing.py."""

from decimal import Decimal
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page

from shop import blocks
from wagtail_marketing.segments.blocks import SegmentPreviewMixin

ZERO = Decimal("0.00")


def money_field(label: str, **options) -> models.DecimalField:
    """An amount in the shop's only currency, US dollars, with two digits."""
    return models.DecimalField(label, max_digits=12, decimal_places=2, **{"default": ZERO, **options})


class Customer(models.Model):
    key = models.CharField(_("customer key"), max_length=64, unique=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="shop_customer",
        verbose_name=_("log-in"),
    )
    email = models.EmailField(_("e-mail"), blank=True, db_index=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    first_name = models.CharField(_("first name"), max_length=80, blank=True)
    last_name = models.CharField(_("last name"), max_length=80, blank=True)
    joined = models.DateTimeField(_("customer since"), default=timezone.now)
    age = models.CharField(_("age"), max_length=32, blank=True)
    income = models.CharField(_("income"), max_length=32, blank=True)
    home_ownership = models.CharField(_("home ownership"), max_length=32, blank=True)
    marital_status = models.CharField(_("marital status"), max_length=32, blank=True)
    household_size = models.CharField(_("household size"), max_length=32, blank=True)
    household_comp = models.CharField(_("household composition"), max_length=32, blank=True)
    kids_count = models.CharField(_("children"), max_length=32, blank=True)
    news_by_email = models.BooleanField(_("wants news by e-mail"), default=False)
    news_by_email_at = models.DateTimeField(_("news by e-mail chosen on"), null=True, blank=True)
    updated_at = models.DateTimeField(_("last changed"), auto_now=True, db_index=True)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email or self.key


class Store(models.Model):
    number = models.CharField(_("store number"), max_length=32, unique=True)
    name = models.CharField(_("name"), max_length=120)

    class Meta:
        verbose_name = _("store")
        verbose_name_plural = _("stores")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class Category(models.Model):
    """A department, or a product category inside one."""

    name = models.CharField(_("name"), max_length=120)
    parent = models.ForeignKey(
        "self",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("department"),
    )
    updated_at = models.DateTimeField(_("last changed"), auto_now=True)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["parent", "name"], name="shop_category_once"),
            models.UniqueConstraint(fields=["name"], condition=Q(parent=None), name="shop_department_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    sku = models.CharField(_("article number"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=255)
    brand = models.CharField(_("brand"), max_length=80, blank=True)
    price = money_field(_("price"))
    currency = models.CharField(_("currency"), max_length=3, default="USD")
    stock = models.PositiveIntegerField(_("pieces in stock"), default=0)
    active = models.BooleanField(_("on sale"), default=True)
    categories = models.ManyToManyField(Category, related_name="products", blank=True, verbose_name=_("categories"))
    updated_at = models.DateTimeField(_("last changed"), auto_now=True, db_index=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["active", "name", "id"], name="shop_product_listing")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("shop:product", args=[self.sku])


class Order(models.Model):
    class Channel(models.TextChoices):
        STORE = "store", _("In a store")
        WEB = "web", _("On the web")

    number = models.CharField(_("order number"), max_length=64, unique=True)
    customer = models.ForeignKey(
        Customer,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="orders",
        verbose_name=_("customer"),
    )
    email = models.EmailField(_("e-mail"), blank=True)
    name = models.CharField(_("name"), max_length=160, blank=True)
    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices, default=Channel.WEB)
    store = models.ForeignKey(Store, on_delete=models.SET_NULL, null=True, blank=True, verbose_name=_("store"))
    currency = models.CharField(_("currency"), max_length=3, default="USD")
    total = money_field(_("total"), help_text=_("What the customer pays: lines net of discounts, and shipping."))
    discount = money_field(_("discount"))
    shipping = money_field(_("shipping"))
    shipping_method = models.CharField(_("delivery"), max_length=16, default="pickup")
    discount_codes = models.JSONField(_("codes"), default=list, blank=True)
    placed_at = models.DateTimeField(_("placed"), default=timezone.now, db_index=True)
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)
    fulfilled_at = models.DateTimeField(_("handed over"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    access_key = models.UUIDField(
        _("key of the guest's link"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Opens the thank-you page to whoever placed the order."),
    )
    updated_at = models.DateTimeField(_("last changed"), auto_now=True, db_index=True)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-placed_at", "-id"]
        indexes = [models.Index(fields=["customer", "-placed_at"], name="shop_order_of_customer")]
        constraints = [
            models.CheckConstraint(
                condition=Q(total__gte=0) & Q(discount__gte=0) & Q(shipping__gte=0),
                name="shop_order_not_negative",
            )
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def state(self) -> str:
        if self.cancelled_at:
            return _("Cancelled")
        if self.fulfilled_at:
            return _("Handed over")
        return _("Paid") if self.paid_at else _("Placed")

    @property
    def refunded(self) -> Decimal:
        return sum((refund.amount for refund in self.refunds.all()), ZERO)


class OrderLine(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines", verbose_name=_("order"))
    position = models.PositiveIntegerField(_("position"))
    product = models.ForeignKey(
        Product,
        on_delete=models.SET_NULL,
        null=True,
        related_name="order_lines",
        verbose_name=_("product"),
    )
    sku = models.CharField(_("article number"), max_length=64)
    name = models.CharField(_("name"), max_length=255)
    quantity = models.PositiveIntegerField(_("pieces"), default=1)
    unit_price = money_field(_("price of one"))
    discount = money_field(_("discount"))
    amount = money_field(_("amount"), help_text=_("For the whole line, net of discounts."))
    refunded_quantity = models.PositiveIntegerField(_("pieces refunded"), default=0)

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ["order_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="shop_line_once"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0) & Q(amount__gte=0) & Q(discount__gte=0),
                name="shop_line_not_negative",
            ),
            models.CheckConstraint(condition=Q(refunded_quantity__lte=F("quantity")), name="shop_line_refund_within"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.name}"


class Refund(models.Model):
    ref = models.CharField(_("refund number"), max_length=64, unique=True)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="refunds", verbose_name=_("order"))
    line = models.ForeignKey(
        OrderLine,
        on_delete=models.CASCADE,
        related_name="refunds",
        verbose_name=_("order line"),
    )
    quantity = models.PositiveIntegerField(_("pieces"), default=1)
    amount = money_field(_("amount"))
    at = models.DateTimeField(_("refunded on"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("refunded by"),
    )
    updated_at = models.DateTimeField(_("last changed"), auto_now=True, db_index=True)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0) & Q(amount__gte=0), name="shop_refund_not_negative")
        ]

    def __str__(self) -> str:
        return self.ref


class Cart(models.Model):
    key = models.UUIDField(_("cart key"), default=uuid4, unique=True, editable=False)
    session_key = models.CharField(_("session"), max_length=64, blank=True)
    customer = models.ForeignKey(
        Customer,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="carts",
        verbose_name=_("customer"),
    )
    email = models.EmailField(_("e-mail"), blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="USD")
    codes = models.JSONField(_("codes"), default=list, blank=True)
    order = models.OneToOneField(
        Order,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="cart",
        verbose_name=_("order made of it"),
    )
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    ordered_at = models.DateTimeField(_("ordered"), null=True, blank=True)
    updated_at = models.DateTimeField(_("last changed"), auto_now=True, db_index=True)

    class Meta:
        verbose_name = _("cart")
        verbose_name_plural = _("carts")
        ordering = ["id"]

    def __str__(self) -> str:
        return str(self.key)

    def filled_lines(self) -> "models.QuerySet[CartLine]":
        return self.lines.select_related("product").prefetch_related("product__categories")


class CartLine(models.Model):
    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="lines", verbose_name=_("cart"))
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+", verbose_name=_("product"))
    quantity = models.PositiveIntegerField(_("pieces"), default=1)

    class Meta:
        verbose_name = _("cart line")
        verbose_name_plural = _("cart lines")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["cart", "product"], name="shop_cart_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0) & Q(quantity__lte=99), name="shop_cart_line_pieces"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.product}"

    @property
    def amount(self) -> Decimal:
        return self.product.price * self.quantity


class HomePage(SegmentPreviewMixin, Page):
    """The front page: an editor's blocks, then the shop's newest offers."""

    lead = models.CharField(_("lead"), max_length=255, blank=True)
    body = StreamField(blocks.HOME_BLOCKS, verbose_name=_("content"), blank=True, use_json_field=True)

    content_panels = [*Page.content_panels, FieldPanel("lead"), FieldPanel("body")]
    template = "shop/home_page.html"
    max_count = 1

    class Meta:
        verbose_name = _("shop front page")
        verbose_name_plural = _("shop front pages")

    def get_context(self, request, *args, **kwargs):
        context = super().get_context(request, *args, **kwargs)
        # selectors imports the models.
        from shop import selectors

        context["departments"] = selectors.departments()[:8]
        context["offers"] = selectors.popular_products(limit=8)
        return context
