"""Field maps: how a shop's own tables become our dataclasses, without code.

Each value of a map says where a field comes from:

- a field path, as in a queryset: ``"email"``, ``"store__name"`` (through a foreign key),
  ``"categories__name"`` (through a many relation, where the field takes several values); the last part
  may also be a property or a method of the model, such as ``"get_absolute_url"``;
- a callable that takes the model's object: ``lambda order: order.total - order.tax``;
- ``Constant(value)``: the same for every row;
- ``""``: the shop does not have it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from django.db.models import Q


@dataclass(frozen=True)
class Constant:
    """The same value for every row: ``Constant("EUR")``."""

    value: Any


Source = str | Callable[[Any], Any] | Constant


@dataclass(frozen=True)
class Attribute:
    """A customer attribute with what the model does not tell: label, type, choices."""

    source: Source
    label: Any = ""
    type: str = ""
    choices: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class ModelMap:
    """Which model, which of its rows, and by what they are known.

    ``key`` is a unique field, by whose order we page; ``filter`` leaves rows out; ``updated_at`` is the
    field (or the fields, also of related rows) that tells a later sync what changed: without it every
    sync reads everything. ``prefetch`` names relations that callables and properties use.
    """

    model: str
    key: str = "pk"
    filter: Q | Mapping[str, Any] | None = None
    updated_at: str | tuple[str, ...] = ""
    prefetch: tuple[str, ...] = ()

    #: Fields of the map that are not sources.
    PLAIN: ClassVar[frozenset[str]] = frozenset(
        {"model", "key", "filter", "updated_at", "prefetch", "attributes", "consent", "lines", "refunds"}
    )
    #: Sources that must be mapped.
    REQUIRED: ClassVar[tuple[str, ...]] = ()
    #: Sources that take several values.
    SEVERAL: ClassVar[frozenset[str]] = frozenset()

    def sources(self) -> dict[str, Source]:
        """The mapped sources by name of our field."""
        return {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if field.name not in self.PLAIN and getattr(self, field.name) != ""
        }


@dataclass(frozen=True, kw_only=True)
class CustomerMap(ModelMap):
    """``consent`` maps a channel to (the field that says yes, the field that says when)."""

    email: Source = ""
    phone: Source = ""
    first_name: Source = ""
    last_name: Source = ""
    language: Source = ""
    time_zone: Source = ""
    country: Source = ""
    region: Source = ""
    city: Source = ""
    birthday: Source = ""
    created_at: Source = ""
    attributes: Mapping[str, Source | Attribute] = field(default_factory=dict)
    consent: Mapping[str, tuple[Source, Source]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ProductMap(ModelMap):
    """``key`` is the product's ref. ``currency`` defaults to the base currency."""

    sku: Source
    name: Source
    price: Source = ""
    currency: Source = ""
    stock: Source = ""
    url: Source = ""
    image_url: Source = ""
    categories: Source = ""
    active: Source = ""
    attributes: Mapping[str, Source | Attribute] = field(default_factory=dict)

    REQUIRED = ("sku", "name")
    SEVERAL = frozenset({"categories"})


@dataclass(frozen=True, kw_only=True)
class LineMap:
    """Lines of an order or a cart: ``related`` is the name of the relation on its model.

    ``total`` is what the line costs, net of discounts.
    """

    related: str
    sku: Source
    quantity: Source
    total: Source
    ref: Source = "pk"
    product_ref: Source = ""
    name: Source = ""

    def sources(self) -> dict[str, Source]:
        return _child_sources(self)


@dataclass(frozen=True, kw_only=True)
class RefundMap:
    """Refunds of an order; ``line_ref`` is the ref of the line that it concerns, if it concerns one."""

    related: str
    amount: Source
    refunded_at: Source
    ref: Source = "pk"
    line_ref: Source = ""
    quantity: Source = ""

    def sources(self) -> dict[str, Source]:
        return _child_sources(self)


@dataclass(frozen=True, kw_only=True)
class OrderMap(ModelMap):
    """``key`` is the order's ref. ``total`` is what the customer pays; say in the adapter's
    ``order_total_includes`` what it contains. ``codes`` is a list field or a path to several values.
    """

    placed_at: Source
    total: Source
    lines: LineMap
    currency: Source = ""
    customer_key: Source = ""
    email: Source = ""
    phone: Source = ""
    number: Source = ""
    channel: Source = ""
    shipping: Source = ""
    discount: Source = ""
    codes: Source = ""
    paid_at: Source = ""
    fulfilled_at: Source = ""
    cancelled_at: Source = ""
    refunds: RefundMap | None = None

    REQUIRED = ("placed_at", "total")
    SEVERAL = frozenset({"codes"})


@dataclass(frozen=True, kw_only=True)
class CartMap(ModelMap):
    """Open carts: leave those that became orders out by ``filter``. ``changed_at`` is when it last changed."""

    changed_at: Source
    lines: LineMap
    currency: Source = ""
    customer_key: Source = ""
    email: Source = ""

    REQUIRED = ("changed_at",)


def _child_sources(child: LineMap | RefundMap) -> dict[str, Source]:
    return {
        field.name: getattr(child, field.name)
        for field in fields(child)
        if field.name != "related" and getattr(child, field.name) != ""
    }
