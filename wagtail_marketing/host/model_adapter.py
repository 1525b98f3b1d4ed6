"""The declarative adapter: field maps in, dataclasses out.

::

    class ShopAdapter(ModelHostAdapter):
        customers = CustomerMap(model="shop.Customer", key="key", email="email", ...)
        products = ProductMap(model="shop.Product", key="sku", sku="sku", name="name", ...)
        orders = OrderMap(model="shop.Order", key="number", lines=LineMap(related="lines", ...), ...)
        carts = CartMap(model="shop.Cart", ...)
"""

from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property, reduce
from operator import or_
from typing import Any, ClassVar

from django.apps import apps
from django.db.models import Field, Model, Q, QuerySet

from . import build
from .adapter import HostAdapter
from .errors import AdapterError, NoSuchRow, RowError
from .maps import Attribute, CartMap, CustomerMap, LineMap, ModelMap, OrderMap, ProductMap, RefundMap, Source
from .reader import Reader, resolve
from .types import CUSTOMER_FIELDS, AttributeSpec, HostCart, HostCustomer, HostOrder, HostProduct

MAPS = {"customers": CustomerMap, "products": ProductMap, "orders": OrderMap, "carts": CartMap}

#: Rows that one page holds: enough to make a statement worth its while, few enough to stay small.
PAGE = 2000


class ModelHostAdapter(HostAdapter):
    """Names a map for each kind that the shop has; see the module's docstring."""

    maps: ClassVar[dict[str, ModelMap]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        # The maps stand where the readers of the same name are: take them out, so that both are kept.
        super().__init_subclass__(**kwargs)
        cls.maps = dict(cls.maps)
        for kind in MAPS:
            value = cls.__dict__.get(kind)
            if isinstance(value, ModelMap):
                cls.maps[kind] = value
                delattr(cls, kind)

    def model(self, kind: str) -> type[Model]:
        """The model of ``kind``. Raises ``AdapterError``."""
        try:
            return apps.get_model(self.maps[kind].model)
        except (LookupError, ValueError) as error:
            raise AdapterError(
                f"{kind}: there is no model “{self.maps[kind].model}”.",
                field="model",
                remedy="Write it as “app_label.ModelName”, and put its app into INSTALLED_APPS.",
            ) from error

    def customer_fields(self) -> frozenset[str]:
        """Those that the map names."""
        found = self.maps.get("customers")
        return CUSTOMER_FIELDS & set(found.sources()) if found else CUSTOMER_FIELDS

    # Reading ------------------------------------------------------------------------------------

    def customers(
        self, *, after: str = "", updated_since: datetime | None = None, keys: Sequence[str] | None = None
    ) -> Iterator[HostCustomer]:
        return self._stream("customers", after, updated_since, keys)

    def products(
        self, *, after: str = "", updated_since: datetime | None = None, keys: Sequence[str] | None = None
    ) -> Iterator[HostProduct]:
        return self._stream("products", after, updated_since, keys)

    def orders(
        self, *, after: str = "", updated_since: datetime | None = None, keys: Sequence[str] | None = None
    ) -> Iterator[HostOrder]:
        return self._stream("orders", after, updated_since, keys)

    def carts(
        self, *, after: str = "", updated_since: datetime | None = None, keys: Sequence[str] | None = None
    ) -> Iterator[HostCart]:
        return self._stream("carts", after, updated_since, keys)

    def customer(self, customer: Any) -> HostCustomer:
        return self._one("customers", customer)

    def product(self, product: Any) -> HostProduct:
        return self._one("products", product)

    def order(self, order: Any) -> HostOrder:
        return self._one("orders", order)

    def cart(self, cart: Any) -> HostCart:
        return self._one("carts", cart)

    def key_of(self, kind: str, instance: Any) -> str:
        value = instance
        for part in self.maps[kind].key.split("__"):
            value = getattr(value, part)
        return str(value)

    def customer_key_of(self, request: Any) -> str:
        """The logged-in user, where users are the customers; a shop with a model of its own overrides it."""
        user = getattr(request, "user", None)
        if user is None or not user.is_authenticated or "customers" not in self.maps:
            return ""
        return self.key_of("customers", user) if isinstance(user, self.model("customers")) else ""

    def count(self, kind: str) -> int | None:
        return self._queryset(kind).count() if kind in self.maps else 0

    def keys(self, kind: str) -> Iterator[str]:
        if kind in self.maps:
            key = self.maps[kind].key
            for value in self._queryset(kind).order_by(key).values_list(key, flat=True).iterator(chunk_size=5000):
                yield str(value)

    def attributes(self) -> Iterable[AttributeSpec]:
        if "customers" not in self.maps:
            return ()
        model = self.model("customers")
        return tuple(_spec(model, name, source) for name, source in self.maps["customers"].attributes.items())  # type: ignore[attr-defined]

    def consent_channels(self) -> tuple[str, ...]:
        mapped = self.maps.get("customers")
        return tuple(mapped.consent) if isinstance(mapped, CustomerMap) else ()

    # How ----------------------------------------------------------------------------------------

    @cached_property
    def _plans(self) -> dict[str, "_Plan"]:
        return {}

    def plan(self, kind: str) -> "_Plan":
        """How ``kind`` is read, made once. Raises ``AdapterError`` where the map does not fit the models."""
        if kind not in self._plans:
            self._plans[kind] = _Plan(self, kind)
        return self._plans[kind]

    def _queryset(self, kind: str) -> QuerySet:
        chosen = self.maps[kind].filter
        queryset = self.model(kind)._default_manager.order_by()
        if chosen is None:
            return queryset
        return queryset.filter(chosen) if isinstance(chosen, Q) else queryset.filter(**chosen)

    def _one(self, kind: str, instance: Any) -> Any:
        """Read the object anew: the row as it stands in the shop's transaction, lines and refunds with it."""
        if kind not in self.maps:
            raise AdapterError(f"The adapter maps no {kind}.", field=kind, remedy=f"Give it “{kind} = ...”.")
        rows = list(self.plan(kind).page(self._queryset(kind).filter(pk=instance.pk)))
        if not rows:
            raise NoSuchRow(f"{kind}: {instance} is not among those that the map lets through.")
        return rows[0]

    def _stream(
        self, kind: str, after: str, updated_since: datetime | None, keys: Sequence[str] | None
    ) -> Iterator[Any]:
        if kind not in self.maps:
            return
        mapped, plan = self.maps[kind], self.plan(kind)
        queryset = self._queryset(kind).order_by(mapped.key)
        if keys is not None:
            queryset = queryset.filter(**{f"{mapped.key}__in": list(keys)})
        changed = (mapped.updated_at,) if isinstance(mapped.updated_at, str) else mapped.updated_at
        changed = tuple(filter(None, changed))
        if updated_since is not None and changed:
            ways = reduce(or_, (Q(**{f"{path}__gte": updated_since}) for path in changed))
            fresh = self.model(kind)._default_manager.order_by().filter(ways).values("pk")
            queryset = queryset.filter(ways) if len(changed) == 1 else queryset.filter(pk__in=fresh)
        last = after
        while True:
            page = queryset.filter(**{f"{mapped.key}__gt": last}) if last else queryset
            seen, last = yield from plan.read(page[:PAGE])
            if seen < PAGE:
                return


class _Plan:
    """Readers for a kind and its children, and the builder of its dataclass."""

    def __init__(self, adapter: ModelHostAdapter, kind: str):
        mapped = adapter.maps[kind]
        self.adapter, self.kind, self.map = adapter, kind, mapped
        self.model = adapter.model(kind)
        for name in mapped.REQUIRED:
            if getattr(mapped, name) == "":
                raise AdapterError(
                    f"{kind}: “{name}” must be mapped.", field=name, remedy="Name a field or a callable."
                )
        key = resolve(self.model, mapped.key)
        if not key.is_column or key.several:
            raise AdapterError(
                f"{kind}: the key “{mapped.key}” is no column.", field="key", remedy="Name a unique field of the model."
            )
        sources: dict[str, Source] = {"key": mapped.key, **mapped.sources()}
        if isinstance(mapped, CustomerMap | ProductMap):
            for name, source in mapped.attributes.items():
                sources[f"attributes.{name}"] = source.source if isinstance(source, Attribute) else source
        if isinstance(mapped, CustomerMap):
            for channel, (given, at) in mapped.consent.items():
                sources[f"consent.{channel}"], sources[f"consent_at.{channel}"] = given, at
        for path in (mapped.updated_at,) if isinstance(mapped.updated_at, str) else mapped.updated_at:
            if path:
                resolve(self.model, path)
        self.reader = Reader(self.model, sources, several=mapped.SEVERAL, prefetch=mapped.prefetch)
        self.children: dict[str, Reader] = {}
        if isinstance(mapped, OrderMap | CartMap):
            self.children["lines"] = self._child(mapped.lines)
        if isinstance(mapped, OrderMap) and mapped.refunds:
            self.children["refunds"] = self._child(mapped.refunds)
        self.build: Callable = build.BUILDERS[kind]

    def _child(self, mapped: LineMap | RefundMap) -> Reader:
        relation = resolve(self.model, mapped.related)
        field = self.model._meta.get_field(mapped.related) if relation.is_column else None
        if field is None or not field.one_to_many:
            raise AdapterError(
                f"{self.kind}: “{mapped.related}” is no relation to many rows of its own.",
                field="related",
                remedy="Name the related_name of the foreign key that points here.",
            )
        return Reader(field.related_model, mapped.sources(), owner=field.field.name)  # type: ignore[union-attr,arg-type]

    def page(self, queryset: QuerySet) -> Iterator[Any]:
        yield from self.read(queryset)

    def read(self, queryset: QuerySet) -> Generator[Any, None, tuple[int, str]]:
        """Yields the dataclasses of a page; returns how many rows it had and the last key."""
        rows = list(self.reader.rows(queryset))
        if not rows:
            return 0, ""
        pk, key = self.reader.pk, self.reader.getters["key"]
        several = self.reader.several(rows)
        children = {
            name: self._children_of(reader, [pk(row) for row in rows]) for name, reader in self.children.items()
        }
        for row in rows:
            own = pk(row)
            try:
                fact = self.build(
                    self,
                    row,
                    {name: values.get(own, ()) for name, values in several.items()},
                    {name: found.get(own, ()) for name, found in children.items()},
                )
            except build.Unreadable as error:
                self.adapter.report(error.of(self.kind, str(key(row))))
            except Exception as error:
                # A property or callable of the shop failed on this row.
                self.adapter.report(RowError(self.kind, str(key(row)), "", f"{type(error).__name__}: {error}"))
            else:
                yield fact
        return len(rows), str(key(rows[-1]))

    def _children_of(self, reader: Reader, owners: list[Any]) -> dict[Any, list[Any]]:
        owner_field = reader._paths[1]
        found: dict[Any, list[Any]] = defaultdict(list)
        query = reader.model._default_manager.filter(**{f"{owner_field}__in": owners}).order_by("pk")
        owner = reader.owner
        for row in reader.rows(query):
            found[owner(row)].append(row)  # type: ignore[misc]
        return found


_TYPES = {
    "BooleanField": "boolean",
    "DateField": "date",
    "DateTimeField": "date",
    "DecimalField": "number",
    "FloatField": "number",
}


def _spec(model: type[Model], name: str, source: Source | Attribute) -> AttributeSpec:
    """Type, label and choices of an attribute: what the map says, else what the model says."""
    given = source if isinstance(source, Attribute) else Attribute(source)
    field: Field | None = resolve(model, given.source).field if isinstance(given.source, str) else None
    kind, label, choices = given.type, given.label, given.choices
    if field is not None:
        internal = field.get_internal_type()
        kind = kind or ("number" if internal.endswith(("IntegerField", "AutoField")) else _TYPES.get(internal, "text"))
        label = label or field.verbose_name
        choices = choices or tuple((str(value), str(text)) for value, text in (field.flatchoices or ()) if value != "")
    return AttributeSpec(name, kind or "text", str(label or name), tuple(choices))
