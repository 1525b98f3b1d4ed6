"""What they bought: our own mirror of the shop, with our indexes, so that every site runs the same SQL.

Amounts are integer minor units: ``*_minor`` in the order's currency, ``*_base`` in the shop's base
currency (``WAGTAIL_MARKETING["CURRENCY"]``), which segments and reports add up. A foreign key that leads
a longer index has none of its own: a line costs what its indexes cost.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wagtail_marketing.contacts.models import Contact


class Category(models.Model):
    name = models.CharField(_("name"), max_length=190, unique=True)
    folded = models.CharField(max_length=190, db_index=True, editable=False)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    ref = models.CharField(max_length=190, unique=True)
    sku = models.CharField(_("SKU"), max_length=190, db_index=True)
    name = models.CharField(_("name"), max_length=255)
    url = models.CharField(max_length=500, blank=True, default="")
    image_url = models.CharField(max_length=500, blank=True, default="")
    price_minor = models.BigIntegerField(_("price"), null=True)
    currency = models.CharField(max_length=3, blank=True, default="")
    stock = models.IntegerField(_("stock"), null=True, help_text=_("Empty: the shop does not count it."))
    active = models.BooleanField(_("active"), default=True)
    attributes = models.JSONField(default=dict, blank=True)
    categories = models.ManyToManyField(Category, related_name="products", verbose_name=_("categories"))
    host_updated_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ("name",)
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.name


class Order(models.Model):
    """An order as it is in the shop now. Placed and not cancelled counts, paid or not."""

    ref = models.CharField(max_length=190, unique=True)
    number = models.CharField(_("number"), max_length=190, blank=True, default="")
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, related_name="orders", verbose_name=_("contact"), db_index=False
    )
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField(_("total"))
    total_base = models.BigIntegerField()
    shipping_minor = models.BigIntegerField(default=0)
    discount_minor = models.BigIntegerField(default=0)
    refunded_minor = models.BigIntegerField(_("refunded"), default=0)
    refunded_base = models.BigIntegerField(default=0)
    channel = models.CharField(_("channel"), max_length=60, blank=True, default="")
    placed_at = models.DateTimeField(_("placed"))
    paid_at = models.DateTimeField(_("paid"), null=True)
    fulfilled_at = models.DateTimeField(_("fulfilled"), null=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True)
    host_updated_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ("-placed_at", "-id")
        default_permissions = ("view",)
        indexes = (
            models.Index(fields=("contact", "placed_at"), name="wm_order_contact"),
            models.Index(
                fields=("placed_at", "contact"),
                condition=Q(cancelled_at__isnull=True),
                name="wm_order_live",
            ),
        )

    def __str__(self) -> str:
        return self.number or self.ref


class OrderCode(models.Model):
    """A discount code that the shop says was used on the order (trimmed, upper case)."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="codes", db_index=False)
    code = models.CharField(max_length=80)

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("order", "code"), name="wm_order_code_once"),)
        indexes = (models.Index(fields=("code", "order"), name="wm_order_code_find"),)

    def __str__(self) -> str:
        return self.code


class OrderLine(models.Model):
    """A line, net of discounts; ``refunded_base`` is what of it was given back."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines", db_index=False)
    ref = models.CharField(max_length=190)
    product = models.ForeignKey(Product, models.SET_NULL, null=True, related_name="lines", db_index=False)
    sku = models.CharField(max_length=190)
    name = models.CharField(max_length=255, blank=True, default="")
    quantity = models.IntegerField()
    total_minor = models.BigIntegerField()
    total_base = models.BigIntegerField()
    refunded_base = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("order", "ref"), name="wm_order_line_once"),)
        indexes = (
            models.Index(fields=("product", "order"), name="wm_order_line_product"),
            models.Index(fields=("sku", "order"), name="wm_order_line_sku"),
        )

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"


class Refund(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="refunds", db_index=False)
    ref = models.CharField(max_length=190)
    line = models.ForeignKey(OrderLine, models.CASCADE, null=True, related_name="refunds")
    quantity = models.IntegerField(default=0)
    amount_minor = models.BigIntegerField()
    amount_base = models.BigIntegerField()
    refunded_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("order", "ref"), name="wm_refund_once"),)

    def __str__(self) -> str:
        return self.ref


class Cart(models.Model):
    ref = models.CharField(max_length=190, unique=True)
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, related_name="carts")
    currency = models.CharField(max_length=3)
    lines = models.JSONField(default=list)
    total_base = models.BigIntegerField(default=0)
    changed_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.ref


class ContactTotals(models.Model):
    """What one contact bought in all, net of refunds, cancelled orders left out: answers without a scan."""

    contact = models.OneToOneField(Contact, models.CASCADE, primary_key=True, related_name="totals")
    order_count = models.IntegerField(default=0)
    total_base = models.BigIntegerField(default=0)
    max_base = models.BigIntegerField(default=0)
    first_order_at = models.DateTimeField(null=True)
    last_order_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = (
            models.Index(fields=("order_count", "contact"), name="wm_totals_count"),
            models.Index(fields=("total_base", "contact"), name="wm_totals_total"),
            models.Index(fields=("last_order_at", "contact"), name="wm_totals_last"),
        )

    def __str__(self) -> str:
        return f"{self.order_count} / {self.total_base}"


class SyncState(models.Model):
    """How far the sync of one kind came: a kill loses at most one batch."""

    kind = models.CharField(max_length=20, unique=True)
    started_at = models.DateTimeField(null=True, help_text="Of the open run; empty: none is open.")
    since = models.DateTimeField(null=True, help_text="What the open run reads; empty: everything.")
    after = models.CharField(max_length=190, blank=True, default="", help_text="Last key that the open run stored.")
    covered_until = models.DateTimeField(null=True, help_text="Start of the last run that came to its end.")
    completed_at = models.DateTimeField(null=True)
    holder = models.BigIntegerField(default=0, help_text="Rises with every take-over: two runs at once find out.")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.kind


class SyncFault(models.Model):
    """A change that a fence held back in the shop's transaction: the next sync reads it again."""

    event = models.CharField(max_length=20)
    ref = models.CharField(max_length=190)
    recorded_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("event", "ref"), name="wm_sync_fault_once"),)

    def __str__(self) -> str:
        return f"{self.event} {self.ref}"
